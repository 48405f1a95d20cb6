//! Where a tool must not be sent unasked: paths that climb out of their folder, and addresses of the inside (a cloud's
//! metadata, this machine, protocols that forge requests). Only the arguments of tool calls are read. Names are read
//! as they are written; nothing is resolved.

use std::ops::Range;

use super::probe::{Hit, Probe};
use super::tool_arguments::{TOOL, around, scored};
use super::{Matcher, Rule};

/// The family's rules about paths and addresses.
pub(super) const RULES: &[&Rule] = &[&TRAVERSAL, &ADDRESS];

/// Paths.
static TRAVERSAL: Rule = Rule {
    id: "output_path_traversal",
    #[cfg(test)]
    description: "Path that climbs out of its folder, plainly or encoded, in the arguments of a tool call.",
    score: 0.7,
    #[cfg(test)]
    hits: &[
        "{\"path\":\"../../../etc/passwd\"}",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/x",
        "..\\..\\..\\windows\\win.ini",
        "....//....//etc/passwd",
        "%c0%ae%c0%ae/%c0%ae%c0%ae/x",
    ],
    #[cfg(test)]
    misses: &["import x from '../lib'", "cd .. && ls", "wait... what", "a/b/../c", "100%2e"],
    matcher: Matcher::Anchors {
        anchors: &[
            "../", "..\\", "%2e%2e", "..%2", "..%5", "%252e", "%c0%", "%uff0e", "0x2e", "..//", "%32%65",
            "..0x", "..%u", "..%c", "..%%", "..;/", "...\\", "%25c0",
        ],
        confirm: traversal,
    },
    ..TOOL
};

/// Addresses.
static ADDRESS: Rule = Rule {
    id: "output_internal_address",
    #[cfg(test)]
    description: "Address of a cloud's metadata, of this machine, or of a protocol that forges requests, in the arguments of a tool call.",
    score: 0.6,
    #[cfg(test)]
    hits: &[
        "{\"url\":\"http://169.254.169.254/latest/meta-data/\"}",
        "gopher://127.0.0.1:6379/_INFO",
        "http://127.0.0.1:2375/containers/json",
        "http://[::ffff:169.254.169.254]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "file:///etc/hosts",
        "http://metadata.google.internal/computeMetadata/v1/",
    ],
    #[cfg(test)]
    misses: &[
        "https://api.example.org/v1",
        "https://1.1.1.1/dns-query",
        "http://local.example.org/",
        "https://example.org/localhost",
    ],
    matcher: Matcher::Anchors {
        anchors: &["://", "169.254.169.254", "metadata.google.internal"],
        confirm: address,
    },
    ..TOOL
};

/// Files that one reads only to find out whether one can.
const TARGETS: &[&str] = &[
    "etc/passwd",
    "etc%2fpasswd",
    "etc/shadow",
    "win.ini",
    "boot.ini",
    "system32",
    "proc/self",
    "etc/hosts",
    ".ssh",
];
/// Ways to write `..`, longest first.
const CLIMBS: &[&str] = &[
    "%25c0%25ae%25c0%25ae",
    "%252e%252e",
    "%%32%65%%32%65",
    "%c0%2e%c0%2e",
    "%c0%ae%c0%ae",
    "%uff0e%uff0e",
    "0x2e0x2e",
    ".%%32%65",
    "%2e%2e",
    ".%2e",
    "%2e.",
    "....",
    "...",
    "..",
];

fn traversal(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    let dots = probe.before(anchor.start, 4).iter().rev().take_while(|b| **b == b'.').count();
    // `%%32%65` is found from its second percent sign on.
    let percent = usize::from(dots == 0 && probe.byte_before(anchor.start) == Some(b'%'));
    let start = anchor.start - dots - percent;
    // The first of a row of climbs reads the row.
    if probe.before(start, 3).eq_ignore_ascii_case(b"%2e") || follows_climb(probe, start) {
        return None;
    }
    let text = around(probe, start);
    let (mut climbs, mut encoded, mut rest) = (0, false, text.as_str());
    while let Some(climb) = CLIMBS.iter().find(|climb| rest.starts_with(**climb)) {
        climbs += 1;
        rest = rest.get(climb.len()..).unwrap_or_default();
        let separator = rest.len() - rest.trim_start_matches(SEPARATOR).len();
        let code = SEPARATORS.iter().find(|code| rest.starts_with(**code)).map_or(0, |code| code.len());
        encoded |= climb.contains(['%', 'x']) || code > 0 || **climb == *"....";
        if separator + code == 0 {
            break;
        }
        rest = rest.get(separator.max(code)..).unwrap_or_default();
        // `./` goes nowhere and is there to part the climbs.
        rest = rest.trim_start_matches("./").trim_start_matches(".\\");
    }
    let has_target = TARGETS.iter().any(|target| text.contains(target));
    let score = match (climbs, encoded, has_target) {
        (1.., _, true) => 0.9,
        (2.., true, _) => 0.85,
        (3.., false, _) => 0.7,
        (2, false, _) => 0.5,
        (1, true, _) => 0.5,
        _ => return None,
    };
    let end = start + text.len() - rest.len();
    scored(start..end, score)
}

const SEPARATOR: [char; 2] = ['/', '\\'];
/// Ways to write a separator, longest first.
const SEPARATORS: &[&str] = &[
    "%25c0%25af",
    "%25c1%259c",
    "%252f",
    "%255c",
    "%%32%66",
    "%%35%63",
    "%c0%af",
    "%c0%2f",
    "%c0%5c",
    "%c1%9c",
    "%u2215",
    "%u2216",
    "%2f",
    "%5c",
    ";/",
    "0x2f",
    "0x5c",
    "%uefc8",
    "%uf025",
];

/// Whether a climb and a separator end at `at`.
fn follows_climb(probe: Probe<'_>, at: usize) -> bool {
    let before = probe.before(at, 24).to_ascii_lowercase();
    let text = String::from_utf8_lossy(&before);
    let code = SEPARATORS.iter().find_map(|code| text.strip_suffix(code));
    let rest = code.unwrap_or(text.trim_end_matches(SEPARATOR));
    rest.len() < text.len() && CLIMBS.iter().any(|climb| rest.ends_with(climb))
}

fn address(probe: Probe<'_>, anchor: Range<usize>) -> Option<Hit> {
    if probe.byte(anchor.start)? != b':' {
        return scored(anchor, 0.95);
    }
    let scheme_start = probe.before(anchor.start, 10);
    let len = scheme_start.iter().rev().take_while(|b| b.is_ascii_alphabetic() || **b == b'+').count();
    let start = anchor.start - len;
    let scheme = probe.text(start..anchor.start).to_ascii_lowercase();
    let end = probe.run(anchor.end, |b| b.is_ascii_graphic() && !b"/\"'\\?#<> ".contains(&b));
    let authority = probe.text(anchor.end..end).to_ascii_lowercase();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let score = match scheme.as_str() {
        "gopher" | "dict" | "jar" | "netdoc" | "phar" => 0.9,
        "ldap" | "tftp" | "sftp" if is_local(host) => 0.8,
        "file" => 0.6,
        "http" | "https" | "ftp" | "ws" | "wss" => host_score(host)?,
        _ => return None,
    };
    scored(start..end, score)
}

/// How odd a host is as the target of a request that a model makes.
fn host_score(host: &str) -> Option<f32> {
    let name = match host.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let is_metadata = name.contains("169.254.")
        || name.contains("a9fe:a9fe")
        || name.contains("fd00:ec2")
        || name == "100.100.100.200"
        || name.starts_with("metadata.")
        || name == "metadata";
    let is_number = !name.is_empty()
        && name.split('.').all(|part| {
            part.starts_with("0x") || !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit())
        });
    let parts = name.split('.').count();
    let is_odd = is_number
        && (parts != 4
            || name.contains("0x")
            || name.split('.').any(|p| p.len() > 3 || p.len() > 1 && p.starts_with('0')));
    match () {
        () if is_metadata => Some(0.95),
        () if host.starts_with('[') && name.contains('.') => Some(0.85),
        () if is_odd
            || name.ends_with(".nip.io")
            || name.ends_with(".xip.io")
            || name.ends_with("localtest.me") =>
        {
            Some(0.85)
        }
        () if is_local(name) || host.starts_with("[::") || host.starts_with("[0:") => Some(0.6),
        () if is_private(name) => Some(0.4),
        () => None,
    }
}

fn is_local(host: &str) -> bool {
    host.starts_with("127.")
        || host.starts_with("localhost")
        || host.starts_with("0.0.0.0")
        || host == "0"
        || host.starts_with("[::1]")
}

fn is_private(host: &str) -> bool {
    let middle = host
        .strip_prefix("172.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|part| part.parse::<u8>().ok());
    host.starts_with("10.")
        || host.starts_with("192.168.")
        || middle.is_some_and(|part| (16..32).contains(&part))
}
