"""A real HTTP server that answers as the API does, and misbehaves where a test tells it to.

`test_against_server.py` runs the same SDK against the product's own server.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "twofold_stand-in"


@dataclass(frozen=True)
class Answer:
    """What the server says to one request, instead of what it would say."""

    status: int = 200
    document: object = None
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    #: Carry the request out, but break the connection instead of answering.
    hang_up: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


def problem(status: int, detail: str, *errors: tuple[str, str]) -> Answer:
    document: dict[str, object] = {
        "type": "urn:x",
        "title": "x",
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = [{"field": name, "reason": reason} for name, reason in errors]
    return Answer(status, document, headers={"Content-Type": "application/problem+json"})


class ApiStandIn:
    """What the server knows and was asked; `script` holds its next answers."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: list[Request] = []
        self.script: deque[Answer] = deque()
        self.events: dict[str, dict[str, Any]] = {}
        self.answers: dict[tuple[str, str], Answer] = {}
        self.url = ""
        #: Rises by one with each request that arrives, before it is looked at.
        self.arrived = threading.Semaphore(0)
        #: While clear, requests wait before they are looked at.
        self.open = threading.Event()
        self.open.set()

    def handle(self, request: Request) -> Answer:
        self.arrived.release()
        self.open.wait(10)
        with self.lock:
            self.requests.append(request)
            scripted = self.script.popleft() if self.script else None
            if scripted is None or scripted.hang_up:
                answer = self._carry_out(request)
        if scripted is None:
            return answer
        return scripted

    def _carry_out(self, request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return problem(401, "The token is missing, unknown, expired or revoked.")
        fixed = self.answers.get((request.method, request.path))
        if fixed is not None:
            return fixed
        if request.path.endswith(("/events", "/reference")):
            return self._take(request)
        return problem(404, "There is nothing here.")

    def _take(self, request: Request) -> Answer:
        if len(request.body) > 8 * 1024 * 1024:
            return problem(413, "The body may have at most 8 MB.", ("body", "too large"))
        events = request.document["events"]
        if not 1 <= len(events) <= 10_000:
            return problem(422, "Expected `array` of length <= 10000.", ("events", "length"))
        for place, event in enumerate(events):
            if (
                set(event) != {"id", "at", "values"}
                or not datetime.fromisoformat(event["at"]).tzinfo
            ):
                return problem(422, "Not an event.", (f"events[{place}]", "not an event"))
            if event["values"].get("age") == "old":
                fault = (f"events[{place}].values.age", "Expected `float`, got `str`.")
                return problem(422, fault[1], fault)
        fresh = {event["id"]: event for event in events if event["id"] not in self.events}
        self.events.update(fresh)
        return Answer(document={"accepted": len(fresh), "duplicates": len(events) - len(fresh)})


@contextmanager
def serving() -> Iterator[ApiStandIn]:
    """Serve on a free port of 127.0.0.1 in threads."""
    api = ApiStandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer()

        do_POST = do_PUT = do_GET  # noqa: N815 - named by http.server

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            address = urlsplit(self.path)
            path = address.path.removeprefix("/api/v1")
            request = Request(
                self.command, path, parse_qs(address.query), dict(self.headers.items()), body
            )
            answer = api.handle(request)
            time.sleep(answer.delay_s)
            if answer.hang_up:
                self.close_connection = True
                return
            said = answer.body or json.dumps(answer.document).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that gave up waiting is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.open.set()
        server.shutdown()
        thread.join()
        server.server_close()
