"""The HTTP interface of a witness: POST /add-checkpoint (C2SP tlog-witness).

Decisions are made by `Witness.add`, which knows nothing of HTTP; the server in front of it limits
how much is read and how long anybody may take.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from twofold_verify import checkpoint as checkpoints
from twofold_verify.checkpoint import Checkpoint, CheckpointError
from twofold_verify.merkle import EMPTY_ROOT, HASH_BYTES
from twofold_verify.note import NoteError, decode_base64, open_note, split
from twofold_verify.proof import ProofError, verify_consistency
from twofold_verify.witness.state import LogState, State, StateError

PATH = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
#: A proof has at most 63 lines of 45 bytes; a checkpoint with many cosignatures is still shorter.
MAX_BODY_BYTES = 1 << 16
MAX_PROOF_LINES = 63
_PATIENCE_S = 20.0
_TEXT = "text/plain; charset=utf-8"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """A status, and the text that goes with it."""

    status: HTTPStatus
    body: str
    content_type: str = _TEXT


@dataclass(frozen=True)
class _Request:
    old: int
    proof: tuple[bytes, ...]
    note: str


class Witness:
    """Cosigns checkpoints of trusted logs that only grew."""

    def __init__(self, state: State, now: Callable[[], datetime]) -> None:
        """Take the folder and the clock."""
        self._state = state
        self._now = now
        # Looking and remembering have to be one step, or two requests could roll a log back.
        self._one_at_a_time = threading.Lock()

    def add(self, body: bytes) -> Reply:
        """Return the cosignature for what was submitted, or why there is none."""
        try:
            request = _parse(body)
            text, _signatures = split(request.note)
            statement = checkpoints.parse(text)
        except (ValueError, NoteError, CheckpointError) as refusal:
            return Reply(HTTPStatus.BAD_REQUEST, f"{refusal}\n")
        with self._one_at_a_time:
            log = self._state.log(statement.origin)
            if log is None:
                return Reply(HTTPStatus.NOT_FOUND, "This witness does not know the log.\n")
            refused = _refusal(log, request, statement)
            if refused is not None:
                _log.warning("%s: %s %s", statement.origin, int(refused.status), refused.body[:200])
                return refused
            # The cosigned text is the one that was signed, with any extension lines.
            self._state.remember(log, text)
            return Reply(HTTPStatus.OK, self._state.cosigner.cosign(text, at=self._now()))


def serve(witness: Witness, host: str, port: int) -> ThreadingHTTPServer:
    """Return a server that listens; `serve_forever` answers until `shutdown`."""

    class Handler(_Handler):
        asked = witness

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    return server


class _Handler(BaseHTTPRequestHandler):
    asked: Witness
    protocol_version = "HTTP/1.1"
    server_version = "twofold-witness"
    sys_version = ""
    timeout = _PATIENCE_S

    def do_POST(self) -> None:
        """Answer a submission."""
        length = self.headers.get("Content-Length", "")
        if self.path != PATH:
            self._refuse(HTTPStatus.NOT_FOUND, "Checkpoints are posted to /add-checkpoint.\n")
        elif not (length.isascii() and length.isdigit()):
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "The length of the body is missing.\n")
        elif len(length) > 9 or int(length) > MAX_BODY_BYTES:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The body is too long.\n")
        else:
            self._send(self._answer(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        """Refuse: there is nothing to read here."""
        status = HTTPStatus.METHOD_NOT_ALLOWED if self.path == PATH else HTTPStatus.NOT_FOUND
        self._refuse(status, "Checkpoints are posted to /add-checkpoint.\n")

    def _answer(self, body: bytes) -> Reply:
        try:
            return self.asked.add(body)
        except (StateError, OSError):
            _log.exception("A checkpoint could not be cosigned")
            return Reply(HTTPStatus.INTERNAL_SERVER_ERROR, "The witness cannot answer now.\n")

    def _refuse(self, status: HTTPStatus, sentence: str) -> None:
        # A body that was not read would be taken for the next request.
        self.close_connection = True
        self._send(Reply(status, sentence))

    def _send(self, reply: Reply) -> None:
        data = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the library's
        """Log through `logging`, as everything else."""
        _log.info("%s %s", self.address_string(), format % arguments)


def _parse(body: bytes) -> _Request:
    """Read the body of a submission; raise ValueError with a sentence."""
    head, blank, note = body.decode().partition("\n\n")
    first, *lines = head.split("\n")
    word, _, size = first.partition(" ")
    if not blank or word != "old":
        raise ValueError("The body is an old size, a proof, an empty line and a checkpoint.")
    if len(lines) > MAX_PROOF_LINES:
        raise ValueError(f"A proof has at most {MAX_PROOF_LINES} lines.")
    proof = tuple(decode_base64(line) for line in lines)
    if any(len(hash_) != HASH_BYTES for hash_ in proof):
        raise ValueError("A line of the proof is not the base64 of a hash.")
    return _Request(checkpoints.size_of(size), proof, note)


def _refusal(log: LogState, request: _Request, statement: Checkpoint) -> Reply | None:
    """Return why a checkpoint is not cosigned, or None."""
    try:
        open_note(request.note, [log.keys.at(statement.size)])
    except NoteError as refusal:
        return Reply(HTTPStatus.FORBIDDEN, f"{refusal}\n")
    if request.old > statement.size:
        return Reply(HTTPStatus.BAD_REQUEST, "The old size is above that of the checkpoint.\n")
    seen = log.checkpoint
    size, root = (seen.size, seen.root) if seen else (0, EMPTY_ROOT)
    fits = request.old == size and (statement.size != size or statement.root == root)
    if not fits:
        return Reply(HTTPStatus.CONFLICT, f"{size}\n", SIZE_TYPE)
    unproved = _unproved(size, root, statement, request.proof)
    return Reply(HTTPStatus.UNPROCESSABLE_ENTITY, f"{unproved}\n") if unproved else None


def _unproved(size: int, root: bytes, statement: Checkpoint, proof: tuple[bytes, ...]) -> str:
    """Return why a proof does not show that the log grew from a size and root, or a blank."""
    if size == 0:
        return "Nothing is to be proved of an empty log." if proof else ""
    try:
        verify_consistency(size, statement.size, root, statement.root, proof)
    except ProofError as refusal:
        return str(refusal)
    return ""
