//! Whether a string carries a picture or a signature in base64, which nobody reads, or only claims to.

/// Whether a string can be base64 and not words. The URL alphabet is not: pictures and signatures come in the standard
/// one, and a hyphen or an underscore is how keys begin.
pub(super) fn is_base64(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'\r' | b'\n'))
}

/// Whether a link carries its data itself, in base64.
pub(super) fn carries_base64(url: &str) -> bool {
    let is_data = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let (head, data) = url.split_once(',').unwrap_or_default();
    is_data
        && is_media_type(head)
        && head.ends_with(";base64")
        && data.len() >= MIN_BINARY_BYTES
        && is_base64(data)
}

/// Whether what stands before the data of a link says only of which kind they are: neither words nor a credential, which
/// has more digits or capitals than any media type.
fn is_media_type(head: &str) -> bool {
    let count = |is_it: fn(&u8) -> bool| head.bytes().filter(is_it).count();
    let is_other = |b: &u8| !(b.is_ascii_alphanumeric() || b"/;=+.:-".contains(b));
    head.len() <= MAX_MEDIA_TYPE_BYTES
        && count(u8::is_ascii_digit) <= MAX_MEDIA_TYPE_DIGITS
        && count(u8::is_ascii_uppercase) <= MAX_MEDIA_TYPE_CAPITALS
        && !head.bytes().any(|b| is_other(&b))
}

/// The longest in use, of a presentation, has 80.
const MAX_MEDIA_TYPE_BYTES: usize = 128;
/// `audio/L16;rate=24000;base64` has 9.
const MAX_MEDIA_TYPE_DIGITS: usize = 10;
const MAX_MEDIA_TYPE_CAPITALS: usize = 4;

/// Shorter base64 is read as text.
pub(super) const MIN_BINARY_BYTES: usize = 64;
