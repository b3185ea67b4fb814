"""Where the chain of each subject ends, and the rows of the entries that continue it, in plain SQL.

One statement each, whatever the number of subjects, so that a database prepares it once.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db import connection

from twofold.ledger.forms import octets
from twofold_verify.entry import Draft
from twofold_verify.merkle import leaf_hash

_ENDS = """
SELECT entry.subject, entry.revision, entry.leaf_hash, entry.recorded_at
FROM {given} JOIN ledger_ledgerentry entry ON entry.id = (
    SELECT last.id FROM ledger_ledgerentry last WHERE last.subject = given.subject
    ORDER BY last.revision DESC LIMIT 1)
"""
_ENDS_SQLITE = _ENDS.format(given="(SELECT value AS subject FROM json_each(%s)) given")
_ENDS_POSTGRESQL = _ENDS.format(given="unnest(%s::text[]) AS given(subject)")
_TURNS = (
    "SELECT pg_advisory_xact_lock(hashtextextended(subject, 0)) FROM unnest(%s::text[]) "
    "WITH ORDINALITY AS given(subject, place) ORDER BY place"
)
_COLUMNS = '"index", subject, revision, leaf_hash, data, recorded_at'
_INSERT = f"INSERT INTO ledger_ledgerentry ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608 - no input in it
_INSERT_ALL = (
    f"INSERT INTO ledger_ledgerentry ({_COLUMNS}) SELECT {_COLUMNS} FROM unnest("  # noqa: S608 - no input in it
    "%s::bigint[], %s::text[], %s::integer[], %s::bytea[], %s::bytea[], %s::timestamptz[]"
    f") WITH ORDINALITY AS given({_COLUMNS}, place) ORDER BY place"
)
#: Alone of its subject, or not at all: whoever finds an earlier entry has to continue it.
_INSERT_FIRST = (
    "INSERT INTO ledger_ledgerentry (subject, revision, leaf_hash, data, recorded_at) "
    "VALUES (%s, 1, %b, %b, %s) ON CONFLICT (subject, revision) DO NOTHING RETURNING id"
)


class End(NamedTuple):
    """The last entry of a subject: what the next one continues."""

    revision: int
    leaf: bytes
    recorded_at: datetime


class Row(NamedTuple):
    """An entry as its table holds it."""

    place: int | None
    subject: str
    revision: int
    leaf_hash: bytes
    data: bytes
    recorded_at: datetime


def take_turns(subjects: Sequence[str]) -> None:
    """Let writers of subjects that have no row wait for each other; a row's lock does it else.

    The subjects are given in one order everywhere, so that two writers never wait for each other.
    """
    if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
        with connection.cursor() as cursor:
            cursor.execute(_TURNS, [list(subjects)])


def ends_of(subjects: Collection[str]) -> dict[str, End]:
    """Return the last entry of each subject that has one."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:  # pragma: no cover - measured on SQLite
            cursor.execute(_ENDS_POSTGRESQL, [list(subjects)])
        else:
            cursor.execute(_ENDS_SQLITE, [json.dumps(list(subjects))])
        return {
            subject: End(revision, octets(leaf), _aware(recorded_at))
            for subject, revision, leaf, recorded_at in cursor.fetchall()
        }


def continued(
    drafts: Iterable[tuple[Draft, datetime]], ends: dict[str, End], first: int | None
) -> list[Row]:
    """Return the rows of drafts, from an index on, and move the ends of their subjects.

    Without an index they wait for the sequencer. Each is dated when it happened, and never before
    its subject's previous entry.

    Raises:
        EntryError: one of them cannot be written; no end was moved.
    """
    moved: dict[str, End] = {}
    rows = []
    for count, (draft, at) in enumerate(drafts):
        end = moved.get(draft.subject) or ends.get(draft.subject)
        if end is None:
            revision, previous, recorded_at = 1, None, at
        else:
            revision, previous = end.revision + 1, end.leaf.hex()
            recorded_at = max(at, end.recorded_at)
        data = draft.encode(revision, previous, recorded_at)
        leaf = leaf_hash(data)
        moved[draft.subject] = End(revision, leaf, recorded_at)
        place = None if first is None else first + count
        rows.append(Row(place, draft.subject, revision, leaf, data, recorded_at))
    ends.update(moved)
    return rows


def inserted_first(draft: Draft, at: datetime) -> bool:  # pragma: no cover - measured on SQLite
    """Insert the first entry of a subject in one statement; return False when it has one already.

    Raises:
        EntryError: it cannot be written.
    """
    import psycopg  # noqa: PLC0415 - nobody loads it for SQLite

    data = draft.encode(1, None, at)
    connection.ensure_connection()
    # Django's cursors write values into the text; one that is always the same is planned once.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(_INSERT_FIRST, [draft.subject, leaf_hash(data), data, at], prepare=True)
        return cursor.fetchone() is not None


def insert(rows: Sequence[Row]) -> None:
    """Insert rows, in their order."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # pragma: no cover - measured on SQLite
            cursor.execute(_INSERT_ALL, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(_INSERT, [_with_stored_time(row) for row in rows])


def _with_stored_time(row: Row) -> tuple[Any, ...]:
    """Return a row with its time as Django keeps it in SQLite: UTC, as text, without the zone."""
    *others, recorded_at = row
    return (*others, str(recorded_at.astimezone(UTC).replace(tzinfo=None)))


def _aware(value: datetime) -> datetime:
    """Return a time with its zone, which SQLite leaves away."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)
