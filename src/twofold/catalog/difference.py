"""What differs between two wordings of a control, part by part."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from itertools import zip_longest
from typing import TypeVar

from twofold.catalog.model import ControlCheck, ControlCredit, EvidenceNeed, LibraryControl

_Entry = TypeVar("_Entry", EvidenceNeed, ControlCredit, ControlCheck)


class Part(StrEnum):
    """A part of a control."""

    TITLE = "title"
    PURPOSE = "purpose"
    ACTIVITY = "activity"
    OWNER_ROLE = "owner_role"
    EVIDENCE = "evidence"
    CREDIT = "credit"
    CHECK = "check"


@dataclass(frozen=True)
class Difference:
    """One part that differs.

    Attributes:
        about: kind of the evidence, id of the requirement or check; blank for a text.
        before: what stood there; None where nothing did.
        after: what stands there; None where it was taken away.
    """

    part: Part
    about: str
    before: str | EvidenceNeed | ControlCredit | ControlCheck | None
    after: str | EvidenceNeed | ControlCredit | ControlCheck | None


def differences(before: LibraryControl, after: LibraryControl) -> tuple[Difference, ...]:
    """Return what differs, in the order of a control's parts; nothing where both say the same."""
    return (
        *_text(Part.TITLE, before.title, after.title),
        *_text(Part.PURPOSE, before.purpose, after.purpose),
        *_activities(before.activities, after.activities),
        *_text(Part.OWNER_ROLE, before.owner_role, after.owner_role),
        *_entries(
            Part.EVIDENCE,
            {need.kind: need for need in before.evidence},
            {need.kind: need for need in after.evidence},
        ),
        *_entries(
            Part.CREDIT,
            {credit.requirement: credit for credit in before.credits},
            {credit.requirement: credit for credit in after.credits},
        ),
        *_entries(
            Part.CHECK,
            {check.id: check for check in before.checks},
            {check.id: check for check in after.checks},
        ),
    )


def _text(part: Part, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(part, "", before, after)


def _activities(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[Difference]:
    matcher = SequenceMatcher(a=before, b=after, autojunk=False)
    for _what, first, end, from_, to in matcher.get_opcodes():
        for old, new in zip_longest(before[first:end], after[from_:to]):
            if old != new:
                yield Difference(Part.ACTIVITY, "", _line(old), _line(new))


def _line(value: Hashable | None) -> str | None:
    return None if value is None else str(value)


def _entries(
    part: Part, before: dict[str, _Entry], after: dict[str, _Entry]
) -> Iterator[Difference]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if old != new:
            yield Difference(part, key, old, new)
