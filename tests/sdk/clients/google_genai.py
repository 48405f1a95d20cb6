"""The package `google-genai`, generateContent and streamGenerateContent."""

import functools

from google import genai
from google.genai import errors, types

from . import LIMIT_SECONDS, Client
from table import Answer

FAILURES = dict.fromkeys([403, 413, 429], errors.ClientError) | dict.fromkeys([503, 504], errors.ServerError)
STATUSES = {403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}


def connection(base, tenant):
    options = types.HttpOptions(
        base_url=base,
        timeout=int(LIMIT_SECONDS * 1000),
        headers={"x-tenant": tenant},
        retry_options=types.HttpRetryOptions(attempts=1),
    )
    return genai.Client(api_key="test", vertexai=False, http_options=options)


def status(error):
    assert error.status == STATUSES.get(error.code, error.status) and error.message, error.details
    return error.code


def ask(connected, prompt, tenant, streams, tools, result):
    declared = [
        types.FunctionDeclaration(
            name=tool["name"], description=tool["description"], parameters_json_schema=tool["parameters"]
        )
        for tool in tools
    ]
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=declared)]) if declared else None
    asked = functools.partial(said, connected(tenant).models, streams, config)
    pieces = asked(prompt)
    if result is None:
        return answer(pieces)
    turn = types.Content(role="model", parts=[part for piece in pieces for part in piece.candidates[0].content.parts])
    names = [part.function_call.name for part in turn.parts if part.function_call]
    results = [types.Part.from_function_response(name=name, response={"result": result}) for name in names]
    contents = [types.Content(role="user", parts=[types.Part.from_text(text=prompt)]), turn]
    return answer(asked([*contents, types.Content(role="user", parts=results)]))


def said(models, streams, config, contents):
    request = {"model": "gemini-2.5-flash", "contents": contents, "config": config}
    return list(models.generate_content_stream(**request)) if streams else [models.generate_content(**request)]


def answer(pieces):
    candidates = [piece.candidates[0] for piece in pieces]
    parts = [part for candidate in candidates if candidate.content for part in candidate.content.parts or []]
    text = "".join(part.text or "" for part in parts)
    calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
    reason = candidates[-1].finish_reason
    refused = reason == types.FinishReason.SAFETY
    return Answer(text, calls, refused, refused or reason == types.FinishReason.STOP)


def clients(base):
    connected = functools.cache(functools.partial(connection, base))
    return [Client("google-genai", functools.partial(ask, connected), FAILURES, status, errors.APIError)]
