"""The package `openai`, Chat Completions."""

import functools
import json
import time

import openai

from . import LIMIT_SECONDS, Client
from table import ATTACK, Answer

FAILURES = {
    403: openai.PermissionDeniedError,
    413: openai.APIStatusError,
    429: openai.RateLimitError,
    503: openai.InternalServerError,
    504: openai.InternalServerError,
}


CODES = {
    403: "content_policy_violation",
    413: "request_too_large",
    503: "service_unavailable",
    504: "upstream_timeout",
}


def connection(base, tenant="", **more):
    more = {"max_retries": 0} | more
    headers = {"x-tenant": tenant}
    return openai.OpenAI(base_url=base + "/v1", api_key="test", timeout=LIMIT_SECONDS, default_headers=headers, **more)


def status(error):
    assert isinstance(error.body, dict), f"the body was not understood: {error.body!r}"
    if error.status_code in CODES:
        assert error.response.headers["x-weir-request-id"]
        assert error.code == CODES[error.status_code], error.code
    return error.status_code


def declared(tools):
    return {"tools": [{"type": "function", "function": tool} for tool in tools]} if tools else {}


def ask(connected, prompt, tenant, streams, tools, result):
    create = functools.partial(connected(tenant).chat.completions.create, model="mock-1", **declared(tools))
    messages = [{"role": "user", "content": prompt}]
    answer, turn = said(create, messages, streams)
    if result is None:
        return answer
    results = [{"role": "tool", "tool_call_id": call["id"], "content": result} for call in turn["tool_calls"]]
    return said(create, [*messages, turn, *results], streams)[0]


def said(create, messages, streams):
    """An answer, and the turn that it is in the conversation."""
    if streams:
        return joined(create(messages=messages, stream=True))
    choice = create(messages=messages).choices[0]
    message = choice.message
    calls = [(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []]
    refused = bool(message.refusal) and choice.finish_reason == "content_filter"
    answer = Answer(message.content or "", calls, refused, finished(choice.finish_reason, calls, refused))
    return answer, message.model_dump(exclude_none=True)


def joined(chunks):
    """Every chunk, joined as an application would."""
    text, refusal, finish, begun, arguments = "", "", None, [], ""
    for choice in (choice for chunk in chunks for choice in chunk.choices):
        text += choice.delta.content or ""
        refusal += choice.delta.refusal or ""
        finish = choice.finish_reason or finish
        for call in choice.delta.tool_calls or []:
            begun += [call] if call.function.name else []
            arguments += call.function.arguments or ""
    calls = [(call.function.name, json.loads(arguments)) for call in begun]
    refused = bool(refusal) and finish == "content_filter"
    called = [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": arguments}}
        for call in begun
    ]
    turn = {"role": "assistant", "content": text or None, "tool_calls": called}
    return Answer(text or refusal, calls, refused, finished(finish, calls, refused)), turn


def finished(reason, calls, refused):
    return reason == ("content_filter" if refused else "tool_calls" if calls else "stop")


def clients(base):
    connected = functools.cache(functools.partial(connection, base))
    client = Client("openai chat", functools.partial(ask, connected), FAILURES, status, openai.APIError)
    create = connected().chat.completions.create

    def leak(**more):
        return create(model="mock-1", messages=[{"role": "user", "content": "leak: aws"}], **more)

    def the_models_are_listed():
        assert [model.id for model in connected().models.list()] == ["mock-1"]

    def two_choices_are_redacted_apart():
        text = ["", ""]
        for choice in (choice for chunk in leak(n=2, stream=True) for choice in chunk.choices):
            text[choice.index] += choice.delta.content or ""
        assert all("[AWS_KEY_" in said for said in text), text

    def the_streaming_helper_reads_what_is_redacted():
        messages = [{"role": "user", "content": "leak: aws"}]
        with connected().chat.completions.stream(model="mock-1", messages=messages) as events:
            for _ in events:
                pass
            assert "[AWS_KEY_1]" in events.get_final_completion().choices[0].message.content

    def a_refusal_is_not_asked_for_again():
        started = time.monotonic()
        messages = [{"role": "user", "content": ATTACK}]
        patient = connection(base, max_retries=2)
        try:
            patient.chat.completions.create(model="m", messages=messages)
        except openai.PermissionDeniedError as error:
            assert error.response.headers["x-should-retry"] == "false"
        assert time.monotonic() - started < 5

    def an_unavailable_layer_says_when_to_come_back():
        try:
            connected("judged").chat.completions.create(model="m", messages=[{"role": "user", "content": "Hello"}])
        except openai.InternalServerError as error:
            assert int(error.response.headers["retry-after"]) > 0

    client.cases = [
        the_models_are_listed,
        two_choices_are_redacted_apart,
        the_streaming_helper_reads_what_is_redacted,
        a_refusal_is_not_asked_for_again,
        an_unavailable_layer_says_when_to_come_back,
    ]
    return [client]
