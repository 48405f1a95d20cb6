//! Credentials that take more than a shape to confirm: a block of lines, a checksum, a decoded header, a prefix that
//! several issuers share.

use std::ops::Range;

use super::super::probe::{Hit, Probe};
use super::super::{Matcher, Rule, checksum};
use super::SECRET;
use super::random::is_placeholder;
use super::shape::{starts, token_byte};
use crate::protocol::json::{Duplicates, Json, Kind, Place, Value};

/// The family's rules, in order of precedence.
pub(super) const RULES: &[&Rule] =
    &[&PRIVATE_KEY, &AWS, &AWS_SECRET, &GITHUB, &OPENAI, &ANTHROPIC, &SLACK, &GOOGLE, &JWT];

/// Private key blocks.
static PRIVATE_KEY: Rule = Rule {
    id: "secret_private_key",
    #[cfg(test)]
    description: "Private key in PEM, OpenSSH or PGP armour; the whole block.",
    score: 0.99,
    label: "PRIVATE_KEY",
    #[cfg(test)]
    hits: &[
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq2mZ8v0c4Yt1\nq3K\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN OPENSSH PRIVATE KEY-----\\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\\n-----END OPENSSH PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    ],
    #[cfg(test)]
    misses: &[
        "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBg\n-----END CERTIFICATE-----",
        "a line -----BEGIN PRIVATE KEY----- and then the key",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    ],
    matcher: Matcher::Anchors { anchors: &["-----begin "], confirm: private_key },
    ..SECRET
};

/// AWS access key ids.
static AWS: Rule = Rule {
    id: "secret_aws_access_key",
    #[cfg(test)]
    description: "AWS access key id.",
    label: "AWS_KEY",
    #[cfg(test)]
    hits: &["AKIAQ3EGRT7LP2WXN5VB", "key=ASIAZ7KPT2MQ4XW6RJ5C;", "\\nAKIAQ3EGRT7LP2WXN5VB"],
    #[cfg(test)]
    misses: &[
        "AKIAIOSFODNN7EXAMPLE",
        "AKIAXXXXXXXXXXXXXXXX",
        "akiaq3egrt7lp2wxn5vb",
        "AKIAQ3EGRT7LP2WXN5VBX",
        "XAKIAQ3EGRT7LP2WXN5VB",
    ],
    matcher: Matcher::Anchors { anchors: &["akia", "asia", "abia", "acca"], confirm: aws_access_key },
    ..SECRET
};

/// AWS secret access keys.
static AWS_SECRET: Rule = Rule {
    id: "secret_aws_secret_key",
    #[cfg(test)]
    description: "AWS secret access key, where the text says so.",
    label: "AWS_SECRET",
    #[cfg(test)]
    hits: &[
        "aws_secret_access_key = kT9vQ2xW7mZ4bN8cR1sY6pL3hJ5dF0gAeUiO+/Xq",
        "\"SecretAccessKey\": \"kT9vQ2xW7mZ4bN8cR1sY6pL3hJ5dF0gAeUiO+/Xq\"",
    ],
    #[cfg(test)]
    misses: &[
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "aws_secret_access_key = ${SECRET}",
        "secret access keys are forty characters long",
    ],
    matcher: Matcher::Anchors {
        anchors: &["secret_access_key", "secretaccesskey", "secret access key", "aws_secret_key"],
        confirm: aws_secret_key,
    },
    ..SECRET
};

/// GitHub tokens.
static GITHUB: Rule = Rule {
    id: "secret_github_token",
    #[cfg(test)]
    description: "GitHub token, classic (with its checksum) or fine-grained.",
    label: "GITHUB_TOKEN",
    #[cfg(test)]
    hits: &[
        "ghp_k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6Xi",
        "github_pat_11ABCDEFG0k7Tz2QmW9xLc_4VbN8sRyP1dGhJ5aE3uFo6XiKq2Wz8Lm4Vc7Bn1Xs5Dr9Gt3Hy6Ju0",
    ],
    #[cfg(test)]
    misses: &[
        "ghp_yourtokenyourtokenyourtokenyourtoken",
        "ghp_short",
        "GHP_k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6Xi",
    ],
    matcher: Matcher::Anchors {
        anchors: &["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
        confirm: github,
    },
    ..SECRET
};

/// OpenAI keys.
static OPENAI: Rule = Rule {
    id: "secret_openai_key",
    #[cfg(test)]
    description: "OpenAI API key.",
    label: "OPENAI_KEY",
    #[cfg(test)]
    hits: &[
        "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",
        "sk-proj-k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6XiKq2Wz8Lm",
        "OPENAI_API_KEY=sk-svcacct-k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6Xi",
    ],
    #[cfg(test)]
    misses: &[
        "sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "sk-learn",
        "task-force-with-a-very-long-name-that-goes-on",
        "sk-...",
        "sk-your-api-key-here-1234567890",
    ],
    matcher: Matcher::Anchors { anchors: &["sk-"], confirm: openai },
    ..SECRET
};

/// Anthropic keys.
static ANTHROPIC: Rule = Rule {
    id: "secret_anthropic_key",
    #[cfg(test)]
    description: "Anthropic API key.",
    label: "ANTHROPIC_KEY",
    #[cfg(test)]
    hits: &[
        "sk-ant-api03-k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6XiKq2Wz8Lm-4Vc7Bn1Xs5_k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uF-AA",
    ],
    #[cfg(test)]
    misses: &["sk-ant-api03-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "sk-ant-...", "ask-ant-colony"],
    matcher: Matcher::Anchors { anchors: &["sk-ant-"], confirm: anthropic },
    ..SECRET
};

/// Slack tokens and webhooks.
static SLACK: Rule = Rule {
    id: "secret_slack_token",
    #[cfg(test)]
    description: "Slack token or incoming webhook.",
    label: "SLACK_TOKEN",
    #[cfg(test)]
    hits: &[
        "xoxb-417203958812-5580317624490-k7Tz2QmW9xLc4VbN8sRyP1dG",
        "https://hooks.slack.com/services/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",
    ],
    #[cfg(test)]
    misses: &[
        "xoxb-your-bot-token",
        "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx",
        "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
    ],
    matcher: Matcher::Anchors {
        anchors: &[
            "xoxa-",
            "xoxb-",
            "xoxe-",
            "xoxe.",
            "xoxo-",
            "xoxp-",
            "xoxr-",
            "xoxs-",
            "xapp-",
            "hooks.slack.com/services/",
        ],
        confirm: slack,
    },
    ..SECRET
};

/// Google keys and tokens.
static GOOGLE: Rule = Rule {
    id: "secret_google_key",
    #[cfg(test)]
    description: "Google API key, OAuth access token or client secret.",
    label: "GOOGLE_KEY",
    #[cfg(test)]
    hits: &[
        "AIzaSyK7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo",
        "ya29.a0AfH6SMk7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3",
        "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",
    ],
    #[cfg(test)]
    misses: &[
        "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
        "AIza",
        "aizasyk7tz2qmw9xlc4vbn8sryp1dghj5ae3ufo",
        "ya29.short",
    ],
    matcher: Matcher::Anchors { anchors: &["aiza", "ya29.", "gocspx-"], confirm: google },
    ..SECRET
};

/// JSON web tokens.
static JWT: Rule = Rule {
    id: "secret_jwt",
    #[cfg(test)]
    description: "JSON web token: three parts, and a header that names an algorithm.",
    score: 0.9,
    label: "JWT",
    #[cfg(test)]
    hits: &[
        "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ],
    #[cfg(test)]
    misses: &[
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJmb28iOiJiYXIifQ.eyJmb28iOiJiYXIifQ.dozjgNryP4J3jVmNHl0w5N",
        "eyJ.eyJ.x",
    ],
    matcher: Matcher::Anchors { anchors: &["eyj"], confirm: jwt },
    ..SECRET
};

/// The token from `anchor` over bytes that `is` accepts, if it starts there, begins with exactly `prefix`, has
/// `len` bytes after it and is no placeholder.
fn token(
    probe: Probe<'_>,
    anchor: &Range<usize>,
    prefix: &str,
    len: std::ops::RangeInclusive<usize>,
    is: fn(u8) -> bool,
) -> Option<Hit> {
    // A run of the token's own bytes is read once, by its first anchor.
    let inside = probe.byte_before(anchor.start) == Some(b'.') && is(b'.');
    if probe.text(anchor.clone()) != prefix || inside || !starts(probe, anchor.start) {
        return None;
    }
    let end = probe.run(anchor.end, is);
    let body = probe.text(anchor.end..end);
    let masked = matches!(probe.byte(end), Some(b'#' | b'*'));
    (len.contains(&body.len()) && !masked && !is_placeholder(body)).then(|| Hit::at(anchor.start..end))
}

fn aws_access_key(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let prefix = probe.text(anchor.clone());
    if !matches!(prefix, "AKIA" | "ASIA" | "ABIA" | "ACCA") || !starts(probe, anchor.start) {
        return None;
    }
    let end = probe.run(anchor.end, |b| b.is_ascii_alphanumeric());
    let body = probe.text(anchor.end..end);
    let base32 = body.bytes().all(|b| b.is_ascii_uppercase() || (b'2'..=b'7').contains(&b));
    (body.len() == 16 && base32 && !is_placeholder(body) && body.bytes().any(|b| b.is_ascii_digit()))
        .then(|| Hit::at(anchor.start..end))
}

fn aws_secret_key(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let value = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'+');
    let start = probe.long_run(anchor.end, 12, |b| b" \t:='\"\\>".contains(&b));
    let end = probe.run(start, value);
    let body = probe.text(start..end);
    (body.len() == 40 && start > anchor.end && !is_placeholder(body)).then(|| Hit::at(start..end))
}

fn github(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let prefix = probe.text(anchor.clone());
    if prefix == "github_pat_" {
        return token(probe, &anchor, prefix, 50..=255, token_byte);
    }
    let prefix = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].into_iter().find(|p| *p == prefix)?;
    let hit = token(probe, &anchor, prefix, 36..=255, |b| b.is_ascii_alphanumeric())?;
    let genuine = checksum::github(probe.text(anchor.end..hit.range.end).as_bytes());
    Some(Hit { score: genuine.then_some(0.99), ..hit })
}

fn openai(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let hit = token(probe, &anchor, "sk-", 32..=255, token_byte)?;
    let body = probe.text(anchor.end..hit.range.end);
    if body.starts_with("ant-") {
        return None;
    }
    let marked = body.contains("T3BlbkFJ");
    let typed =
        ["proj-", "svcacct-", "admin-", "None-", "or-v1-", "service-"].iter().any(|p| body.starts_with(p));
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric()) && mixed(body);
    (marked || typed && mixed(body) || plain).then_some(Hit { score: marked.then_some(0.99), ..hit })
}

/// Whether letters and digits mix as in random text.
fn mixed(body: &str) -> bool {
    body.bytes().filter(u8::is_ascii_digit).count() >= 3
        && body.bytes().filter(u8::is_ascii_alphabetic).count() >= 3
}

/// A prefix for the kind of key, then eighty bytes or more; keys for the API end in padding.
fn anthropic(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let hit = token(probe, &anchor, "sk-ant-", 80..=160, token_byte)?;
    let body = probe.text(anchor.end..hit.range.end);
    let is_padded = body.ends_with("AA") || !(body.starts_with("api") || body.starts_with("admin"));
    (is_padded && mixed(body)).then_some(hit)
}

fn slack(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if probe.byte(anchor.start)? == b'h' {
        let end = probe.run(anchor.end, |b| token_byte(b) || b == b'/');
        let path = probe.text(anchor.end..end);
        let parts: Vec<&str> = path.split('/').collect();
        let shaped = parts.len() == 3 && parts.iter().zip([8, 8, 20]).all(|(part, len)| part.len() >= len);
        return (shaped && !is_placeholder(path)).then(|| Hit::at(anchor.start..end));
    }
    let prefix = probe.text(anchor.clone());
    if prefix.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let hit = token(probe, &anchor, prefix, 14..=255, |b| token_byte(b) || b == b'.')?;
    let body = probe.text(anchor.end..hit.range.end);
    let first = body.split('-').next().unwrap_or_default();
    let is_short_id = (2..8).contains(&first.len()) && first.bytes().all(|b| b.is_ascii_digit());
    (mixed(body) && !is_short_id).then_some(hit)
}

fn google(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    match probe.byte(anchor.start)? {
        b'A' => token(probe, &anchor, "AIza", 35..=35, token_byte),
        b'y' => token(probe, &anchor, "ya29.", 24..=255, |b| token_byte(b) || b == b'.'),
        _ => token(probe, &anchor, "GOCSPX-", 28..=28, token_byte),
    }
}

/// Longest part of a token that is read, in bytes.
const MAX_JWT_PART_BYTES: usize = 8 * 1024;

/// Whether a JSON object is the header of a token (RFC 7515): it names one algorithm, whatever else it holds.
fn is_jwt_header(bytes: &[u8]) -> bool {
    let json = std::str::from_utf8(bytes).map(|text| Json::parse(text, Place::At(0), Duplicates::Keep));
    let Ok(Ok(json)) = json else { return false };
    let mut algorithms =
        json.root().into_iter().flat_map(Value::children).filter(|member| member.key() == "alg");
    algorithms.next().is_some_and(|name| name.kind() == Kind::String) && algorithms.next().is_none()
}

/// Each part is read once: a token may not start inside another.
fn jwt(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if probe.text(anchor.clone()) != "eyJ"
        || !starts(probe, anchor.start)
        || probe.byte_before(anchor.start) == Some(b'.')
    {
        return None;
    }
    let part = |from: usize| {
        let end = probe.long_run(from, MAX_JWT_PART_BYTES, token_byte);
        (end - from >= 4).then_some(end)
    };
    let header_end = part(anchor.start)?;
    let names_algorithm =
        base64(probe.text(anchor.start..header_end)).is_some_and(|header| is_jwt_header(&header));
    if !names_algorithm || probe.byte(header_end)? != b'.' {
        return None;
    }
    let payload_end = part(header_end + 1)?;
    if probe.byte(payload_end)? != b'.' {
        return None;
    }
    Some(Hit::at(anchor.start..part(payload_end + 1)?))
}

/// Decodes base64 of either alphabet without padding; `None` for anything else.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0u32, 0);
    for b in text.bytes() {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'-' | b'+' => 62,
            b'_' | b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xFF).ok()?);
        }
    }
    Some(out)
}

/// Longest key block, in bytes: a 16384-bit RSA key has about 13 kB.
const MAX_KEY_BLOCK_BYTES: usize = 16 * 1024;
/// How the label of a block of secret material ends.
const KEY_BLOCKS: &[&str] = &["PRIVATE KEY", "PRIVATE KEY BLOCK", "STATIC KEY V1"];
/// Fewest bytes of base64 that are a key and not a mention of one.
const MIN_KEY_BYTES: usize = 24;

/// The block up to its end line, or, when that is missing, up to where the base64 ends. A block ends before the next
/// row of five hyphens, so no byte is read for two blocks.
fn private_key(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let label_end = probe.run(anchor.end, label_byte);
    let label = probe.text(anchor.end..label_end).to_ascii_uppercase();
    if !KEY_BLOCKS.iter().any(|name| label.ends_with(name)) {
        return None;
    }
    let body = probe.long_run(label_end, HYPHENS, |b| b == b'-');
    let next = next_row_of_hyphens(probe, body);
    let end = end_line(probe, next).unwrap_or_else(|| probe.long_run(body, next - body, armour_byte));
    let longest = probe.text(body..end).split(|c: char| c.is_whitespace() || c == '\\').map(str::len).max();
    (longest.unwrap_or(0) >= MIN_KEY_BYTES).then(|| Hit::at(anchor.start..end))
}

/// Hyphens on each side of a line that begins or ends a block.
const HYPHENS: usize = 5;

fn label_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b' '
}

/// Base64, line ends, also those of a string in a string.
fn armour_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=\\".contains(&b)
}

/// Where the next row of five hyphens begins, at most [`MAX_KEY_BLOCK_BYTES`] further.
fn next_row_of_hyphens(probe: Probe<'_>, from: usize) -> usize {
    let mut at = from;
    loop {
        let hyphen = probe.long_run(at, MAX_KEY_BLOCK_BYTES, |b| b != b'-');
        let row = probe.long_run(hyphen, HYPHENS, |b| b == b'-');
        if row - hyphen == HYPHENS || row == hyphen || hyphen - from >= MAX_KEY_BLOCK_BYTES {
            return hyphen;
        }
        at = row;
    }
}

/// End of the line `-----END ...-----` that begins at `row`.
fn end_line(probe: Probe<'_>, row: usize) -> Option<usize> {
    let label = probe.long_run(row, HYPHENS, |b| b == b'-');
    let close = probe.run(label, label_byte);
    let ends = probe.text(label..close).to_ascii_uppercase().starts_with("END ");
    ends.then(|| probe.long_run(close, HYPHENS, |b| b == b'-'))
}
