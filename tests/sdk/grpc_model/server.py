"""A model behind gRPC, made with `grpcio`: what a transcoder of the proxy reaches for clients that speak JSON.

`python tests/sdk/grpc_model/server.py PORT` serves on 127.0.0.1 until its input ends. It prints its descriptors (base64, one line), and
then each prompt that it has received, as a JSON string a line.
"""

import base64
import json
import sys
from concurrent import futures

import grpc

import schema

CHUNK_BYTES = 5
SECRETS = {"aws": "".join(["AK", "IA", "Z7Q3", "XJ5M", "W2RT", "K4PD"])}


def said(prompt, context):
    """What the prompt asks for, as the mock model understands it."""
    print(json.dumps(prompt.text), flush=True)
    word, _, rest = prompt.text.partition(": ")
    if word == "fail":
        context.set_trailing_metadata([("x-told", "to fail")])
        context.abort(grpc.StatusCode[rest], "the model was told to fail")
    if word == "leak":
        return f"As you wish, here it is: {SECRETS[rest]} Keep it safe."
    return rest if word == "repeat" else "I have nothing to add."


def say(prompt, context):
    return schema.Said(text=said(prompt, context))


def stream(prompt, context):
    """An answer in several messages, a sentence each. After `late` it begins before the prompt is read; after `split` no
    message is longer than `CHUNK_BYTES`."""
    manner, _, act = prompt.text.partition(" ")
    is_known = manner in ("late", "split")
    if manner == "late":
        yield schema.Said(text="Well")
    text = said(schema.Prompt(text=act) if is_known else prompt, context)
    pieces = [text[start : start + CHUNK_BYTES] for start in range(0, len(text), CHUNK_BYTES)]
    yield from (schema.Said(text=piece) for piece in (pieces if manner == "split" else text.split(". ")))


def talk(prompts, context):
    for prompt in prompts:
        yield schema.Said(text=said(prompt, context))


def main():
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    acts = {"Say": (grpc.unary_unary_rpc_method_handler, say), "Stream": (grpc.unary_stream_rpc_method_handler, stream)}
    acts["Talk"] = (grpc.stream_stream_rpc_method_handler, talk)
    handlers = {
        name: handler(act, schema.Prompt.FromString, schema.Said.SerializeToString)
        for name, (handler, act) in acts.items()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(schema.SERVICE, handlers)])
    assert server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}") == int(sys.argv[1])
    server.start()
    print(base64.b64encode(schema.DESCRIPTORS).decode(), flush=True)
    sys.stdin.read()
    server.stop(None).wait()


main()
