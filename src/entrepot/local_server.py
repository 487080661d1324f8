"""A server of a folder of pages, for this machine only."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

LOOPBACK = "127.0.0.1"


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of a folder, bound to the loopback address; it serves once told to. Port 0 takes a free one."""
    return ThreadingHTTPServer((LOOPBACK, port), partial(SimpleHTTPRequestHandler, directory=str(folder)))


def serve(folder: Path, port: int, tell: Callable[[str], object]) -> None:
    """Serve a folder until interrupted, told where to say its address."""
    with server(folder, port) as running:
        tell(f"http://{LOOPBACK}:{running.server_port}/ (Ctrl-C ends it)")
        with suppress(KeyboardInterrupt):
            running.serve_forever()
