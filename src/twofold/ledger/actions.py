"""Appending to the ledger, and putting what was appended under a signed checkpoint.

`record`, `record_all` and `note` are called inside the transaction of the change that they
describe. `append`, `append_all` and `enter` are called outside of any: they are for what happened
and changed no row. `sequence` is called by the worker.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from twofold.ledger import appending, chains, sequencer
from twofold.ledger.appending import Acknowledgement, Appender
from twofold.ledger.errors import LedgerError
from twofold.ledger.floor import require_after_floor
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry, LedgerRevision, LedgerSalt
from twofold.ledger.notes import Note
from twofold.ledger.recorded import Recorded, state_hash
from twofold.ledger.states import read_states
from twofold_verify.entry import Blob, Draft, Entry, EntryError
from twofold_verify.merkle import leaf_hash

#: SQLite takes a limited number of values in one statement.
_TOGETHER = 1000
_appender = Appender()


def record(
    row: Recorded,
    kind: str,
    *,
    by: str,
    at: datetime,
    body: Mapping[str, Any] | None = None,
    blobs: Sequence[Blob] = (),
) -> None:
    """Append one change of a row that was just saved, with its state as the next revision.

    Args:
        row: saved in this transaction; it is read again, so that the stored form is what is hashed.
        kind: what happened: `registered`; `app.model.` is put before it.
        by: the actor's name in the ledger, such as `person:<uuid>`.
        at: when; an entry is never dated before its subject's previous one.
        body: facts of the change that the state does not tell.
        blobs: stored files that the change commits to.

    Raises:
        LedgerError: outside a transaction, when the row is not in the database, or when a part has
            no form in an entry, such as a float in the body.
    """
    _append([row], kind, by=by, at=at, body=body or {}, blobs=blobs)


def record_all(
    rows: Sequence[Recorded],
    kind: str,
    *,
    by: str,
    at: datetime,
    body: Mapping[str, Any] | None = None,
) -> None:
    """Append the same change of many rows of one model: what `record` does, in a few queries.

    Raises:
        LedgerError: as for `record`.
    """
    for start in range(0, len(rows), _TOGETHER):
        _append(rows[start : start + _TOGETHER], kind, by=by, at=at, body=body or {}, blobs=())


def note(
    subject: str, kind: str, *, by: str, at: datetime, body: Mapping[str, Any] | None = None
) -> None:
    """Append something that happened and changed no row, such as an export.

    Raises:
        LedgerError: outside a transaction, when the subject is a recorded row, or when a part has
            no form in an entry.
    """
    _require_transaction()
    draft = Note(subject, kind, by=by, at=at, body=body or {}).draft()
    chains.take_turns([subject])
    _write_waiting(draft, at)


def append(
    subject: str, kind: str, *, by: str, at: datetime, body: Mapping[str, Any] | None = None
) -> Acknowledgement:
    """Append something that happened and changed no row, and return once a checkpoint covers it.

    Callers in many threads share transactions, so that each costs a fraction of a commit.

    Returns:
        Its place, and the size of the checkpoint: both are on the disk.

    Raises:
        LedgerError: inside a transaction, when the subject is a recorded row, when a part has no
            form in an entry, or when the tree is not the one that was signed; nothing is appended.
    """
    return append_all([Note(subject, kind, by=by, at=at, body=body or {})])[0]


def append_all(notes: Sequence[Note]) -> list[Acknowledgement]:
    """Append many things that happened, all or none: what `append` does, under one checkpoint.

    Raises:
        LedgerError: as for `append`.
    """
    drafts = [(note.draft(), note.at) for note in notes]
    return _appender.append(drafts) if drafts else []


def enter(
    subject: str, kind: str, *, by: str, at: datetime, body: Mapping[str, Any] | None = None
) -> None:
    """Append something that happened and changed no row; the next checkpoint will cover it.

    It is on the disk on return. Unlike `append` it waits for no other process and signs nothing.

    Raises:
        LedgerError: as for `append`.
    """
    draft = Note(subject, kind, by=by, at=at, body=body or {}).draft()
    appending.require_no_transaction()
    if not _insert_first(draft, at):  # pragma: no branch - measured on SQLite
        with transaction.atomic():
            chains.take_turns([subject])
            _write_waiting(draft, at)


def sequence(*, at: datetime, limit: int = 5000) -> LedgerCheckpoint | None:
    """Give the waiting entries their place in the tree and sign the new checkpoint.

    Returns:
        The checkpoint, or None when nothing waits or a rival is sequencing.

    Raises:
        LedgerError: what was written does not read back the same; nothing is signed.
    """
    return sequencer.run(at=at, limit=limit)


def _append(
    rows: Sequence[Recorded],
    kind: str,
    *,
    by: str,
    at: datetime,
    body: Mapping[str, Any],
    blobs: Sequence[Blob],
) -> None:
    _require_transaction()
    require_after_floor(at)
    model = type(rows[0])
    subjects = [row.ledger_subject for row in rows]
    salts = _salts(subjects) if model.personal else {}
    states = dict(read_states(model, salts=salts, keys=[row.pk for row in rows]))
    if len(states) != len(rows) or not states.keys() >= set(subjects):
        raise LedgerError(f"{model._meta.label}: a row is recorded twice, or is not stored.")
    previous = _previous(subjects)
    full_kind = f"{model._meta.label_lower}.{kind}"
    entries = [
        _entry(subject, full_kind, by, at, body, blobs, states[subject], previous.get(subject))
        for subject in subjects
    ]
    LedgerRevision.objects.bulk_create(
        LedgerRevision(entry=entry, state=states[entry.subject]) for entry in _insert(entries)
    )


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise LedgerError("An entry is written in the transaction of its change.")


def _insert_first(draft: Draft, at: datetime) -> bool:
    """Insert the first entry of a subject where one statement can; return whether it was done."""
    try:
        return connection.vendor == "postgresql" and chains.inserted_first(draft, at)
    except EntryError as refusal:  # pragma: no cover - measured on SQLite
        raise LedgerError(f"{draft.subject}: {refusal}") from refusal


def _write_waiting(draft: Draft, at: datetime) -> None:
    """Insert an entry that waits for the sequencer."""
    try:
        chains.insert(chains.continued([(draft, at)], chains.ends_of([draft.subject]), None))
    except EntryError as refusal:
        raise LedgerError(f"{draft.subject}: {refusal}") from refusal


def _salts(subjects: Sequence[str]) -> dict[str, bytes]:
    """Return the salt of each subject, made for those that have none."""
    found = dict(LedgerSalt.objects.filter(subject__in=subjects).values_list("subject", "salt"))
    made = [
        LedgerSalt(subject=subject, salt=secrets.token_bytes(32))
        for subject in subjects
        if subject not in found
    ]
    LedgerSalt.objects.bulk_create(made)
    found.update({salt.subject: salt.salt for salt in made})
    return {subject: bytes(salt) for subject, salt in found.items()}


def _previous(subjects: Sequence[str]) -> dict[str, LedgerEntry]:
    """Return the last entry of each subject that has one."""
    if len(subjects) == 1:
        last = LedgerEntry.objects.filter(subject=subjects[0]).order_by("-revision").first()
        return {subjects[0]: last} if last else {}
    newest = (
        LedgerEntry.objects.filter(subject__in=subjects)
        .values("subject")
        .annotate(last=Max("id"))
        .values("last")
    )
    return {entry.subject: entry for entry in LedgerEntry.objects.filter(id__in=newest)}


def _entry(  # noqa: PLR0913, PLR0917 - the parts of one entry
    subject: str,
    kind: str,
    by: str,
    at: datetime,
    body: Mapping[str, Any],
    blobs: Sequence[Blob],
    state: str | None,
    previous: LedgerEntry | None,
) -> Entry:
    return Entry(
        kind=kind,
        subject=subject,
        revision=previous.revision + 1 if previous else 1,
        previous=bytes(previous.leaf_hash).hex() if previous else None,
        actor=by,
        recorded_at=max(at, previous.recorded_at) if previous else at,
        body=dict(body),
        state=None if state is None else state_hash(state),
        blobs=tuple(blobs),
    )


def _insert(entries: Sequence[Entry]) -> list[LedgerEntry]:
    made = []
    for entry in entries:
        try:
            data = entry.encode()
        except EntryError as refusal:
            raise LedgerError(f"{entry.subject}: {refusal}") from refusal
        made.append(
            LedgerEntry(
                subject=entry.subject,
                revision=entry.revision,
                leaf_hash=leaf_hash(data),
                data=data,
                recorded_at=entry.recorded_at,
            )
        )
    return LedgerEntry.objects.bulk_create(made)
