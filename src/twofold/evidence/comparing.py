"""Comparing the texts of two versions: line by line, and word by word within changed lines."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import NamedTuple

from django.utils.translation import gettext as _

from twofold.evidence import contents
from twofold.evidence.models import EvidenceText, EvidenceVersion
from twofold.people.errors import Conflict

#: The work grows faster than the lines: of longer texts the beginning is compared.
MOST_LINES = 3000
_MOST_LINE = 1000
#: How many equal lines stand around a change.
_AROUND = 3
#: Lines that share less than this of their words are not the same line, changed.
_ALIKE = 0.4
_WORD = re.compile(r"\w+|\s+|[^\w\s]")


class Change(StrEnum):
    """What became of a line or a word."""

    SAME = auto()
    GONE = auto()
    NEW = auto()


class Piece(NamedTuple):
    """A part of a line, and whether just that part is gone or new."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Line:
    """A line of one of the texts, with its number there from 1."""

    number: int
    change: Change
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Row:
    """Two lines side by side; None: there is none on that side."""

    old: Line | None
    new: Line | None

    @property
    def same(self) -> bool:
        """Whether both sides say the same."""
        return self.old is not None and self.old.change is Change.SAME


@dataclass(frozen=True)
class Comparison:
    """What changed between two texts.

    Attributes:
        groups: changes with the lines around them, in order; what lies between them is the same.
        gone: how many lines are gone; new: how many came.
        cut: whether only the beginning of a text was compared.
    """

    groups: tuple[tuple[Row, ...], ...]
    gone: int
    new: int
    cut: bool


def compare_versions(old: EvidenceVersion, new: EvidenceVersion) -> Comparison:
    """Return what changed in the text from one version to another.

    Raises:
        NotFound: the item was erased.
        Conflict: a version is in quarantine, is not read yet, or holds no text.
    """
    return compare(_text_of(old), _text_of(new))


def compare(old: str, new: str) -> Comparison:
    """Return what changed from one text to another."""
    olds, news = old.splitlines(), new.splitlines()
    cut = max(len(olds), len(news)) > MOST_LINES or any(
        len(line) > _MOST_LINE for line in (*olds[:MOST_LINES], *news[:MOST_LINES])
    )
    olds, news = ([line[:_MOST_LINE] for line in lines[:MOST_LINES]] for lines in (olds, news))
    matcher = difflib.SequenceMatcher(None, olds, news)
    groups = tuple(
        tuple(row for code in group for row in _rows(code, olds, news))
        for group in matcher.get_grouped_opcodes(_AROUND)
    )
    # Two texts without a line differ in nothing, and difflib tells of one empty group.
    groups = tuple(group for group in groups if any(not row.same for row in group))
    rows = [row for group in groups for row in group]
    return Comparison(
        groups,
        gone=sum(row.old is not None and row.old.change is Change.GONE for row in rows),
        new=sum(row.new is not None and row.new.change is Change.NEW for row in rows),
        cut=cut,
    )


def unified(group: Sequence[Row]) -> Iterator[Line]:
    """Yield the lines of a group one below the other: of a change what is gone, then what came."""
    gone: list[Line] = []
    came: list[Line] = []
    for row in group:
        if row.same and row.new is not None:
            yield from (*gone, *came)
            gone, came = [], []
            yield row.new
            continue
        gone += [row.old] if row.old else []
        came += [row.new] if row.new else []
    yield from (*gone, *came)


def _text_of(version: EvidenceVersion) -> str:
    contents.require_open(version)
    found = EvidenceText.objects.filter(version=version).first()
    number = {"number": version.number}
    if found is None:
        raise Conflict(_("The text of version %(number)d is not read yet.") % number)
    if found.outcome != EvidenceText.Outcome.READ:
        raise Conflict(
            _("Version %(number)d has no text to compare: %(remark)s")
            % {**number, "remark": found.remark}
        )
    return found.content


def _rows(
    code: tuple[str, int, int, int, int], olds: Sequence[str], news: Sequence[str]
) -> Iterator[Row]:
    tag, old_begin, old_end, new_begin, new_end = code
    for step in range(max(old_end - old_begin, new_end - new_begin)):
        old_place, new_place = old_begin + step, new_begin + step
        old = olds[old_place] if old_place < old_end else None
        new = news[new_place] if new_place < new_end else None
        old_pieces, new_pieces = _pieces(old, new) if tag != "equal" else (_same(old), _same(new))
        change = (Change.SAME, Change.SAME) if tag == "equal" else (Change.GONE, Change.NEW)
        yield Row(
            None if old is None else Line(old_place + 1, change[0], old_pieces),
            None if new is None else Line(new_place + 1, change[1], new_pieces),
        )


def _pieces(old: str | None, new: str | None) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Return two lines in parts; where one stands alone or little is alike, all of it changed."""
    whole = _whole(old), _whole(new)
    if not old or not new:
        return whole
    olds, news = _WORD.findall(old), _WORD.findall(new)
    matcher = difflib.SequenceMatcher(None, olds, news, autojunk=False)
    if matcher.quick_ratio() < _ALIKE:
        return whole
    codes = matcher.get_opcodes()
    return (
        tuple(_joined(olds[code[1] : code[2]], code[0]) for code in codes if code[2] > code[1]),
        tuple(_joined(news[code[3] : code[4]], code[0]) for code in codes if code[4] > code[3]),
    )


def _same(line: str | None) -> tuple[Piece, ...]:
    return (Piece(line or "", changed=False),)


def _whole(line: str | None) -> tuple[Piece, ...]:
    return (Piece(line, changed=True),) if line else ()


def _joined(words: Sequence[str], tag: str) -> Piece:
    return Piece("".join(words), changed=tag != "equal")
