"""The package `openai`, Responses. The streaming helper of the SDK puts the answer together from the deltas, and the last
event repeats it: both must say the same."""

import functools
import json

import openai

from . import Client
from .openai_chat import FAILURES, connection, status
from table import Answer


def ask(connected, prompt, tenant, streams, tools, result):
    tools = [{"type": "function", "strict": False, **tool} for tool in tools] or openai.omit
    asked = functools.partial(said, connected(tenant).responses, streams, tools)
    answer, output = asked(prompt if result is None else [{"role": "user", "content": prompt}])
    if result is None:
        return answer
    calls = [item.to_dict(exclude_none=True) for item in output]
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": result}
        for item in output
        if item.type == "function_call"
    ]
    return asked([{"role": "user", "content": prompt}, *calls, *results])[0]


def said(responses, streams, tools, said):
    """An answer, and the items that it consists of."""
    if not streams:
        response = responses.create(model="mock-1", input=said, tools=tools)
        return answer(response), response.output
    text, arguments = "", ""
    with responses.stream(model="mock-1", input=said, tools=tools) as events:
        for event in events:
            match event.type:
                case "response.output_text.delta":
                    text += event.delta
                case "response.function_call_arguments.delta":
                    arguments += event.delta
                # What an answer that is broken off ends with; the helper has no final response for it.
                case "response.incomplete":
                    assert event.response.incomplete_details.reason == "content_filter", event
                    return Answer(text, [], True, True), []
                case "error":
                    raise openai.APIError(event.message, None, body=event)
        response = events.get_final_response()
        final = answer(response)
    # A refusal may speak twice: for programs that know refusals, and for those that only show the text.
    assert text == final.text, (text, final)
    assert [json.loads(arguments)] == [call for _, call in final.calls] if arguments else not final.calls, final
    return final, response.output


def answer(response):
    calls = [(item.name, json.loads(item.arguments)) for item in response.output if item.type == "function_call"]
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    refused = any(part.type == "refusal" for part in parts) or response.status == "incomplete"
    return Answer(response.output_text, calls, refused, response.status == "completed" or refused)


def clients(base):
    connected = functools.cache(functools.partial(connection, base))
    # Its streaming helper insists on `response.created`, which has not left when the error comes first, and says what came.
    interrupted = (openai.APIError, RuntimeError)
    return [Client("openai responses", functools.partial(ask, connected), FAILURES, status, interrupted)]
