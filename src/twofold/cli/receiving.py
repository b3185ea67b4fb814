"""How much of a request the embedded server takes before the product sees it.

The server receives a request whole, into a file where it is large, and only then asks the product.
So that nobody fills the disk without so much as pretending to be somebody, large bodies are taken
where evidence is sent, from a request that bears a token or a session.
"""

import copy
from typing import Any

from django.conf import settings
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer

#: One request may be larger than the API takes, so that the API can say so.
USUAL_BYTES = 64 * 1024 * 1024
_TAKING_FILES = ("/evidence/", "/api/v1/evidence")


def largest_body_bytes() -> int:
    """Return the largest body of any request: a file with what a form puts around it."""
    return int(settings.MAXIMUM_UPLOAD_BYTES) + USUAL_BYTES


def limit_bodies() -> None:
    """Have servers that are made from now on take large bodies from whom they are expected."""
    TcpWSGIServer.channel_class = _Channel


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    def __init__(self, adj: Any) -> None:  # noqa: ANN401 - waitress has no types
        super().__init__(_usual(adj))
        self._most = adj

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        named = settings.SESSION_COOKIE_NAME in self.headers.get("COOKIE", "")
        if self.path.startswith(_TAKING_FILES) and (named or "AUTHORIZATION" in self.headers):
            self.adj = self._most


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser


def _usual(adj: Any) -> Any:  # noqa: ANN401 - waitress has no types
    """Return a server's adjustments with the usual limit, made once and kept with them."""
    found = vars(adj).get("usual")
    if found is None:
        found = adj.usual = copy.copy(adj)
        found.max_request_body_size = USUAL_BYTES
    return found
