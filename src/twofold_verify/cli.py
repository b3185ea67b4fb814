"""The command `twofold-verify`: verifies a bundle and says what it found.

An adapter over `verifier` and `bundle`: it parses arguments, prints, and nothing else.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from twofold_verify.bundle import BundleSource
from twofold_verify.note import NoteError, Verifier
from twofold_verify.report import Figures, Outcome, Report
from twofold_verify.source import SourceError
from twofold_verify.verifier import verify

_INCOMPLETE = 2
_HEADLINES = {
    Outcome.SOUND: "SOUND: all that was read is what the signed checkpoint vouches for.",
    Outcome.TAMPERED: "TAMPERED: the record was altered.",
    Outcome.INCOMPLETE: "INCOMPLETE: not everything could be checked.",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 sound, 1 tampered, 2 incomplete or unusable."""
    options = _parser().parse_args(arguments)
    if options.key is None:
        return _refuse(
            "Give the log's public key with --key, as its owner handed it to you: "
            "what a bundle says of its own key proves nothing."
        )
    try:
        trust = Verifier.parse(options.key)
        with BundleSource(options.bundle) as source:
            report = verify(source, trust)
    except (NoteError, SourceError) as refusal:
        return _refuse(str(refusal))
    _print(json.dumps(as_json(report), indent=2) if options.json else as_text(report))
    return report.exit_status


def as_json(report: Report) -> dict[str, object]:
    """Return a report as a JSON object: outcome, counts, figures and the listed problems."""
    figures = asdict(report.figures)
    since = report.figures.pending_since
    figures["pending_since"] = since.isoformat() if since else None
    return {
        "outcome": report.outcome.value,
        "tampered": report.tampered,
        "incomplete": report.incomplete,
        "figures": figures,
        "problems": [asdict(problem) for problem in report.problems],
    }


def as_text(report: Report) -> str:
    """Return a report as lines for people."""
    lines = [_HEADLINES[report.outcome], *_figures(report.figures)]
    lines += [
        f"- {problem.severity.value}: {problem.record}: {problem.message}"
        for problem in report.problems
    ]
    unlisted = report.tampered + report.incomplete - len(report.problems)
    if unlisted:
        lines.append(f"- and {unlisted} more problems that are not listed")
    return "\n".join(lines)


def _figures(figures: Figures) -> list[str]:
    lines = []
    if figures.origin is not None:
        lines.append(f"  log         {figures.origin}")
        lines.append(f"  checkpoint  {figures.size} entries, root {figures.root}")
    lines.append(
        f"  read        {figures.entries} entries of {figures.subjects} records, "
        f"{figures.revisions} states, {figures.live} live rows, "
        f"{figures.blobs} stored files ({figures.blob_bytes} bytes)"
    )
    if figures.pending_since is not None:
        lines.append(
            f"  waiting     {figures.pending} entries since "
            f"{figures.pending_since.isoformat()}, not yet under a checkpoint"
        )
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="twofold-verify",
        description="Verify a bundle of a Twofold ledger offline.",
        epilog="Exit status: 0 sound, 1 tampered, 2 incomplete or not to be read.",
    )
    parser.add_argument("bundle", type=Path, metavar="BUNDLE", help="folder or .zip")
    parser.add_argument("--key", metavar="VKEY", help="public key of the log: name+id+base64")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def _refuse(message: str) -> int:
    sys.stderr.write(f"twofold-verify: {message}\n")
    return _INCOMPLETE


def _print(text: str) -> None:
    # A terminal that cannot show a letter of a record's name must not hide the outcome.
    encoding = sys.stdout.encoding or "ascii"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
