"""Integrity: verifying the whole record, and exporting it for verification elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from twofold.evidence.blobs import open_blob
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.source import DatabaseSource
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict, InvalidInput
from twofold.telemetry.queries import open_sealed
from twofold_verify import bundle
from twofold_verify.note import Verifier
from twofold_verify.report import Report, Severity
from twofold_verify.verifier import verify

_ATTEMPTS = 20
_README = """# A bundle of the Twofold ledger

It holds the log `{origin}` as exported at {at}: the checkpoint, the tree's tiles, every entry, the
kept states of records, the states recomputed from the live tables, and the stored files.

Verify it with the key that you were given by other means than this bundle:

    twofold-verify <this bundle> --key '<verifier key>'

Exit status 0: sound; 1: tampered with; 2: incomplete.
"""


def verify_record(trust: Verifier | None = None) -> Report:
    """Verify entries, tree, checkpoint, revisions, live rows and stored files from one snapshot.

    Args:
        trust: the key to trust; None: the installation's own, which tells of edits by anybody who
            does not hold that key.

    Raises:
        LedgerError: the installation's key is asked for and its file holds none.
    """
    key = trust or keys.verifier()
    source = _source()
    with _snapshot():
        report = verify(source, key)
        source.check_tree(key)
    return _together(report, source.findings.report(report.figures))


def export_bundle(path: Path, *, by: Actor, at: datetime) -> Path:
    """Write the whole record to a folder or a .zip, and note the export in the ledger.

    Raises:
        AccessDenied: the actor may not export the record.
        InvalidInput: the folder to write to is not there.
        Conflict: there is something at the path already, or changes come too fast to be exported.
        LedgerError: the ledger cannot be signed.
    """
    access.require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    if path.exists():
        raise Conflict(_("%(path)s exists already.") % {"path": path}, field="path")
    if not path.parent.is_dir():
        raise InvalidInput(_("There is no folder %(path)s.") % {"path": path.parent}, field="path")
    with transaction.atomic():
        subject = f"ledger.export:{by.ledger_name}"
        ledger.note(subject, "ledger.export.made", by=by.ledger_name, at=at)
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    readme = _README.format(origin=keys.verifier().name, at=moment)
    for _attempt in range(_ATTEMPTS):
        while ledger.sequence(at=at):
            pass
        with _snapshot():
            # Somebody may have written between the last checkpoint and this snapshot.
            if next(_source().pending(), None) is None:
                bundle.write(_source(), path, readme=readme, at_text=moment)
                return path
    raise Conflict(_("Changes come too fast to be exported now. Try again."), field="path")


@contextmanager
def _snapshot() -> Iterator[None]:
    """Let all that is read inside be of one moment, whatever others write meanwhile."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with _deferred(connection), transaction.atomic():
            yield


@contextmanager
def _deferred(sqlite: Any) -> Iterator[None]:  # noqa: ANN401 - its types lack the mode
    """Let SQLite begin a transaction that only reads: it keeps its snapshot and no writer waits."""
    sqlite.ensure_connection()
    usual = sqlite.transaction_mode
    sqlite.transaction_mode = "DEFERRED"
    try:
        yield
    finally:
        sqlite.transaction_mode = usual


def _together(report: Report, books: Report) -> Report:
    """Return one report of both; a record is named once."""
    altered = [problem for problem in report.problems if problem.severity is Severity.TAMPERED]
    named = {problem.record for problem in altered}
    added = tuple(problem for problem in books.problems if problem.record not in named)
    repeated = len(books.problems) - len(added)
    return replace(
        report,
        problems=report.problems + added,
        tampered=report.tampered + books.tampered - repeated,
    )


def _source() -> DatabaseSource:
    return DatabaseSource(open_blob, open_sealed)
