"""LangChain's chat models over the SDKs: `langchain-openai` with Chat Completions and with Responses, and
`langchain-anthropic`."""

import functools

import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_openai import ChatOpenAI

from . import LIMIT_SECONDS, Client, anthropic_messages, openai_chat
from table import Answer

REASONS = {"content_filter", "refusal"}


def ask(connected, prompt, tenant, streams, tools, result):
    model = connected(tenant)
    model = model.bind_tools([{"type": "function", "function": tool} for tool in tools]) if tools else model
    message = said(model, prompt, streams)
    if result is not None:
        results = [ToolMessage(result, tool_call_id=call["id"]) for call in message.tool_calls]
        message = said(model, [HumanMessage(prompt), message, *results], streams)
    return answer(message)


def said(model, messages, streams):
    if streams:
        return functools.reduce(lambda whole, chunk: whole + chunk, model.stream(messages))
    return model.invoke(messages)


def answer(message):
    assert not message.invalid_tool_calls, message
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    told = message.response_metadata
    # Of a stream of Responses that ends early it tells why, one level deeper.
    reasons = [*told.values(), *(told.get("incomplete_details") or {}).values()]
    refused = bool(message.additional_kwargs.get("refusal")) or not REASONS.isdisjoint(map(str, reasons))
    refused = refused or any(isinstance(b, dict) and b.get("type") == "refusal" for b in message.content)
    text = message.text if isinstance(message.text, str) else message.text()
    return Answer(text, calls, refused)


def over_openai(base, tenant, **more):
    headers = {"x-tenant": tenant}
    more |= {"api_key": "test", "max_retries": 0, "timeout": LIMIT_SECONDS, "default_headers": headers}
    return ChatOpenAI(model="mock-1", base_url=base + "/v1", **more)


def over_anthropic(base, tenant):
    more = {"api_key": "test", "max_retries": 0, "timeout": LIMIT_SECONDS, "default_headers": {"x-tenant": tenant}}
    return ChatAnthropic(model="mock-1", base_url=base, **more)


def clients(base):
    chat = functools.cache(functools.partial(over_openai, base))
    responses = functools.cache(functools.partial(over_openai, base, use_responses_api=True))
    messages = functools.cache(functools.partial(over_anthropic, base))
    told = openai_chat.FAILURES, openai_chat.status, openai.APIError
    told_by_anthropic = anthropic_messages.FAILURES, anthropic_messages.status, anthropic.APIStatusError
    return [
        Client("langchain over openai chat", functools.partial(ask, chat), *told),
        # It makes a `ValueError` of the event `error`.
        Client("langchain over openai responses", functools.partial(ask, responses), *told[:2], ValueError),
        Client("langchain over anthropic", functools.partial(ask, messages), *told_by_anthropic),
    ]
