"""The official SDKs as clients of a guarded proxy: `python tests/sdk BASE [--only NAME]`. With `--agent PORT`,
the clients of an agent that this program serves on the port, behind the proxy.

Every answer of the filter must reach the application as the SDK's own type or exception; never a parse error, never a
wait without end. What is to be seen is in `table.py`, each SDK in a file below `clients`.
"""

import argparse
import functools
import sys
import time
import traceback

from clients import every
from table import ROWS


#: How an answer is asked for: whether streamed, and with what the tenant's name begins.
MODES = {"plain": (False, ""), "in flight": (True, ""), "held": (True, "held-")}


def play(client, row, streams, tenant, is_late):
    """One row with one client. What stops a stream in flight comes late: after the status line, and some text."""
    ask = functools.partial(client.ask, row.prompt, tenant, streams, row.tools, row.result)
    has_refusals = client.has_late_refusals if is_late else client.has_refusals
    if row.status is None or (row.refusal is not None and has_refusals):
        return row.check(ask(), is_late)
    expected = client.interrupted if is_late else client.failures[row.status]
    try:
        answer = ask()
    except Exception as error:
        assert isinstance(error, expected), f"{type(error).__name__} instead of {expected}: {error}"
        assert is_late or client.status(error) in (row.status, None), client.status(error)
        assert str(error) and "injection" not in str(error), error
        return
    raise AssertionError(f"no exception, but {answer!r}")


def plays(client):
    """Everything there is to play with a client: names and calls without arguments."""
    for row in ROWS:
        if (row.tools and not client.has_tools) or row.status not in (None, *client.failures):
            continue
        for mode, (streams, prefix) in MODES.items():
            is_late = row.is_within and mode == "in flight" and bool(client.interrupted)
            call = functools.partial(play, client, row, streams, prefix + row.tenant, is_late)
            yield f"{row.name}, {mode}", call
    for case in client.cases:
        yield case.__name__.replace("_", " "), case


def played(arguments):
    if arguments.agent is None:
        return every(arguments.base)
    from clients import a2a_agent
    from serving import serve
    from starlette.applications import Starlette

    serve(Starlette(routes=a2a_agent.routes()), arguments.agent)
    return a2a_agent.clients(arguments.base)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("base")
    arguments.add_argument("--only", default="")
    arguments.add_argument("--agent", type=int)
    arguments = arguments.parse_args()
    failed = total = 0
    for client in played(arguments):
        if arguments.only not in client.name:
            continue
        started, bad, count = time.monotonic(), 0, 0
        for name, act in plays(client):
            count += 1
            try:
                act()
            except Exception:
                bad += 1
                print(f"FAILED {client.name}: {name}\n{traceback.format_exc()}")
        print(f"{client.name}: {count - bad} of {count} in {time.monotonic() - started:.1f} s")
        failed, total = failed + bad, total + count
    print(f"{total - failed} of {total} passed")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main())
