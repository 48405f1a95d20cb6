//! Placeholders that can be undone: typed, the same for the same value of the same tenant on every replica and in every
//! turn, and without the tenant's values not to be told from noise. What stands for what is remembered by the
//! exchange that made them and by nobody else: no placeholder means anything in another one.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::detect::placeholder::{MAX_BYTES, TAG_LETTERS};
use crate::limits::MAX_TOKEN_BYTES;
use crate::policy::action::sha256;

/// The placeholders of one exchange, and what they stand for. INVARIANT: `bytes <= MAX_TOKEN_BYTES`.
#[derive(Clone, Default)]
pub struct Tokens {
    key: Option<Arc<str>>,
    tenant: String,
    /// Placeholders with their values, in order.
    values: Vec<(String, String)>,
    bytes: usize,
}

/// There can be no placeholder for a value: the policy has no key, the exchange remembers as much as it may, or two
/// values have one placeholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoPlaceholder;

impl Tokens {
    /// No placeholders yet, of `tenant`, under the policy's key.
    pub fn new(key: Option<&Arc<str>>, tenant: &str) -> Self {
        let tenant = if key.is_some() { tenant.to_owned() } else { String::new() };
        Self { key: key.cloned(), tenant, ..Self::default() }
    }

    /// Whether there is nothing to restore.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The placeholder of `value`, which is remembered for it.
    ///
    /// # Errors
    /// When there can be none.
    pub fn placeholder(&mut self, label: &str, value: &str) -> Result<String, NoPlaceholder> {
        let key = self.key.as_deref().ok_or(NoPlaceholder)?;
        let tag = tag(key, [&self.tenant, label, value]);
        let placeholder = format!("[{label}_{tag}]");
        match self.find(&placeholder) {
            Ok(at) => match self.values.get(at) {
                Some((_, known)) if known == value => Ok(placeholder),
                _ => Err(NoPlaceholder),
            },
            Err(at) => {
                let bytes = self.bytes + placeholder.len() + value.len();
                if bytes > MAX_TOKEN_BYTES {
                    return Err(NoPlaceholder);
                }
                self.bytes = bytes;
                self.values.insert(at, (placeholder.clone(), value.to_owned()));
                Ok(placeholder)
            }
        }
    }

    /// What `placeholder` stands for in this exchange.
    pub fn value(&self, placeholder: &str) -> Option<&str> {
        let at = self.find(placeholder).ok()?;
        self.values.get(at).map(|(_, value)| value.as_str())
    }

    /// Never restores the placeholders that stand in `text`: somebody else wrote them.
    pub fn forget(&mut self, text: &str) {
        for range in placeholders(text) {
            if let Ok(at) = self.find(text.get(range).unwrap_or_default()) {
                self.values.remove(at);
            }
        }
    }

    /// Where `text` has placeholders of this exchange.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let is_known =
            |range: &Range<usize>| self.value(text.get(range.clone()).unwrap_or_default()).is_some();
        placeholders(text).filter(is_known).collect()
    }

    /// Where a text that goes on may be cut, at `at` or before it, so that no placeholder of this exchange is in two: one
    /// that is there, or one that its end may become.
    pub fn cut(&self, text: &str, at: usize) -> usize {
        let head = text.get(..at).filter(|_| !self.is_empty());
        let Some(start) = head.and_then(|head| head.rfind('[')) else { return at };
        let rest = text.get(start..).unwrap_or_default();
        let next = self.values.partition_point(|(known, _)| known.as_str() < rest);
        let may_become =
            self.values.get(next).is_some_and(|(known, _)| known.starts_with(rest) && known != rest);
        let is_cut =
            || self.places(rest).first().is_some_and(|known| known.start == 0 && at < start + known.end);
        if may_become || is_cut() { start } else { at }
    }

    fn find(&self, placeholder: &str) -> Result<usize, usize> {
        self.values.binary_search_by(|(known, _)| known.as_str().cmp(placeholder))
    }
}

// By hand: what it holds is what must never be written down.
impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tokens({})", self.values.len())
    }
}

/// Everything in `text` that is written like a placeholder, in order.
fn placeholders(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let start = from + text.get(from..)?.find('[')?;
            from = start + 1;
            let inner: usize = text.get(from..)?.bytes().take(MAX_BYTES).take_while(is_inner).count();
            let end = from + inner;
            if inner > TAG_LETTERS && text.as_bytes().get(end) == Some(&b']') {
                return Some(start..end + 1);
            }
        }
    })
}

fn is_inner(b: &u8) -> bool {
    b.is_ascii_alphanumeric() || *b == b'_'
}

/// The letters of a placeholder: of the hash that `key` makes of `fields`, 48 bits.
fn tag(key: &str, fields: [&str; 3]) -> String {
    let lengths = fields.map(|field| (field.len() as u64).to_be_bytes());
    let mut message = vec![DOMAIN];
    for (length, field) in lengths.iter().zip(fields) {
        message.extend([length.as_slice(), field.as_bytes()]);
    }
    let hash = hmac(key.as_bytes(), &message);
    let bytes = hash.iter().take(TAG_LETTERS / 2);
    let nibbles = bytes.flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles.filter_map(|nibble| LETTERS.get(usize::from(nibble))).map(|letter| char::from(*letter)).collect()
}

/// HMAC-SHA256 (RFC 2104), over the hash that is here already: the crate for it brings a second way to name hashes.
fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let mut block = [0; BLOCK_BYTES];
    let hash = if key.len() > BLOCK_BYTES { sha256(&[key]) } else { [0; 32] };
    let key = if key.len() > BLOCK_BYTES { &hash } else { key };
    block.iter_mut().zip(key).for_each(|(byte, of_key)| *byte = *of_key);
    let (inner, outer) = (block.map(|byte| byte ^ 0x36), block.map(|byte| byte ^ 0x5c));
    let mut parts: Vec<&[u8]> = vec![&inner];
    parts.extend(message);
    sha256(&[&outer, &sha256(&parts)])
}

/// Of SHA-256.
const BLOCK_BYTES: usize = 64;
/// Keeps these hashes apart from any other use of the key.
const DOMAIN: &[u8] = b"weir/placeholder/v1\0";
/// Sixteen letters that make no word, no number and no key: no rule finds anything in them.
const LETTERS: &[u8; 16] = b"bcdfghjkmnpqrtvz";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::{Detectors, REGISTRY};
    use crate::segment::{Provenance, Role, Segment, SourceMap};

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn tokens(tenant: &str) -> Tokens {
        Tokens::new(Some(&Arc::from(KEY)), tenant)
    }

    #[test]
    fn hmac_is_the_standard_one() {
        // RFC 4231, test cases 1, 2 and 6.
        let check = |key: &[u8], message: &[u8], expected: &str| {
            let hex: String = hmac(key, &[message]).iter().map(|b| format!("{b:02x}")).collect();
            assert_eq!(hex, expected);
        };
        check(&[0x0b; 20], b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        check(
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
    }

    #[test]
    fn equal_values_have_equal_placeholders_everywhere_and_only_within_their_tenant() {
        let one = tokens("acme").placeholder("EMAIL", "a@b.co").unwrap();
        assert_eq!(
            one,
            tokens("acme").placeholder("EMAIL", "a@b.co").unwrap(),
            "another exchange, another replica"
        );
        for (tenant, label, value) in [
            ("acm", "EMAIL", "a@b.co"),
            ("", "EMAIL", "a@b.co"),
            ("acme", "PHONE", "a@b.co"),
            ("acme", "EMAIL", "a@b.c"),
        ] {
            assert_ne!(
                one.split('_').next_back(),
                tokens(tenant).placeholder(label, value).unwrap().split('_').next_back()
            );
        }
        let other_key = Tokens::new(Some(&Arc::from("another-key-another-key-another-k")), "acme");
        assert_ne!(one, other_key.clone().placeholder("EMAIL", "a@b.co").unwrap());
        assert_eq!(Tokens::new(None, "acme").placeholder("EMAIL", "a@b.co"), Err(NoPlaceholder));
    }

    #[test]
    fn placeholders_are_stable_across_releases() {
        // Python: hmac.new(key, b"weir/placeholder/v1\0" + b"".join(len(f).to_bytes(8, "big") + f for f in fields), "sha256")
        assert_eq!(tokens("acme").placeholder("EMAIL", "a@b.co").unwrap(), STABLE);
    }

    const STABLE: &str = "[EMAIL_tfcmpcbhpvzr]";

    #[test]
    fn only_whole_placeholders_of_this_exchange_are_known() {
        let mut tokens = tokens("acme");
        let known = tokens.placeholder("AWS_KEY", "value").unwrap();
        let foreign = self::tokens("other").placeholder("AWS_KEY", "value").unwrap();
        let text = format!("[[{known}] {foreign} {} [AWS_KEY_1] [é_bcdfghjkmnpq] [", known.to_lowercase());
        assert_eq!(tokens.places(&text), vec![2..2 + known.len()]);
        assert_eq!((tokens.value(&known), tokens.value(&foreign)), (Some("value"), None));
        tokens.forget(&format!("as you said: {known}"));
        assert!(tokens.is_empty() && tokens.places(&text).is_empty());
    }

    #[test]
    fn only_what_may_become_one_of_its_own_placeholders_is_waited_for() {
        let mut tokens = tokens("acme");
        let known = tokens.placeholder("EMAIL", "a@b.co").unwrap();
        tokens.placeholder("PHONE", "555").unwrap();
        let text = format!("Mail [x] {known} now");
        let (start, end) = (9, 9 + known.len());
        for len in 0..=text.len() {
            let text = text.get(..len).unwrap();
            let waits = start < len && len < end;
            // `[x` is no beginning of one; `[` is.
            let expected = if len == 6 {
                5
            } else if waits {
                start
            } else {
                len
            };
            assert_eq!(tokens.cut(text, len), expected, "{text}");
        }
        assert_eq!(tokens.cut(&text, end - 3), start, "one that is there stays whole");
        assert_eq!(tokens.cut(&text, end), end);
        assert_eq!(tokens.cut("Mail [EMAIL_1", 13), 13);
        assert_eq!(tokens.cut("Mail [EMAIL", 11), 5);
        assert_eq!(tokens.cut("Mail [PH", 8), 5);
        assert_eq!(tokens.cut("[EMAIL[EM", 9), 6);
        assert_eq!(Tokens::default().cut("Mail [", 6), 6);
    }

    #[test]
    fn an_exchange_remembers_so_much_and_no_more() {
        let mut tokens = tokens("acme");
        let value = |i: usize| format!("{i:04}{}", "x".repeat(1000));
        let made = (0..100).take_while(|i| tokens.placeholder("KEY", &value(*i)).is_ok()).count();
        assert_eq!(made, MAX_TOKEN_BYTES / (1004 + "[KEY_bcdfghjkmnpq]".len()));
        assert_eq!(
            tokens.placeholder("KEY", &value(0)).map(|p| p.len()),
            Ok(18),
            "what is known costs nothing"
        );
        assert_eq!(tokens.placeholder("KEY", &value(made)), Err(NoPlaceholder));
    }

    /// The whole catalogue, over every label and in the company that values keep.
    #[test]
    fn no_rule_finds_anything_in_a_placeholder_or_a_mask() {
        let detectors = Detectors::new().unwrap();
        let mut labels: Vec<&str> =
            REGISTRY.iter().map(|rule| rule.label).filter(|l| !l.is_empty()).collect();
        labels.dedup();
        let mut tokens = tokens("acme");
        for (index, label) in labels.iter().enumerate() {
            let placeholder = tokens.placeholder(label, &format!("value {index}")).unwrap();
            let masks = ["4111 1111 1111 1111", "jane.doe@example.org", "DE89370400440532013000"];
            let masked = crate::act::mask::masked(masks[index % masks.len()]);
            for shown in [placeholder, format!("[{label}_7]"), masked] {
                for role in [Role::User, Role::Assistant, Role::ToolCall, Role::ToolResult] {
                    let found = found_in(&detectors, role, &shown);
                    assert_eq!(found, Vec::<String>::new(), "{shown}");
                }
            }
        }
    }

    /// What is found in `shown` wherever it stands, and not in what stands around it.
    fn found_in(detectors: &Detectors, role: Role, shown: &str) -> Vec<String> {
        let mut all = Vec::new();
        for around in [
            "@",
            "My card is @, call me.",
            "password: @",
            "api_key=@",
            "Authorization: Bearer @",
            "IBAN @ SSN @ passport @",
            "https://x.example/?q=@",
            "postgres://app:@@db.example/x",
            "export AWS_SECRET_ACCESS_KEY=\"@\"",
        ] {
            let text = around.replace('@', shown);
            let start = around.find('@').unwrap_or_default();
            let segment = Segment {
                role,
                provenance: Provenance::Unknown,
                path: String::new(),
                map: SourceMap::identity(0, text.len()),
                text: text.as_str().into(),
                quote: "",
                is_seam: false,
            };
            let inside = start..start + shown.len();
            let found = detectors.scan(&[segment], &[]).into_iter();
            // The classifier speaks of the whole text.
            let name = |rule: u16| REGISTRY[usize::from(rule)].id;
            let inside = found.filter(|f| f.range.start < inside.end && inside.start < f.range.end);
            let names = inside.map(|f| name(f.rule)).filter(|name| !name.contains("classifier"));
            all.extend(names.map(|name| format!("{name} in {text}")));
        }
        all
    }
}
