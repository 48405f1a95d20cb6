"""A server of an SDK on a port, in a thread of this program."""

import threading
import time

import uvicorn


def serve(application, port):
    """Serves `application` on `port` of 127.0.0.1 until the program ends."""
    running = uvicorn.Server(uvicorn.Config(application, host="127.0.0.1", port=port, log_level="error"))
    threading.Thread(target=running.run, daemon=True).start()
    while not running.started:
        time.sleep(0.02)
