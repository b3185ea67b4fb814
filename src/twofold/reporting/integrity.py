"""Integrity: verifying the whole record, and exporting it for verification elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection, transaction
from django.utils.translation import gettext as _

from twofold.evidence.blobs import open_blob
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.source import DatabaseSource
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict
from twofold.telemetry.queries import open_sealed
from twofold_verify import bundle
from twofold_verify.note import Verifier
from twofold_verify.report import Report
from twofold_verify.verifier import verify

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
    """
    with _snapshot():
        return verify(_source(), trust or keys.verifier())


def export_bundle(path: Path, *, by: Actor, at: datetime) -> Path:
    """Write the whole record to a folder or a .zip, and note the export in the ledger.

    Raises:
        AccessDenied: the actor may not export the record.
        Conflict: there is something at the path already.
    """
    access.require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    if path.exists():
        raise Conflict(_("%(path)s exists already.") % {"path": path}, field="path")
    with transaction.atomic():
        subject = f"ledger.export:{by.ledger_name}"
        ledger.note(subject, "ledger.export.made", by=by.ledger_name, at=at)
    while ledger.sequence(at=at):
        pass
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    readme = _README.format(origin=keys.verifier().name, at=moment)
    with _snapshot():
        bundle.write(_source(), path, readme=readme, at_text=moment)
    return path


@contextmanager
def _snapshot() -> Iterator[None]:
    """Let all that is read inside be of one moment, whatever others write meanwhile."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def _source() -> DatabaseSource:
    return DatabaseSource(open_blob, open_sealed)
