"""The package `a2a-sdk`: a real agent made with it behind the proxy, and its clients for JSON-RPC (1.0 and 0.3) and for
HTTP+JSON. The agent understands the prompts of the table that have no tools, and streams its answer as chunks of one
artifact, each shorter than any secret."""

import asyncio

import httpx
from a2a.client import ClientConfig, ClientFactory
from a2a.client.errors import A2AClientError
from a2a.helpers import new_task_from_user_message, new_text_artifact_update_event, new_text_message
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import InMemoryTaskStore, TaskUpdater
from a2a.types import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    TaskState,
)
from a2a.utils.errors import A2AError

from . import LIMIT_SECONDS, Client
from table import Answer

CHUNK_BYTES = 5
SECRETS = {"aws": "".join(["AK", "IA", "Z7Q3", "XJ5M", "W2RT", "K4PD"])}
BINDINGS = {"jsonrpc": ("JSONRPC", "1.0", "/a2a"), "jsonrpc 0.3": ("JSONRPC", "0.3", "/a2a"), "rest": ("HTTP+JSON", "1.0", "")}


class Agent(AgentExecutor):
    """Says what the prompt asks for."""

    async def execute(self, context, event_queue):
        text = said(context.get_user_input())
        task = context.current_task or new_task_from_user_message(context.message)
        await event_queue.enqueue_event(task)
        for start in range(0, len(text), CHUNK_BYTES):
            end = start + CHUNK_BYTES
            chunk = new_text_artifact_update_event(
                task.id, task.context_id, "answer", text[start:end], start > 0, end >= len(text), "answer-1"
            )
            await event_queue.enqueue_event(chunk)
        await TaskUpdater(event_queue, task.id, task.context_id).complete()

    async def cancel(self, context, event_queue):
        raise NotImplementedError


def said(prompt):
    word, _, rest = prompt.partition(": ")
    if word == "leak":
        return f"As you wish, here it is: {SECRETS[rest]} Keep it safe."
    return rest if word == "repeat" else "I have nothing to add."


def card(base, bindings=tuple(BINDINGS)):
    interfaces = [
        AgentInterface(url=base + path, protocol_binding=binding, protocol_version=version)
        for binding, version, path in (BINDINGS[name] for name in bindings)
    ]
    return AgentCard(
        name="Echo",
        description="Says what it is asked to say.",
        version="1.0.0",
        supported_interfaces=interfaces,
        capabilities=AgentCapabilities(streaming=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="echo", name="Echo", description="Repeats a text.", tags=["text"])],
    )


def routes():
    """What the agent serves; its card names the address under which it is guarded."""
    described = card("http://localhost")
    handler = DefaultRequestHandler(Agent(), InMemoryTaskStore(), described)
    return [
        *create_agent_card_routes(described),
        *create_jsonrpc_routes(handler, "/a2a", enable_v0_3_compat=True),
        *create_rest_routes(handler),
    ]


def ask(base, binding, prompt, tenant, streams, *_):
    return asyncio.run(sent(base, binding, prompt, tenant, streams))


async def sent(base, binding, prompt, tenant, streams):
    # Every client names its revision; one that was given its HTTP client takes what is set there.
    headers = {"x-tenant": tenant} | ({"a2a-version": "0.3"} if "0.3" in binding else {})
    async with httpx.AsyncClient(headers=headers, timeout=LIMIT_SECONDS) as http:
        supported = [BINDINGS[binding][0]]
        config = ClientConfig(streaming=streams, httpx_client=http, supported_protocol_bindings=supported)
        client = ClientFactory(config).create(card(base, [binding]))
        request = SendMessageRequest(
            message=new_text_message(prompt, role=Role.ROLE_USER), configuration=SendMessageConfiguration()
        )
        return answer([event async for event in client.send_message(request)])


def answer(events):
    parts, state = [], None
    for event in events:
        if event.HasField("message"):
            parts, state = list(event.message.parts), TaskState.TASK_STATE_COMPLETED
        elif event.HasField("task"):
            parts = [part for artifact in event.task.artifacts for part in artifact.parts]
            state = event.task.status.state
        elif event.HasField("artifact_update"):
            parts += event.artifact_update.artifact.parts
        else:
            state = event.status_update.status.state
    return Answer("".join(part.text for part in parts), [], None, state == TaskState.TASK_STATE_COMPLETED)


def clients(base):
    def client(binding):
        failures = dict.fromkeys([403, 413, 503, 504], (A2AClientError, A2AError))
        has_refusals = BINDINGS[binding][0] != "JSONRPC"
        status = lambda error: None
        call = lambda *arguments: ask(base, binding, *arguments)
        more = {"has_tools": False, "has_refusals": has_refusals, "has_late_refusals": has_refusals}
        return Client(f"a2a {binding}", call, failures, status, A2AError, **more)

    return [client(binding) for binding in BINDINGS]
