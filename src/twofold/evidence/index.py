"""The full-text index of versions: one row each, with what is said of it and what stands in it.

SQLite keeps it in two FTS5 tables: one of the words as they are, for what begins so, and beside it
one of their stems. PostgreSQL keeps two text vectors, with words as they are (`simple`) and stemmed
(`english`), each under a GIN index. None of it is a model: what it holds can be made again from the
rows that it points to. Rows of versions that nobody may open are left out by whoever asks.
"""

import re
import unicodedata
from collections.abc import Sequence
from uuid import UUID

from django.db import DataError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from twofold.evidence.models import EvidenceItem, EvidenceVersion

TABLE = "evidence_search"
STEMS = "evidence_search_stems"
#: Whose row is whose: to ask the large tables for it would mean to read their texts.
ROWS = "evidence_search_rows"
_COLUMNS = "title, kind, source, file_name, content"
_WORDS = "unicode61 remove_diacritics 2"
_VECTORS = "simple tsvector NOT NULL, english tsvector NOT NULL"
_FTS5 = f"fts5(version_id UNINDEXED, {_COLUMNS}"
_SQLITE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING {_FTS5}, tokenize = '{_WORDS}')",
    f"CREATE VIRTUAL TABLE {STEMS} USING {_FTS5}, content = '{TABLE}', "  # noqa: ISC004 - one statement over two lines
    f"tokenize = 'porter {_WORDS}')",
)
_SQLITE_ROWS = f"CREATE TABLE {ROWS} (number integer PRIMARY KEY, version_id char(32) NOT NULL)"
_POSTGRESQL = (
    f"CREATE TABLE {TABLE} (version_id uuid PRIMARY KEY, {_VECTORS})",
    f"CREATE INDEX {TABLE}_simple ON {TABLE} USING gin (simple)",
    f"CREATE INDEX {TABLE}_english ON {TABLE} USING gin (english)",
)
_INSERT = (
    f"INSERT INTO {{}}(rowid, version_id, {_COLUMNS}) "  # noqa: S608 - our own names and no input
    "VALUES (%s, %s, %s, %s, %s, %s, %s)"
)
#: The table of stems keeps no texts: to forget a row it has to be told what stood in it.
_FORGET_STEMS = (
    f"INSERT INTO {STEMS}({STEMS}, rowid, version_id, {_COLUMNS}) "  # noqa: S608 - our own names and no input
    f"SELECT 'delete', rowid, version_id, {_COLUMNS} FROM {TABLE} WHERE rowid = %s"
)
#: The random bits of a version's key, so that its row is found without a table of numbers.
_RANDOM_BITS = 2**62 - 1
#: A vector holds one megabyte: of a text that is too long for one, its beginning is kept.
_CHARACTERS = (1_000_000, 200_000, 50_000)
_APART = re.compile(r"[\W_]+")


def create(database: BaseDatabaseWrapper) -> None:
    """Create the empty index."""
    with database.cursor() as cursor:
        for statement in (*_SQLITE, _SQLITE_ROWS) if database.vendor == "sqlite" else _POSTGRESQL:
            cursor.execute(statement)


def drop(database: BaseDatabaseWrapper) -> None:
    """Drop the index: for migrations backwards."""
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute(f"DROP TABLE {STEMS}")
            cursor.execute(f"DROP TABLE {ROWS}")
        cursor.execute(f"DROP TABLE {TABLE}")


def enter(version: EvidenceVersion, content: str = "") -> None:
    """Enter a version, or what changed of it, in place of what the index holds of it."""
    if connection.vendor == "sqlite":
        _enter_sqlite(version, content)
    else:  # pragma: no cover - measured on SQLite
        _enter_postgresql(version, content)


def renew(item: EvidenceItem) -> None:
    """Enter all versions of an item again, after what is said of it was changed."""
    for version in EvidenceVersion.objects.filter(item=item).select_related("text"):
        version.item = item
        enter(version, content_of(version))


def forget(item: EvidenceItem) -> None:
    """Take an item out for good: of its words nothing stays in the index either."""
    versions = list(EvidenceVersion.objects.filter(item=item).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for key in versions:
                _forget_row(cursor, row_of(key))
            # A deletion only marks words as gone until what they stand in is written anew.
            for table in (STEMS, TABLE):
                cursor.execute(f"INSERT INTO {table}({table}) VALUES ('optimize')")  # noqa: S608 - our own names and no input
        else:  # pragma: no cover - measured on SQLite
            cursor.execute(f"DELETE FROM {TABLE} WHERE version_id = ANY(%s)", [versions])  # noqa: S608 - our own names and no input


def row_of(key: UUID) -> int:
    """Return the number of a version's row in SQLite's table."""
    return key.int & _RANDOM_BITS


def words_of(text: str) -> list[str]:
    """Return the words of a text as both databases take them apart: letters and digits."""
    return _APART.sub(" ", folded(text)).split()


def folded(text: str) -> str:
    """Return a text in small letters without accents."""
    apart = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).casefold()


def content_of(version: EvidenceVersion) -> str:
    """Return what was read in a version; blank where nothing was, or nobody did yet."""
    return version.text.content if hasattr(version, "text") else ""


def said_of(version: EvidenceVersion) -> tuple[str, str, str, str]:
    """Return what is said of a version: title, kind, source and file name."""
    item = version.item
    return item.title, item.kind, version.source, version.file_name


def _enter_sqlite(version: EvidenceVersion, content: str) -> None:
    number = row_of(version.pk)
    values: list[int | str] = [number, version.pk.hex, *said_of(version), content]
    with connection.cursor() as cursor:
        _forget_row(cursor, number)
        for table in (TABLE, STEMS):
            cursor.execute(_INSERT.format(table), values)
        cursor.execute(f"INSERT INTO {ROWS} VALUES (%s, %s)", values[:2])  # noqa: S608 - our own names and no input


def _forget_row(cursor: CursorWrapper, number: int) -> None:
    cursor.execute(_FORGET_STEMS, [number])
    cursor.execute(f"DELETE FROM {TABLE} WHERE rowid = %s", [number])  # noqa: S608 - our own names and no input
    cursor.execute(f"DELETE FROM {ROWS} WHERE number = %s", [number])  # noqa: S608 - our own names and no input


def _enter_postgresql(  # pragma: no cover - measured on SQLite
    version: EvidenceVersion, content: str
) -> None:
    title, *others = (" ".join(words_of(text)) for text in said_of(version))
    for characters in _CHARACTERS:
        words = " ".join(words_of(content[:characters]))
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                _insert_vectors(cursor, version.pk, (title, " ".join(others), words))
        except DataError:
            continue
        return


def _insert_vectors(  # pragma: no cover - measured on SQLite
    cursor: CursorWrapper, key: UUID, texts: Sequence[str]
) -> None:
    weighed = " || ".join(f"setweight(to_tsvector('{{0}}', %s), '{weight}')" for weight in "ABD")
    vectors = [weighed.format(config) for config in ("simple", "english")]
    cursor.execute(
        f"INSERT INTO {TABLE} VALUES (%s, {vectors[0]}, {vectors[1]}) "  # noqa: S608 - our own names and no input
        "ON CONFLICT (version_id) DO UPDATE SET simple = excluded.simple, "
        "english = excluded.english",
        [key, *texts, *texts],
    )
