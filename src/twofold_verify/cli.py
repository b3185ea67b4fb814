"""The command `twofold-verify`: verifies a bundle and says what it found.

An adapter over `bundle`: it parses arguments, reads the files that were given, prints, and nothing
else. Keys, roots and policies come from the arguments, never from the bundle.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from twofold_verify import policy as policies
from twofold_verify.bundle import BundleSource, verify_bundle
from twofold_verify.errors import VerificationError
from twofold_verify.note import MAX_NOTE_BYTES, Verifier
from twofold_verify.policy import Policy
from twofold_verify.remarks import remarks
from twofold_verify.report import Report
from twofold_verify.stamps import load_roots
from twofold_verify.telling import Told, as_json, as_text, told_of_record
from twofold_verify.vouching import Outside

_INCOMPLETE = 2
_MAX_ROOT_BYTES = 1 << 20


class _UnusableError(VerificationError):
    """An argument, or a file that one names, cannot be used."""


@dataclass(frozen=True)
class _Given:
    """What was given beside the bundle."""

    trust: Verifier
    outside: Outside


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 sound, 1 tampered, 2 incomplete or unusable."""
    options = _parser().parse_args(arguments)
    try:
        with BundleSource(options.bundle) as source:
            given = _given(options, source)
            report = verify_bundle(source, given.trust, given.outside)
            told = _told(source, report, given, options.subject)
    except VerificationError as refusal:
        sys.stderr.write(f"twofold-verify: {refusal}\n")
        return _INCOMPLETE
    _print(json.dumps(as_json(told), indent=2) if options.json else as_text(told))
    return told.report.exit_status


def _told(source: BundleSource, report: Report, given: _Given, subject: str | None) -> Told:
    """Return what is told beside the report, which is narrowed to one record when asked."""
    said = tuple(remarks(source, given.outside.policy))
    if subject is None:
        return Told(report, of_record=source.subject, remarks=said)
    return told_of_record(source, report, subject, said)


def _given(options: argparse.Namespace, source: BundleSource) -> _Given:
    policy = _policy(options.policy) if options.policy else None
    kept = tuple(_text(path, MAX_NOTE_BYTES) for path in options.checkpoint)
    roots = load_roots(_read(options.tsa_root, _MAX_ROOT_BYTES)) if options.tsa_root else ()
    return _Given(_trust(options.key, policy, source), Outside(roots, policy, kept))


def _trust(key: str | None, policy: Policy | None, source: BundleSource) -> Verifier:
    """Return the key that was given by itself, or that of the policy for the bundle's log."""
    if key is not None:
        return Verifier.parse(key)
    if policy is None:
        raise _UnusableError(
            "Give the log's public key with --key, as its owner handed it to you: "
            "what a bundle says of its own key proves nothing."
        )
    origin = (source.checkpoint() or "").partition("\n")[0]
    for log in policy.logs:
        if log.key.name == origin:
            return log.key
    raise _UnusableError("The policy has no key for the log of this bundle: give it with --key.")


def _policy(path: Path) -> Policy:
    return policies.parse(_text(path, policies.MAX_BYTES))


def _text(path: Path, limit: int) -> str:
    try:
        return _read(path, limit).decode()
    except UnicodeDecodeError as refusal:
        raise _UnusableError(f"{path} is not text.") from refusal


def _read(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as refusal:
        raise _UnusableError(f"{path} cannot be read: {refusal.strerror}.") from refusal
    if len(data) > limit:
        raise _UnusableError(f"{path} is larger than such a file can be.")
    return data


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twofold-verify",
        description="Verify a bundle of a Twofold ledger, or of one of its records, offline.",
        epilog="Exit status: 0 sound, 1 tampered, 2 incomplete or not to be read.",
    )
    add = parser.add_argument
    add("bundle", type=Path, metavar="BUNDLE", help="folder or .zip")
    add("--key", metavar="VKEY", help="public key of the log: name+id+base64")
    add(
        "--checkpoint",
        type=Path,
        metavar="FILE",
        action="append",
        default=[],
        help="a checkpoint that you kept from before: the log has to continue it; may be repeated",
    )
    add("--policy", type=Path, metavar="FILE", help="policy that you pinned: logs, witnesses")
    add("--tsa-root", type=Path, metavar="PEM", help="root of the time stamp authorities you trust")
    add("--subject", metavar="RECORD", help="report on one record alone: app.model:key")
    add("--json", action="store_true", help="print the report as JSON")
    return parser


def _print(text: str) -> None:
    # A terminal that cannot show a letter of a record's name must not hide the outcome.
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
