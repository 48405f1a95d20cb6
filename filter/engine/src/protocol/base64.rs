//! Strict base64 (RFC 4648, standard alphabet, padded), as payloads of protocols carry it. Strict, because decoders that
//! forgive skip different bytes, so what is hidden between them must be refused and not guessed at.

/// The bytes; `None` when the text is anything but strict base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let (groups, rest) = text.as_bytes().as_chunks::<4>();
    let (last, groups) = match groups.split_last() {
        Some(split) if rest.is_empty() => split,
        _ => return text.is_empty().then(Vec::new),
    };
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    for group in groups {
        out.extend_from_slice(bits(group)?.to_be_bytes().get(1..)?);
    }
    let padding = last.iter().rev().take_while(|byte| **byte == b'=').count();
    let filled = last.map(|byte| if byte == b'=' { b'A' } else { byte });
    let is_inside = last.iter().take(4usize.saturating_sub(padding)).any(|byte| *byte == b'=');
    if padding > 2 || is_inside {
        return None;
    }
    out.extend_from_slice(bits(&filled)?.to_be_bytes().get(1..4 - padding)?);
    Some(out)
}

/// Strict base64 of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        for at in 0..4 {
            let digit = ALPHABET.get((bits >> (18 - 6 * at) & 63) as usize).copied();
            out.push(digit.filter(|_| at <= chunk.len()).map_or('=', char::from));
        }
    }
    out
}

fn bits(group: &[u8; 4]) -> Option<u32> {
    group.iter().try_fold(0, |bits, byte| Some(bits << 6 | u32::from(value(*byte)?)))
}

fn value(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_standard_encoding_and_decodes_back() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encode(plain.as_bytes()), encoded);
            assert_eq!(decode(encoded).unwrap(), plain.as_bytes());
        }
        let all: Vec<u8> = (0..=255).collect();
        for len in 0..all.len() {
            assert_eq!(decode(&encode(&all[..len])).unwrap(), &all[..len]);
        }
    }

    #[test]
    fn what_a_forgiving_decoder_would_skip_is_refused() {
        for text in
            ["Zg", "Zg=", "Z===", "====", "Zm9v\n", "Zm 9v", "Zm-_", "Zg==Zg==", "Z=g=", "Zm9v=", "é==="]
        {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
