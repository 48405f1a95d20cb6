"""The package `google-genai`, generateContent and streamGenerateContent."""

import functools

from google import genai
from google.genai import errors, types

from . import LIMIT_SECONDS, Client
from table import Answer

FAILURES = {403: errors.ClientError, 413: errors.ClientError, 429: errors.ClientError, 503: errors.ServerError}
STATUSES = {403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


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


def ask(connected, prompt, tenant, streams, tools):
    declared = [
        types.FunctionDeclaration(
            name=tool["name"], description=tool["description"], parameters_json_schema=tool["parameters"]
        )
        for tool in tools
    ]
    config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=declared)]) if declared else None
    request = {"model": "gemini-2.5-flash", "contents": prompt, "config": config}
    models = connected(tenant).models
    if streams:
        return answer(list(models.generate_content_stream(**request)))
    return answer([models.generate_content(**request)])


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
