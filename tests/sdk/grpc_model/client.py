"""Native gRPC through the proxy, with the client of `grpcio`: `python tests/sdk/grpc_model/client.py PORT`.

The filter cannot read gRPC. Where the policy refuses what cannot be read, every kind of call ends at once, with a status and words
of its own; where it lets that pass, gRPC works as if nobody stood between.
"""

import queue
import sys
import traceback

import grpc
from grpc import StatusCode

import schema

#: Shorter than what Envoy waits for silence: a call that nobody answers is seen as one.
LIMIT_SECONDS = 15.0
CASES = []
channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}")


def case(function):
    CASES.append(function)
    return function


def method(kind, name):
    path = f"/{schema.SERVICE}/{name}"
    call = getattr(channel, kind)(path, schema.Prompt.SerializeToString, schema.Said.FromString)
    return lambda request, tenant="": call(request, metadata=[("x-tenant", tenant)], timeout=LIMIT_SECONDS)


SAY, STREAM, TALK = method("unary_unary", "Say"), method("unary_stream", "Stream"), method("stream_stream", "Talk")


def prompt(text):
    return schema.Prompt(text=text)


class Turns:
    """What a client says: a prompt, and nothing more until it is told."""

    def __init__(self, text):
        self.queue = queue.Queue()
        self.say(text)

    def say(self, text):
        self.queue.put(prompt(text))

    def end(self):
        self.queue.put(None)

    def spoken(self):
        return iter(self.queue.get, None)


def failure(call, code):
    """The error that a call ends with: of this status, with words for a person that tell nothing."""
    try:
        answer = call()
    except grpc.RpcError as error:
        told = f"{error.code()}: {error.details()}"
        assert error.code() == code, told
        assert error.details() and "{" not in error.details() and "unscannable" not in error.details(), told
        return error
    raise AssertionError(f"no error, but {answer!r}")


def failures(tenant, text, code):
    """The errors of the three kinds of calls."""
    turns = Turns(text)
    yield failure(lambda: SAY(prompt(text), tenant), code)
    yield failure(lambda: list(STREAM(prompt(text), tenant)), code)
    yield failure(lambda: next(TALK(turns.spoken(), tenant)), code)
    turns.end()


@case
def every_kind_of_call_is_refused_before_it_ends():
    for error in failures("", "Hello", StatusCode.UNIMPLEMENTED):
        assert dict(error.trailing_metadata())["x-weir-request-id"], error


@case
def where_the_policy_lets_it_pass_every_kind_of_call_works():
    assert SAY(prompt("repeat: hello"), "open").text == "hello"
    assert [said.text for said in STREAM(prompt("repeat: One. Two. Three"), "open")] == ["One", "Two", "Three"]
    turns = Turns("repeat: one")
    answers = TALK(turns.spoken(), "open")
    assert next(answers).text == "one"
    turns.say("repeat: two")
    assert next(answers).text == "two"
    turns.end()
    assert not list(answers)


@case
def where_the_policy_lets_it_pass_errors_keep_their_status_and_trailers():
    text = "fail: RESOURCE_EXHAUSTED"
    plain, streamed = (lambda: SAY(prompt(text), "open")), (lambda: list(STREAM(prompt(text), "open")))
    for call in (plain, streamed, lambda: list(STREAM(prompt("late " + text), "open"))):
        error = failure(call, StatusCode.RESOURCE_EXHAUSTED)
        assert error.details() == "the model was told to fail", error.details()
        assert dict(error.trailing_metadata())["x-told"] == "to fail", error.trailing_metadata()


@case
def where_only_requests_pass_an_answer_is_an_error():
    for error in failures("half-open", "leak: aws", StatusCode.INTERNAL):
        assert "AKIA" not in str(error), error


@case
def an_open_breaker_is_unavailable():
    for _ in failures("fallback", "Hello", StatusCode.UNAVAILABLE):
        pass


def main():
    failed = 0
    for function in CASES:
        try:
            function()
            print(f"ok {function.__name__}")
        except BaseException:
            failed += 1
            print(f"FAILED {function.__name__}\n{traceback.format_exc()}")
    if failed:
        sys.exit(1)
    print(f"{len(CASES)} passed (grpc)")


main()
