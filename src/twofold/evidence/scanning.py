"""The scanner: a ClamAV daemon that looks at each file on its way in, where one is configured.

Files go over its INSTREAM command, piece by piece, while they are stored: each piece with its
length in four bytes before it, and a length of zero at the end (clamd(8)). It answers with what it
recognised. What it did not look at is not taken for clean.
"""

import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

from django.conf import settings

_CONNECT_S = 3.0
#: How long it may take over one piece.
_PIECE_S = 30.0
#: How long it may take to answer after the last one: it unpacks archives then.
_ANSWER_S = 120.0
_MOST_ANSWER_BYTES = 4096
_PIECE_BYTES = 256 * 1024
_FOUND = re.compile(r"stream: (?P<what>.+) FOUND")


class Result(StrEnum):
    """What became of a scan."""

    CLEAN = auto()
    OBJECTION = auto()
    #: Longer than the scanner's own limit: asking again would end the same way.
    TOO_LARGE = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True)
class Verdict:
    """What the scanner said; `what` is the name of what it recognised, or why it said nothing."""

    result: Result
    what: str = ""


class Scan:
    """One file that is looked at while it passes."""

    def __init__(self, address: str) -> None:
        """Take the scanner's address: `tcp://host:port` or `unix:/path`."""
        self._socket: socket.socket | None = None
        self._failure = ""
        self._answer = b""
        try:
            self._socket = _connect(address)
            self._socket.sendall(b"zINSTREAM\0")
        except OSError as failure:
            self._give_up(failure)

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Yield the stream as it is; each piece is sent to the scanner before it goes on."""
        try:
            for chunk in chunks:
                self._send(chunk)
                yield chunk
        except GeneratorExit:
            # Whoever takes the pieces wants no more of them: the file is not stored.
            self.close()
            raise

    def verdict(self) -> Verdict:
        """Return what the scanner says, once the stream has passed."""
        if self._socket is not None:
            try:
                self._socket.settimeout(_ANSWER_S)
                self._socket.sendall(bytes(4))
                self._answer = _answer(self._socket)
            except OSError as failure:
                self._give_up(failure)
        self.close()
        return _verdict(self._answer, self._failure)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, chunk: bytes) -> None:
        if self._socket is None:
            return
        try:
            for start in range(0, len(chunk), _PIECE_BYTES):
                piece = chunk[start : start + _PIECE_BYTES]
                self._socket.sendall(len(piece).to_bytes(4, "big") + piece)
        except OSError as failure:
            self._give_up(failure)

    def _give_up(self, failure: OSError) -> None:
        """Note why there is no verdict; it may have said why before it hung up."""
        self._failure = str(failure) or type(failure).__name__
        if self._socket is not None:
            try:
                self._socket.settimeout(_CONNECT_S)
                self._answer = _answer(self._socket)
            except OSError:
                self._answer = b""
        self.close()


def begin_scan() -> Scan | None:
    """Begin to look at a file; None: this installation has no scanner."""
    return Scan(settings.SCANNER) if settings.SCANNER else None


def _connect(address: str) -> socket.socket:
    if address.startswith("unix:"):
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        made.settimeout(_CONNECT_S)
        try:
            made.connect(address.removeprefix("unix:"))
        except OSError:
            made.close()
            raise
    else:
        host, _colon, port = address.removeprefix("tcp://").rpartition(":")
        made = socket.create_connection((host.strip("[]"), int(port)), timeout=_CONNECT_S)
    made.settimeout(_PIECE_S)
    return made


def _answer(connection: socket.socket) -> bytes:
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < _MOST_ANSWER_BYTES:
        more = connection.recv(_MOST_ANSWER_BYTES)
        if not more:
            break
        answer += more
    return answer


def _verdict(answer: bytes, failure: str) -> Verdict:
    text = answer.rstrip(b"\0").decode("utf-8", "replace").strip()
    if text == "stream: OK" and not failure:
        return Verdict(Result.CLEAN)
    found = _FOUND.fullmatch(text)
    if found:
        return Verdict(Result.OBJECTION, found["what"])
    if "size limit exceeded" in text:
        return Verdict(Result.TOO_LARGE, text)
    return Verdict(Result.UNAVAILABLE, text or failure or "no answer")
