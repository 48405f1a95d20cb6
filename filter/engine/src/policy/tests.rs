//! The policy as a whole: documents in, settings or an error with its place out. They are YAML, as people write them.

use std::path::Path;
use std::sync::Arc;

use super::decide::{self, Reason};
use super::document::{IdentitySource, JudgeTiming, RefusalShape, Tier, Unavailable};
use super::json_tests::Random;
use super::preset::preset;
use super::settings::{LayerMode, Settings};
use super::{Mode, Policy, PolicyError, Selector};
use crate::detect::{Finding, REGISTRY};
use crate::event::{Direction, UnixMillis};
use crate::limits::{MAX_POLICY_BYTES, MAX_POLICY_NODES};
use crate::segment::{Provenance, Role};
use crate::wire::control::Pace;
use crate::wire::decision::Action;

fn default_settings(text: &str) -> Settings {
    let policy = Policy::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
    (**policy.settings(&Selector::default(), None)).clone()
}

fn error(text: &str) -> PolicyError {
    match Policy::parse(text) {
        Ok(policy) => panic!("accepted: {text}\n{policy:?}"),
        Err(error) => error,
    }
}

#[test]
fn an_empty_document_is_tier_medium() {
    for text in ["", "{}", "\n", "# nothing\n", "---\n", "\u{feff}{}"] {
        assert_eq!(default_settings(text), preset(Tier::Medium), "{text:?}");
    }
    assert!(Policy::parse("").unwrap().version.starts_with("weir@"));
}

#[test]
fn what_is_absent_comes_from_default_and_then_from_the_tier() {
    let policy = Policy::parse(
        "
        default: {tier: low, judge: {deadline_ms: 700}, refusal: {shape: completion}}
        overrides:
          - {name: pay, match: {tenant: acme}, set: {tier: high, human: {sla_seconds: 60}}}
        ",
    )
    .unwrap();
    let acme = policy.settings(&Selector { tenant: "acme", ..Selector::default() }, None);
    assert_eq!((acme.tier, acme.sla_seconds, acme.judge.deadline_ms), (Tier::High, 60, 700));
    assert_eq!((acme.pii.request, acme.refusal.shape), (Action::Block, RefusalShape::Completion));
    let other = policy.settings(&Selector::default(), None);
    assert_eq!((other.tier, other.sla_seconds), (Tier::Low, 72 * 3600));
}

#[test]
fn every_field_reaches_the_settings() {
    let s = default_settings(EVERYTHING);
    let detect = LayerMode { mode: Mode::Detect, until: Some(UnixMillis(1_798_761_600_000)) };
    assert_eq!((s.tier, s.layers.guardrails, s.layers.judge.mode), (Tier::High, detect, Mode::Off));
    assert_eq!((s.layers.human.mode, s.layers.circuit_breaker.mode), (Mode::Detect, Mode::Enforce));
    assert_eq!((s.injection.action, s.injection.of(Role::User).block_at), (Action::RequireApproval, 0.65));
    assert_eq!((s.injection.of(Role::User).judge_at, s.judge.sample_rate), (0.2, 0.5));
    assert_eq!((s.pii.request, s.pii.response), (Action::Allow, Action::Redact));
    assert_eq!((s.secrets.request, s.secrets.response), (Action::RequireApproval, Action::Allow));
    assert_eq!((s.output.action, s.output.block_at), (Action::RequireApproval, 0.7));
    assert_eq!((s.max_body_bytes.request, s.max_body_bytes.response), (10, 20));
    assert_eq!((s.judge.timing.request, s.judge.timing.response), (JudgeTiming::Never, JudgeTiming::Async));
    assert_eq!((s.judge.deadline_ms, s.judge.on_unavailable), (5, Unavailable::Degrade));
    assert_eq!((&*s.judge.criteria, s.sla_seconds, s.approval_seconds), ("no insults", 6, 7));
    assert_eq!((s.max_age_ms, s.on_stale), (5000, Unavailable::Refuse));
    assert_eq!((s.fallback.shape, &*s.fallback.message), (RefusalShape::Completion, "later"));
    assert_eq!((s.fallback.retry_after_seconds, s.refusal.shape), (9, RefusalShape::Completion));
    assert_eq!(&*s.refusal.message, "no");
    let policy = Policy::parse(EVERYTHING).unwrap();
    assert_eq!(policy.identity.tenant, Some(IdentitySource::Header("x-tenant-id".into())));
    assert_eq!(policy.identity.agent, Some(IdentitySource::PeerSan));
    assert_eq!(policy.sidecar.cluster, "side");
}

#[test]
fn unsafe_output_is_decided_by_its_score_and_its_own_setting() {
    let rule = crate::detect::REGISTRY.iter().position(|rule| rule.id == "output_beacon").unwrap();
    let rule = u16::try_from(rule).unwrap();
    for (policy, score, want) in [
        ("default: {tier: medium}", 0.85, (Action::Block, Reason::UnsafeOutput)),
        ("default: {tier: medium}", 0.65, (Action::Allow, Reason::Clean)),
        ("default: {tier: critical}", 0.75, (Action::Block, Reason::UnsafeOutput)),
        ("default: {guardrails: {output: {action: allow}}}", 0.95, (Action::Allow, Reason::Clean)),
        (
            "default: {guardrails: {output: {action: require_approval, block_at: 0.5}}}",
            0.5,
            (Action::RequireApproval, Reason::UnsafeOutput),
        ),
    ] {
        let finding = Finding {
            rule,
            segment: 0,
            role: Role::Assistant,
            provenance: Provenance::Model,
            range: 0..1,
            score,
            list: None,
            transforms: crate::normalize::Transforms::default(),
        };
        let settings = default_settings(policy);
        let now = UnixMillis(0);
        let decision = decide::guardrails(&settings, Direction::Response, &[finding], Pace::Primary, now);
        assert_eq!((decision.action, decision.reason), want, "{policy} {score}");
    }
}

const EVERYTHING: &str = "
version: weir/v1
name: all.of-it_1
header_hold: continue
sidecar: {cluster: side, authority: 'side:1'}
identity: {tenant: {header: X-Tenant-Id}, user: {header: x-user}, agent: peer_san}
default:
  tier: high
  layers:
    guardrails: {mode: detect, until: 2027-01-01}
    judge: off
    human: detect
    circuit_breaker: enforce
  guardrails:
    injection: {action: require_approval, block_at: 0.65, judge_at: 0.2}
    pii: {request: allow, response: redact}
    secrets: {request: require_approval, response: allow}
    output: {action: require_approval, block_at: 0.7}
    unscannable: {request: allow, response: block}
  limits: {max_request_bytes: 10, max_response_bytes: 20}
  judge:
    request: never
    response: async
    sample_rate: 0.5
    deadline_ms: 5
    on_unavailable: degrade
    criteria: no insults
  human: {sla_seconds: 6, approval_seconds: 7}
  circuit_breaker:
    max_age_ms: 5000
    on_stale: refuse
    fallback: {shape: completion, message: later, retry_after_seconds: 9}
  refusal: {shape: completion, message: 'no'}
";

#[test]
fn a_lighter_mode_ends_on_its_day() {
    let guardrails = default_settings(EVERYTHING).layers.guardrails;
    assert_eq!(guardrails.at(UnixMillis(1_798_761_599_999)), Mode::Detect);
    assert_eq!(guardrails.at(UnixMillis(1_798_761_600_000)), Mode::Enforce);
}

#[test]
fn a_written_threshold_moves_the_presets_other_one() {
    let check = |text: &str, want: (f32, f32)| {
        let s = default_settings(&format!("default: {{guardrails: {{injection: {text}}}}}"));
        assert_eq!(
            (s.injection.of(Role::User).judge_at, s.injection.of(Role::User).block_at),
            want,
            "{text}"
        );
    };
    check("{block_at: 0.4}", (0.4, 0.4));
    check("{judge_at: 0.95}", (0.8, 0.8));
    check("{judge_at: 0.1}", (0.1, 0.8));
    check("{judge_at: 0, block_at: 1}", (0.0, 1.0));
}

#[test]
fn the_version_names_the_meaning_and_not_the_spelling() {
    let version = |text: &str| Policy::parse(text).unwrap().version;
    let yaml = version("name: acme\ndefault:\n  tier: high # why\n");
    assert_eq!(yaml, version(r#"{"default": {"tier": "high"}, "name": "acme"}"#));
    assert_ne!(yaml, version("name: acme\ndefault:\n  tier: low\n"));
    let hash = yaml.strip_prefix("acme@").unwrap();
    assert!(hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
}

#[test]
fn a_client_can_only_tighten() {
    let policy = Policy::parse("default: {tier: high, layers: {judge: detect}}").unwrap();
    let at = |tier| policy.settings(&Selector::default(), tier);
    for tier in [Tier::Low, Tier::Medium, Tier::High, Tier::Critical] {
        assert_eq!(**at(Some(tier)), at(None).tighten(&preset(tier)), "{tier:?}");
        assert!(at(Some(tier)).tier >= Tier::High);
    }
    assert_eq!(at(Some(Tier::Critical)).judge.sample_rate, 1.0);
    assert!(Arc::ptr_eq(at(None), at(None)), "a look-up, not a computation");
}

#[test]
fn anchors_are_read_and_off_is_a_word() {
    let s =
        default_settings("default: {guardrails: {pii: &a {request: block, response: block}, secrets: *a}}");
    assert_eq!((s.secrets.request, s.secrets.response), (Action::Block, Action::Block));
    assert_eq!(default_settings("default: {layers: {human: off}}").layers.human.mode, Mode::Off);
}

/// A bad document with the path, line and parts of the message it must be refused with.
fn refused(text: &str, path: &str, line: usize, parts: &[&str]) {
    let error = error(text);
    assert_eq!((error.path.as_str(), error.line), (path, line), "{text}\n{error}");
    assert!(error.line == 0 || error.column > 0, "{text}\n{error}");
    for part in parts {
        assert!(error.to_string().contains(part), "{text}\nis refused with `{error}`, without `{part}`");
    }
    let first = error.message.chars().next();
    assert!(first.is_some_and(|c| !c.is_uppercase()) && !error.message.contains('\n'), "{error}");
}

#[test]
fn bad_shapes_are_refused_with_their_place() {
    let cases: &[(&str, &str, usize, &[&str])] = &[
        ("version: weir/v2", "version", 1, &["`weir/v2`", "`weir/v1`"]),
        ("defualt: {}", "defualt", 1, &["unknown field `defualt`", "did you mean `default`?", "`overrides`"]),
        ("name: x\ndefault:\n  tire: low", "default.tire", 3, &["did you mean `tier`?"]),
        ("default:\n  tier: hgih\n", "default.tier", 2, &["unknown value `hgih`", "`critical`"]),
        ("default:\n  tier: High\n", "default.tier", 2, &["`High`", "did you mean `high`?"]),
        ("default:\n  tier: [low]", "default.tier", 2, &["a list does not fit"]),
        ("default:\n  tier: {low: 1}", "default.tier", 2, &["a mapping", "a word: `low`, `medium`"]),
        ("default:\n  tier: 3", "default.tier", 2, &["number `3`", "expected a word"]),
        ("default:\n", "default", 1, &["no value", "leave the key out"]),
        ("default: medium", "default", 1, &["the text `medium`", "expected a mapping"]),
        ("default: [medium]", "default", 1, &["a list does not fit"]),
        ("- weir/v1\n- acme", "", 1, &["a list does not fit"]),
        ("policy", "", 1, &["the text `policy`", "expected a mapping"]),
        ("name: [a]", "name", 1, &["a list"]),
        ("name: 5", "name", 1, &["number `5`", "text; put it in quotes"]),
        ("name: true", "name", 1, &["`true`", "text"]),
        ("header_hold: stop", "header_hold", 1, &["`stop_iteration`, `continue`"]),
        ("default:\n  layers:\n    judge: of", "default.layers.judge", 3, &["`of`", "did you mean `off`?"]),
        ("default:\n  layers:\n    judge: no", "default.layers.judge", 3, &["`no`", "`enforce`"]),
        ("default:\n  layers:\n    judge: 5", "default.layers.judge", 3, &["`detect`"]),
        (
            "default:\n  layers:\n    judge: {mode: off}",
            "default.layers.judge",
            3,
            &["missing field `until`"],
        ),
        ("default: {layers: {judge: {mode: off, til: x}}}", "default.layers.judge.til", 1, &["`until`?"]),
        ("default:\n  judge:\n    deadline_ms: -1", "default.judge.deadline_ms", 3, &["`-1`", "0 or more"]),
        ("default:\n  judge:\n    deadline_ms: 1.5", "default.judge.deadline_ms", 3, &["`1.5`"]),
        ("default:\n  judge:\n    deadline_ms: 5s", "default.judge.deadline_ms", 3, &["`5s`"]),
        ("default: {judge: {deadline_ms: 99999999999}}", "default.judge.deadline_ms", 1, &["`99999999999`"]),
        (
            "default:\n  judge:\n    sample_rate: .nan",
            "default.judge.sample_rate",
            3,
            &["text `.nan`", "a number"],
        ),
        ("default:\n  judge:\n    sample_rate: 1e999", "default.judge.sample_rate", 3, &["text `1e999`"]),
        ("default:\n  judge:\n    deadline_ms: 0x10", "default.judge.deadline_ms", 3, &["text `0x10`"]),
        (
            "default:\n  judge:\n    sample_rate: '0.5'",
            "default.judge.sample_rate",
            3,
            &["text `0.5`", "a number"],
        ),
        ("identity: {tenant: {headr: x}}", "identity.tenant", 1, &["did you mean `header`?"]),
        ("identity: {tenant: body}", "identity.tenant", 1, &["`body`", "`peer_san`"]),
        ("identity: {tenant: header}", "identity.tenant", 1, &["`header`", "its name"]),
        ("overrides:\n- name: x\n", "overrides[0]", 2, &["missing field `match`"]),
        ("overrides:\n- name: x\n  match: {tenant: a}\n", "overrides[0]", 2, &["missing field `set`"]),
        ("overrides: {name: x}\n", "overrides", 1, &["a mapping does not fit", "a list"]),
        ("overrides: [[x]]\n", "overrides[0]", 1, &["a list does not fit"]),
    ];
    for (text, path, line, parts) in cases {
        refused(text, path, *line, parts);
    }
}

#[test]
fn bad_yaml_is_refused_with_its_place() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let wide = format!("a: [{}]", "1,".repeat(MAX_POLICY_NODES));
    let bomb = format!(
        "a: &a [x,x,x,x,x,x,x,x,x]\n{}",
        (b'b'..b'p')
            .map(|c| {
                let (name, last) = (char::from(c), char::from(c - 1));
                format!("{name}: &{name} [{}]\n", vec![format!("*{last}"); 9].join(","))
            })
            .collect::<String>()
    );
    let cases: &[(&str, usize, &[&str])] = &[
        ("name: a\nname: b", 2, &["`name`", "twice"]),
        (r#"{"default": {"tier": "low", "tier": "high"}}"#, 1, &["`tier`", "twice"]),
        ("name: a\ndefault: [", 2, &["bracket"]),
        ("name: \"a", 1, &[]),
        ("name: a\n---\nname: b", 2, &["a second document"]),
        ("name: !!python/object x", 1, &["tag"]),
        ("default: &d {tier: low}\n<<: *d", 2, &["`<<`", "override"]),
        ("default: &a {judge: *a}", 1, &["its own anchor"]),
        ("default: *nothing", 1, &["anchor"]),
        ("? [a]\n: b", 1, &[]),
        ("name: a\u{0}b", 1, &[]),
        (&deep, 1, &[]),
        (&wide, 1, &["too large or too deep", "20000"]),
        (&bomb, 5, &["too large or too deep"]),
    ];
    for (text, line, parts) in cases {
        refused(text, "", *line, parts);
    }
    refused(&"#".repeat(MAX_POLICY_BYTES + 1), "", 0, &["262145", "at most 262144 bytes"]);
    refused(&format!("{}: 1", "k".repeat(100)), "", 1, &["longer than 64 bytes"]);
}

#[test]
fn bad_meanings_are_refused_with_their_place() {
    let cases: &[(&str, &str, usize, &[&str])] = &[
        ("name: a@b", "name", 1, &["`a@b`", "letters"]),
        ("sidecar:\n  cluster: ''", "sidecar.cluster", 2, &["not empty"]),
        ("sidecar:\n  authority: a b", "sidecar.authority", 2, &["`a b`"]),
        ("identity:\n  user:\n    header: ':path'", "identity.user.header", 3, &["`:path`", "pseudo"]),
        ("identity:\n  user:\n    header: x user", "identity.user.header", 3, &["`x user`", "x-tenant-id"]),
        ("identity: {user: {header: ''}}", "identity.user.header", 1, &["``"]),
        ("allow_lists: [{rules: [pii_email]}]", "allow_lists[0].terms", 1, &["no terms"]),
        ("allow_lists: [{terms: ['...']}]", "allow_lists[0].terms[0]", 1, &["`...`"]),
        ("allow_lists: [{terms: [a], rules: [pii]}]", "allow_lists[0].rules[0]", 1, &["no rule `pii`"]),
        ("verdict_cache_bytes: 999999999", "verdict_cache_bytes", 1, &["`999999999`", "0 to 268435456"]),
        ("placeholder_key: short", "placeholder_key", 1, &["`5` bytes", "32 to 128"]),
        (
            "lexicons: [{name: a, terms: [x1], response: tokenise}]",
            "lexicons[0].response",
            1,
            &["needs a key", "`placeholder_key`"],
        ),
        (
            "overrides:\n- name: x\n  match: {tenant: a}\n  set: {guardrails: {secrets: {request: tokenise}}}",
            "overrides[0].set.guardrails.secrets.request",
            4,
            &["needs a key"],
        ),
    ];
    let in_default: &[(&str, &str, &[&str])] = &[
        ("judge: {deadline_ms: 0}", "judge.deadline_ms", &["`0`", "1 to 60000"]),
        ("judge: {deadline_ms: 60001}", "judge.deadline_ms", &["`60001`"]),
        ("judge: {sample_rate: 1.01}", "judge.sample_rate", &["`1.01`", "0 to 1"]),
        ("judge: {sample_rate: -0.5}", "judge.sample_rate", &["`-0.5`"]),
        ("judge: {criteria: ''}", "judge.criteria", &["`0` bytes"]),
        ("guardrails: {injection: {block_at: 1.5}}", "guardrails.injection.block_at", &["`1.5`", "0 to 1"]),
        ("guardrails: {output: {block_at: 1.5}}", "guardrails.output.block_at", &["`1.5`", "0 to 1"]),
        ("guardrails: {output: {action: redact}}", "guardrails.output.action", &["`redact`", "allowed"]),
        ("guardrails: {output: {action: mask}}", "guardrails.output.action", &["`mask`", "allowed"]),
        ("guardrails: {injection: {action: tokenise}}", "guardrails.injection.action", &["`tokenise`"]),
        ("guardrails: {preset: lax}", "guardrails.preset", &["`lax`", "`permissive`", "`strict`"]),
        ("guardrails: {injection: {flag_at: 2}}", "guardrails.injection.flag_at", &["`2`"]),
        (
            "guardrails: {injection: {by_role: [{block_at: 0.5}]}}",
            "guardrails.injection.by_role[0].roles",
            &["no roles"],
        ),
        (
            "guardrails: {injection: {by_role: [{roles: [user], judge_at: 0.9, block_at: 0.5}]}}",
            "guardrails.injection.by_role[0].judge_at",
            &["above `block_at`"],
        ),
        (
            "guardrails: {exceptions: [{rules: [pii_emial], enabled: false}]}",
            "guardrails.exceptions[0].rules[0]",
            &["`pii_emial`", "`pii_email`?"],
        ),
        ("guardrails: {exceptions: [{enabled: false}]}", "guardrails.exceptions[0].rules", &["no rules"]),
        ("guardrails: {exceptions: [{rules: ['pii_*']}]}", "guardrails.exceptions[0]", &["changes nothing"]),
        (
            "guardrails: {exceptions: [{rules: ['*'], request: mask}]}",
            "guardrails.exceptions[0].request",
            &["`mask`", "no answer to `injection_"],
        ),
        (
            "guardrails: {exceptions: [{rules: [pii_email], request: tokenise}]}",
            "guardrails.exceptions[0].request",
            &["`placeholder_key`"],
        ),
        (
            "guardrails: {exceptions: [{rules: [pii_email], least_score: 2}]}",
            "guardrails.exceptions[0].least_score",
            &["`2`"],
        ),
        ("guardrails: {leak: {response: mask}}", "guardrails.leak.response", &["`mask`", "`redact`"]),
        ("guardrails: {pii: {response: tokenise}}", "guardrails.pii.response", &["`placeholder_key`"]),
        ("guardrails: {injection: {judge_at: -1}}", "guardrails.injection.judge_at", &["`-1`"]),
        (
            "guardrails: {injection: {judge_at: 0.9, block_at: 0.5}}",
            "guardrails.injection.judge_at",
            &["`0.9`", "above `block_at`", "`0.5`"],
        ),
        (
            "guardrails: {injection: {action: redact}}",
            "guardrails.injection.action",
            &["`redact`", "`block`"],
        ),
        ("guardrails: {disabled_rules: [no_such]}", "guardrails.disabled_rules[0]", &["no rule `no_such`"]),
        ("limits: {max_request_bytes: 0}", "limits.max_request_bytes", &["`0`", "1 to 16777216"]),
        ("limits: {max_response_bytes: 16777217}", "limits.max_response_bytes", &["`16777217`"]),
        ("human: {sla_seconds: 0}", "human.sla_seconds", &["`0`"]),
        ("human: {approval_seconds: 99999999}", "human.approval_seconds", &["`99999999`"]),
        ("circuit_breaker: {max_age_ms: 4999}", "circuit_breaker.max_age_ms", &["`4999`", "5000"]),
        (
            "circuit_breaker: {fallback: {retry_after_seconds: 0}}",
            "circuit_breaker.fallback.retry_after_seconds",
            &["`0`"],
        ),
        ("refusal: {message: ' '}", "refusal.message", &["not only spaces"]),
        (
            "layers: {judge: {mode: off, until: 2026-02-29}}",
            "layers.judge.until",
            &["`2026-02-29`", "real date"],
        ),
        ("layers: {judge: {mode: off, until: 2026-13-01}}", "layers.judge.until", &["`2026-13-01`"]),
        ("layers: {judge: {mode: off, until: 2026-1-1}}", "layers.judge.until", &["YYYY-MM-DD"]),
        ("layers: {judge: {mode: off, until: +026-01-01}}", "layers.judge.until", &["`+026-01-01`"]),
        (
            "layers: {judge: {mode: enforce, until: 2026-01-01}}",
            "layers.judge.until",
            &["`enforce`", "means nothing"],
        ),
    ];
    for (text, path, line, parts) in cases {
        refused(text, path, *line, parts);
    }
    for (text, path, parts) in in_default {
        refused(&format!("name: a\n\ndefault:\n  {text}\n"), &format!("default.{path}"), 4, parts);
        let over = format!("overrides:\n- name: a\n  match: {{tenant: b}}\n  set:\n    {text}\n");
        refused(&over, &format!("overrides[0].set.{path}"), 5, parts);
    }
}

#[test]
fn bad_overrides_are_refused_with_their_place() {
    let check = |matches: &str, path: &str, parts: &[&str]| {
        let text = format!("overrides:\n- name: a\n  match: {matches}\n  set: {{}}\n");
        refused(&text, &format!("overrides[0].match{path}"), 3, parts);
    };
    check("{}", "", &["empty", "`path_prefix`"]);
    check("{tenant: ''}", ".tenant", &["can never match"]);
    check(&format!("{{agent: {}}}", "a".repeat(256)), ".agent", &["can never match"]);
    check("{host: 'a:80'}", ".host", &["`a:80`", "port"]);
    check("{host: '[::1]:80'}", ".host", &["`[::1]:80`"]);
    check("{host: 'https://a'}", ".host", &["scheme"]);
    check("{host: '*.a'}", ".host", &["wildcard"]);
    for path in ["v1", "/v1?x", "/v1#x", "//v1", "/a/../b", "/a/./b", "/%61", "/a;b", "/a\\b", "/a b", ""] {
        let parts: &[&str] = if path.is_empty() { &["never match"] } else { &["plain path"] };
        check(&format!("{{path_prefix: '{path}'}}"), ".path_prefix", parts);
    }
    refused("overrides: [{name: '', match: {tenant: a}, set: {}}]", "overrides[0].name", 1, &["not empty"]);
    let two = |a: &str, b: &str| {
        format!("overrides:\n- {{name: a, match: {a}, set: {{}}}}\n- {{name: b, match: {b}, set: {{}}}}\n")
    };
    let twice = two("{tenant: a}", "{tenant: b}").replace("name: b", "name: a");
    refused(&twice, "overrides[1].name", 3, &["two overrides", "`a`"]);
    for (a, b) in [
        ("{tenant: a}", "{tenant: a}"),
        ("{tenant: a}", "{tenant: a, route: r}"),
        ("{path_prefix: /v1}", "{path_prefix: /v1/chat}"),
        ("{path_prefix: /v1/}", "{path_prefix: /v1}"),
        ("{path_prefix: /}", "{agent: x}"),
        ("{host: A.b}", "{host: a.B, agent: x}"),
    ] {
        refused(&two(a, b), "overrides[1].match", 3, &["unreachable", "`a`", "narrower"]);
    }
    for (a, b) in [
        ("{tenant: a, route: r}", "{tenant: a}"),
        ("{path_prefix: /v1}", "{path_prefix: /v12}"),
        ("{path_prefix: /v1/chat}", "{path_prefix: /v1}"),
        ("{path_prefix: /v1}", "{agent: x}"),
    ] {
        assert!(Policy::parse(&two(a, b)).is_ok(), "{a} {b}");
    }
    let many: String =
        (0..300).map(|i| format!("- {{name: n{i}, match: {{tenant: t{i}}}, set: {{}}}}\n")).collect();
    refused(&format!("overrides:\n{many}"), "overrides", 1, &["`300`", "256"]);
}

#[test]
fn thresholds_that_only_disagree_together_are_refused_at_the_override() {
    let text = "default: {guardrails: {injection: {judge_at: 0.6}}}\noverrides:\n- name: a\n  match: {tenant: t}\n  set:\n    guardrails: {injection: {block_at: 0.5}}\n";
    refused(text, "overrides[0].set.guardrails.injection.judge_at", 6, &["`0.6`", "`0.5`"]);
}

#[test]
fn packs_choose_rules_and_an_override_chooses_anew() {
    let text = "default: {guardrails: {pii: {packs: [global, us]}, disabled_rules: [pii_email]}}\noverrides:\n- {name: eu, match: {tenant: t}, set: {guardrails: {pii: {packs: [eu]}}}}\n- {name: none, match: {tenant: n}, set: {guardrails: {pii: {packs: []}}}}";
    let policy = Policy::parse(text).unwrap();
    let check = |tenant: &str, on: &[&str], off: &[&str]| {
        let selector = Selector { tenant, ..Selector::default() };
        let disabled = policy.settings(&selector, None).disabled_rules.clone();
        let is_off = |id: &&str| disabled.iter().any(|rule| REGISTRY[usize::from(*rule)].id == *id);
        assert!(on.iter().all(|id| !is_off(id)) && off.iter().all(is_off), "{tenant}: {disabled:?}");
        assert!(disabled.is_sorted());
    };
    check("", &["pii_us_ssn", "pii_iban"], &["pii_email", "pii_de_tax_id", "pii_ip_special"]);
    check("t", &["pii_de_tax_id", "pii_eu_vat"], &["pii_email", "pii_us_ssn", "pii_iban"]);
    check("n", &["injection_override", "secret_private_key"], &["pii_iban", "pii_us_ssn", "pii_phone"]);
    for (pack, help) in [("gb", "`uk`"), ("globl", "`global`"), ("zz", "`us`")] {
        let error =
            Policy::parse(&format!("default: {{guardrails: {{pii: {{packs: [us, {pack}]}}}}}}")).unwrap_err();
        assert_eq!(error.path, "default.guardrails.pii.packs[1]");
        assert!(error.message.contains(pack) && error.help.contains(help), "{error}");
    }
}

#[test]
fn rules_are_switched_off_by_id_and_slips_are_pointed_at() {
    let parse = |ids: &str| Policy::parse(&format!("default: {{guardrails: {{disabled_rules: [{ids}]}}}}"));
    let index = |id: &str| u16::try_from(REGISTRY.iter().position(|r| r.id == id).unwrap()).unwrap();
    let policy = parse("pii_phone, pii_email, pii_phone").unwrap();
    let mut expected = [index("pii_email"), index("pii_phone"), index("pii_ip_special")];
    expected.sort_unstable();
    assert_eq!(*policy.settings(&Selector::default(), None).disabled_rules, expected);
    let strict = policy.settings(&Selector::default(), Some(Tier::Low));
    assert_eq!(
        *strict.disabled_rules,
        [index("pii_ip_special")],
        "a tier runs every rule but those on request"
    );
    let error = parse("pii_phone, pii_emial").unwrap_err();
    assert_eq!(error.path, "default.guardrails.disabled_rules[1]");
    assert_eq!(error.to_string().split_once(": ").unwrap().0, "line 1");
    assert!(error.message.contains("`pii_emial`") && error.help.contains("`pii_email`"), "{error}");
}

#[test]
fn a_path_that_could_be_any_override_gets_the_strictest_of_all() {
    let policy = Policy::parse(
        "
        default: {tier: low, judge: {sample_rate: 0.9}}
        overrides:
          - {name: open, match: {path_prefix: /open}, set: {layers: {guardrails: off}}}
          - {name: pay, match: {path_prefix: /pay}, set: {tier: critical}}
        ",
    )
    .unwrap();
    let at = |path| policy.settings(&Selector { path, ..Selector::default() }, None);
    assert_eq!((at("/open").layers.guardrails.mode, at("/pay").tier), (Mode::Off, Tier::Critical));
    for path in ["/open/../pay", "/pay/..%2fopen", "//open", "/OPEN", "/%2570ay"] {
        let s = at(path);
        assert_eq!((s.tier, s.layers.guardrails.mode), (Tier::Critical, Mode::Enforce), "{path}");
        for laxer in ["/open", "/pay", "/"] {
            assert_eq!(s.tighten(at(laxer)), **s, "{path} {laxer}");
        }
    }
}

#[test]
fn long_values_are_cut_in_messages() {
    let text = format!("default: {{tier: \"{}\\n\"}}", "x".repeat(5000));
    assert!(error(&text).to_string().len() < 400);
}

#[test]
fn no_bytes_make_the_parser_panic() {
    let seeds = [
        EVERYTHING,
        include_str!("../../../../envoy/local/policy.yaml"),
        "a: &a [1, *a]\nb: |\n  x\n? y\n: z",
    ];
    let tokens: [&[u8]; 16] = [
        b": ", b"- ", b"\n", b"\n  ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"<<: ", b"|", b"\"", b"\xff",
        b"!!", b"\0",
    ];
    let mut random = Random(42);
    for round in 0..4000 {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..=random.below(8) {
            let at = random.below(bytes.len() + 1);
            match random.below(4) {
                0 => drop(bytes.splice(at..at, tokens[random.below(16)].iter().copied())),
                1 if at < bytes.len() => bytes[at] = (random.next() & 0xff) as u8,
                2 => bytes.truncate(at.max(1)),
                _ => {
                    let end = (at + random.below(40)).min(bytes.len());
                    bytes.extend_from_within(at..end);
                }
            }
        }
        if let Err(error) = Policy::parse(&String::from_utf8_lossy(&bytes)) {
            assert!(!error.message.is_empty(), "{:?}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn format_is_asked_for_field_by_field_and_by_all_that_could_apply() {
    let policy = Policy::parse(
        "
        default: {guardrails: {format: {max_user_characters: 9, languages: [en], response: allow}}}
        overrides:
          - name: bills
            match: {path_prefix: /bills}
            set: {guardrails: {format: {max_user_characters: 5, answer_schema: {type: [object, array], enum: [1, a, true]}}}}
        ",
    )
    .unwrap();
    let at = |path| {
        policy.settings(&Selector { path, ..Selector::default() }, Some(Tier::Critical)).format.clone()
    };
    let (default, bills) = (at("/"), at("/bills"));
    assert_eq!((default.actions.request, default.actions.response), (Action::Block, Action::Block));
    let asked = |format: &super::settings::Format| {
        format.constraints.iter().map(|c| c.max_user_characters).collect::<Vec<_>>()
    };
    assert_eq!((asked(&default), asked(&bills)), (vec![Some(9)], vec![Some(5)]));
    assert_eq!(bills.constraints[0].languages, default.constraints[0].languages);
    assert!(bills.constraints[0].answer_schema.is_some());
    assert_eq!(asked(&at("//bills")), [Some(9), Some(5)], "a path that could be either must fit both");
    assert!(preset(Tier::Critical).format.constraints.is_empty());
}

#[test]
fn what_no_text_could_be_is_refused_with_its_place() {
    let format = |fields: &str| format!("default:\n  guardrails:\n    format:\n{fields}");
    let path = |field: &str| format!("default.guardrails.format{field}");
    for (fields, field, line, part) in [
        ("      languages: [en, xx]", ".languages[1]", 4, "xx"),
        ("      languages: []", ".languages", 4, "at least one"),
        ("      response: redact", ".response", 4, "no answer"),
        ("      min_citations: 101", ".min_citations", 4, "0 to 100"),
        ("      max_user_characters: 0", ".max_user_characters", 4, "1 to"),
        ("      citation_forms: [url]", ".citation_forms[0]", 4, "url"),
        ("      answer_schema: {type: text}", ".answer_schema.type", 4, "text"),
        ("      answer_schema: {pattern: a+}", ".answer_schema.pattern", 4, "pattern"),
        (
            "      answer_schema:\n        items: {minLength: 3, maxLength: 2}",
            ".answer_schema.items.minLength",
            5,
            "no value fits",
        ),
        (
            "      answer_schema:\n        properties:\n          a: {enum: []}",
            ".answer_schema.properties.a.enum",
            6,
            "no value fits",
        ),
        ("      answer_schema: {required: [a, b, a]}", ".answer_schema.required[2]", 4, "twice"),
        ("      answer_schema: {enum: [[1]]}", ".answer_schema.enum[0]", 4, "a list does not fit"),
    ] {
        refused(&format(fields), &path(field), line, &[part]);
    }
}

#[test]
fn every_example_is_a_policy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = vec![root.join("envoy/local/policy.yaml")];
    for entry in std::fs::read_dir(root.join("docs/reference/policy-examples")).unwrap() {
        files.push(entry.unwrap().path());
    }
    assert!(files.len() > 3);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        Policy::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    }
}
