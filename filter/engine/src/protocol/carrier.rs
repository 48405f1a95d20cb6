//! How the text of a body is carried: in frames with lengths and checksums, or encoded in base64. Segments never know:
//! what is encoded is decoded behind the end of the body, at addresses of its own, and read there like anything else.
//! An edit is then made in the decoded text, which is encoded again, and frames that changed are framed again. So
//! redaction works in binary streams and the receiver's checks of them pass.

use super::base64;
use super::event_stream::{self, HeaderKind};
use crate::order;
use crate::segment::Span;

/// A replacement of the bytes at a span.
pub type Edit = (Span, String);

/// How the text of one body is carried; by default it stands there as it is.
#[derive(Clone, Debug, Default)]
pub struct Carrier {
    /// Whether the body is made of frames.
    framed: bool,
    /// In the order of both their addresses and their sources.
    encoded: Vec<Encoded>,
}

/// Base64 in a body, and what it says.
#[derive(Clone, Debug)]
struct Encoded {
    /// Where it stands in the body.
    source: Span,
    /// The address of its first decoded byte. INVARIANT: not before the body's end or an earlier one's last byte.
    start: usize,
    decoded: Vec<u8>,
}

impl Carrier {
    /// The frames of an event stream.
    pub(super) fn framed() -> Self {
        Self { framed: true, encoded: Vec::new() }
    }

    /// Adds what the base64 at `source` says. Called in order of source.
    pub(super) fn add(&mut self, source: Span, decoded: Vec<u8>, body_len: usize) {
        let start = self.encoded.last().map_or(body_len, Encoded::end);
        self.encoded.push(Encoded { source, start, decoded });
    }

    /// The bytes at an address of a segment's map.
    pub fn bytes<'s>(&'s self, body: &'s [u8], span: Span) -> &'s [u8] {
        match self.holder(&span) {
            Some(one) => one.decoded.get(span.start - one.start..span.end - one.start),
            None => body.get(span),
        }
        .unwrap_or_default()
    }

    /// Where in the body the text at an address of a segment's map stands: for what is encoded, the characters of
    /// base64 that carry it.
    pub fn source(&self, span: Span) -> Span {
        let Some(one) = self.holder(&span) else { return span };
        let start = one.source.start + (span.start - one.start) / 3 * 4;
        let end = one.source.start + (span.end - one.start).div_ceil(3) * 4;
        start.min(one.source.end)..end.min(one.source.end)
    }

    /// `body` with the edits made, at addresses of segments' maps; where two overlap, the union of their bytes goes
    /// and the first text stands.
    pub fn apply(&self, body: &[u8], edits: Vec<Edit>) -> Vec<u8> {
        let edits = order::by_number(edits, |(span, _)| span.start as u128);
        let (direct, inner) = edits.split_at(edits.partition_point(|(span, _)| self.holder(span).is_none()));
        let mut direct = direct.to_vec();
        for one in &self.encoded {
            let own = of_span(inner, &(one.start..one.end()));
            if !own.is_empty() {
                let decoded = patched(&one.decoded, one.start, own);
                direct.push((one.source.clone(), base64::encode(&decoded)));
            }
        }
        let direct = order::by_number(direct, |(span, _)| span.start as u128);
        if self.framed { reframed(body, &direct) } else { patched(body, 0, &direct) }
    }

    fn holder(&self, span: &Span) -> Option<&Encoded> {
        let behind = self.encoded.partition_point(|one| one.start <= span.start);
        self.encoded.get(behind.checked_sub(1)?)
    }
}

impl Encoded {
    fn end(&self) -> usize {
        self.start + self.decoded.len()
    }
}

/// The edits that start in `span`, of edits in order.
fn of_span<'e>(edits: &'e [Edit], span: &Span) -> &'e [Edit] {
    let from = edits.partition_point(|(edit, _)| edit.start < span.start);
    let to = edits.partition_point(|(edit, _)| edit.start < span.end);
    edits.get(from..to).unwrap_or_default()
}

/// `bytes`, whose first stands at `start`, with edits in order.
fn patched(bytes: &[u8], start: usize, edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for (span, text) in edits {
        let span = span.start.saturating_sub(start)..span.end.saturating_sub(start);
        if span.start >= at {
            out.extend_from_slice(bytes.get(at..span.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
        }
        at = at.max(span.end);
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// An event stream with edits in headers and payloads. Frames without one leave as they came.
fn reframed(body: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    // A body that is not made of frames has no segments, and so no edits.
    for message in event_stream::messages(body).unwrap_or_default() {
        let part = |span: &Span| body.get(span.clone()).unwrap_or_default();
        let own = of_span(edits, &message.span);
        if own.is_empty() {
            out.extend_from_slice(part(&message.span));
            continue;
        }
        let payload = patched(part(&message.payload), message.payload.start, of_span(own, &message.payload));
        let mut headers = Vec::new();
        for header in message.headers(body).unwrap_or_default() {
            let value = patched(part(&header.value), header.value.start, of_span(own, &header.value));
            push_header(
                &mut headers,
                part(&(header.name.start - 1..header.value.start)),
                header.kind,
                &value,
            );
        }
        out.extend_from_slice(&event_stream::encode(&headers, &payload));
    }
    out
}

/// Appends a header whose value may have changed; `before` is all that stood before the value, its length last.
fn push_header(headers: &mut Vec<u8>, before: &[u8], kind: HeaderKind, value: &[u8]) {
    if kind == HeaderKind::Scalar {
        headers.extend_from_slice(before);
        return headers.extend_from_slice(value);
    }
    let value = value.get(..usize::from(u16::MAX)).unwrap_or(value);
    headers.extend_from_slice(before.get(..before.len().saturating_sub(2)).unwrap_or_default());
    headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_be_bytes());
    headers.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_leave_every_other_byte_alone() {
        let check = |edits: Vec<(Span, &str)>, expected: &str| {
            let edits = edits.into_iter().map(|(s, t)| (s, t.to_owned())).collect();
            assert_eq!(Carrier::default().apply(b"0123456789", edits), expected.as_bytes());
        };
        check(vec![], "0123456789");
        check(vec![(2..4, "ab")], "01ab456789");
        check(vec![(8..10, ""), (0..1, "xyz")], "xyz1234567");
        check(vec![(2..6, "A"), (4..8, "B")], "01A89");
        check(vec![(2..8, "A"), (3..4, "B")], "01A89");
    }

    #[test]
    fn what_is_encoded_is_edited_decoded() {
        let body = br#"{"a":"Zm9vYmFy","b":"Zg==","c":1}"#;
        let mut carrier = Carrier::default();
        carrier.add(6..14, b"foobar".to_vec(), body.len());
        carrier.add(21..25, b"f".to_vec(), body.len());
        let at = body.len();
        assert_eq!(carrier.bytes(body, at + 3..at + 6), b"bar");
        assert_eq!(carrier.bytes(body, at + 6..at + 7), b"f");
        assert_eq!(carrier.source(at + 3..at + 6), 10..14);
        assert_eq!(carrier.source(at + 6..at + 7), 21..25);
        assert_eq!(carrier.source(1..2), 1..2);
        let edits =
            vec![(31..32, "2".to_owned()), (at + 6..at + 7, "g".to_owned()), (at..at + 3, "x".to_owned())];
        assert_eq!(carrier.apply(body, edits), br#"{"a":"eGJhcg==","b":"Zw==","c":2}"#);
    }

    #[test]
    fn an_edited_frame_has_new_lengths_and_checksums_and_its_neighbours_keep_theirs() {
        let frame = |event: &str, payload: &[u8]| {
            let mut headers = vec![1, b'n', 4, 0, 0, 0, 7];
            event_stream::push_header(&mut headers, ":event-type", event);
            event_stream::encode(&headers, payload)
        };
        let (first, second) = (frame("a", b"one"), frame("b", b"two"));
        let body = [&first[..], &second].concat();
        let message = event_stream::messages(&body).unwrap()[1].clone();
        let value = message.headers(&body).unwrap()[1].value.clone();
        let edits =
            vec![(message.payload.start..message.payload.end, "2".to_owned()), (value, "bee".to_owned())];
        let edited = Carrier::framed().apply(&body, edits);
        assert_eq!(edited, [first, frame("bee", b"2")].concat());
    }
}
