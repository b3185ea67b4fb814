"""The command `twofold-witness`: make a witness, tell it which logs to trust, and let it serve."""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from twofold_verify.errors import VerificationError
from twofold_verify.note import Verifier
from twofold_verify.witness.server import Witness, serve
from twofold_verify.witness.state import State


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0, or 1 with a sentence."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except VerificationError as refusal:
        return _refuse(str(refusal))
    except UnicodeDecodeError:
        return _refuse("The file is not text.")
    except OSError as refusal:
        return _refuse(f"{refusal.filename or 'The system refused'}: {refusal.strerror}.")
    return 0


def _init(options: argparse.Namespace) -> None:
    _print(str(State.create(options.folder, options.name).cosigner.key))


def _key(options: argparse.Namespace) -> None:
    _print(str(State(options.folder).cosigner.key))


def _trust(options: argparse.Namespace) -> None:
    state, key = State(options.folder), Verifier.parse(options.key)
    with state.locked():
        state.trust(key)
    _print(f"The log {key.name} is trusted.")


def _rotate(options: argparse.Namespace) -> None:
    state = State(options.folder)
    with state.locked():
        key = state.rotate(options.statement.read_text(encoding="utf-8"))
    _print(f"The log {key.name} is trusted under its new key {key.key_id.hex()}.")


def _serve(options: argparse.Namespace) -> None:
    state = State(options.folder)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    with state.locked(), serve(Witness(state, _now), options.host, options.port) as server:
        # The loop that serves cannot be stopped from within itself.
        stop = partial(threading.Thread, target=server.shutdown, daemon=True)
        signal.signal(signal.SIGTERM, lambda *_signal: stop().start())
        host, port = server.server_address[:2]
        _print(f"{state.cosigner.name} cosigns at http://{host!s}:{port}")
        try:
            server.serve_forever(poll_interval=0.1)
        except KeyboardInterrupt:
            return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twofold-witness",
        description="Cosign the checkpoints of transparency logs (C2SP tlog-witness).",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    folder = argparse.ArgumentParser(add_help=False)
    folder.add_argument("folder", type=Path, metavar="FOLDER", help="where the witness keeps state")

    init = commands.add_parser("init", parents=[folder], help="make a witness; print its key")
    init.add_argument("--name", required=True, help="such as witness.example/w1")
    init.set_defaults(run=_init)
    key = commands.add_parser("key", parents=[folder], help="print the key of the witness")
    key.set_defaults(run=_key)
    trust = commands.add_parser("trust", parents=[folder], help="trust a log by its key")
    trust.add_argument("key", metavar="VKEY", help="public key of the log: name+id+base64")
    trust.set_defaults(run=_trust)
    rotate = commands.add_parser("rotate", parents=[folder], help="follow a log to its new key")
    rotate.add_argument("statement", type=Path, metavar="STATEMENT", help="file of the statement")
    rotate.set_defaults(run=_rotate)
    serving = commands.add_parser("serve", parents=[folder], help="answer logs over HTTP")
    serving.add_argument("--host", default="127.0.0.1")
    serving.add_argument("--port", type=int, default=8700, help="0: one that is free")
    serving.set_defaults(run=_serve)
    return parser


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a command reads the clock


def _refuse(message: str) -> int:
    sys.stderr.write(f"twofold-witness: {message}\n")
    return 1


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
