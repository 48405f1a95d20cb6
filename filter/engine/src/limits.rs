//! Every bound of the engine, with its unit in the name. Nothing here is configurable: configurable limits
//! (body sizes, deadlines) live in the policy and are themselves bounded by these.

/// Largest body the policy may allow to be inspected whole, in bytes. Envoy's default buffer is 1 MiB; staying
/// under it keeps the refusal ours (reference: Envoy answers 413 or resets above it).
pub const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// Default for `limits.max_request_bytes` and `limits.max_response_bytes`, in bytes.
pub const DEFAULT_BODY_BYTES: usize = 1_000_000;
/// Deepest nesting of JSON containers that is read.
pub const MAX_JSON_DEPTH: usize = 64;
/// Most JSON values (scalars and containers) in one body.
pub const MAX_JSON_NODES: usize = 200_000;
/// Most segments one body may yield; more is unscannable, never silently dropped.
pub const MAX_SEGMENTS: usize = 50_000;
/// Longest path of a segment, in bytes; the rest of a longer one is cut.
pub const MAX_PATH_BYTES: usize = 256;
/// How much of the end of a part of a message is read with the beginning of the next one, in bytes.
pub const SEAM_BYTES: usize = 256;
/// The same where a word is longer or a private key has begun.
pub const MAX_SEAM_BYTES: usize = 4096;
/// How many levels of JSON inside a JSON string (tool-call arguments) are opened.
pub const MAX_EMBEDDED_JSON: usize = 2;
/// Most bytes of headers of one message of an AWS event stream; the specification allows no more.
pub const MAX_EVENT_HEADERS_BYTES: usize = 128 * 1024;
/// Most headers of one message of an AWS event stream; Bedrock sends three.
pub const MAX_EVENT_HEADERS: usize = 64;
/// Most calls of one JSON-RPC batch that a refusal answers one by one; one error without an id answers more.
pub const MAX_RPC_CALLS: usize = 256;
/// Most findings kept for one body; one with more cannot be edited completely and is unscannable.
pub const MAX_FINDINGS: usize = 1_000;
/// Most hashes of word sequences kept of one request's system prompt, 8 bytes each; a longer prompt is sampled.
pub const MAX_PROMPT_FINGERPRINTS: usize = 2_048;
/// Most lexicons of a policy.
pub const MAX_LEXICONS: usize = 64;
/// Longest term of a lexicon, in bytes.
pub const MAX_TERM_BYTES: usize = 128;
/// Most citation marks a policy may ask for in one answer.
pub const MAX_CITATIONS: usize = 100;
/// Most canaries of a policy.
pub const MAX_CANARIES: usize = 64;
/// Longest canary, in bytes.
pub const MAX_CANARY_BYTES: usize = 128;
/// Fewest letters and digits of a canary: it is found by them alone, so fewer could be found by chance.
pub const MIN_CANARY_LETTERS: usize = 12;
/// Most findings written into one audit event.
pub const MAX_EVENT_FINDINGS: usize = 32;
/// Widest window, in bytes of a view, in which a rule may confirm around an anchor.
pub const MAX_CONFIRM_WINDOW_BYTES: usize = 256;
/// How many transforms deep a text is read: the fold, then so many views of views.
pub const MAX_VIEW_DEPTH: usize = 3;
/// Most bytes of views beyond the first, per byte of text of the body so far.
pub const MAX_DERIVED_BYTES_PER_BYTE: usize = 3;
/// Bytes of such views that even the shortest body may have.
pub const MIN_DERIVED_BYTES: usize = 16 * 1024;
/// Words that the classifier's window moves on by, and the grain of the places it names.
pub const CLASSIFIER_BLOCK_TOKENS: usize = 8;
/// Fewest words that the classifier says anything about: of less it only knows that it is short.
pub const CLASSIFIER_MIN_TOKENS: usize = 4;
/// The classifier's window, in blocks: 32 words, so that one sentence in a long document is not diluted.
pub const CLASSIFIER_WINDOW_BLOCKS: usize = 4;
/// Longest quotation that may be spoken about, in bytes.
pub const MAX_QUOTATION_BYTES: usize = 600;
/// Quotations of a text that are looked at, where something in it would block.
pub const MAX_QUOTATIONS: usize = 16;
/// How far before and after a quotation the words stand that speak about it, in bytes.
pub const QUOTATION_CONTEXT_BYTES: usize = 120;
/// Most fields of one stream in flight that are followed at a time, and most of its paths that are remembered.
pub const MAX_STREAM_FIELDS: usize = 1_024;
/// Text of a field that has left and is still looked at behind what is new, in bytes.
pub const STREAM_CONTEXT_BYTES: usize = 512;
/// New text of a field that is looked at together, where nothing in it is held back, in bytes.
pub const STREAM_STRIDE_BYTES: usize = 512;
/// Longest end of a field that is held because it may still become data, in bytes: a private key of 4096 bits fits.
pub const MAX_UNDECIDED_BYTES: usize = 8 * 1024;
/// How often another field may go on before the held end of a silent one is decided as it stands.
pub const MAX_SILENT_TURNS: u32 = 16;
/// Most text of one field that is kept for the judge's question, in bytes (half from each end).
pub const MAX_TRANSCRIPT_BYTES: usize = 16 * 1024;
/// Longest string taken from a header or body into a decision (tenant, model, route), in bytes.
pub const MAX_LABEL_BYTES: usize = 256;
/// Most text of one segment sent to the judge, in bytes (from both ends).
pub const MAX_JUDGE_SEGMENT_BYTES: usize = 16 * 1024;
/// Most text of all segments sent to the judge, in bytes.
pub const MAX_JUDGE_BYTES: usize = 64 * 1024;
/// Longest answer of the sidecar that is read, in bytes.
pub const MAX_ANSWER_BYTES: usize = 64 * 1024;
/// Largest policy document, in bytes.
pub const MAX_POLICY_BYTES: usize = 256 * 1024;
/// Deepest nesting of a policy document; the format itself needs 7, the rest is for schemas of answers.
pub const MAX_POLICY_DEPTH: usize = 32;
/// Most values (scalars and containers) of a policy document, aliases expanded.
pub const MAX_POLICY_NODES: usize = 20_000;
/// Longest key of a policy document, in bytes.
pub const MAX_POLICY_KEY_BYTES: usize = 64;
/// Most overrides of a policy; an exchange walks them in order.
pub const MAX_OVERRIDES: usize = 256;
/// Longest text of a policy that is shown to clients or to the judge, in bytes.
pub const MAX_POLICY_TEXT_BYTES: usize = 4096;
/// How often a path is percent-decoded before it counts as ambiguous.
pub const MAX_PATH_DECODINGS: usize = 3;
/// Longest time a review may stay open or an approval usable, in seconds: longer than any AIRS SLA, and far from where
/// milliseconds overflow.
pub const MAX_REVIEW_SECONDS: u64 = 30 * 86_400;
/// Fewest bytes of the policy's key for placeholders: as many as the hash it keys has.
pub const MIN_PLACEHOLDER_KEY_BYTES: usize = 32;
/// Longest key for placeholders, in bytes.
pub const MAX_PLACEHOLDER_KEY_BYTES: usize = 128;
/// Most bytes of values and placeholders that one exchange remembers, to restore them. A request with more is refused.
pub const MAX_TOKEN_BYTES: usize = 64 * 1024;
/// Most bytes of restored values in one response; what comes after them stays a placeholder.
pub const MAX_RESTORED_BYTES: usize = 256 * 1024;
/// How many strings deep JSON inside a text is looked for, to write restored values into it.
pub const MAX_RESTORED_DEPTH: usize = 4;
/// Most allow lists of a policy.
pub const MAX_ALLOW_LISTS: usize = 64;
/// Longest text of an allow list, in bytes.
pub const MAX_ALLOWED_TERM_BYTES: usize = 1024;
/// Most exceptions of one list; each finding walks them in order.
pub const MAX_EXCEPTIONS: usize = 64;
/// Default for `verdict_cache.max_bytes`, in bytes: memory of one worker's cache. A message without findings takes about a
/// hundred.
pub const DEFAULT_CACHE_BYTES: usize = 4 * 1024 * 1024;
/// Largest `verdict_cache.max_bytes`, in bytes. Every worker of a proxy has a cache.
pub const MAX_CACHE_BYTES: usize = 256 * 1024 * 1024;
/// Shares of the cache: a tenant belongs to one, and a share that has more than the others gives way first.
pub const CACHE_SHARES: u64 = 64;
/// Most findings of one entry of the cache; a run of messages with more is scanned every time.
pub const MAX_CACHED_FINDINGS: usize = 64;
