//! Credentials that no vendor's shape gives away: told by the name they are given to, by the header or the URL that
//! carries them, and by looking random. They come last in the registry: whoever knows the issuer has the text first.

use std::ops::Range;

use super::super::probe::{Hit, Probe};
use super::super::{Matcher, Rule};
use super::SECRET;
use super::context::{Assignment, Given, assignment, is_reference};
use super::random::{counts_up, is_digest_shaped, is_key, is_placeholder};
use super::shape::token_byte;
use super::special::base64;

/// The family's last rules, in order of precedence.
pub(super) const RULES: &[&Rule] = &[&URL_PASSWORD, &AUTHORIZATION, &CURL_USER, &PASSWORD, &KEY];

/// Passwords in URLs.
static URL_PASSWORD: Rule = Rule {
    id: "secret_url_password",
    #[cfg(test)]
    description: "Password in a URL or a connection string: `scheme://user:password@host`.",
    score: 0.9,
    label: "PASSWORD",
    #[cfg(test)]
    hits: &[
        "postgres://app:k7Tz2QmW9x@db.internal:5432/orders",
        "mongodb+srv://svc:k7Tz2QmW9x@cluster0.mongodb.net/?retryWrites=true",
        "redis://:k7Tz2QmW9x@cache:6379/0",
        "https://deploy:k7Tz2QmW9x@git.internal/repo.git",
        "jdbc:mysql://app:k7Tz2QmW9x@db/orders",
    ],
    #[cfg(test)]
    misses: &[
        "postgres://user:password@localhost/db",
        "redis://:${REDIS_PASSWORD}@cache:6379",
        "https://example.org:8080/@name",
        "https://user@example.org/",
        "amqp://guest:guest@localhost:5672",
        "mysql://root:<password>@db",
    ],
    matcher: Matcher::Anchors { anchors: &["://"], confirm: url_password },
    ..SECRET
};

/// Authorization headers.
static AUTHORIZATION: Rule = Rule {
    id: "secret_authorization_header",
    #[cfg(test)]
    description: "Credential in an Authorization header.",
    score: 0.9,
    label: "CREDENTIAL",
    #[cfg(test)]
    hits: &[
        "Authorization: Bearer k7Tz2QmW9xLc4VbN8sRyP1dG",
        "\"authorization\": \"Token 5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f\"",
        "Authorization: Basic YW5uYTprN1R6MlFtVzl4TGM=",
        "Proxy-Authorization: Basic YW5uYTprN1R6MlFtVzl4TGM=",
    ],
    #[cfg(test)]
    misses: &[
        "Authorization: Bearer <token>",
        "Authorization: Bearer $API_KEY",
        "Authorization: Bearer XXXXXXXXXXXXXXXXXXXXXXXX",
        "Authorization: Basic ...",
        "Authorization is required for this page",
    ],
    matcher: Matcher::Anchors { anchors: &["authorization", "bearer "], confirm: authorization },
    ..SECRET
};

/// Passwords on curl's command line.
static CURL_USER: Rule = Rule {
    id: "secret_curl_user",
    #[cfg(test)]
    description: "User and password on the command line of curl.",
    score: 0.9,
    label: "PASSWORD",
    #[cfg(test)]
    hits: &[
        "curl -u anna:k7Tz2QmW9x https://api.internal",
        "curl -s --user 'api:k7Tz2!QmW' https://api.internal",
    ],
    #[cfg(test)]
    misses: &[
        "curl -u \"$USER:$PASS\" https://api.internal",
        "curl -u user:password https://api.internal",
        "curl --user \"${NAME}:${TOKEN}\" https://api.internal",
        "docker run -u 1000:1000 image",
    ],
    matcher: Matcher::Anchors { anchors: &[" -u ", "--user "], confirm: curl_user },
    ..SECRET
};

/// Passwords that are given a name.
static PASSWORD: Rule = Rule {
    id: "secret_password",
    #[cfg(test)]
    description: "Password that the text calls one, written out.",
    score: 0.8,
    label: "PASSWORD",
    #[cfg(test)]
    hits: &[
        "password: k7Tz2QmW9x",
        "DB_PASSWORD=correct7Horse",
        "Server=db;Database=orders;User Id=app;Password=k7Tz2!QmW;",
        "\"passwd\": \"tr0ub4dor&3\"",
        "pwd='k7Tz!QmWx'",
        "machine api.acme.io login ci password k7Tz2QmW9x",
    ],
    #[cfg(test)]
    misses: &[
        "password: string",
        "password = os.environ['DB_PASSWORD']",
        "password: at least 8 characters",
        "password=${DB_PASSWORD}",
        "password=********",
        "Forgot your password? Write to us.",
        "password = request.form.password2",
    ],
    matcher: Matcher::Anchors { anchors: &["passw", "passphrase", "pwd"], confirm: password },
    ..SECRET
};

/// Keys and tokens that are given a name.
static KEY: Rule = Rule {
    id: "secret_generic_key",
    #[cfg(test)]
    description: "Random string that the text calls a key, token or secret.",
    score: 0.8,
    label: "SECRET",
    #[cfg(test)]
    hits: &[
        "api_key = \"k7Tz2QmW9xLc4VbN8sRyP1dG\"",
        "X-Api-Key: 5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f",
        "ACME_TOKEN=k7Tz2QmW9xLc4VbN8sRy",
        "my API key is 5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f",
        "client_secret: 3f8a16750d-d363-41a4-8ebd-035408f7730f",
        "<apiToken>k7Tz2QmW9xLc4VbN8sRyP1dG</apiToken>",
        "https://api.acme.io/v1?key=k7Tz2QmW9xLc4VbN8sRyP1dG&q=1",
    ],
    #[cfg(test)]
    misses: &[
        "api_key = os.getenv(\"API_KEY\")",
        "api_key = \"your-api-key-goes-here-12345\"",
        "public_key = \"k7Tz2QmW9xLc4VbN8sRyP1dG\"",
        "credentialsId: '29f63271-dc2f-4734-8221-5b31b5169bac'",
        "cache-key: 5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f",
        "max_tokens: 4096",
        "the token is shown once",
        "keyboard = logitech-g915-tkl-2021",
        "next_page_token: k7Tz2QmW9xLc4VbN8sRyP1dG",
        "ACME_TOKEN=k7Tz2QmW9xLc4VbN8s...",
    ],
    matcher: Matcher::Anchors { anchors: &["key", "token", "secret", "credential", "auth"], confirm: key },
    ..SECRET
};

/// Words that stand for a password in documentation.
const DOCUMENTATION: &[&str] = &[
    "password",
    "pass",
    "passwd",
    "pwd",
    "pw",
    "secret",
    "guest",
    "root",
    "admin",
    "user",
    "username",
    "postgres",
    "mysql",
    "token",
    "test",
    "foo",
    "bar",
    "null",
    "none",
    "apikey",
    "key",
    "mypassword",
    "xxx",
    "p4ssw0rd",
];

/// Whether a password of a user is written out, not a word for one.
fn is_written_out(user: &str, password: &str) -> bool {
    let lower = password.to_ascii_lowercase();
    let is_masked = password.bytes().all(|b| password.as_bytes().first() == Some(&b))
        || password.bytes().all(|b| matches!(b, b'*' | b'.' | b'x' | b'X' | b'-' | b'_'));
    password.len() >= 3
        && !is_masked
        && password != user
        && !DOCUMENTATION.contains(&lower.as_str())
        && !is_reference(password)
        && !password.contains(['{', '}', '<', '>', '[', ']', '('])
        && !(password.contains('$')
            && password.bytes().all(|b| b.is_ascii_uppercase() || matches!(b, b'$' | b'_')))
        && !is_placeholder(password)
}

fn url_password(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    probe.byte_before(anchor.start).filter(u8::is_ascii_alphanumeric)?;
    let end = probe.run(anchor.end, |b| b.is_ascii_graphic() && !b"/\"'`\\<>".contains(&b));
    let authority = probe.text(anchor.end..end);
    let (userinfo, _) = authority.rsplit_once('@')?;
    let (user, password) = userinfo.split_once(':')?;
    let start = anchor.end + user.len() + 1;
    is_written_out(user, password).then(|| Hit::at(start..start + password.len()))
}

fn curl_user(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let start = probe.long_run(anchor.end, 4, |b| b" \"'".contains(&b));
    let quote = probe.byte_before(start).filter(|b| matches!(b, b'"' | b'\''));
    let end = probe.run(start, |b| match quote {
        Some(quote) => b.is_ascii_graphic() && b != quote,
        None => b.is_ascii_graphic() && !b"\"'`\\".contains(&b),
    });
    let (user, password) = probe.text(start..end).split_once(':')?;
    if password.is_empty() && is_key(user) {
        return Some(Hit::at(start..start + user.len()));
    }
    let is_curl = probe.before(anchor.start, MAX_COMMAND_BYTES).windows(4).any(|w| w == b"curl");
    let at = start + user.len() + 1;
    (is_curl && is_written_out(user, password)).then(|| Hit::at(at..at + password.len()))
}

/// How far before an option its command may stand, in bytes.
const MAX_COMMAND_BYTES: usize = 160;

fn authorization(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let mut start = anchor.end;
    let is_header = probe.byte_before(anchor.end) != Some(b' ');
    if is_header {
        start = probe.long_run(start, 8, |b| b" \t\"'\\:=>,".contains(&b));
        if start == anchor.end {
            return None;
        }
        let scheme_end = probe.long_run(start, MAX_SCHEME_BYTES, |b| b.is_ascii_alphabetic() || b == b'-');
        if probe.byte(scheme_end) == Some(b' ') {
            start = probe.long_run(scheme_end, 4, |b| b == b' ');
        }
    }
    let end = probe.run(start, |b| token_byte(b) || b"+/=.~:!".contains(&b));
    let value = probe.text(start..end).trim_end_matches(['.', ':']);
    let is_secret = value.len() >= MIN_KEY_BYTES && is_key(value) || is_basic(value);
    (is_secret && !is_reference(value)).then(|| Hit::at(start..start + value.len()))
}

/// Longest word for an authentication scheme, in bytes.
const MAX_SCHEME_BYTES: usize = 20;

/// Whether `value` is the base64 of a user and a password.
fn is_basic(value: &str) -> bool {
    let pair = (value.len() >= 8).then(|| base64(value.trim_end_matches('='))).flatten();
    let pair = pair.and_then(|bytes| String::from_utf8(bytes).ok());
    pair.is_some_and(|pair| {
        pair.bytes().all(|b| b.is_ascii_graphic())
            && pair.split_once(':').is_some_and(|(user, password)| is_written_out(user, password))
    })
}

fn password(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let found = assignment(probe, &anchor)?;
    let tail = found.tail.strip_prefix("ord").or(found.tail.strip_prefix("ORD")).unwrap_or(&found.tail);
    let tail = tail.strip_prefix(['d', 'D']).unwrap_or(tail);
    let in_netrc = || probe.before(anchor.start, MAX_COMMAND_BYTES).windows(6).any(|w| w == b"login ");
    if is_about(tail) || found.given == Given::Said && !in_netrc() {
        return None;
    }
    let value = probe.text(found.value.clone());
    let score = Some(if kinds(value) > 2 { PASSWORD.score } else { PLAIN_PASSWORD_SCORE });
    is_password(value, found.given).then_some(Hit { range: found.value, score })
}

/// Fewest bytes of a password that has no other sign than its name.
const MIN_PASSWORD_BYTES: usize = 6;

/// Score of a password of two kinds of characters, which words for one have as well.
const PLAIN_PASSWORD_SCORE: f32 = 0.6;

/// How many kinds of characters a password mixes.
fn kinds(value: &str) -> usize {
    let has = |is: fn(&u8) -> bool| usize::from(value.bytes().any(|b| is(&b)));
    has(u8::is_ascii_lowercase) + has(u8::is_ascii_uppercase) + has(u8::is_ascii_digit) + has(is_symbol)
}

fn is_symbol(b: &u8) -> bool {
    b"!@#$%^&*+=?~|".contains(b)
}

fn is_password(value: &str, given: Given) -> bool {
    let has = |is: fn(&u8) -> bool| value.bytes().any(|b| is(&b));
    let (count, digit) = (kinds(value), has(u8::is_ascii_digit));
    let is_mixed = count >= 2
        && (digit && (given == Given::Quoted || has(u8::is_ascii_alphabetic))
            || has(is_symbol) && count >= 3);
    value.len() >= MIN_PASSWORD_BYTES
        && is_mixed
        && value.matches('/').count() < 2
        && is_written_out("", value)
}

fn key(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let found = assignment(probe, &anchor)?;
    let word = probe.text(anchor).to_ascii_lowercase();
    if !is_name(&word, &found) {
        return None;
    }
    let value = probe.text(found.value.clone());
    let strength = strength(&word, &found);
    let score = Some(confidence(value, strength, found.given));
    fits(value, strength, found.given).then_some(Hit { range: found.value, score })
}

/// How sure it is that a value which fits is a credential, 0.0 to 1.0: a sure name, an operator, and an alphabet that
/// digests and identifiers do not have. What counts up was typed by somebody who explains something.
fn confidence(value: &str, strength: Strength, given: Given) -> f32 {
    let named = if strength == Strength::Sure { 0.5 } else { 0.3 };
    let operated = if given == Given::Said { 0.0 } else { 0.15 };
    let spelt = if is_digest_shaped(value) { 0.0 } else { 0.15 };
    let typed = if counts_up(value) { 0.2 } else { 0.0 };
    named + operated + spelt - typed
}

/// How surely a name says that its value is a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strength {
    Sure,
    Likely,
}

/// Whether the name around `word` may name a credential.
fn is_name(word: &str, found: &Assignment) -> bool {
    let tail = found.tail.as_str();
    let joined = tail.starts_with(|c: char| c.is_ascii_lowercase());
    let fitting = match word {
        "auth" => tail.is_empty() || tail.starts_with(['_', '-']),
        "credential" => !joined || tail.starts_with('s'),
        _ => !joined,
    };
    let name = found.head.rsplit(' ').next().unwrap_or_default();
    fitting && !is_about(tail) && !NOT_SECRET.iter().any(|other| name.contains(other))
}

/// Names that end so are about a credential and do not hold it.
fn is_about(tail: &str) -> bool {
    let lower = tail.to_ascii_lowercase();
    tail.ends_with("Id") || tail.ends_with("ID") || ABOUT.iter().any(|word| lower.contains(word))
}

const ABOUT: &[&str] = &[
    "_id",
    "-id",
    ".id",
    "name",
    "type",
    "file",
    "path",
    "url",
    "uri",
    "len",
    "size",
    "count",
    "version",
    "expir",
    "ttl",
    "arn",
    "hash",
    "method",
    "endpoint",
    "header",
    "prefix",
    "field",
    "format",
    "regex",
    "vault",
    "store",
    "pair",
    "ring",
    "board",
    "policy",
    "rule",
    "hint",
    "label",
    "placeholder",
    "algorithm",
    "lookup",
    "index",
    "source",
    "date",
    "time",
];

/// Names with these words in front hold no secret.
const NOT_SECRET: &[&str] = &[
    "public",
    "pub_",
    "pubkey",
    "primary",
    "foreign",
    "cache",
    "partition",
    "sort",
    "hash",
    "index",
    "object",
    "group",
    "bucket",
    "lookup",
    "schema",
    "sequence",
    "query",
    "idempot",
    "page",
    "next",
    "contin",
    "cursor",
    "csrf",
    "xsrf",
    "finger",
    "color",
    "translat",
    "checksum",
    "monkey",
    "donkey",
    "turkey",
    "hockey",
    "tokeniz",
    "idx",
    "unique",
    "kms",
    "site",
    "surrogate",
    "publish",
    "etag",
    "message",
    "i18n",
    "pagination",
    "sync",
    "routing",
    "row",
];

/// Words in front of `key` that make it a credential's.
const KEY_HEADS: &[&str] = &[
    "api",
    "access",
    "secret",
    "private",
    "priv",
    "encrypt",
    "crypt",
    "sign",
    "auth",
    "licen",
    "service",
    "account",
    "master",
    "admin",
    "subscription",
    "client",
    "app",
    "security",
    "session",
    "ssh",
    "hook",
    "hmac",
    "jwt",
    "consumer",
    "shared",
    "storage",
    "deploy",
    "server",
    "write",
    "ingest",
    "user",
    "developer",
    "dev",
    "integration",
];

fn strength(word: &str, found: &Assignment) -> Strength {
    let head = found.head.trim_end_matches([' ', '_', '-', '.']);
    match word {
        "key"
            if !KEY_HEADS
                .iter()
                .any(|known| head.ends_with(known) || known.len() > 4 && head.contains(known)) =>
        {
            Strength::Likely
        }
        "auth" => Strength::Likely,
        _ => Strength::Sure,
    }
}

/// Fewest bytes of a value that its name alone makes a credential.
const MIN_KEY_BYTES: usize = 16;
/// Fewest bytes of one whose name is vague, or that is only spoken of.
const MIN_LIKELY_KEY_BYTES: usize = 20;
/// Fewest bytes of one that mixes cases and has a sure name.
const MIN_MIXED_KEY_BYTES: usize = 10;

fn fits(value: &str, strength: Strength, given: Given) -> bool {
    let is_hex = value.bytes().all(|b| b.is_ascii_hexdigit());
    let has_cases =
        value.bytes().any(|b| b.is_ascii_uppercase()) && value.bytes().any(|b| b.is_ascii_lowercase());
    let min = match (strength, given) {
        (Strength::Sure, Given::Quoted | Given::Bare) if has_cases => MIN_MIXED_KEY_BYTES,
        (Strength::Sure, Given::Quoted | Given::Bare) => MIN_KEY_BYTES,
        _ if is_hex => 32,
        _ => MIN_LIKELY_KEY_BYTES,
    };
    let is_path = value.starts_with(['/', '.']) || value.matches('/').count() > 3 && value.len() < 80;
    value.len() >= min && is_key(value) && !is_reference(value) && !is_path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surer_the_name_and_the_value_the_higher_the_score() {
        let scores = [
            confidence("k7Tz2QmW9xLc4VbN8sRy", Strength::Sure, Given::Quoted),
            confidence("5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f", Strength::Sure, Given::Bare),
            confidence("5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f", Strength::Sure, Given::Said),
            confidence("5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f", Strength::Likely, Given::Said),
            confidence("abcdef1234567890abcdef1234567890", Strength::Likely, Given::Said),
        ];
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert!(scores.iter().all(|score| (0.05..=0.85).contains(score)), "{scores:?}");
    }
}
