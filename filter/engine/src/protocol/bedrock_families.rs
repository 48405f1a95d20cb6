//! How the families of models behind InvokeModel say no: each answers in a body of its own, so that what a request is made
//! of, and the model's name, tell which. A family that is not known here gets the error. A line of a stream that is a
//! document travels in a chunk (`refusal.rs`). Source: the families' own pages in the Bedrock user guide.

use super::bedrock::{BROKEN_OFF, CONVERSE, ERROR, INVOKE};
use super::json::Value;
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::Entry;
use super::{anthropic_messages, openai_chat};

/// InvokeModel as the family speaks it that a request is for; `None` where it is not known.
pub(super) fn family(root: Value<'_, '_>, model: &str) -> Option<&'static Entry> {
    let is_for = |member: &str, part: &str| root.get(member).is_some() && model.contains(part);
    FAMILIES.iter().find(|(member, part, _)| is_for(member, part))?.2
}

/// A member of the request, a part of the model's name, and the family.
static FAMILIES: &[(&str, &str, Option<&Entry>)] = &[
    ("anthropic_version", "", Some(&ANTHROPIC)),
    ("inferenceConfig", "", Some(&NOVA)),
    ("schemaVersion", "", Some(&NOVA)),
    ("messages", "nova", Some(&NOVA)),
    ("messages", "", Some(&CHAT)),
    ("inputText", "embed", None),
    ("inputText", "titan", Some(&TITAN)),
    ("message", "cohere", Some(&COHERE)),
    ("prompt", "cohere", Some(&COHERE_COMMAND)),
    ("prompt", "llama", Some(&LLAMA)),
    ("prompt", "mistral", Some(&MISTRAL)),
    ("prompt", "claude", Some(&CLAUDE_2)),
];

static ANTHROPIC: Entry = speaking(anthropic_messages::ENTRY.refusals.completion);

static CHAT: Entry = speaking(openai_chat::ENTRY.refusals.completion);

static NOVA: Entry = saying(
    match CONVERSE.refusals.completion {
        Some(completion) => completion.plain,
        None => "",
    },
    concat!(
        r#"{"messageStart":{"role":"assistant"}}"#,
        "\n",
        r#"{"contentBlockDelta":{"contentBlockIndex":0,"delta":{"text":$text}}}"#,
        "\n",
        r#"{"contentBlockStop":{"contentBlockIndex":0}}"#,
        "\n",
        r#"{"messageStop":{"stopReason":"guardrail_intervened"}}"#,
        "\n",
    ),
);

static TITAN: Entry = saying(
    concat!(
        r#"{"inputTextTokenCount":0,"results":[{"completionReason":"CONTENT_FILTERED","outputText":$text,"#,
        r#""tokenCount":0}]}"#,
    ),
    concat!(
        r#"{"completionReason":"CONTENT_FILTERED","index":0,"inputTextTokenCount":0,"outputText":$text,"#,
        r#""totalOutputTextTokenCount":0}"#,
        "\n",
    ),
);

static COHERE: Entry = saying(
    concat!(
        r#"{"chat_history":[],"finish_reason":"ERROR_TOXIC","generation_id":$request_id,"#,
        r#""response_id":$request_id,"text":$text}"#,
    ),
    concat!(
        r#"{"event_type":"text-generation","is_finished":false,"text":$text}"#,
        "\n",
        r#"{"event_type":"stream-end","finish_reason":"ERROR_TOXIC","is_finished":true,"response":$plain}"#,
        "\n",
    ),
);

static COHERE_COMMAND: Entry = saying(
    concat!(
        r#"{"generations":[{"finish_reason":"ERROR_TOXIC","id":$request_id,"text":$text}],"id":$request_id,"#,
        r#""prompt":""}"#,
    ),
    concat!(r#"{"finish_reason":"ERROR_TOXIC","index":0,"is_finished":true,"text":$text}"#, "\n"),
);

static LLAMA: Entry = saying(
    r#"{"generation":$text,"generation_token_count":0,"prompt_token_count":0,"stop_reason":"stop"}"#,
    "$plain\n",
);

static MISTRAL: Entry = saying(r#"{"outputs":[{"stop_reason":"stop","text":$text}]}"#, "$plain\n");

static CLAUDE_2: Entry =
    saying(r#"{"completion":$text,"stop":null,"stop_reason":"stop_sequence"}"#, "$plain\n");

const fn saying(plain: &'static str, stream: &'static str) -> Entry {
    speaking(Some(Completion { plain, stream }))
}

const fn speaking(completion: Option<Completion>) -> Entry {
    let interruption = Interruption { error: BROKEN_OFF, completion: BROKEN_OFF };
    Entry { refusals: Refusals { error: ERROR, completion, interruption }, ..INVOKE }
}

#[cfg(test)]
mod tests {
    use crate::policy::document::RefusalShape;
    use crate::protocol::refusal::{Kind, No, render};
    use crate::protocol::{Calls, Hints, read_request, read_response};
    use crate::segment::Role;

    /// What a refusal of this request says, plain and streamed; the status otherwise.
    fn refused(model: &str, body: &str) -> Result<[String; 2], u16> {
        let said = ["invoke", "invoke-with-response-stream"].map(|operation| {
            let path = format!("/model/{model}/{operation}");
            let hints = Hints { path: &path, ..Hints::default() };
            let document = read_request(&hints, body.as_bytes()).unwrap();
            let no = No {
                kind: Kind::Blocked,
                shape: RefusalShape::Completion,
                message: "I cannot \"help\".",
                request_id: "r1",
                review_id: "",
                model: &document.model,
                answer_id: "",
                path: &path,
                stream: document.stream,
                now_seconds: 0,
                calls: &Calls::NONE,
            };
            let refusal = render(document.protocol, &no);
            if refusal.status != 200 {
                return Err(refusal.status);
            }
            let answer = read_response(document.protocol, &hints, &refusal.body).unwrap();
            assert_eq!(answer.coverage.unknown, 0, "{model} {answer:?}");
            let spoken = answer.segments.iter().filter(|segment| segment.role == Role::Assistant);
            Ok(spoken.map(|segment| segment.text.as_ref()).collect())
        });
        let [plain, streamed] = said;
        Ok([plain?, streamed?])
    }

    #[test]
    fn every_family_is_refused_in_its_own_words() {
        let chat = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
        for (model, body) in [
            ("x", r#"{"anthropic_version":"v","messages":[{"role":"user","content":"hi"}]}"#),
            ("x", r#"{"inferenceConfig":{},"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#),
            ("us.amazon.nova-lite-v1%3A0", r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#),
            ("openai.gpt-oss-20b-1%3A0", chat),
            ("ai21.jamba-1-5-large-v1%3A0", chat),
            ("amazon.titan-text-express-v1", r#"{"inputText":"hi"}"#),
            ("cohere.command-r-v1%3A0", r#"{"message":"hi"}"#),
            ("cohere.command-text-v14", r#"{"prompt":"hi"}"#),
            ("us.meta.llama3-3-70b-instruct-v1%3A0", r#"{"prompt":"hi"}"#),
            ("mistral.mixtral-8x7b-instruct-v0%3A1", r#"{"prompt":"hi"}"#),
            ("anthropic.claude-v2%3A1", r#"{"prompt":"hi"}"#),
        ] {
            let said = refused(model, body).unwrap();
            for text in &said {
                assert!(text.contains("I cannot \"help\". (request id: r1)"), "{model}: {said:?}");
            }
        }
    }

    #[test]
    fn what_has_no_words_for_it_gets_the_error() {
        for (model, body) in [
            ("amazon.titan-embed-text-v2%3A0", r#"{"inputText":"hi"}"#),
            ("stability.sd3-large-v1%3A0", r#"{"prompt":"hi"}"#),
            ("arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Fx", r#"{"prompt":"hi"}"#),
        ] {
            assert_eq!(refused(model, body), Err(403), "{model}");
        }
    }
}
