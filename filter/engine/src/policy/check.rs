//! What a document must mean, beyond its types. Every rule here names the path it is about, what is wrong and what
//! is allowed; it changes nothing. The first rule that is broken ends the check.

use serde::Serialize;

use super::document::{
    AllowListDocument, ExceptionDocument, FormatDocument, GuardrailsDocument, IdentityDocument,
    IdentitySource, LayerDocument, LayersDocument, LexiconDocument, MatchDocument, Mode, OverrideDocument,
    PolicyDocument, RoleThresholdsDocument, SettingsDocument, SidecarDocument,
};
use super::exception;
use super::select::{Matcher, canonical_host, is_plain_path, nearest};
use super::source::{Problem, shortened};
use crate::detect::{Family, REGISTRY, Rule, Schema, canary_letters, folded_term, packs};
use crate::event::UnixMillis;
use crate::limits::{
    MAX_ALLOW_LISTS, MAX_ALLOWED_TERM_BYTES, MAX_BODY_BYTES, MAX_CACHE_BYTES, MAX_CANARIES, MAX_CANARY_BYTES,
    MAX_CITATIONS, MAX_EXCEPTIONS, MAX_LABEL_BYTES, MAX_LEXICONS, MAX_OVERRIDES, MAX_PLACEHOLDER_KEY_BYTES,
    MAX_POLICY_TEXT_BYTES, MAX_REVIEW_SECONDS, MAX_TERM_BYTES, MIN_CANARY_LETTERS, MIN_PLACEHOLDER_KEY_BYTES,
};
use crate::wire;
use crate::wire::decision::Action;

type Checked = Result<(), Problem>;

/// Checks a whole document against the rules there are.
pub(super) fn check(document: &PolicyDocument) -> Checked {
    policy_name(&document.name)?;
    sidecar(&document.sidecar)?;
    identity(&document.identity)?;
    canaries(&document.canaries)?;
    lexicons(&document.lexicons)?;
    allow_lists(&document.allow_lists)?;
    settings("default", &document.default)?;
    overrides(&document.overrides)?;
    verdict_cache(document.verdict_cache_bytes)?;
    placeholder_key(document)
}

/// The thresholds of an override on top of `default`: each may be right alone and both wrong together.
pub(super) fn thresholds(path: &str, block_at: Option<f32>, judge_at: Option<f32>) -> Checked {
    ordered(&format!("{path}.guardrails.injection"), block_at, judge_at)
}

fn ordered(path: &str, block_at: Option<f32>, judge_at: Option<f32>) -> Checked {
    match (block_at, judge_at) {
        (Some(block), Some(judge)) if judge > block => Err(problem(
            format!("{path}.judge_at"),
            format!("`{}` is above `block_at`, which is `{}`", written(judge), written(block)),
            "`judge_at` is where the judge is first asked, so at most `block_at`",
        )),
        _ => Ok(()),
    }
}

/// Midnight (UTC) of a day written `YYYY-MM-DD`; `None` when there is no such day.
pub(super) fn midnight(day: &str) -> Option<UnixMillis> {
    let digits = day.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let (year, rest) = day.split_once('-')?;
    let (month, date) = rest.split_once('-')?;
    if !digits || [year.len(), month.len(), date.len()] != [4, 2, 2] {
        return None;
    }
    let (year, month, date) =
        (year.parse::<u64>().ok()?, month.parse::<u64>().ok()?, date.parse::<u64>().ok()?);
    let last = match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1970 || date == 0 || date > last {
        return None;
    }
    Some(UnixMillis(days_since_epoch(year, month, date) * 86_400_000))
}

/// Howard Hinnant's `days_from_civil`, for years from 1970.
fn days_since_epoch(year: u64, month: u64, date: u64) -> u64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let era_days = 365 * year + year / 4 - year / 100 + year / 400;
    era_days + (153 * month + 2) / 5 + date - 1 - 719_468
}

fn policy_name(name: &str) -> Checked {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.len() <= 64 && name.chars().all(plain) {
        return Ok(());
    }
    fault(
        "name",
        format!("`{}` is not a policy name", shortened(name)),
        "up to 64 letters, digits, `.`, `_`, `-`",
    )
}

fn sidecar(document: &SidecarDocument) -> Checked {
    for (field, value) in [("cluster", &document.cluster), ("authority", &document.authority)] {
        let visible = value.chars().all(|c| c.is_ascii_graphic());
        if value.is_empty() || value.len() >= MAX_LABEL_BYTES || !visible {
            let message = format!("`{}` is not a name", shortened(value));
            return fault(
                format!("sidecar.{field}"),
                message,
                "visible ASCII characters, no spaces, not empty",
            );
        }
    }
    Ok(())
}

fn identity(document: &IdentityDocument) -> Checked {
    let sources = [("tenant", &document.tenant), ("user", &document.user), ("agent", &document.agent)];
    for (field, source) in sources {
        if let Some(IdentitySource::Header(name)) = source {
            header(format!("identity.{field}.header"), name)?;
        }
    }
    Ok(())
}

/// Their values are not repeated in messages, which end up in logs.
fn canaries(all: &[String]) -> Checked {
    at_most("canaries", "canaries", all.len(), MAX_CANARIES)?;
    for (i, canary) in all.iter().enumerate() {
        if canary.len() > MAX_CANARY_BYTES || canary_letters(canary) < MIN_CANARY_LETTERS {
            let help =
                format!("at least {MIN_CANARY_LETTERS} letters and digits, at most {MAX_CANARY_BYTES} bytes");
            return fault(format!("canaries[{i}]"), "this could be found by chance, or is too long", help);
        }
    }
    Ok(())
}

fn verdict_cache(bytes: Option<usize>) -> Checked {
    match bytes {
        Some(bytes) if bytes > MAX_CACHE_BYTES => {
            let range = format!("0 to {MAX_CACHE_BYTES}, in each worker");
            fault("verdict_cache_bytes", format!("`{bytes}` is out of range"), range)
        }
        _ => Ok(()),
    }
}

/// The key is not repeated either.
fn placeholder_key(document: &PolicyDocument) -> Checked {
    let length = format!("{MIN_PLACEHOLDER_KEY_BYTES} to {MAX_PLACEHOLDER_KEY_BYTES} bytes, drawn at random");
    if let Some(key) = &document.placeholder_key {
        let fits = (MIN_PLACEHOLDER_KEY_BYTES..=MAX_PLACEHOLDER_KEY_BYTES).contains(&key.len());
        return if fits {
            Ok(())
        } else {
            fault("placeholder_key", format!("a key of `{}` bytes", key.len()), length)
        };
    }
    match actions(document).into_iter().find(|(_, action)| *action == Some(Action::Tokenise)) {
        Some((path, _)) => {
            fault(path, "`tokenise` needs a key", format!("put one into `placeholder_key`: {length}"))
        }
        None => Ok(()),
    }
}

/// Every action that a document may choose `tokenise` for, with its path.
fn actions(document: &PolicyDocument) -> Vec<(String, Option<Action>)> {
    let mut all = Vec::new();
    let mut both = |path: String, request, response| {
        all.extend([(format!("{path}.request"), request), (format!("{path}.response"), response)]);
    };
    for (i, one) in document.lexicons.iter().enumerate() {
        both(format!("lexicons[{i}]"), one.request, one.response);
    }
    let default = ("default".to_owned(), &document.default);
    let overrides = document.overrides.iter().enumerate();
    let overrides = overrides.map(|(i, one)| (format!("overrides[{i}].set"), &one.set));
    for (path, settings) in std::iter::once(default).chain(overrides) {
        let GuardrailsDocument { pii, secrets, .. } = &settings.guardrails;
        both(format!("{path}.guardrails.pii"), pii.request, pii.response);
        both(format!("{path}.guardrails.secrets"), secrets.request, secrets.response);
        for (i, one) in settings.guardrails.exceptions.iter().flatten().enumerate() {
            both(format!("{path}.guardrails.exceptions[{i}]"), one.request, one.response);
        }
    }
    all
}

fn lexicons(all: &[LexiconDocument]) -> Checked {
    at_most("lexicons", "lexicons", all.len(), MAX_LEXICONS)?;
    for (i, one) in all.iter().enumerate() {
        let path = format!("lexicons[{i}]");
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
        if one.name.is_empty() || one.name.len() > MAX_LEXICON_NAME_BYTES || !one.name.bytes().all(plain) {
            let message = format!("`{}` is not the name of a lexicon", shortened(&one.name));
            return fault(format!("{path}.name"), message, "up to 48 lower-case letters, digits and `_`");
        }
        if all.iter().take(i).any(|earlier| earlier.name == one.name) {
            let message = format!("two lexicons are called `{}`", one.name);
            return fault(format!("{path}.name"), message, "a name of its own for each");
        }
        terms(&path, &one.terms)?;
    }
    Ok(())
}

fn terms(path: &str, all: &[String]) -> Checked {
    if all.is_empty() {
        return fault(format!("{path}.terms"), "there are no terms", "at least one");
    }
    for (i, term) in all.iter().enumerate() {
        let stem = folded_term(term.strip_suffix('*').unwrap_or(term));
        if term.len() > MAX_TERM_BYTES || !stem.chars().any(char::is_alphanumeric) {
            let message = format!("`{}` is not a term", shortened(term));
            let help =
                format!("at least one letter or digit, at most {MAX_TERM_BYTES} bytes; `*` only at its end");
            return fault(format!("{path}.terms[{i}]"), message, help);
        }
    }
    Ok(())
}

fn allow_lists(all: &[AllowListDocument]) -> Checked {
    at_most("allow_lists", "allow lists", all.len(), MAX_ALLOW_LISTS)?;
    for (i, one) in all.iter().enumerate() {
        let path = format!("allow_lists[{i}]");
        if one.terms.is_empty() {
            return fault(format!("{path}.terms"), "there are no terms", "at least one");
        }
        for (j, term) in one.terms.iter().enumerate() {
            let has_word = folded_term(term).chars().any(char::is_alphanumeric);
            if term.len() > MAX_ALLOWED_TERM_BYTES || !has_word {
                let message = format!("`{}` is not a term", shortened(term));
                let help = format!("at least one letter or digit, at most {MAX_ALLOWED_TERM_BYTES} bytes");
                return fault(format!("{path}.terms[{j}]"), message, help);
            }
        }
        known_rules(&format!("{path}.rules"), &one.rules)?;
    }
    Ok(())
}

fn at_most(path: &str, what: &str, count: usize, most: usize) -> Checked {
    if count <= most {
        return Ok(());
    }
    fault(path, format!("there are `{count}` {what}"), format!("at most {most}"))
}

fn exceptions(path: &str, all: &[ExceptionDocument]) -> Checked {
    at_most(path, "exceptions", all.len(), MAX_EXCEPTIONS)?;
    for (i, one) in all.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if one.rules.is_empty() {
            return fault(
                format!("{path}.rules"),
                "there are no rules",
                "the ids of rules, as events show them",
            );
        }
        known_rules(&format!("{path}.rules"), &one.rules)?;
        within(&path, "least_score", one.least_score, 0.0, 1.0)?;
        if one.enabled.is_none() && one.least_score.is_none() && one.request.or(one.response).is_none() {
            let help = "at least one of `enabled`, `least_score`, `request`, `response`";
            return fault(path, "the exception changes nothing", help);
        }
        for (field, action) in [("request", one.request), ("response", one.response)] {
            answerable(format!("{path}.{field}"), action, &one.rules)?;
        }
    }
    Ok(())
}

/// Whether all of these rules can be answered so.
fn answerable(path: String, action: Option<Action>, names: &[String]) -> Checked {
    let Some(action) = action.filter(|action| action.is_edit()) else { return Ok(()) };
    let is_named = |rule: &&&Rule| names.iter().any(|name| exception::names(name, rule.id));
    let has_none = |family| match family {
        Family::Injection | Family::Output | Family::Format => true,
        Family::Leak => action != Action::Redact,
        Family::Pii | Family::Secret | Family::Lexicon => false,
    };
    match REGISTRY.iter().filter(is_named).find(|rule| has_none(rule.family)) {
        Some(rule) => fault(
            path,
            format!("`{}` is no answer to `{}`", action.name(), rule.id),
            "allowed: `allow`, `require_approval`, `block`",
        ),
        None => Ok(()),
    }
}

fn by_role(path: &str, all: &[RoleThresholdsDocument]) -> Checked {
    for (i, one) in all.iter().enumerate() {
        let path = format!("{path}[{i}]");
        if one.roles.is_empty() {
            return fault(
                format!("{path}.roles"),
                "there are no roles",
                "at least one; for all, leave `by_role` out",
            );
        }
        within(&path, "flag_at", one.flag_at, 0.0, 1.0)?;
        within(&path, "judge_at", one.judge_at, 0.0, 1.0)?;
        within(&path, "block_at", one.block_at, 0.0, 1.0)?;
        ordered(&path, one.block_at, one.judge_at)?;
    }
    Ok(())
}

fn known_rules(path: &str, ids: &[String]) -> Checked {
    for (i, id) in ids.iter().enumerate() {
        if REGISTRY.iter().all(|rule| !exception::names(id, rule.id)) {
            let near = nearest(id, REGISTRY.iter().map(|rule| rule.id));
            let help = near.map(|near| format!("did you mean `{near}`?"));
            let help = help.unwrap_or_else(|| "the id of a rule, as events show it".into());
            return fault(format!("{path}[{i}]"), format!("there is no rule `{}`", shortened(id)), help);
        }
    }
    Ok(())
}

/// Longest name of a lexicon, in bytes.
const MAX_LEXICON_NAME_BYTES: usize = 48;

fn header(path: String, name: &str) -> Checked {
    let message = format!("`{}` is not the name of a header", shortened(name));
    if name.starts_with(':') {
        let help = "a header that the mesh sets and strips from clients; pseudo-headers are the client's own";
        return fault(path, message, help);
    }
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || name.len() > 128 || !name.bytes().all(token) {
        return fault(path, message, "letters, digits and `-`, as in `x-tenant-id`");
    }
    Ok(())
}

fn overrides(all: &[OverrideDocument]) -> Checked {
    at_most("overrides", "overrides", all.len(), MAX_OVERRIDES)?;
    let mut earlier: Vec<(&str, Matcher)> = Vec::with_capacity(all.len());
    for (i, one) in all.iter().enumerate() {
        let path = format!("overrides[{i}]");
        override_name(&path, &one.name, &earlier)?;
        matches(&format!("{path}.match"), &one.matches)?;
        let matcher = Matcher::new(&one.matches);
        if let Some((name, _)) = earlier.iter().find(|(_, e)| e.covers(&matcher)) {
            return fault(
                format!("{path}.match"),
                format!("`{}` is unreachable: `{name}` before it matches all of its traffic", one.name),
                "the first override that matches applies, so put the narrower one first",
            );
        }
        settings(&format!("{path}.set"), &one.set)?;
        earlier.push((&one.name, matcher));
    }
    Ok(())
}

fn override_name(path: &str, name: &str, earlier: &[(&str, Matcher)]) -> Checked {
    let path = format!("{path}.name");
    if name.trim().is_empty() || name.len() >= MAX_LABEL_BYTES || name.chars().any(char::is_control) {
        let message = format!("`{}` is not a name", shortened(name));
        return fault(path, message, "a short text on one line, not empty");
    }
    if earlier.iter().any(|(other, _)| *other == name) {
        let message = format!("two overrides are called `{}`", shortened(name));
        return fault(path, message, "a name of its own for each");
    }
    Ok(())
}

fn matches(path: &str, document: &MatchDocument) -> Checked {
    let labels = [
        ("route", &document.route),
        ("host", &document.host),
        ("path_prefix", &document.path_prefix),
        ("tenant", &document.tenant),
        ("agent", &document.agent),
    ];
    if labels.iter().all(|(_, v)| v.is_none()) {
        let help = "at least one of `route`, `host`, `path_prefix`, `tenant`, `agent`; for all traffic use `default`";
        return fault(path, "the match is empty", help);
    }
    for (field, value) in labels {
        if let Some(value) = value
            && (value.is_empty() || value.len() >= MAX_LABEL_BYTES)
        {
            let message = format!("`{}` can never match", shortened(value));
            return fault(format!("{path}.{field}"), message, format!("1 to {} bytes", MAX_LABEL_BYTES - 1));
        }
    }
    if let Some(host) = &document.host {
        match_host(format!("{path}.host"), host)?;
    }
    match &document.path_prefix {
        Some(prefix) if !is_plain_path(prefix) => fault(
            format!("{path}.path_prefix"),
            format!("`{}` is not a plain path", shortened(prefix)),
            "starts with `/`; no query, `%`, `//`, `.`, `..`, `;`, `\\` or spaces",
        ),
        _ => Ok(()),
    }
}

fn match_host(path: String, host: &str) -> Checked {
    let message = format!("`{}` is not a host", shortened(host));
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let letters = bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'));
    if !letters || canonical_host(host).is_empty() {
        return fault(path, message, "one exact name or address; no scheme, path or wildcard");
    }
    if canonical_host(host).len() != bare.strip_suffix('.').unwrap_or(bare).len() {
        return fault(path, message, "leave the port out: all ports match");
    }
    Ok(())
}

fn settings(path: &str, document: &SettingsDocument) -> Checked {
    layers(&format!("{path}.layers"), &document.layers)?;
    guardrails(&format!("{path}.guardrails"), &document.guardrails)?;
    thresholds(path, document.guardrails.injection.block_at, document.guardrails.injection.judge_at)?;
    let limits = &document.limits;
    within(path, "limits.max_request_bytes", limits.max_request_bytes, 1, MAX_BODY_BYTES)?;
    within(path, "limits.max_response_bytes", limits.max_response_bytes, 1, MAX_BODY_BYTES)?;
    within(path, "judge.sample_rate", document.judge.sample_rate, 0.0, 1.0)?;
    within(path, "judge.deadline_ms", document.judge.deadline_ms, 1, 60_000)?;
    within(path, "human.sla_seconds", document.human.sla_seconds, 1, MAX_REVIEW_SECONDS)?;
    within(path, "human.approval_seconds", document.human.approval_seconds, 1, MAX_REVIEW_SECONDS)?;
    let breaker = &document.circuit_breaker;
    within(path, "circuit_breaker.max_age_ms", breaker.max_age_ms, 5000, 3_600_000)?;
    let retry_after = breaker.fallback.retry_after_seconds;
    within(path, "circuit_breaker.fallback.retry_after_seconds", retry_after, 1, 86_400)?;
    text(path, "circuit_breaker.fallback.message", breaker.fallback.message.as_deref())?;
    text(path, "refusal.message", document.refusal.message.as_deref())?;
    text(path, "judge.criteria", document.judge.criteria.as_deref())
}

fn layers(path: &str, document: &LayersDocument) -> Checked {
    let all = [
        ("guardrails", &document.guardrails),
        ("judge", &document.judge),
        ("human", &document.human),
        ("circuit_breaker", &document.circuit_breaker),
    ];
    for (layer, value) in all {
        let Some(LayerDocument::Until(lighter)) = value else { continue };
        let path = format!("{path}.{layer}.until");
        if midnight(&lighter.until).is_none() {
            let message = format!("`{}` is not a day", shortened(&lighter.until));
            return fault(path, message, "a real date from 1970, written YYYY-MM-DD");
        }
        if lighter.mode == Mode::Enforce {
            let message = format!("`enforce` does not end, so `{}` means nothing", lighter.until);
            return fault(path, message, "`until` belongs to `detect` or `off`");
        }
    }
    Ok(())
}

fn guardrails(path: &str, document: &GuardrailsDocument) -> Checked {
    let injection = &document.injection;
    unedited(
        format!("{path}.injection.action"),
        injection.action,
        "is no answer to an injection: what is left of it may still work",
    )?;
    unedited(
        format!("{path}.output.action"),
        document.output.action,
        "is no answer to unsafe output: a tool would be called with what is left of its arguments",
    )?;
    if let Some(action @ (Action::Mask | Action::Tokenise)) = document.leak.response {
        let message =
            format!("`{}` is no answer to a leak: it tells its length, or has a way back", action.name());
        let help = "allowed: `allow`, `redact`, `require_approval`, `block`";
        return fault(format!("{path}.leak.response"), message, help);
    }
    within(path, "output.block_at", document.output.block_at, 0.0, 1.0)?;
    within(path, "injection.block_at", injection.block_at, 0.0, 1.0)?;
    within(path, "injection.judge_at", injection.judge_at, 0.0, 1.0)?;
    format(&format!("{path}.format"), &document.format)?;
    packs(path, document.pii.packs.as_deref().unwrap_or_default())?;
    within(path, "injection.flag_at", injection.flag_at, 0.0, 1.0)?;
    by_role(&format!("{path}.injection.by_role"), injection.by_role.as_deref().unwrap_or_default())?;
    exceptions(&format!("{path}.exceptions"), document.exceptions.as_deref().unwrap_or_default())?;
    let disabled = document.disabled_rules.as_deref().unwrap_or_default();
    known_rules(&format!("{path}.disabled_rules"), disabled)
}

/// What is judged by its score is not edited, and `why`.
fn unedited(path: String, action: Option<Action>, why: &str) -> Checked {
    match action.filter(|action| action.is_edit()) {
        Some(action) => {
            fault(path, format!("`{}` {why}", action.name()), "allowed: `allow`, `require_approval`, `block`")
        }
        None => Ok(()),
    }
}

fn format(path: &str, document: &FormatDocument) -> Checked {
    for (field, action) in [("request", document.request), ("response", document.response)] {
        let why = "is no answer to a message of another format: there is nothing to replace";
        unedited(format!("{path}.{field}"), action, why)?;
    }
    within(path, "max_user_characters", document.max_user_characters, 1, MAX_BODY_BYTES)?;
    within(path, "max_answer_characters", document.max_answer_characters, 1, MAX_BODY_BYTES)?;
    within(path, "min_citations", document.min_citations, 0, MAX_CITATIONS)?;
    if document.languages.as_ref().is_some_and(Vec::is_empty) {
        return fault(
            format!("{path}.languages"),
            "there are no languages",
            "at least one; leave it out to allow all",
        );
    }
    match &document.answer_schema {
        Some(one) => schema(&format!("{path}.answer_schema"), one),
        None => Ok(()),
    }
}

/// What no value could be is a mistake. Depth is bounded by that of the document.
fn schema(path: &str, one: &Schema) -> Checked {
    for (field, is_wrong) in [
        ("minLength", crossed(one.min_length, one.max_length)),
        ("minItems", crossed(one.min_items, one.max_items)),
        ("minimum", crossed(one.minimum, one.maximum)),
        ("enum", one.choices.as_ref().is_some_and(Vec::is_empty)),
    ] {
        if is_wrong {
            return fault(
                format!("{path}.{field}"),
                "no value fits",
                "the least is at most the greatest; `enum` has a value",
            );
        }
    }
    if let Some(i) = (1..one.required.len())
        .find(|i| one.required.iter().take(*i).any(|name| one.required.get(*i) == Some(name)))
    {
        return fault(format!("{path}.required[{i}]"), "this name stands there twice", "each name once");
    }
    for (name, member) in one.properties.iter() {
        schema(&format!("{path}.properties.{name}"), member)?;
    }
    one.items.as_ref().map_or(Ok(()), |items| schema(&format!("{path}.items"), items))
}

fn crossed<T: PartialOrd>(least: Option<T>, most: Option<T>) -> bool {
    least.zip(most).is_some_and(|(least, most)| least > most)
}

fn packs(path: &str, chosen: &[String]) -> Checked {
    let known = packs::names();
    let Some((i, name)) = chosen.iter().enumerate().find(|(_, name)| !known.contains(&name.as_str())) else {
        return Ok(());
    };
    let list = known.iter().map(|pack| format!("`{pack}`")).collect::<Vec<_>>().join(", ");
    let near = SAME_PACK.iter().find(|(other, _)| other == name).map(|(_, pack)| *pack);
    let near = near.or_else(|| nearest(name, known.iter().copied().filter(|pack| pack.len() > 2)));
    let help = near
        .map_or_else(|| format!("allowed: {list}"), |near| format!("did you mean `{near}`? allowed: {list}"));
    fault(format!("{path}.pii.packs[{i}]"), format!("there is no pack `{}`", shortened(name)), help)
}

/// Other names for packs that people try.
const SAME_PACK: &[(&str, &str)] = &[
    ("gb", "uk"),
    ("usa", "us"),
    ("en", "uk"),
    ("US", "us"),
    ("UK", "uk"),
    ("EU", "eu"),
    ("el", "gr"),
    ("default", "all"),
    ("world", "global"),
];

fn within<T>(path: &str, field: &str, value: Option<T>, least: T, most: T) -> Checked
where
    T: PartialOrd + Copy + Serialize,
{
    match value {
        Some(value) if !(least..=most).contains(&value) => fault(
            format!("{path}.{field}"),
            format!("`{}` is out of range", written(value)),
            format!("{} to {}", written(least), written(most)),
        ),
        _ => Ok(()),
    }
}

/// A number as a policy writes it.
fn written(number: impl Serialize) -> String {
    let text = String::from_utf8(wire::write(&number)).unwrap_or_default();
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

fn text(path: &str, field: &str, value: Option<&str>) -> Checked {
    let Some(value) = value else { return Ok(()) };
    if !value.trim().is_empty() && value.len() <= MAX_POLICY_TEXT_BYTES {
        return Ok(());
    }
    let message = format!("a text of `{}` bytes does not fit here", value.len());
    fault(format!("{path}.{field}"), message, format!("1 to {MAX_POLICY_TEXT_BYTES} bytes, not only spaces"))
}

fn fault(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Checked {
    Err(problem(path, message, help))
}

fn problem(path: impl Into<String>, message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { path: path.into(), message: message.into(), help: help.into() }
}
