//! The words protocols are written in: values of closed fields (`type`, `role`, `finish_reason`) and keys of schemas.
//! Alone they say nothing, so they make no segments; any other value in their place is read as text. Values are made
//! of few words (`response.output_text.delta`, `MAX_TOKENS`, `promptTokenCount`), so the list is of those. Each word must
//! be harmless wherever it stands: a list of names, ids or free text, or of verbs that order something, never belongs
//! here.

/// Whether `text` is words of a protocol, however it joins them.
pub(super) fn is_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        let is_join = matches!(byte, b'_' | b'.' | b'-' | b'/');
        let is_hump =
            byte.is_ascii_uppercase() && at > 0 && bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase);
        if is_join || is_hump {
            if !is_known(bytes.get(start..at).unwrap_or_default()) {
                return false;
            }
            start = at + usize::from(is_join);
        }
    }
    bytes.len() <= LONGEST && is_known(bytes.get(start..).unwrap_or_default())
}

/// Whether `text` is one word of a JSON schema. What an application calls its tools and their parameters may be made of
/// words of protocols, and is text.
pub(super) fn is_schema_word(text: &str) -> bool {
    let is_name = text.contains(['_', '.', '-', '/'])
        || matches!(text, "bash" | "shell" | "computer" | "search" | "fetch" | "code" | "editor");
    !is_name && is_word(text)
}

/// Longest value that is words, in bytes.
const LONGEST: usize = 64;

/// Whether this is a word, in whatever case. Words of one length stand side by side, which needs no table of places.
fn is_known(word: &[u8]) -> bool {
    let words = WORDS.get(word.len()).map_or(&[][..], |words| words.as_bytes());
    let first = word.first().map(u8::to_ascii_lowercase);
    let mut known = words.chunks_exact(word.len().max(1) + 1).filter(|known| known.first().copied() == first);
    known.any(|known| is_same(known, word))
}

fn is_same(known: &[u8], word: &[u8]) -> bool {
    known.iter().zip(word).all(|(known, byte)| *known == byte.to_ascii_lowercase())
}

/// By length in bytes; a space behind each.
static WORDS: &[&str] = &[
    "",
    "",
    "1h 5m id in ms of on ",
    "all and any end gif ids low max mcp min mp3 one pdf png srt uri url use vtt wav web ",
    "$ref auto bash call char chat code done enum fast file flex harm hate high item jpeg json \
     list logs mime name none null only page part ping plan read role spii stop text tier tool \
     turn type user uses webp word ",
    "$defs above added array audio batch block cache calls chunk civic const count debug delta \
     entry error event fetch float image index input items level local model other param pause \
     plain point scale shell start title token tools total toxic types units usage value video \
     xhigh ",
    "base64 billed budget cached chunks config custom demand detail editor effort failed filter \
     finish format google length medium number object output prompt queued reason result safety \
     schema scores search server source speech stream strict string system tokens window ",
    "$schema applied blocked boolean calling chatbot concise content context control created \
     default details enabled errored expired flagged include indices integer invalid latency \
     license maximum message minimal minimum partial pattern queries ratings refusal request \
     results segment service snippet sources summary timeout traffic verbose ",
    "accepted accurate approval canceled category citation complete computer creation detailed \
     disabled document exceeded explicit function internal language location metadata modality \
     priority progress redacted rejected rendered requests required response sequence severity \
     sexually standard supports thinking thoughts ",
    "arguments assistant blocklist cancelled citations completed container dangerous developer \
     embedding ephemeral exception execution grounding integrity malformed reasoning reference \
     searching signature succeeded threshold validated verbosity ",
    "additional annotation candidates compaction completion confidence contextual generating \
     generation harassment incomplete negligible parameters prediction prohibited properties \
     recitation screenshot throttling transcript validation ",
    "application description interpreter obfuscation probability unavailable unspecified ",
    "declarations interpreting ",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_stands_at_its_length() {
        for (length, words) in WORDS.iter().enumerate() {
            for word in words.split_terminator(' ') {
                assert!(word.len() == length && is_word(word), "{word}");
            }
        }
    }

    #[test]
    fn values_made_of_words_are_words_and_nothing_else_is() {
        for text in [
            "text",
            "response.output_text.delta",
            "response.function_call_arguments.done",
            "tool-call-delta",
            "MAX_TOKENS",
            "promptTokenCount",
            "image/png",
            "cache_creation_input_tokens",
        ] {
            assert!(is_word(text), "{text}");
        }
        for text in [
            "",
            "_",
            "text_",
            "ignore",
            "text ignore",
            "ignore_text",
            "text_ignore",
            "responseIgnore",
            "system prompt",
            "te xt",
            "call_1",
            "assistantassistant",
        ] {
            assert!(!is_word(text), "{text}");
        }
        assert!(!is_word(&"text_".repeat(20)));
        assert!(is_schema_word("additionalProperties") && !is_schema_word("system_prompt"));
        assert!(!is_schema_word("bash"), "a tool's name");
    }
}
