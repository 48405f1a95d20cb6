"""Every client that the table is played with, a file each."""

from dataclasses import dataclass, field
from typing import Callable

LIMIT_SECONDS = 20.0


@dataclass
class Client:
    """One SDK, or one way to use it."""

    name: str
    #: `ask(prompt, tenant, streams, tools, result)` gives a `table.Answer`, or raises an exception of the SDK. A result that is
    #: not `None` is what the called tool gives back, and the answer is the one to that. What the answer says of refusals is
    #: `None` where the protocol has no word for them.
    ask: Callable
    #: The SDK's own exception for each status; a status that is not there is not played.
    failures: dict
    #: The status that an exception tells, after a look at what else it tells; `None` where it tells none.
    status: Callable
    #: The exceptions for a stream that an error ends; none where streams are held whatever the policy says.
    interrupted: tuple | type = ()
    has_tools: bool = True
    #: Whether the protocol can refuse by an answer; otherwise it does so by an error.
    has_refusals: bool = True
    #: The same for a stream that has begun.
    has_late_refusals: bool = True
    #: What only this SDK can do.
    cases: list = field(default_factory=list)


def every(base):
    """Every client of a model, its calls going to `base`."""
    from . import anthropic_messages, bedrock, google_genai, langchain_models, node, ollama_chat, openai_chat, openai_responses

    modules = [openai_chat, openai_responses, anthropic_messages, google_genai, bedrock, ollama_chat, langchain_models, node]
    return [client for module in modules for client in module.clients(base)]
