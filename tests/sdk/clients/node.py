"""The npm packages `openai` and `ai`: a program in Node for each (`tests/node/sdk`), which reads calls and writes answers, a
JSON document a line, so that the table is played with them like with every other client."""

import atexit
import functools
import json
import os
import pathlib
import subprocess

from . import Client
from table import Answer

PROGRAMS = pathlib.Path(__file__).parents[2] / "node" / "sdk"


class Failure(Exception):
    """An exception of the program's SDK, by the name of its class."""


@functools.cache
def failure(name):
    return type(name, (Failure,), {})


def start(program, base):
    node = os.environ.get("WEIR_NODE", "node")
    command = [node, PROGRAMS / program, base]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    return process


def ask(running, api, prompt, tenant, streams, tools, result):
    process = running()
    call = {"api": api, "prompt": prompt, "tenant": tenant, "streams": streams, "tools": tools, "result": result}
    process.stdin.write(json.dumps(call) + "\n")
    process.stdin.flush()
    said = json.loads(process.stdout.readline())
    if "failure" in said:
        error = failure(said["failure"])(said["message"])
        error.code = said.get("status")
        raise error
    return Answer(said["text"], [tuple(call) for call in said["calls"]], said["refused"], said["finished"])


def status(error):
    return error.code


def clients(base):
    openai = functools.cache(functools.partial(start, "openai.mjs", base))
    ai = functools.cache(functools.partial(start, "ai.mjs", base))
    names = {403: "PermissionDeniedError", 413: "APIError", 429: "RateLimitError", 503: "InternalServerError"}
    names[504] = names[503]
    of_openai = {code: failure(name) for code, name in names.items()}
    of_ai = dict.fromkeys(names, failure("APICallError"))
    told = of_openai, status, failure("APIError")
    # An error event is one of the calls before anything has come, and one of the stream behind it.
    told_by_ai = of_ai, status, (failure("APICallError"), failure("StreamProviderError"))
    return [
        Client("npm openai chat", functools.partial(ask, openai, "chat"), *told),
        Client("npm openai responses", functools.partial(ask, openai, "responses"), *told),
        Client("npm ai chat", functools.partial(ask, ai, "chat"), *told_by_ai),
        Client("npm ai responses", functools.partial(ask, ai, "responses"), *told_by_ai),
    ]
