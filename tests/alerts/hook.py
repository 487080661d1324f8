"""A real HTTP server that takes what the webhook posts, and answers as it is told to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pydantic import SecretStr

from entrepot.settings import Settings

SECRET = "un secret d'essai"
PATH = "/crochet/jeton-secret"


@dataclass
class Hook:
    """What the server took, and its next answers (200 once there are none left).

    Attributes:
        taken: headers and body of each request.
        answers: status of the next ones; 0 answers too late.
    """

    port: int = 0
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def settings(self, settings: Settings, **others: Any) -> Settings:
        url = f"http://127.0.0.1:{self.port}{PATH}"
        said = {"webhook_url": SecretStr(url), "webhook_secret": SecretStr(SECRET), **others}
        return settings.model_copy(update=said)

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.taken]


@contextmanager
def hook() -> Iterator[Hook]:
    """Run a server for as long as the context lasts."""
    taking = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taking.taken.append((dict(self.headers), body))
            status = taking.answers.pop(0) if taking.answers else 200
            if status == 0:
                time.sleep(1)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"http://127.0.0.1:{taking.port}/ailleurs")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    taking.port = server.server_port
    threading.Thread(target=lambda: server.serve_forever(0.02), daemon=True).start()
    try:
        yield taking
    finally:
        server.shutdown()
        server.server_close()
