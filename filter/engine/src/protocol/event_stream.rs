//! The binary frames of `application/vnd.amazon.eventstream`: bytes -> messages with the places of their headers and
//! payload, and back. It knows no events and no protocol: what a payload means is for the file of its protocol.
//!
//! A frame is a prelude (total length, length of the headers, CRC of these), headers, a payload and a CRC of all before
//! it. Both checksums are verified: a frame that a client would throw away must not be read as if it were delivered.
//! Source: Amazon Smithy, "Amazon Event Stream specification".

use super::Unscannable;
use crate::limits::{MAX_BODY_BYTES, MAX_EVENT_HEADERS, MAX_EVENT_HEADERS_BYTES};
use crate::segment::Span;

/// One message. Every span is in the bytes it was read from.
/// INVARIANT: `headers` ends where `payload` starts; both lie within `span`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The whole frame.
    pub span: Span,
    /// All headers.
    pub headers: Span,
    /// The payload.
    pub payload: Span,
}

/// One header of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Where its name stands.
    pub name: Span,
    /// Where its value stands, without the length before it.
    pub value: Span,
    /// What the value is.
    pub kind: HeaderKind,
}

/// The type of a header's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderKind {
    /// Text.
    String,
    /// A byte string.
    Bytes,
    /// A truth value, a number, a time or a UUID: no text.
    Scalar,
}

/// Bytes of a stream as they arrive, cut anywhere. Holds no more than what has not been taken yet.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    /// How many of the held bytes have been taken. INVARIANT: `taken <= held.len()`.
    taken: usize,
    /// Where `held` starts in the stream.
    start: usize,
}

/// A complete message of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where it starts in the stream.
    pub start: usize,
    /// Its parts, within `bytes`.
    pub message: Message,
}

impl Message {
    /// The message that starts at `at`; `None` when `bytes` end before it does.
    ///
    /// # Errors
    /// `Malformed` when a length or a checksum is wrong, `TooLarge` above the limits.
    pub fn at(bytes: &[u8], at: usize) -> Result<Option<Self>, Unscannable> {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some((prelude, _)) = rest.split_at_checked(PRELUDE_BYTES) else { return Ok(None) };
        let (total, headers) = lengths(prelude)?;
        let Some(frame) = rest.get(..total) else { return Ok(None) };
        let (checked, checksum) = frame.split_at_checked(total - CHECKSUM_BYTES).unwrap_or_default();
        if number(checksum) != Some(crc32(checked)) {
            return Err(Unscannable::Malformed);
        }
        let (start, end) = (at + PRELUDE_BYTES, at + total);
        let split = start + headers;
        Ok(Some(Self { span: at..end, headers: start..split, payload: split..end - CHECKSUM_BYTES }))
    }

    /// The headers, from the bytes that the message was read from.
    ///
    /// # Errors
    /// `Malformed` when they do not fill their space exactly, `TooMany` above the limit.
    pub fn headers(&self, bytes: &[u8]) -> Result<Vec<Header>, Unscannable> {
        let mut headers = Vec::new();
        let mut at = self.headers.start;
        while at < self.headers.end {
            if headers.len() >= MAX_EVENT_HEADERS {
                return Err(Unscannable::TooMany);
            }
            let header = header(bytes, at, self.headers.end).ok_or(Unscannable::Malformed)?;
            at = header.value.end;
            headers.push(header);
        }
        Ok(headers)
    }
}

/// The messages of a complete stream.
///
/// # Errors
/// As [`Message::at`]; `Malformed` when the last message is cut off.
pub fn messages(bytes: &[u8]) -> Result<Vec<Message>, Unscannable> {
    let mut messages = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let message = Message::at(bytes, at)?.ok_or(Unscannable::Malformed)?;
        at = message.span.end;
        messages.push(message);
    }
    Ok(messages)
}

/// Whether bytes start with a prelude whose checksum is right, which no text does by chance.
pub fn looks_like_event_stream(bytes: &[u8]) -> bool {
    bytes.get(..PRELUDE_BYTES).is_some_and(|prelude| lengths(prelude).is_ok())
}

/// A frame with these headers (as they are encoded) and this payload, its lengths and checksums computed.
pub fn encode(headers: &[u8], payload: &[u8]) -> Vec<u8> {
    let total = PRELUDE_BYTES + headers.len() + payload.len() + CHECKSUM_BYTES;
    let mut frame = Vec::with_capacity(total);
    frame.extend_from_slice(&length(total));
    frame.extend_from_slice(&length(headers.len()));
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame.extend_from_slice(headers);
    frame.extend_from_slice(payload);
    frame.extend_from_slice(&crc32(&frame).to_be_bytes());
    frame
}

/// How long the frame is that begins with `prelude`, in bytes.
///
/// # Errors
/// `Malformed` when a length or the checksum is wrong, `TooLarge` above the limits.
pub fn frame_len(prelude: &[u8; PRELUDE_BYTES]) -> Result<usize, Unscannable> {
    lengths(prelude).map(|(total, _)| total)
}

/// Appends a text header as it is encoded. Names and values that do not fit their length are cut.
pub fn push_header(headers: &mut Vec<u8>, name: &str, value: &str) {
    let name = name.get(..name.len().min(usize::from(u8::MAX))).unwrap_or_default();
    headers.push(u8::try_from(name.len()).unwrap_or_default());
    headers.extend_from_slice(name.as_bytes());
    headers.push(STRING);
    let value = value.as_bytes().get(..value.len().min(usize::from(u16::MAX))).unwrap_or_default();
    headers.extend_from_slice(&u16::try_from(value.len()).unwrap_or_default().to_be_bytes());
    headers.extend_from_slice(value);
}

impl Decoder {
    /// Takes the next bytes.
    pub fn push(&mut self, chunk: &[u8]) {
        self.held.drain(..self.taken);
        self.start += std::mem::take(&mut self.taken);
        self.held.extend_from_slice(chunk);
    }

    /// The next complete message; `None` until there is one.
    ///
    /// # Errors
    /// As [`Message::at`]. A stream with a broken message has no next one: where it would start is not known.
    pub fn take(&mut self) -> Result<Option<Frame>, Unscannable> {
        let rest = self.held.get(self.taken..).unwrap_or_default();
        let Some(message) = Message::at(rest, 0)? else { return Ok(None) };
        let bytes = rest.get(message.span.clone()).unwrap_or_default().to_vec();
        let start = self.start + self.taken;
        self.taken += bytes.len();
        Ok(Some(Frame { bytes, start, message }))
    }

    /// How many bytes of an unfinished message are held.
    pub fn held_bytes(&self) -> usize {
        self.held.len() - self.taken
    }
}

/// The lengths of a frame and of its headers, in bytes.
fn lengths(prelude: &[u8]) -> Result<(usize, usize), Unscannable> {
    let field = |at: usize| prelude.get(at..at + LENGTH_BYTES).and_then(number).ok_or(Unscannable::Malformed);
    let (total, headers, checksum) = (field(0)?, field(4)?, field(8)?);
    if prelude.get(..8).map(crc32) != Some(checksum) {
        return Err(Unscannable::Malformed);
    }
    let (total, headers) = (total as usize, headers as usize);
    if total > MAX_BODY_BYTES || headers > MAX_EVENT_HEADERS_BYTES {
        return Err(Unscannable::TooLarge);
    }
    if total < PRELUDE_BYTES + headers + CHECKSUM_BYTES {
        return Err(Unscannable::Malformed);
    }
    Ok((total, headers))
}

/// The header at `at`; `None` when it does not end by `end`.
fn header(bytes: &[u8], at: usize, end: usize) -> Option<Header> {
    let name_start = at + 1;
    let name_end = name_start + usize::from(*bytes.get(at)?);
    let value_at = name_end + 1;
    let (kind, start, len) = match *bytes.get(name_end)? {
        0 | 1 => (HeaderKind::Scalar, value_at, 0),
        2 => (HeaderKind::Scalar, value_at, 1),
        3 => (HeaderKind::Scalar, value_at, 2),
        4 => (HeaderKind::Scalar, value_at, 4),
        5 | 8 => (HeaderKind::Scalar, value_at, 8),
        9 => (HeaderKind::Scalar, value_at, 16),
        kind @ (BYTES | STRING) => {
            let [high, low] = bytes.get(value_at..value_at + 2)?.try_into().ok()?;
            let kind = if kind == STRING { HeaderKind::String } else { HeaderKind::Bytes };
            (kind, value_at + 2, usize::from(u16::from_be_bytes([high, low])))
        }
        _ => return None,
    };
    let value = start..start + len;
    (name_end > name_start && value.end <= end).then_some(Header { name: name_start..name_end, value, kind })
}

fn number(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_be_bytes)
}

/// INVARIANT: callers frame what they read or render, which is below [`MAX_BODY_BYTES`].
fn length(bytes: usize) -> [u8; LENGTH_BYTES] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes()
}

/// CRC-32 as in gzip, half a byte at a time: a table of 64 bytes in place of 1,024.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| crc >> 4 ^ CRC_TABLE.get(crc as usize & 15).copied().unwrap_or_default();
    !bytes.iter().fold(!0, |crc, byte| step(step(crc ^ u32::from(*byte))))
}

const CRC_TABLE: [u32; 16] = [
    0x0000_0000,
    0x1DB7_1064,
    0x3B6E_20C8,
    0x26D9_30AC,
    0x76DC_4190,
    0x6B6B_51F4,
    0x4DB2_6158,
    0x5005_713C,
    0xEDB8_8320,
    0xF00F_9344,
    0xD6D6_A3E8,
    0xCB61_B38C,
    0x9B64_C2B0,
    0x86D3_D2D4,
    0xA00A_E278,
    0xBDBD_F21C,
];

const LENGTH_BYTES: usize = 4;
const CHECKSUM_BYTES: usize = 4;
/// Two lengths and their checksum, in bytes.
pub const PRELUDE_BYTES: usize = 12;
const BYTES: u8 = 6;
const STRING: u8 = 7;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(headers: &[(&str, &str)], payload: &[u8]) -> Vec<u8> {
        let mut encoded = Vec::new();
        headers.iter().for_each(|(name, value)| push_header(&mut encoded, name, value));
        encode(&encoded, payload)
    }

    /// The checksum of the standard's check value, and the specification's own frame without headers or payload.
    #[test]
    fn checksums_and_frames_are_those_of_the_specification() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        let empty = [0, 0, 0, 16, 0, 0, 0, 0, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98, 0xc8, 0xff];
        assert_eq!(encode(b"", b""), empty);
        assert_eq!(messages(&empty).unwrap().len(), 1);
    }

    #[test]
    fn what_is_encoded_is_read_back_where_it_stands() {
        let bytes =
            [frame(&[(":event-type", "a")], b"{}"), frame(&[], b""), frame(&[("x", "")], b"p")].concat();
        let all = messages(&bytes).unwrap();
        assert_eq!(all.len(), 3);
        assert_eq!(bytes.get(all[0].payload.clone()), Some(&b"{}"[..]));
        let headers = all[0].headers(&bytes).unwrap();
        assert_eq!(bytes.get(headers[0].name.clone()), Some(&b":event-type"[..]));
        assert_eq!(bytes.get(headers[0].value.clone()), Some(&b"a"[..]));
        for message in &all {
            let part = |span: &Span| bytes.get(span.clone()).unwrap();
            assert_eq!(encode(part(&message.headers), part(&message.payload)), part(&message.span));
        }
    }

    #[test]
    fn every_type_of_header_has_its_length() {
        let mut headers = Vec::new();
        for (kind, len) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (5, 8), (8, 8), (9, 16)] {
            headers.extend([1, b'n', kind]);
            headers.extend(vec![7; len]);
        }
        headers.extend([1, b'b', BYTES, 0, 2, 1, 2]);
        push_header(&mut headers, "s", "text");
        let bytes = encode(&headers, b"");
        let read = messages(&bytes).unwrap()[0].headers(&bytes).unwrap();
        assert_eq!(read.len(), 10);
        assert_eq!(read[8].kind, HeaderKind::Bytes);
        assert_eq!(read[9].kind, HeaderKind::String);
        for broken in
            [&[1, b'n', 10][..], &[0, 0], &[1, b'n', STRING, 0, 9, b'x'], &[9, b'n'], &[1, b'n', 5, 0]]
        {
            let bytes = encode(broken, b"payload");
            assert_eq!(
                messages(&bytes).unwrap()[0].headers(&bytes),
                Err(Unscannable::Malformed),
                "{broken:?}"
            );
        }
    }

    #[test]
    fn a_stream_cut_anywhere_gives_the_same_messages() {
        let bytes = [frame(&[(":event-type", "a")], b"{\"x\":1}"), frame(&[], b"second")].concat();
        let whole: Vec<Span> = messages(&bytes).unwrap().into_iter().map(|message| message.span).collect();
        for size in 1..=bytes.len() {
            let mut decoder = Decoder::default();
            let mut found = Vec::new();
            for chunk in bytes.chunks(size) {
                decoder.push(chunk);
                while let Some(frame) = decoder.take().unwrap() {
                    assert_eq!(
                        bytes.get(frame.start..frame.start + frame.bytes.len()),
                        Some(&frame.bytes[..])
                    );
                    found.push(frame.start..frame.start + frame.bytes.len());
                }
            }
            assert_eq!((found, decoder.held_bytes()), (whole.clone(), 0), "{size}");
        }
    }

    /// One flipped bit, one missing byte, one byte too many: never a message that a client would not get.
    #[test]
    fn a_broken_frame_is_never_read() {
        let good = frame(&[(":event-type", "a")], b"{\"x\":1}");
        for at in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[at / 8] ^= 1 << (at % 8);
            assert!(messages(&bad).is_err(), "bit {at}");
        }
        for len in 1..good.len() {
            assert_eq!(messages(&good[..len]), Err(Unscannable::Malformed), "{len}");
        }
        assert!(messages(&[&good[..], &[0]].concat()).is_err());
    }

    #[test]
    fn lengths_above_the_limits_are_refused_before_the_bytes_arrive() {
        let prelude = |total: usize, headers: usize| {
            let mut prelude = [length(total), length(headers)].concat();
            prelude.extend_from_slice(&crc32(&prelude).to_be_bytes());
            prelude
        };
        assert_eq!(Message::at(&prelude(MAX_BODY_BYTES + 1, 0), 0), Err(Unscannable::TooLarge));
        assert_eq!(
            Message::at(&prelude(MAX_BODY_BYTES, MAX_EVENT_HEADERS_BYTES + 1), 0),
            Err(Unscannable::TooLarge)
        );
        assert_eq!(Message::at(&prelude(MAX_BODY_BYTES, 16), 0), Ok(None));
        assert_eq!(Message::at(&prelude(16, 1), 0), Err(Unscannable::Malformed));
        assert_eq!(Message::at(&prelude(15, 0), 0), Err(Unscannable::Malformed));
    }
}
