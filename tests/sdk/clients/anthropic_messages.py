"""The package `anthropic`, Messages."""

import functools

import anthropic

from . import LIMIT_SECONDS, Client
from table import Answer

FAILURES = {
    403: anthropic.PermissionDeniedError,
    413: anthropic.RequestTooLargeError,
    429: anthropic.RateLimitError,
    503: anthropic.InternalServerError,
    504: anthropic.InternalServerError,
}
TYPES = {403: "permission_error", 503: "overloaded_error", 504: "timeout_error", 413: "request_too_large"}


def connection(base, tenant):
    headers = {"x-tenant": tenant}
    return anthropic.Anthropic(
        base_url=base, api_key="test", max_retries=0, timeout=LIMIT_SECONDS, default_headers=headers
    )


def status(error):
    kind = error.body["error"]["type"]
    assert kind == TYPES.get(error.status_code, kind), error.body
    return error.status_code


def ask(connected, prompt, tenant, streams, tools, result):
    declared = [{"name": t["name"], "description": t["description"], "input_schema": t["parameters"]} for t in tools]
    request = {"model": "mock-1", "max_tokens": 100} | ({"tools": declared} if declared else {})
    turns = [{"role": "user", "content": prompt}]
    message = said(connected(tenant).messages, request | {"messages": turns}, streams)
    if result is None:
        return answer(message)
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": result}
        for block in message.content
        if block.type == "tool_use"
    ]
    turns += [{"role": "assistant", "content": message.content}, {"role": "user", "content": results}]
    return answer(said(connected(tenant).messages, request | {"messages": turns}, streams))


def said(messages, request, streams):
    if not streams:
        return messages.create(**request)
    with messages.stream(**request) as events:
        for _ in events:
            pass
        return events.get_final_message()


def answer(message):
    calls = [(block.name, block.input) for block in message.content if block.type == "tool_use"]
    text = "".join(block.text for block in message.content if block.type == "text")
    refused = message.stop_reason == "refusal"
    return Answer(text, calls, refused, refused or message.stop_reason == ("tool_use" if calls else "end_turn"))


def clients(base):
    connected = functools.cache(functools.partial(connection, base))
    return [Client("anthropic messages", functools.partial(ask, connected), FAILURES, status, anthropic.APIStatusError)]
