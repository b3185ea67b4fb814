"""Searching evidence: words in titles, kinds, sources, file names and contents, the best first.

An item is found once, by the version of it that fits best. Versions in quarantine and erased items
are never found. What was typed is taken apart here, so nothing in it is a command to the database:
words are all looked for, `"words in quotes"` stand together, and `begin*` finds what begins so.
Common words such as `of` are left out beside others: they would be marked everywhere.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, OuterRef

from twofold.evidence import index
from twofold.evidence.marking import BEGIN, END, Marker
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import visible_versions
from twofold.evidence.stopwords import STOPWORDS
from twofold.people.access import Actor

#: How many items are ranked; of more it is only said that there are more.
MOST = 1000
_MOST_TERMS = 20
_LONGEST = 200
_TERM = re.compile(r'"([^"]*)"(\*?)|(\S+)')
_WORDS = re.compile(r"(\W+)")
_MARKED = re.compile(f"{BEGIN}(.*?){END}", re.DOTALL)
#: A word in the title weighs most; the key of the version weighs nothing.
_WEIGHTS = "0.0, 10.0, 4.0, 3.0, 3.0, 1.0"
_RANKED_POSTGRESQL = f"""
    SELECT version_id, -greatest(ts_rank_cd(simple, plain), ts_rank_cd(english, stemmed)) AS score
    FROM {index.TABLE}, to_tsquery('simple', %s) plain, to_tsquery('english', %s) stemmed
    WHERE simple @@ plain OR english @@ stemmed
"""  # noqa: S608
_NEWER = EvidenceVersion.objects.filter(item=OuterRef("item"), number__gt=OuterRef("number"))


class Term(NamedTuple):
    """A word, or words that stand together; `open`: the last may go on."""

    words: tuple[str, ...]
    open: bool


class Segment(NamedTuple):
    """A piece of a text, and whether it is what was looked for."""

    text: str
    hit: bool


@dataclass(frozen=True)
class Found:
    """What a search found: the keys of versions, the best first, each of another item.

    Attributes:
        more: whether there are more than these.
    """

    terms: tuple[Term, ...]
    keys: tuple[UUID, ...]
    more: bool


@dataclass(frozen=True)
class Hit:
    """A version that was found.

    Attributes:
        excerpt: where the words stand in the content; empty when they do not.
        newest: whether the item has no newer version.
    """

    version: EvidenceVersion
    title: tuple[Segment, ...]
    kind: tuple[Segment, ...]
    source: tuple[Segment, ...]
    file_name: tuple[Segment, ...]
    excerpt: tuple[Segment, ...]
    newest: bool


def terms_of(text: str) -> tuple[Term, ...]:
    """Return what is looked for; whatever was typed is taken for something, or left out.

    Common words count only where nothing else is looked for, or within quotes.
    """
    found: list[Term] = []
    common: list[Term] = []
    for quoted, star, word in _TERM.findall(text[:_LONGEST]):
        words = tuple(index.words_of(quoted or word))
        if words:
            term = Term(words, bool(star) or word.endswith("*"))
            (common if _is_common(word) else found).append(term)
    return tuple((found or common)[:_MOST_TERMS])


def _is_common(word: str) -> bool:
    # In capitals a word is meant: `IT`, or the A of an annex.
    return not word.isupper() and index.folded(word) in STOPWORDS


def search(text: str, by: Actor, *, at: datetime) -> Found:
    """Return which items the actor may read and that hold all that is looked for; one query.

    Nothing is found by a text without a letter or digit.
    """
    terms = terms_of(text)
    if not terms:
        return Found((), (), more=False)
    ranked, values = _ranked(terms)
    scope = visible_versions(by, at=at).filter(quarantine="").select_related(None).order_by()
    try:
        reach, reach_values = scope.values("id", "item_id", "number").query.sql_with_params()
    except EmptyResultSet:
        # The actor may read nothing at all.
        return Found(terms, (), more=False)
    statement = f"""
        WITH ranked AS MATERIALIZED ({ranked}),
        best AS (
            SELECT reach.id, ranked.score, row_number() OVER (
                PARTITION BY reach.item_id ORDER BY ranked.score, reach.number DESC
            ) AS place
            FROM ranked JOIN ({reach}) reach ON reach.id = ranked.version_id
        )
        SELECT id FROM best WHERE place = 1 ORDER BY score, id LIMIT {MOST + 1}
    """  # noqa: S608 - of our own parts; every value is a parameter
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *reach_values])
        keys = [_key(row[0]) for row in cursor.fetchall()]
    return Found(terms, tuple(keys[:MOST]), more=len(keys) > MOST)


def hits(found: Found, start: int, stop: int) -> list[Hit]:
    """Return a part of what was found, with the words marked; three queries for any part."""
    keys = found.keys[start:stop]
    if not keys:
        return []
    rows = EvidenceVersion.objects.filter(pk__in=keys).select_related("item__unit")
    versions = {version.pk: version for version in rows}
    newest = set(rows.filter(~Exists(_NEWER)).values_list("pk", flat=True))
    marked = _marked_sqlite if connection.vendor == "sqlite" else _marked_postgresql
    texts = marked(found.terms, keys)
    # What was erased between the search and now is left out.
    return [
        _hit(versions[key], texts[key], newest) for key in keys if key in versions and key in texts
    ]


def _hit(version: EvidenceVersion, texts: Sequence[str], newest: Collection[UUID]) -> Hit:
    title, kind, source, file_name = (_segments(text) for text in texts[:4])
    excerpt = _segments(texts[4]) if BEGIN in texts[4] else ()
    return Hit(version, title, kind, source, file_name, excerpt, newest=version.pk in newest)


def _segments(text: str) -> tuple[Segment, ...]:
    """Take a marked text apart."""
    parts = _MARKED.split(text)
    # Every second part stood between marks; a mark without its like is no hit.
    return tuple(
        Segment(part.replace(BEGIN, "").replace(END, ""), hit=number % 2 == 1)
        for number, part in enumerate(parts)
        if part
    )


def _ranked(terms: Sequence[Term]) -> tuple[str, list[str]]:
    """Return the statement that finds and scores versions, the lowest score first."""
    if connection.vendor == "sqlite":
        return _ranked_sqlite(terms)
    text = _tsquery(terms)  # pragma: no cover - measured on SQLite
    return _RANKED_POSTGRESQL, [text, text]  # pragma: no cover - measured on SQLite


def _ranked_sqlite(terms: Sequence[Term]) -> tuple[str, list[str]]:
    """Return the statement: words by their stems, open ends by the words as they are."""
    parts = [
        f"SELECT whose.version_id, bm25({table}, {_WEIGHTS}) AS score FROM {table} "  # noqa: S608 - our own names and no input
        f"JOIN {index.ROWS} whose ON whose.number = {table}.rowid WHERE {table} MATCH %s"
        for table, _query in _fts5(terms)
    ]
    queries = [query for _table, query in _fts5(terms)]
    if len(parts) == 1:
        return parts[0], queries
    both = (
        f"SELECT a.version_id, a.score + b.score AS score FROM ({parts[0]}) a "  # noqa: S608 - our own names and no input
        f"JOIN ({parts[1]}) b ON a.version_id = b.version_id"
    )
    return both, queries


def _marked_sqlite(terms: Sequence[Term], keys: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
    (table, query), *others = _fts5(terms)
    marks, numbers = [BEGIN, END], [index.row_of(key) for key in keys]
    highlighted = ", ".join(f"highlight({table}, {place}, %s, %s)" for place in range(1, 5))
    rows = ", ".join(["%s"] * len(keys))
    statement = (
        f"SELECT version_id, {highlighted}, snippet({table}, 5, %s, %s, '…', 40) FROM {table} "  # noqa: S608 - our own names and no input
        f"WHERE {table} MATCH %s AND rowid IN ({rows})"
    )
    begins = [words[0] for words, open_ in terms if others and open_ and len(words) == 1]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*marks * 5, query, *numbers])
        return {
            UUID(key): tuple(_marked_begins(text, begins) for text in texts)
            for key, *texts in cursor.fetchall()
        }


def _marked_begins(text: str, begins: Sequence[str]) -> str:
    """Mark the words that begin so, too: the database marked what it found by stems."""
    wanted = tuple(index.folded(begin) for begin in begins)
    if not wanted:
        return text
    return "".join(
        f"{BEGIN}{piece}{END}" if hit or index.folded(piece).startswith(wanted) else piece
        for piece, hit in _words(text)
    )


def _words(text: str) -> list[tuple[str, bool]]:
    """Take a marked text apart into hits, and words and what stands between them."""
    return [
        (piece, segment.hit)
        for segment in _segments(text)
        for piece in ([segment.text] if segment.hit else _WORDS.split(segment.text))
    ]


def _marked_postgresql(  # pragma: no cover - measured on SQLite
    terms: Sequence[Term], keys: Sequence[UUID]
) -> dict[UUID, tuple[str, ...]]:
    rows = EvidenceVersion.objects.filter(pk__in=keys).select_related("item", "text")
    texts = {row.pk: (*index.said_of(row), index.content_of(row)) for row in rows}
    words = [
        word
        for words, open_ in terms
        for word in (words[:-1] if open_ else words)
        # Within words that stand together a common one would be marked everywhere.
        if len(words) == 1 or word not in STOPWORDS
    ]
    begins = [words[-1] for words, open_ in terms if open_]
    marker = Marker(words, begins, (text for row in texts.values() for text in row))
    return {
        key: (*map(marker.marked, said), marker.excerpt(content))
        for key, (*said, content) in texts.items()
    }


def _fts5(terms: Sequence[Term]) -> list[tuple[str, str]]:
    """Return which table is asked what, in the language of FTS5: quoted letters and digits alone.

    Of a word that goes on the stem is not asked: it would be the beginning of other words.
    """
    asked = {
        index.STEMS: [f'"{" ".join(words)}"' for words, open_ in terms if not open_],
        index.TABLE: [f'"{" ".join(words)}" *' for words, open_ in terms if open_],
    }
    return [(table, " AND ".join(strings)) for table, strings in asked.items() if strings]


def _tsquery(terms: Sequence[Term]) -> str:  # pragma: no cover - measured on SQLite
    """Return the terms in the language of `to_tsquery`, of letters and digits alone."""
    made = [
        " <-> ".join(f"'{word}'" for word in words) + (":*" if open_ else "")
        for words, open_ in terms
    ]
    return " & ".join(f"({term})" for term in made)


def _key(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
