"""The crosswalk as a list that can be narrowed, and as a matrix of headings."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from twofold.catalog.model import Catalog, Framework, Requirement
from twofold.domain.readiness import Relation

#: In place of a relation: a requirement that is said to have no counterpart.
NONE = "none"


@dataclass(frozen=True)
class Wanted:
    """What is looked for in the crosswalk; blank or 0: anything.

    Attributes:
        framework: id of one framework, which then stands on the left; other: of the second one.
        relation: as read from the left, or `NONE`.
        strength: at least so much.
        text: in an id, a title or a rationale, whatever the case.
        group: id of the heading on the left; other_group: of that on the right.
    """

    framework: str = ""
    other: str = ""
    relation: str = ""
    strength: int = 0
    text: str = ""
    group: str = ""
    other_group: str = ""


@dataclass(frozen=True)
class CrosswalkRow:
    """A pair read from its left end, or a requirement without a counterpart.

    Attributes:
        right: None where the left has no counterpart in `other`.
        relation: None there too, as is the strength.
    """

    left: Requirement
    other: Framework
    right: Requirement | None
    relation: Relation | None
    strength: int | None
    rationale: str


@dataclass(frozen=True)
class Heading:
    """A clause, theme, function or chapter at the top of a framework."""

    id: str
    reference: str
    title: str


@dataclass(frozen=True)
class Matrix:
    """How many pairs stand between the headings of two frameworks.

    Attributes:
        counts: a row for each heading of the first framework, in the order of `columns`.
    """

    first: Framework
    second: Framework
    rows: tuple[Heading, ...]
    columns: tuple[Heading, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def largest(self) -> int:
        """The largest count; 0 where the two are not paired at all."""
        return max((count for row in self.counts for count in row), default=0)

    @property
    def total(self) -> int:
        """How many pairs there are."""
        return sum(map(sum, self.counts))


def crosswalk_rows(catalog: Catalog, wanted: Wanted) -> list[CrosswalkRow]:
    """Return what is looked for: pairs in the order of the crosswalk, then what has none."""
    return [row for row in _rows(catalog, wanted) if _fits(catalog, row, wanted)]


def matrix(catalog: Catalog, first: Framework, second: Framework) -> Matrix:
    """Return the counts of pairs between the headings of two frameworks."""
    counts: Counter[tuple[str, str]] = Counter()
    for row in _rows(catalog, Wanted(framework=first.id, other=second.id)):
        if row.right is not None and row.left.framework == first.id and row.other == second:
            counts[heading(catalog, row.left).id, heading(catalog, row.right).id] += 1
    rows, columns = headings(catalog, first), headings(catalog, second)
    return Matrix(
        first=first,
        second=second,
        rows=rows,
        columns=columns,
        counts=tuple(tuple(counts[row.id, column.id] for column in columns) for row in rows),
    )


def headings(catalog: Catalog, framework: Framework) -> tuple[Heading, ...]:
    """Return the headings of a framework that something stands under, in its order."""
    found = (heading(catalog, entry) for entry in framework.requirements if entry.auditable)
    return tuple(dict.fromkeys(found))


def heading(catalog: Catalog, requirement: Requirement) -> Heading:
    """Return the topmost clause or group above a requirement, or itself."""
    top = requirement
    while top.parent in catalog.requirements:
        top = catalog.requirements[top.parent]
    for group in catalog.framework(requirement.framework).groups:
        if group.id == top.parent:
            return Heading(group.id, group.id.partition(":")[2], group.title)
    return Heading(top.id, top.reference, top.title)


def _rows(catalog: Catalog, wanted: Wanted) -> Iterator[CrosswalkRow]:
    """Yield every row, turned so that what is wanted on the left stands there."""
    known = catalog.requirements
    for pair in catalog.pairs:
        left, right, relation = known[pair.source], known[pair.target], pair.relation
        if _stands_right(left, right, wanted):
            left, right, relation = right, left, relation.turned
        other = catalog.framework(right.framework)
        yield CrosswalkRow(left, other, right, relation, pair.strength, pair.rationale)
    for entry in catalog.unpaired:
        other = catalog.framework(entry.framework)
        yield CrosswalkRow(known[entry.requirement], other, None, None, None, entry.rationale)


def _stands_right(left: Requirement, right: Requirement, wanted: Wanted) -> bool:
    if wanted.framework:
        return left.framework != wanted.framework and right.framework == wanted.framework
    return bool(wanted.other) and left.framework == wanted.other


def _fits(catalog: Catalog, row: CrosswalkRow, wanted: Wanted) -> bool:
    relation = NONE if row.relation is None else row.relation.value
    return (
        wanted.framework in {"", row.left.framework}
        and wanted.other in {"", row.other.id}
        and wanted.relation in {"", relation}
        and (row.strength or 0) >= wanted.strength
        and wanted.text.lower() in _text(row)
        and (not wanted.group or heading(catalog, row.left).id == wanted.group)
        and (not wanted.other_group or _right_heading(catalog, row) == wanted.other_group)
    )


def _right_heading(catalog: Catalog, row: CrosswalkRow) -> str:
    return heading(catalog, row.right).id if row.right else ""


def _text(row: CrosswalkRow) -> str:
    ends = (row.left, row.right) if row.right else (row.left,)
    words = [word for end in ends for word in (end.id, end.title)]
    return " ".join((*words, row.rationale)).lower()
