"""The package `ollama`, chat and generate. Its protocol has no word for a refusal."""

import functools

import ollama

from . import LIMIT_SECONDS, Client
from table import Answer

FAILURES = dict.fromkeys([403, 413, 429, 503, 504], ollama.ResponseError)


def connection(base, tenant):
    return ollama.Client(host=base, headers={"x-tenant": tenant}, timeout=LIMIT_SECONDS)


def status(error):
    assert error.error, error
    return error.status_code


def chat(connected, prompt, tenant, streams, tools, result):
    declared = [{"type": "function", "function": tool} for tool in tools]
    asked = functools.partial(connected(tenant).chat, model="llama3.2", tools=declared, stream=streams)
    turns = [{"role": "user", "content": prompt}]
    answer = said(asked(messages=turns), streams)
    if result is None:
        return answer
    calls = [{"function": {"name": name, "arguments": arguments}} for name, arguments in answer.calls]
    turns += [{"role": "assistant", "content": answer.text, "tool_calls": calls}]
    turns += [{"role": "tool", "tool_name": name, "content": result} for name, _ in answer.calls]
    return said(asked(messages=turns), streams)


def said(lines, streams):
    lines = list(lines) if streams else [lines]
    calls = [call.function for line in lines for call in line.message.tool_calls or []]
    calls = [(call.name, dict(call.arguments)) for call in calls]
    return Answer("".join(line.message.content or "" for line in lines), calls, None, lines[-1].done)


def generate(connected, prompt, tenant, streams, *_):
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
