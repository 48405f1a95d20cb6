//! Google's generateContent (Gemini API, Vertex AI), streamed or not, with countTokens and embedContent. Protocol
//! buffers may be written in camel case or as they are declared: both names are known. Streams come as events, or as
//! one JSON array. Source: Gemini API reference, generateContent, tokens and embeddings.

use super::json::Kind;
use super::reader;
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{
    All, Binary, Content, Each, Label, Link, One, Parts, Spelled, Text, Vector, Whole,
};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION, TOOL_RESULT, USER,
};

/// `POST .../models/*:generateContent`, `:streamGenerateContent` and their relatives
pub(super) const ENTRY: Entry = Entry {
    name: "google.generate_content",
    paths: &[
        ":generateContent",
        ":streamGenerateContent",
        ":countTokens",
        ":embedContent",
        ":batchEmbedContents",
        ":batchGenerateContent",
    ],
    is_shape: |root| root.get("contents").is_some_and(|contents| contents.kind() == Kind::Array),
    streams: Streams::Path(":streamGenerateContent"),
    framing: Framing::Array,
    request: One(USER, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: One(ASSISTANT, &RESPONSE),
    refusals: Refusals {
        error: r#"{"error":{"code":$status,"details":[],"message":$text,"status":$google_status}}"#,
        completion: Some(Completion {
            plain: concat!(
                r#"{"candidates":[{"content":{"parts":[{"text":$text}],"role":"model"},"finishReason":"SAFETY","#,
                r#""index":0}],"modelVersion":$model,"responseId":$request_id,"#,
                r#""usageMetadata":{"promptTokenCount":0,"totalTokenCount":0}}"#,
            ),
            stream: "data: $plain\n\n",
        }),
        interruption: Interruption {
            error: "data: $error\n\n",
            completion: concat!(
                r#"data: {"candidates":[{"content":{"parts":[],"role":"model"},"finishMessage":$text,"#,
                r#""finishReason":"SAFETY","index":0}],"modelVersion":$model,"responseId":$request_id}"#,
                "\n\n",
            ),
        },
    },
};

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("contents content", Content(USER, &CONTENT)),
        ("systemInstruction system_instruction", Content(SYSTEM, &CONTENT)),
        ("tools toolConfig tool_config", All(TOOL_DEFINITION)),
        ("generationConfig generation_config", One(NOBODY, &CONFIG)),
        ("requests", Each(USER, &REQUEST)),
        ("generateContentRequest generate_content_request", One(USER, &REQUEST)),
        ("title", Text(DOCUMENT)),
        (
            "model cachedContent cached_content safetySettings safety_settings labels taskType task_type \
             outputDimensionality output_dimensionality store serviceTier service_tier",
            Label(NOBODY),
        ),
    ],
};

static CONFIG: Shape = Shape {
    speakers: None,
    fields: &[
        (
            "responseSchema response_schema responseJsonSchema response_json_schema _responseJsonSchema",
            All(TOOL_DEFINITION),
        ),
        (
            "temperature topP top_p topK top_k candidateCount candidate_count maxOutputTokens max_output_tokens \
             stopSequences stop_sequences responseMimeType response_mime_type thinkingConfig thinking_config \
             presencePenalty presence_penalty frequencyPenalty frequency_penalty seed responseLogprobs \
             response_logprobs logprobs responseModalities response_modalities speechConfig speech_config \
             imageConfig image_config mediaResolution media_resolution enableEnhancedCivicAnswers \
             audioTimestamp audio_timestamp routingConfig modelSelectionConfig",
            Label(NOBODY),
        ),
    ],
};

/// A turn: what a function answered comes as the user's turn, and is not the user's.
static CONTENT: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("user", reader::USER),
            ("model", reader::ASSISTANT),
            ("system", reader::SYSTEM),
            ("function tool", reader::TOOL_RESULT),
        ],
    )),
    fields: &[("parts", Parts(SPEAKER, &PART)), ("role", Label(NOBODY))],
};

static PART: Shape = Shape {
    speakers: Some(("thought", &[("true", reader::REASONING)])),
    fields: &[
        ("text", Text(SPEAKER)),
        ("thought", Label(NOBODY)),
        ("thoughtSignature thought_signature", Binary),
        ("functionCall function_call", Whole(&One(TOOL_CALL, &CALL))),
        ("functionResponse function_response", Whole(&One(TOOL_RESULT, &CALL_RESPONSE))),
        ("executableCode executable_code", Whole(&All(TOOL_CALL))),
        ("codeExecutionResult code_execution_result", Whole(&All(TOOL_RESULT))),
        ("inlineData inline_data", One(SPEAKER, &DATA)),
        ("fileData file_data", One(SPEAKER, &DATA)),
        ("videoMetadata video_metadata mediaResolution media_resolution partMetadata", Label(NOBODY)),
    ],
};

static CALL: Shape = Shape {
    speakers: None,
    fields: &[
        ("name args", All(TOOL_CALL)),
        ("partialArgs partial_args", Each(TOOL_CALL, &PARTIAL_ARG)),
        ("id willContinue will_continue", Label(NOBODY)),
    ],
};

/// A piece of an argument that is streamed.
static PARTIAL_ARG: Shape = Shape {
    speakers: None,
    fields: &[
        ("stringValue string_value numberValue boolValue nullValue jsonPath json_path", All(TOOL_CALL)),
        ("willContinue will_continue", Label(NOBODY)),
    ],
};

static CALL_RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("name response", All(TOOL_RESULT)),
        ("parts", Content(TOOL_RESULT, &PART)),
        ("id willContinue will_continue scheduling", Label(NOBODY)),
    ],
};

/// Data, or where it is.
static DATA: Shape = Shape {
    speakers: None,
    fields: &[
        ("data", Binary),
        ("mimeType mime_type", Label(NOBODY)),
        ("fileUri file_uri", Link(SPEAKER)),
        ("displayName display_name", Text(SPEAKER)),
    ],
};

static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("candidates", Each(ASSISTANT, &CANDIDATE)),
        ("modelVersion responseId usageMetadata promptFeedback createTime", Label(NOBODY)),
        (
            "totalTokens totalBillableCharacters promptTokensDetails cacheTokensDetails cachedContentTokenCount",
            Label(NOBODY),
        ),
        ("embedding embeddings", Content(NOBODY, &EMBEDDING)),
        ("error", All(NOBODY)),
    ],
};

static CANDIDATE: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Content(ASSISTANT, &CONTENT)),
        ("index finishReason safetyRatings tokenCount avgLogprobs", Label(NOBODY)),
        ("finishMessage", Text(NOBODY)),
        (
            "citationMetadata groundingAttributions groundingMetadata urlContextMetadata",
            Whole(&All(DOCUMENT)),
        ),
        ("logprobsResult", One(ASSISTANT, &LOGPROBS)),
    ],
};

static LOGPROBS: Shape = Shape {
    speakers: None,
    fields: &[
        ("chosenCandidates", Spelled(ASSISTANT, "token")),
        ("topCandidates", Parts(ASSISTANT, &ALTERNATIVES)),
        ("logProbabilitySum", Label(NOBODY)),
    ],
};

static ALTERNATIVES: Shape = Shape { speakers: None, fields: &[("candidates", Spelled(ASSISTANT, "token"))] };

static EMBEDDING: Shape =
    Shape { speakers: None, fields: &[("values", Vector), ("shape statistics", Label(NOBODY))] };
