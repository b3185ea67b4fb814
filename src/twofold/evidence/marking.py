"""Marking the words of a search in texts, for PostgreSQL.

Its own headline leaves out what looks like a tag and takes a letter with an accent for another one;
here the words are compared as the index holds them, and stemmed by the database.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from django.db import connection

from twofold.evidence.index import folded

#: Marks around a hit. They are for private use, and taken out of every text that is read.
BEGIN, END = "\ue000", "\ue001"
_WORD = re.compile(r"[^\W_]+")
#: How many words an excerpt has, and how many of them stand before the first hit.
_EXCERPT, _BEFORE = 40, 10
#: Words of one stem begin with the same letters, at least so many.
_COMMON = 3


class Marker:  # pragma: no cover - measured on SQLite
    """Marks what was looked for; the database is asked once for the stems."""

    def __init__(self, words: Sequence[str], begins: Sequence[str], texts: Iterable[str]) -> None:
        """Take the words, what words begin with, and all texts that are going to be marked."""
        wanted = {folded(word) for word in words}
        self._begins = tuple(folded(begin) for begin in begins)
        heads = tuple(word[:_COMMON] for word in wanted)
        found = {folded(word) for text in texts for word in set(_WORD.findall(text))}
        near = {word for word in found if word.startswith(heads)} if heads else set()
        stems = _stems(wanted | near)
        looked_for = {stems[word] for word in wanted}
        self._hits = {word for word in near if stems[word] in looked_for}

    def marked(self, text: str) -> str:
        """Return a text with marks around its hits."""
        return _WORD.sub(lambda word: self._mark(word[0]), text)

    def excerpt(self, text: str) -> str:
        """Return the words around the first hit, marked; blank where there is none."""
        places = list(_WORD.finditer(text))
        first = next((at for at, word in enumerate(places) if self._is_hit(word[0])), None)
        if first is None:
            return ""
        begin = max(first - _BEFORE, 0)
        last = min(begin + _EXCERPT, len(places)) - 1
        whole_begin = 0 if begin == 0 else places[begin].start()
        whole_end = len(text) if last == len(places) - 1 else places[last].end()
        shown = self.marked(text[whole_begin:whole_end])
        return f"{'…' if begin else ''}{shown}{'…' if whole_end < len(text) else ''}"

    def _mark(self, word: str) -> str:
        return f"{BEGIN}{word}{END}" if self._is_hit(word) else word

    def _is_hit(self, word: str) -> bool:
        plain = folded(word)
        return plain in self._hits or (bool(self._begins) and plain.startswith(self._begins))


def _stems(words: Iterable[str]) -> dict[str, str]:  # pragma: no cover - measured on SQLite
    return dict(_asked(sorted(words)))


def _asked(words: Sequence[str]) -> Iterator[tuple[str, str]]:  # pragma: no cover - the same
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, (ts_lexize('english_stem', word))[1] FROM unnest(%s::text[]) word",
            [list(words)],
        )
        for word, stem in cursor.fetchall():
            # Words such as `the` have no stem.
            yield word, stem or word
