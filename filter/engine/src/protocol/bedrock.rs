//! AWS Bedrock Runtime: Converse with its stream, and InvokeModel with the bodies of the common families (Anthropic,
//! Nova, Titan, Llama, Mistral, Cohere). The model stands in the path, percent-encoded. What the frames of a stream
//! carry is decoded before it comes here. Source: the service model of the AWS SDK (bedrock-runtime, 2023-09-30) and the
//! families' own pages.

use super::json::{Kind, Value};
use super::openai_chat::has_roles;
use super::reader::{self, Reader, Voice};
use super::refusal::{Completion, Interruption, Refusals};
use super::registry::{Entry, Framing, Streams};
use super::shape::Field::{All, Binary, Content, Each, Label, One, Text, Whole, With};
use super::shape::{
    ASSISTANT, DOCUMENT, NOBODY, REASONING, SPEAKER, SYSTEM, Shape, TOOL_CALL, TOOL_DEFINITION, TOOL_RESULT,
    USER,
};
use super::{anthropic_messages, openai_chat};

/// `POST /model/{id}/converse` and `/model/{id}/converse-stream`
pub(super) const CONVERSE: Entry = Entry {
    name: "aws.bedrock_converse",
    paths: &["/model/*/converse", "/model/*/converse-stream", "/model/*/count-tokens"],
    is_shape: is_converse,
    streams: Streams::Path("-stream"),
    framing: Framing::Frames,
    request: One(NOBODY, &REQUEST),
    response: One(ASSISTANT, &RESPONSE),
    event: With(event),
    refusals: Refusals {
        error: ERROR,
        completion: Some(Completion {
            plain: concat!(
                r#"{"metrics":{"latencyMs":0},"output":{"message":{"content":[{"text":$text}],"#,
                r#""role":"assistant"}},"stopReason":"guardrail_intervened","#,
                r#""usage":{"inputTokens":0,"outputTokens":0,"totalTokens":0}}"#,
            ),
            // One line a frame: its event, and what it carries.
            stream: concat!(
                "messageStart {\"role\":\"assistant\"}\n",
                "contentBlockDelta {\"contentBlockIndex\":0,\"delta\":{\"text\":$text}}\n",
                "contentBlockStop {\"contentBlockIndex\":0}\n",
                "messageStop {\"stopReason\":\"guardrail_intervened\"}\n",
                "metadata {\"metrics\":{\"latencyMs\":0},",
                "\"usage\":{\"inputTokens\":0,\"outputTokens\":0,\"totalTokens\":0}}\n",
            ),
        }),
        interruption: Interruption { error: BROKEN_OFF, completion: BROKEN_OFF },
    },
};

/// `POST /model/{id}/invoke` and `/model/{id}/invoke-with-response-stream`
pub(super) const INVOKE: Entry = Entry {
    name: "aws.bedrock_invoke",
    paths: &["/model/*/invoke", "/model/*/invoke-with-response-stream"],
    is_shape: |_| false,
    request: With(invoke_request),
    response: With(invoke_response),
    event: With(invoke_event),
    refusals: Refusals {
        error: ERROR,
        completion: None,
        interruption: Interruption { error: BROKEN_OFF, completion: BROKEN_OFF },
    },
    ..CONVERSE
};

/// The kind of an error is told by its header (`x-amzn-errortype`).
pub(super) const ERROR: &str = r#"{"message":$text}"#;

/// A frame that every client raises as an error.
pub(super) const BROKEN_OFF: &str = "validationException $error\n";

fn is_converse(root: Value<'_, '_>) -> bool {
    has_roles(root)
        && ["inferenceConfig", "toolConfig", "schemaVersion"].iter().any(|name| root.get(name).is_some())
}

static REQUEST: Shape = Shape {
    speakers: None,
    fields: &[
        ("messages", Each(NOBODY, &MESSAGE)),
        ("system", Content(SYSTEM, &BLOCK)),
        ("toolConfig outputConfig", All(TOOL_DEFINITION)),
        ("additionalModelRequestFields", All(NOBODY)),
        ("promptVariables", All(USER)),
        // A count of tokens wraps the request to be counted.
        ("input converse", One(NOBODY, &REQUEST)),
        ("invokeModel", All(USER)),
        (
            "modelId inferenceConfig guardrailConfig additionalModelResponseFieldPaths requestMetadata \
             performanceConfig serviceTier schemaVersion",
            Label(NOBODY),
        ),
    ],
};

static MESSAGE: Shape = Shape {
    speakers: Some((
        "role",
        &[("user", reader::USER), ("assistant", reader::ASSISTANT), ("system", reader::SYSTEM)],
    )),
    fields: &[("content", Content(SPEAKER, &BLOCK)), ("role", Label(NOBODY))],
};

/// A content block, or a delta of one.
static BLOCK: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Text(SPEAKER)),
        ("toolUse", One(TOOL_CALL, &TOOL_USE)),
        ("toolResult", Content(TOOL_RESULT, &TOOL_ANSWER)),
        ("json", All(SPEAKER)),
        ("reasoningContent", One(REASONING, &REASON)),
        ("citationsContent", One(SPEAKER, &CITED)),
        ("citation", All(DOCUMENT)),
        ("searchResult", One(DOCUMENT, &FOUND)),
        ("document", One(DOCUMENT, &MEDIA)),
        ("image video audio", One(SPEAKER, &MEDIA)),
        ("guardContent", One(SPEAKER, &GUARDED)),
        ("toolAddition toolRemoval", All(TOOL_DEFINITION)),
        ("cachePoint type", Label(NOBODY)),
    ],
};

static TOOL_USE: Shape = Shape {
    speakers: None,
    fields: &[("name", Text(SPEAKER)), ("input", All(SPEAKER)), ("toolUseId type", Label(NOBODY))],
};

/// What a tool answered; in a stream its deltas are blocks.
static TOOL_ANSWER: Shape = Shape {
    speakers: None,
    fields: &[
        ("content", Content(SPEAKER, &BLOCK)),
        ("text", Text(SPEAKER)),
        ("json", All(SPEAKER)),
        ("toolUseId status type", Label(NOBODY)),
    ],
};

static REASON: Shape = Shape {
    speakers: None,
    fields: &[
        ("reasoningText", One(SPEAKER, &REASON)),
        ("text", Text(SPEAKER)),
        ("signature redactedContent", Binary),
    ],
};

static CITED: Shape =
    Shape { speakers: None, fields: &[("content", Content(SPEAKER, &BLOCK)), ("citations", All(DOCUMENT))] };

static FOUND: Shape = Shape {
    speakers: None,
    fields: &[
        ("source title", Text(SPEAKER)),
        ("content", Content(SPEAKER, &BLOCK)),
        ("citations", Label(NOBODY)),
    ],
};

static MEDIA: Shape = Shape {
    speakers: None,
    fields: &[
        ("source", Content(SPEAKER, &SOURCE)),
        ("name context", Text(SPEAKER)),
        ("error", All(SPEAKER)),
        ("format citations", Label(NOBODY)),
    ],
};

static SOURCE: Shape = Shape {
    speakers: None,
    fields: &[
        ("bytes", Binary),
        ("text", Text(SPEAKER)),
        ("content", Content(SPEAKER, &BLOCK)),
        ("s3Location", All(SPEAKER)),
    ],
};

static GUARDED: Shape = Shape {
    speakers: None,
    fields: &[
        ("text", Content(SPEAKER, &GUARDED)),
        ("image", One(SPEAKER, &MEDIA)),
        ("qualifiers", Label(NOBODY)),
    ],
};

/// A response, and what its stream carries but for blocks.
static RESPONSE: Shape = Shape {
    speakers: None,
    fields: &[
        ("output", One(SPEAKER, &OUTPUT)),
        // The trace repeats what the model said before a guardrail of AWS took it out.
        ("trace additionalModelResponseFields", All(SPEAKER)),
        ("message Message originalMessage", Text(NOBODY)),
        // Read apart, at the path of their block.
        ("start delta", With(|_, _, _| {})),
        ("p", With(padding)),
        (
            "stopReason usage metrics performanceConfig serviceTier role contentBlockIndex inputTokens __type \
             originalStatusCode amazon-bedrock-invocationMetrics",
            Label(NOBODY),
        ),
    ],
};

static OUTPUT: Shape = Shape { speakers: None, fields: &[("message", One(ASSISTANT, &MESSAGE))] };

/// Reads the payload of one event. What a block starts with and its deltas are read at the block's own path, so that
/// they add up.
fn event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    RESPONSE.read(reader, root, reader::ASSISTANT);
    let index = root.get("contentBlockIndex").and_then(|i| i.raw().parse().ok()).unwrap_or(0);
    let pieces = root.children().filter(|member| matches!(member.key().as_ref(), "start" | "delta"));
    let block = One(ASSISTANT, &BLOCK);
    reader.within("content", |r| r.at(index, |r| pieces.for_each(|piece| block.read(r, piece, voice))));
}

/// Reads what stands beside a chunk of a model's own stream.
pub(super) fn beside_a_chunk<'b>(reader: &mut Reader<'b>, member: Value<'_, 'b>) {
    match member.key().as_ref() {
        "p" => padding(reader, member, reader::NOBODY),
        _ => reader.unknown_member(member),
    }
}

/// Padding hides how long an event is: the start of one fixed alphabet. Anything else is text.
fn padding<'b>(reader: &mut Reader<'b>, value: Value<'_, 'b>, _: Voice) {
    if !value.string().is_some_and(|text| PADDING.starts_with(text.as_ref())) {
        reader.unknown_member(value);
    }
}

const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Reads a request of whichever family it looks like.
fn invoke_request<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let field = match () {
        () if root.get("anthropic_version").is_some() => anthropic_messages::ENTRY.request,
        () if is_converse(root) => CONVERSE.request,
        () if has_roles(root) => openai_chat::ENTRY.request,
        () => One(USER, &INVOCATION),
    };
    field.read(reader, root, voice);
}

fn invoke_response<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    let field = match () {
        () if root.get("output").is_some() => CONVERSE.response,
        () if root.get("choices").is_some() => openai_chat::ENTRY.response,
        () if root.get("role").is_some() => anthropic_messages::ENTRY.response,
        () => One(ASSISTANT, &GENERATED),
    };
    field.read(reader, root, voice);
}

/// Reads what a chunk of a stream carries. Nova puts each event of Converse under its name.
fn invoke_event<'b>(reader: &mut Reader<'b>, root: Value<'_, 'b>, voice: Voice) {
    if ["message", "delta", "content_block"].iter().any(|name| root.get(name).is_some_and(is_object)) {
        return anthropic_messages::ENTRY.event.read(reader, root, voice);
    }
    if root.get("choices").is_some() {
        return openai_chat::ENTRY.event.read(reader, root, voice);
    }
    let is_nova = root.children().any(|member| is_object(member) && NOVA_EVENTS.contains(&&*member.key()));
    let shape = if is_nova { &NOVA_EVENT } else { &GENERATED };
    shape.read(reader, root, reader::ASSISTANT);
}

const NOVA_EVENTS: [&str; 6] =
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

fn is_object(value: Value<'_, '_>) -> bool {
    value.kind() == Kind::Object
}

static NOVA_EVENT: Shape = Shape {
    speakers: None,
    fields: &[(
        "messageStart contentBlockStart contentBlockDelta contentBlockStop messageStop metadata",
        With(event),
    )],
};

/// A request of the families that have a prompt and no messages.
static INVOCATION: Shape = Shape {
    speakers: None,
    fields: &[
        ("prompt inputText message texts input_text inputs query search_query negative_text", All(USER)),
        ("preamble system", All(SYSTEM)),
        ("chat_history", Each(NOBODY, &TURN)),
        ("documents", All(DOCUMENT)),
        ("tools tool_choice toolConfig response_format", All(TOOL_DEFINITION)),
        ("tool_results", All(TOOL_RESULT)),
        ("textToImageParams inPaintingParams outPaintingParams imageVariationParams", All(USER)),
        ("inputImage image images", Binary),
        (
            "textGenerationConfig imageGenerationConfig embeddingConfig taskType max_gen_len max_tokens \
             max_tokens_to_sample temperature top_p top_k p k stop stop_sequences stream num_generations \
             return_likelihoods return_prompt logit_bias truncate input_type embedding_types dimensions normalize \
             seed frequency_penalty presence_penalty prompt_truncation search_queries_only raw_prompting \
             citation_quality api_version anthropic_beta",
            Label(NOBODY),
        ),
    ],
};

/// A turn of Cohere's history.
static TURN: Shape = Shape {
    speakers: Some((
        "role",
        &[
            ("USER", reader::USER),
            ("CHATBOT", reader::ASSISTANT),
            ("SYSTEM", reader::SYSTEM),
            ("TOOL", reader::TOOL_RESULT),
        ],
    )),
    fields: &[
        ("message", Text(SPEAKER)),
        ("tool_calls", All(TOOL_CALL)),
        ("tool_results", All(TOOL_RESULT)),
        ("role user_name", Label(NOBODY)),
    ],
};

/// An answer of these families, or a chunk of one.
static GENERATED: Shape = Shape {
    speakers: None,
    fields: &[
        ("results outputs generations", Each(SPEAKER, &GENERATED)),
        // The end of Cohere's stream repeats the whole answer.
        ("response", Whole(&One(SPEAKER, &GENERATED))),
        ("outputText generation text completion", Text(SPEAKER)),
        ("tool_calls", All(TOOL_CALL)),
        ("citations documents search_results search_queries", All(DOCUMENT)),
        ("chat_history", Each(NOBODY, &TURN)),
        ("amazon-bedrock-trace", All(SPEAKER)),
        ("message error", All(NOBODY)),
        ("images", All(NOBODY)),
        ("prompt", All(USER)),
        (
            "id index stop_reason stop completionReason finish_reason is_finished event_type generation_id \
             response_id inputTextTokenCount tokenCount totalOutputTextTokenCount prompt_token_count \
             generation_token_count token_likelihoods likelihood embedding embeddings embeddingsByType \
             response_type meta prompt_logprobs logprobs amazon-bedrock-invocationMetrics \
             amazon-bedrock-guardrailAction __type type",
            Label(NOBODY),
        ),
    ],
};
