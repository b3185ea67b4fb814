"""Exporting for verification elsewhere: the whole record, or one record and what belongs to it."""

import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from twofold.controls.models import EvidenceClaim
from twofold.evidence.models import EvidenceItem, EvidenceLink, EvidenceVersion
from twofold.evidence.storage import open_stored
from twofold.ledger import actions as ledger
from twofold.ledger.one_record import RecordSource
from twofold.ledger.queries import revision_of
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.people.models import Erasure
from twofold.reporting.disclosure import Disclosure
from twofold.reporting.integrity import source_of_record
from twofold.reporting.snapshot import snapshot
from twofold.reporting.vouching import policy
from twofold.telemetry.queries import open_sealed
from twofold_verify import bundle

_ATTEMPTS = 20
_PIECE_BYTES = 1 << 20
_ITEM = EvidenceItem._meta.label_lower


def export_bundle(path: Path, *, by: Actor, at: datetime) -> Path:
    """Write the whole record to a folder or a .zip, and note the export in the ledger.

    Raises:
        AccessDenied: the actor may not export the record.
        InvalidInput: the folder to write to is not there.
        Conflict: there is something at the path already, or changes come too fast to be exported.
        LedgerError: the ledger cannot be signed.
    """
    _require(by, at=at)
    _require_free(path)
    _note(by, at=at)
    disclosed = Disclosure(policy=policy().text(), by=by, at=at)
    for _attempt in range(_ATTEMPTS):
        _sequence(at=at)
        with snapshot():
            # Somebody may have written between the last checkpoint and this snapshot.
            if next(source_of_record().pending(), None) is None:
                bundle.write(source_of_record(), path, at_text=_moment(at), disclosed=disclosed)
                return path
    raise Conflict(_("Changes come too fast to be exported now. Try again."), field="path")


def export_record(subject: str, path: Path, *, by: Actor, at: datetime) -> Path:
    """Write one record and what belongs to it, each entry with a proof, and note the export.

    To an item of evidence belong its versions, their claims, its links and its erasure.

    Args:
        subject: the record's ledger name.

    Raises:
        AccessDenied: the actor may not export the record, or its token is for another one.
        NotFound: the ledger has no such record.
        InvalidInput: the folder to write to is not there.
        Conflict: there is something at the path already, or changes come too fast to be exported.
        LedgerError: the ledger cannot be signed, or a tile is missing.
    """
    _require(by, at=at, subject=subject)
    _require_free(path)
    if not revision_of(subject):
        raise NotFound(_("There is no such record."), field="record")
    _note(by, at=at, subject=subject)
    for _attempt in range(_ATTEMPTS):
        _sequence(at=at)
        with snapshot():
            subjects = belonging_to(subject)
            source = RecordSource(subjects, open_stored, open_sealed)
            if next(source.pending(), None) is None:
                disclosed = Disclosure(policy=policy().text(), by=by, at=at, subjects=subjects)
                bundle.write_record(source, path, at_text=_moment(at), disclosed=disclosed)
                return path
    raise Conflict(_("Changes come too fast to be exported now. Try again."), field="path")


def exported(write: Callable[[Path], Path]) -> tuple[int, Iterator[bytes]]:
    """Return size and bytes of a .zip that is written in full before the first byte is handed out.

    So it is of one moment however slowly it is fetched, and a refusal comes before any of it.

    Args:
        write: writes the bundle to the path that it is given.
    """
    with tempfile.TemporaryDirectory(prefix="export-", dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        # Its name goes with the folder; what is open can be read to its end.
        file = write(Path(folder) / "bundle.zip").open("rb")
        size = (Path(folder) / "bundle.zip").stat().st_size
    return size, _pieces(file)


def belonging_to(subject: str) -> list[str]:
    """Return the ledger names of a record and of what belongs to it, the record first."""
    label, _separator, key = subject.partition(":")
    try:
        item = UUID(key) if label == _ITEM else None
    except ValueError:
        item = None
    if item is None:
        return [subject]
    rows: tuple[Any, ...] = (
        EvidenceVersion.objects.filter(item=item).order_by("number"),
        EvidenceClaim.objects.filter(evidence__item=item).order_by("pk"),
        EvidenceLink.objects.filter(item=item).order_by("pk"),
        Erasure.objects.filter(subject=subject).order_by("pk"),
    )
    return [subject, *(row.ledger_subject for found in rows for row in found)]


def _require(by: Actor, *, at: datetime, subject: str = "") -> None:
    access.require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    if by.restricted_to and by.restricted_to != subject:
        raise AccessDenied(_("This token is for one record alone."))


def _require_free(path: Path) -> None:
    if path.exists():
        raise Conflict(_("%(path)s exists already.") % {"path": path}, field="path")
    if not path.parent.is_dir():
        raise InvalidInput(_("There is no folder %(path)s.") % {"path": path.parent}, field="path")


def _note(by: Actor, *, at: datetime, subject: str = "") -> None:
    body = {"record": subject} if subject else {}
    ledger.append(
        f"ledger.export:{by.ledger_name}",
        "ledger.export.made",
        by=by.ledger_name,
        at=at,
        body=body,
    )


def _sequence(*, at: datetime) -> None:
    while ledger.sequence(at=at):
        pass


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
