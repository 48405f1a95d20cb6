"""The package `boto3`, Bedrock Runtime: Converse, and InvokeModel with the bodies of the common families. It never reaches
AWS: the address is Envoy's, the credentials are made up."""

import functools
import json

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EventStreamError

from . import LIMIT_SECONDS, Client
from table import Answer

CODES = {
    403: "AccessDeniedException",
    413: "ValidationException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
    504: "InternalServerException",
}


def connection(base, session, tenant):
    config = Config(retries={"total_max_attempts": 1}, read_timeout=LIMIT_SECONDS, proxies={})
    client = session.client("bedrock-runtime", endpoint_url=base, config=config)

    def name_tenant(request, **_):
        request.headers["x-tenant"] = tenant

    client.meta.events.register("before-send.bedrock-runtime", name_tenant)
    return client


def status(error):
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    assert error.response["Error"]["Code"] == CODES[status] and error.response["Error"]["Message"], error.response
    return status


def converse(connected, prompt, tenant, streams, tools, result):
    specs = [
        {"toolSpec": {"name": t["name"], "description": t["description"], "inputSchema": {"json": t["parameters"]}}}
        for t in tools
    ]
    request = {"modelId": "anthropic.claude-3-haiku-20240307-v1:0"}
    request |= {"toolConfig": {"tools": specs}} if specs else {}
    turns = [{"role": "user", "content": [{"text": prompt}]}]
    blocks, reason = conversed(connected(tenant), request | {"messages": turns}, streams)
    if result is not None:
        uses = [block["toolUse"] for block in blocks if "toolUse" in block]
        results = [{"toolResult": {"toolUseId": use["toolUseId"], "content": [{"text": result}]}} for use in uses]
        turns += [{"role": "assistant", "content": blocks}, {"role": "user", "content": results}]
        blocks, reason = conversed(connected(tenant), request | {"messages": turns}, streams)
    calls = [(block["toolUse"]["name"], block["toolUse"]["input"]) for block in blocks if "toolUse" in block]
    refused = reason == "guardrail_intervened"
    text = "".join(block.get("text", "") for block in blocks)
    return Answer(text, calls, refused, refused or reason == ("tool_use" if calls else "end_turn"))


def conversed(client, request, streams):
    """The blocks of an answer, and the reason for its end."""
    if streams:
        return joined(client.converse_stream(**request)["stream"])
    answer = client.converse(**request)
    return answer["output"]["message"]["content"], answer["stopReason"]


def joined(events):
    text, arguments, uses, reason = "", "", [], ""
    for event in events:
        start = event.get("contentBlockStart", {}).get("start", {})
        delta = event.get("contentBlockDelta", {}).get("delta", {})
        uses += [start["toolUse"]] if "toolUse" in start else []
        text += delta.get("text", "")
        arguments += delta.get("toolUse", {}).get("input", "")
        reason = event.get("messageStop", {}).get("stopReason", reason)
    called = [{"toolUse": {**use, "input": json.loads(arguments)}} for use in uses]
    return ([{"text": text}] if text else []) + called, reason


def chat(prompt):
    return {"messages": [{"role": "user", "content": prompt}], "max_tokens": 100}


def nova(prompt):
    return {"messages": [{"role": "user", "content": [{"text": prompt}]}], "inferenceConfig": {"maxTokens": 100}}


def after(answer, *path):
    """What stands at a path of an answer; `None` where there is no such thing."""
    for step in path:
        answer = answer[step] if isinstance(step, int) or step in answer else None
        if answer is None:
            return None
    return answer


#: For each family: a model of it, a request, where the text and the reason for the end stand, plain and in a chunk.
FAMILIES = {
    "anthropic": (
        "anthropic.claude-3-haiku-20240307-v1:0",
        lambda prompt: {"anthropic_version": "bedrock-2023-05-31"} | chat(prompt),
        [("content", 0, "text"), ("delta", "text")],
        [("stop_reason",), ("delta", "stop_reason")],
        {"end_turn", "refusal"},
    ),
    "nova": (
        "amazon.nova-lite-v1:0",
        nova,
        [("output", "message", "content", 0, "text"), ("contentBlockDelta", "delta", "text")],
        [("stopReason",), ("messageStop", "stopReason")],
        {"end_turn", "guardrail_intervened"},
    ),
    "chat": (
        "openai.gpt-oss-20b-1:0",
        chat,
        [("choices", 0, "message", "content"), ("choices", 0, "delta", "content")],
        [("choices", 0, "finish_reason")] * 2,
        {"stop", "content_filter"},
    ),
    "titan": (
        "amazon.titan-text-express-v1",
        lambda prompt: {"inputText": prompt},
        [("results", 0, "outputText"), ("outputText",)],
        [("results", 0, "completionReason"), ("completionReason",)],
        {"FINISH", "CONTENT_FILTERED"},
    ),
    "llama": (
        "meta.llama3-8b-instruct-v1:0",
        lambda prompt: {"prompt": prompt, "max_gen_len": 100},
        [("generation",)] * 2,
        [("stop_reason",)] * 2,
        {"stop"},
    ),
    "mistral": (
        "mistral.mistral-7b-instruct-v0:2",
        lambda prompt: {"prompt": prompt, "max_tokens": 100},
        [("outputs", 0, "text")] * 2,
        [("outputs", 0, "stop_reason")] * 2,
        {"stop"},
    ),
    "cohere": (
        "cohere.command-r-v1:0",
        lambda prompt: {"message": prompt},
        [("text",)] * 2,
        [("finish_reason",)] * 2,
        {"COMPLETE", "ERROR_TOXIC"},
    ),
}


def invoke(connected, family, prompt, tenant, streams, *_):
    model, body, texts, reasons, ends = FAMILIES[family]
    client = connected(tenant)
    request = {"modelId": model, "body": json.dumps(body(prompt))}
    if streams:
        events = client.invoke_model_with_response_stream(**request)["body"]
        pieces = [json.loads(event["chunk"]["bytes"]) for event in events]
    else:
        pieces = [json.loads(client.invoke_model(**request)["body"].read())]
    text = "".join(after(piece, *texts[streams]) or "" for piece in pieces if piece.get("choices") != [])
    found = [after(piece, *reasons[streams]) for piece in pieces if piece.get("choices") != []]
    reason = ([reason for reason in found if reason] or [None])[-1]
    return Answer(text, [], None, reason in ends)


def clients(base):
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    connected = functools.cache(functools.partial(connection, base, session))
    # Modelled errors have classes of their own, each a `ClientError`; `status` looks at what they are.
    failures = dict.fromkeys(CODES, ClientError)

    def client(name, ask, **more):
        # What breaks a stream off is a message that the SDK raises.
        return Client(f"boto3 {name}", ask, failures, status, EventStreamError, has_late_refusals=False, **more)

    families = [
        client(f"invoke_model {family}", functools.partial(invoke, connected, family), has_tools=False)
        for family in FAMILIES
    ]
    return [client("converse", functools.partial(converse, connected)), *families]
