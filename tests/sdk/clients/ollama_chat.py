"""The package `ollama`, chat and generate. Its protocol has no word for a refusal."""

import functools

import ollama

from . import LIMIT_SECONDS, Client
from table import Answer

FAILURES = dict.fromkeys([403, 413, 429, 503], ollama.ResponseError)


def connection(base, tenant):
    return ollama.Client(host=base, headers={"x-tenant": tenant}, timeout=LIMIT_SECONDS)


def status(error):
    assert error.error, error
    return error.status_code


def chat(connected, prompt, tenant, streams, tools):
    declared = [{"type": "function", "function": tool} for tool in tools]
    messages = [{"role": "user", "content": prompt}]
    lines = connected(tenant).chat(model="llama3.2", messages=messages, tools=declared, stream=streams)
    lines = list(lines) if streams else [lines]
    calls = [call.function for line in lines for call in line.message.tool_calls or []]
    calls = [(call.name, dict(call.arguments)) for call in calls]
    return Answer("".join(line.message.content or "" for line in lines), calls, None, lines[-1].done)


def generate(connected, prompt, tenant, streams, _):
    lines = connected(tenant).generate(model="llama3.2", prompt=prompt, stream=streams)
    lines = list(lines) if streams else [lines]
    return Answer("".join(line.response for line in lines), [], None, lines[-1].done)


def clients(base):
    connected = functools.cache(functools.partial(connection, base))
    error = ollama.ResponseError
    return [
        Client("ollama chat", functools.partial(chat, connected), FAILURES, status, error),
        Client("ollama generate", functools.partial(generate, connected), FAILURES, status, error, has_tools=False),
    ]
