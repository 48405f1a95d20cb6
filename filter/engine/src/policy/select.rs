//! Which traffic an override is about. It compares labels and paths and never decides. A path is bytes an attacker
//! writes, and servers disagree on what they mean (`//`, `/../`, `%2f`, `;`, `\`, case): where two readings of a
//! path lead to two overrides, neither is believed and the strictest settings of the whole policy apply.

use std::borrow::Cow;

use super::document::MatchDocument;
use crate::limits::MAX_PATH_DECODINGS;

/// What an override selects by.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selector<'a> {
    /// Route name.
    pub route: &'a str,
    /// `:authority` as received.
    pub host: &'a str,
    /// `:path` as received.
    pub path: &'a str,
    /// Tenant.
    pub tenant: &'a str,
    /// Agent.
    pub agent: &'a str,
}

/// The compiled form of a `match`. An absent field matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Matcher {
    route: Option<String>,
    /// Canonical: see [`canonical_host`].
    host: Option<String>,
    /// Without a slash at the end; never empty.
    path_prefix: Option<String>,
    tenant: Option<String>,
    agent: Option<String>,
}

/// What the overrides say about an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// None matches.
    Default,
    /// This one is the first that matches.
    Override(usize),
    /// Readings of the path disagree.
    Ambiguous,
}

impl Matcher {
    /// Compiles a `match` that has been checked.
    pub fn new(document: &MatchDocument) -> Self {
        let prefix = document.path_prefix.as_deref().map(|p| p.trim_end_matches('/'));
        Self {
            route: document.route.clone(),
            host: document.host.as_deref().map(canonical_host),
            path_prefix: prefix.filter(|p| !p.is_empty()).map(str::to_owned),
            tenant: document.tenant.clone(),
            agent: document.agent.clone(),
        }
    }

    /// Whether everything `other` matches is matched by this one too.
    pub fn covers(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| a.is_none() || a == b;
        let prefix = match (&self.path_prefix, &other.path_prefix) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(a), Some(b)) => starts_at_boundary(b.as_bytes(), a.as_bytes(), Case::Sensitive),
        };
        prefix
            && same(&self.route, &other.route)
            && same(&self.host, &other.host)
            && same(&self.tenant, &other.tenant)
            && same(&self.agent, &other.agent)
    }

    fn matches_labels(&self, selector: &Selector<'_>) -> bool {
        let is = |want: &Option<String>, got: &str| want.as_deref().is_none_or(|w| w == got);
        let host = |want: &String| want.eq_ignore_ascii_case(bare_host(selector.host));
        is(&self.route, selector.route)
            && self.host.as_ref().is_none_or(host)
            && is(&self.tenant, selector.tenant)
            && is(&self.agent, selector.agent)
    }

    fn matches_path(&self, reading: &Reading<'_>) -> bool {
        let Some(prefix) = &self.path_prefix else { return true };
        starts_at_boundary(&reading.path, prefix.as_bytes(), reading.case)
    }
}

/// The first of `matchers` that is about `selector`.
pub(super) fn choose<'m>(matchers: impl Iterator<Item = &'m Matcher>, selector: &Selector<'_>) -> Choice {
    // Only overrides that match but for the path are left, up to the first that does not look at the path.
    let mut candidates: Vec<(usize, &Matcher)> = Vec::new();
    for (i, matcher) in matchers.enumerate().filter(|(_, m)| m.matches_labels(selector)) {
        candidates.push((i, matcher));
        if matcher.path_prefix.is_none() {
            break;
        }
    }
    match candidates.first() {
        None => Choice::Default,
        Some((i, first)) if first.path_prefix.is_none() => Choice::Override(*i),
        Some(_) => choose_by_path(&candidates, selector.path),
    }
}

fn choose_by_path(candidates: &[(usize, &Matcher)], path: &str) -> Choice {
    let Some(readings) = readings(path) else { return Choice::Ambiguous };
    let mut choice = None;
    for reading in &readings {
        let found = candidates.iter().find(|(_, m)| m.matches_path(reading));
        let found = found.map_or(Choice::Default, |(i, _)| Choice::Override(*i));
        if choice.is_some_and(|c| c != found) {
            return Choice::Ambiguous;
        }
        choice = Some(found);
    }
    choice.unwrap_or(Choice::Ambiguous)
}

/// One way a server may understand a path.
struct Reading<'p> {
    path: Cow<'p, [u8]>,
    case: Case,
}

#[derive(Clone, Copy)]
enum Case {
    Sensitive,
    Insensitive,
}

/// The ways a server may understand `path`: as it is, decoded once or more, with or without empty segments and
/// parameters, with or without regard to case. `None` when there is no telling: it is not a path, climbs out of its
/// directory, or never stops decoding.
fn readings(path: &str) -> Option<Vec<Reading<'_>>> {
    let mut bytes = Cow::Borrowed(without_query(path.as_bytes()));
    let mut readings = Vec::new();
    for _ in 0..=MAX_PATH_DECODINGS {
        if bytes.first() != Some(&b'/') || climbs(&bytes) {
            return None;
        }
        if let Some(merged) = merged(&bytes) {
            readings.push(Reading { path: Cow::Owned(merged.clone()), case: Case::Sensitive });
            readings.push(Reading { path: Cow::Owned(merged), case: Case::Insensitive });
        }
        readings.push(Reading { path: bytes.clone(), case: Case::Sensitive });
        readings.push(Reading { path: bytes.clone(), case: Case::Insensitive });
        let Some(decoded) = decoded(&bytes) else { return Some(readings) };
        bytes = Cow::Owned(decoded);
    }
    None
}

fn without_query(path: &[u8]) -> &[u8] {
    path.split(|b| matches!(b, b'?' | b'#')).next().unwrap_or_default()
}

/// Whether a segment of `path` moves to another directory for some server: `.`, `..`, with parameters or not; or
/// whether there is a backslash, which some take for a slash, a control character, where some stop reading, or a byte
/// that only begins overlong UTF-8, which some read as `.` or `/`.
fn climbs(path: &[u8]) -> bool {
    path.iter().any(|b| matches!(b, b'\\' | 0xc0 | 0xc1) || b.is_ascii_control())
        || path.split(|b| *b == b'/').any(|segment| matches!(without_parameters(segment), b"." | b".."))
}

fn without_parameters(segment: &[u8]) -> &[u8] {
    segment.split(|b| *b == b';').next().unwrap_or_default()
}

/// `path` up to a query (which decoding may have uncovered), without empty segments and parameters; `None` when
/// that changes nothing.
fn merged(path: &[u8]) -> Option<Vec<u8>> {
    let mut merged = Vec::with_capacity(path.len());
    for segment in without_query(path).split(|b| *b == b'/').map(without_parameters) {
        if !segment.is_empty() {
            merged.push(b'/');
            merged.extend_from_slice(segment);
        }
    }
    (merged != path).then_some(merged)
}

/// `path` with its percent escapes resolved once; `None` when there are none.
fn decoded(path: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path;
    while let Some((first, tail)) = rest.split_first() {
        let escape = match (first, tail) {
            (b'%', [high, low, after @ ..]) => hex_digit(*high).zip(hex_digit(*low)).map(|d| (d, after)),
            _ => None,
        };
        if let Some(((high, low), after)) = escape {
            out.push(high * 16 + low);
            rest = after;
        } else {
            out.push(*first);
            rest = tail;
        }
    }
    (out.len() != path.len()).then_some(out)
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Whether `path` is `prefix` or goes on with a slash after it.
fn starts_at_boundary(path: &[u8], prefix: &[u8], case: Case) -> bool {
    let Some((head, tail)) = path.split_at_checked(prefix.len()) else { return false };
    let same = match case {
        Case::Sensitive => head == prefix,
        Case::Insensitive => head.eq_ignore_ascii_case(prefix),
    };
    same && matches!(tail.first(), None | Some(b'/'))
}

/// A host as hosts are compared: [`bare_host`] in lower case.
pub(super) fn canonical_host(authority: &str) -> String {
    bare_host(authority).to_ascii_lowercase()
}

/// A host without port, without the brackets of an IPv6 literal, without the dot that ends a full name.
fn bare_host(authority: &str) -> &str {
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => match authority.split_once(':') {
            // A second colon: an IPv6 literal without brackets, so no port.
            Some((host, port)) if !port.contains(':') => host,
            _ => authority,
        },
    };
    host.strip_suffix('.').unwrap_or(host)
}

/// Whether a path is written the one way every server understands alike.
pub(super) fn is_plain_path(path: &str) -> bool {
    let bytes = path.as_bytes();
    let ends = bytes.strip_suffix(b"/").unwrap_or(bytes);
    bytes.first() == Some(&b'/')
        && !bytes.contains(&b'%')
        && !path.contains(char::is_whitespace)
        && !climbs(bytes)
        && (ends.is_empty() || merged(ends).is_none())
}

/// The candidate that `word` was probably meant to be: at most two slips away, and at most half its letters.
pub(super) fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let slips = |c: &str| distance(word.as_bytes(), c.as_bytes());
    candidates
        .filter(|c| c.len().abs_diff(word.len()) <= 2)
        .map(|c| (slips(c), c))
        .filter(|(d, c)| *d <= 2 && d * 2 <= c.len())
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

/// Levenshtein distance.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            let here = (diagonal + usize::from(x != y)).min(above + 1).min(left + 1);
            (diagonal, left, *cell) = (above, here, here);
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
#[cfg(feature = "yaml")]
mod tests {
    use super::*;
    use crate::policy::source::Source;

    fn overrides(matches: &[&str]) -> Vec<Matcher> {
        let read = |text: &&str| Source::read(text).unwrap().parse().unwrap();
        matches.iter().map(|m| Matcher::new(&read(m))).collect()
    }

    fn check(matchers: &[Matcher], selector: &Selector<'_>, want: Choice) {
        assert_eq!(choose(matchers.iter(), selector), want, "{selector:?}");
    }

    #[test]
    fn the_first_override_that_matches_in_all_its_fields_applies() {
        let all = overrides(&["{tenant: a, route: r}", "{tenant: a}", "{agent: x}", "{host: h}"]);
        let selector = Selector::default();
        check(&all, &Selector { tenant: "a", route: "r", ..selector }, Choice::Override(0));
        check(&all, &Selector { tenant: "a", agent: "x", ..selector }, Choice::Override(1));
        check(&all, &Selector { agent: "x", host: "h", ..selector }, Choice::Override(2));
        check(&all, &Selector { host: "h", ..selector }, Choice::Override(3));
        check(&all, &Selector { tenant: "A", route: "r", agent: "x2", ..selector }, Choice::Default);
        check(&all, &selector, Choice::Default);
    }

    #[test]
    fn hosts_are_compared_without_case_port_brackets_and_final_dot() {
        for (written, received) in [
            ("api.example.com", "API.Example.COM:8443"),
            ("API.example.com", "api.example.com."),
            ("api.example.com.", "api.example.com.:443"),
            ("'::1'", "[::1]:8080"),
            ("'[2001:DB8::1]'", "[2001:db8::1]"),
            ("'::1'", "::1"),
            ("10.0.0.1", "10.0.0.1:80"),
        ] {
            let all = overrides(&[&format!("{{host: {written}}}")]);
            check(&all, &Selector { host: received, ..Selector::default() }, Choice::Override(0));
        }
        let all = overrides(&["{host: api.example.com}"]);
        for other in
            ["", "example.com", "api.example.com.evil.org", "x-api.example.com", "api.example.com@evil.org"]
        {
            check(&all, &Selector { host: other, ..Selector::default() }, Choice::Default);
        }
    }

    fn check_path(path: &str, want: Choice) {
        let all = overrides(&["{path_prefix: /admin}", "{path_prefix: /v1/public/}"]);
        check(&all, &Selector { path, ..Selector::default() }, want);
    }

    #[test]
    fn a_prefix_ends_at_a_slash_or_the_end() {
        for path in [
            "/admin",
            "/admin/",
            "/admin/x",
            "/admin?a=/v1/public",
            "/admin#x",
            "/admin/x?..%2f..",
            "/admin/a%20b",
        ] {
            check_path(path, Choice::Override(0));
        }
        for path in ["/v1/public", "/v1/public/chat", "/v1/public?x"] {
            check_path(path, Choice::Override(1));
        }
        for path in [
            "/administrator",
            "/v1",
            "/v1/publicity",
            "/x/admin",
            "/",
            "/adm",
            "/x?/admin",
            "/m/a%3A0/invoke",
        ] {
            check_path(path, Choice::Default);
        }
    }

    #[test]
    fn a_path_that_reads_two_ways_is_ambiguous() {
        for path in [
            "//admin",
            "/./admin",
            "/v1/public/../../admin",
            "/v1/public/%2e%2e/%2e%2e/admin",
            "/v1/public/%2E./.%2e/admin",
            "/v1/public/..%2f..%2fadmin",
            "/v1/public%2F..%2F..%2Fadmin",
            "/v1/public/%252e%252e/%252e%252e/admin",
            "/v1/public/..;/..;x=1/admin",
            "/v1/public\\..\\..\\admin",
            "/v1/public/%5c..%5c..%5cadmin",
            "/%61dmin",
            "/%2561dmin",
            "/%25252561dmin",
            "/Admin",
            "/ADMIN/x",
            "/%41dmin",
            "/admin;x=1/y",
            "/admin%2fx",
            "/admin%3fx",
            "/admin%00",
            "/v1/public/%c0%ae%c0%ae/%c0%ae%c0%ae/admin",
            "/v1/public/..%c0%af..%c0%afadmin",
            "/v1//public/chat",
            "/v1/Public",
            "/a/../admin/%252e%252e/%252e%252e/a",
            "admin",
            "",
            "*",
            "http://h/admin",
        ] {
            check_path(path, Choice::Ambiguous);
        }
    }

    #[test]
    fn an_ambiguous_path_matters_only_where_a_path_could_decide() {
        let all = overrides(&[
            "{tenant: a, path_prefix: /admin}",
            "{tenant: a}",
            "{tenant: b}",
            "{path_prefix: /admin}",
        ]);
        let at = |tenant| Selector { tenant, path: "/x/../admin", ..Selector::default() };
        check(&all, &at("a"), Choice::Ambiguous);
        check(&all, &at("b"), Choice::Override(2));
        check(&all, &at("c"), Choice::Ambiguous);
        check(&all, &Selector { tenant: "a", path: "//v1/chat", ..Selector::default() }, Choice::Override(1));
        check(&overrides(&["{path_prefix: /}"]), &at("c"), Choice::Override(0));
    }

    #[test]
    fn long_and_broken_escapes_end() {
        for path in [
            format!("/{}", "%25".repeat(10_000)),
            format!("/{}", "%2".repeat(10_000)),
            format!("/{}", "/".repeat(50_000)),
        ] {
            let all = overrides(&["{path_prefix: /admin}"]);
            let choice = choose(all.iter(), &Selector { path: &path, ..Selector::default() });
            assert!(matches!(choice, Choice::Default | Choice::Ambiguous));
        }
    }

    #[test]
    fn near_misses_are_found() {
        let near = |word: &str| nearest(word, ["default", "tier", "off", "pii_email", "x"].into_iter());
        assert_eq!(near("defualt"), Some("default"));
        assert_eq!(near("teir"), Some("tier"));
        assert_eq!(near("of"), Some("off"));
        assert_eq!(near("pii_emali"), Some("pii_email"));
        assert_eq!(near("no"), None);
        assert_eq!(near(""), None);
        assert_eq!(near("something else"), None);
    }
}
