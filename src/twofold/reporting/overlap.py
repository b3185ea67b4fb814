"""What a requirement, a control or a whole standard serves besides, and what remains to be done."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from twofold.catalog.model import (
    Catalog,
    ControlCredit,
    Framework,
    LibraryControl,
    Pair,
    Requirement,
    Unpaired,
)
from twofold.controls.queries import library
from twofold.domain.overlap import (
    Asked,
    Overlap,
    Served,
    Worded,
    Wording,
    overlap,
    served_by,
    worded,
)
from twofold.domain.readiness import Credit, Readiness, Relation, Status
from twofold.people.access import Actor
from twofold.people.errors import InvalidInput
from twofold.reporting.relations import ASKS, ASKS_OF, DOES
from twofold.reporting.standing import Standing, standing


@dataclass(frozen=True)
class Basis:
    """What an overlap is computed on: the catalogue, and what is known of an organisation.

    Attributes:
        readiness: by requirement; empty where no organisation is looked at.
        shown: what each control that is run is credited with; None where none is looked at.
    """

    catalog: Catalog
    readiness: Mapping[str, Readiness]
    shown: Mapping[str, Fraction] | None


@dataclass(frozen=True)
class Work:
    """How far a requirement is served, and by which controls the rest is closed.

    Attributes:
        potential: 0 to 1, when the controls that are looked from are all shown to work.
        shown: the same today; None where no organisation is looked at.
        by: the controls that serve it.
        closing: the controls of the library that cover it wholly, those that serve it first.
    """

    potential: float
    shown: float | None
    by: tuple[LibraryControl, ...]
    closing: tuple[LibraryControl, ...]


@dataclass(frozen=True)
class Counterpart:
    """A requirement that is served too.

    Attributes:
        relation: how what is looked from stands to it; back: the other way round. Both in words.
        code: the relation itself, read the first way.
        readiness: its computed state; None where it is not assessed.
        work: what is done for it already; None where either end is guidance, which no control
            is credited to.
    """

    requirement: Requirement
    framework: Framework
    code: Relation
    relation: str
    back: str
    strength: int
    rationale: str
    readiness: Readiness | None
    work: Work | None


@dataclass(frozen=True)
class RequirementOverlap:
    """What else a requirement serves.

    Attributes:
        controls: those that cover it wholly: the work that counterparts are served by.
        none: the frameworks in which it has no counterpart, each with the reason.
    """

    requirement: Requirement
    framework: Framework
    readiness: Readiness | None
    controls: tuple[LibraryControl, ...]
    counterparts: tuple[Counterpart, ...]
    none: tuple[tuple[Framework, Unpaired], ...]


@dataclass(frozen=True)
class ControlOverlap:
    """What a control serves, framework by framework.

    Attributes:
        shown: what it is credited with today; None where it is not run.
    """

    control: LibraryControl
    shown: float | None
    counterparts: tuple[Counterpart, ...]


@dataclass(frozen=True)
class Remaining:
    """A requirement of the second standard that is not fully shown today.

    Attributes:
        asked: how much of it the first standard asks already: 1 wholly, 0 nothing, else by the
            strength of the strongest pair in tenths, at most one half.
    """

    requirement: Requirement
    readiness: Readiness | None
    asked: float
    work: Work


@dataclass(frozen=True)
class StandardOverlap:
    """How much of a second standard the work for a first one does, by the crosswalk of the two.

    Attributes:
        wholly: how many applicable requirements of the second the first asks wholly, whoever runs
            which control; partly, not_at_all: the others.
        least: the share of those that are asked wholly, 0 to 1; None where no requirement applies
            or nothing pairs the two standards.
        most: the same, where those asked in part count by their strongest pair too: its strength in
            tenths, at most one half.
        shown: mean of what the library's controls for the first show of the second today, 0 to 1;
            None where no requirement applies or no organisation is looked at.
        controls: how many controls of the library the first standard needs; `running` of them are
            run somewhere.
        excluded: how many requirements were decided not to apply.
        remaining: what is not fully shown today, or where no organisation is looked at what the
            first does not ask wholly; what lies furthest beyond it comes first.
    """

    first: Framework
    second: Framework
    wholly: int
    partly: int
    not_at_all: int
    least: float | None
    most: float | None
    shown: float | None
    controls: int
    running: int | None
    excluded: int
    remaining: tuple[Remaining, ...]

    @property
    def applicable(self) -> int:
        """How many requirements of the second standard the figures are means over."""
        return self.wholly + self.partly + self.not_at_all


def basis(by: Actor, *, at: datetime) -> Basis:
    """Return what the actor may see of the organisation today."""
    return basis_of(standing(by, at=at))


def basis_of(found: Standing) -> Basis:
    """Return the basis of a standing that was asked for already."""
    return Basis(found.catalog, found.readiness, found.shown())


def library_basis() -> Basis:
    """Return the basis of the library alone: what could be, whoever runs it."""
    return Basis(library(), {}, None)


def compared(on: Basis, first: str, second: str) -> tuple[Framework, Framework]:
    """Return two assessed frameworks by their ids.

    A blank id stands for a standard that is certified against, other than the one named.

    Raises:
        InvalidInput: there is none of an id, or both are the same.
    """
    known = {framework.id: framework for framework in on.catalog.frameworks}
    for field, given in (("first", first), ("second", second)):
        if given and given not in known:
            raise InvalidInput(_("There is no framework %(id)s.") % {"id": given}, field=field)
    certified = [framework for framework in known.values() if framework.certifiable]
    # The security standard is the one that most organisations hold already.
    free = [entry for entry in reversed(certified) if entry.id not in {first, second}]
    one = known[first] if first else free.pop(0)
    other = known[second] if second else free.pop(0)
    if one.id == other.id:
        raise InvalidInput(_("Choose two different frameworks."), field="second")
    return one, other


def standard_overlap(on: Basis, first: Framework, second: Framework) -> StandardOverlap:
    """Return how much of a second framework the work for a first one does."""
    asked = _asked(on, second)
    found = overlap(_asked(on, first), asked, on.shown or {})
    wordings = list(_wordings(on, first, asked))
    told = worded([entry.requirement for entry in asked], wordings)
    return StandardOverlap(
        first=first,
        second=second,
        wholly=told.wholly,
        partly=told.partly,
        not_at_all=told.not_at_all,
        least=_figure(told.least) if wordings else None,
        most=_figure(told.most) if wordings else None,
        shown=None if on.shown is None else _figure(found.shown),
        controls=len(found.controls),
        running=None if on.shown is None else sum(key in on.shown for key in found.controls),
        excluded=sum(entry.auditable for entry in second.requirements) - len(asked),
        remaining=tuple(_remaining(on, found, told)),
    )


def requirement_overlap(on: Basis, requirement: Requirement) -> RequirementOverlap:
    """Return what else a requirement serves, and what remains to be done there."""
    catalog, framework = on.catalog, on.catalog.framework(requirement.framework)
    pairs = catalog.pairs_of.get(requirement.id, ())
    others = [_other_end(pair, requirement.id) for pair in pairs]
    asked = [_ask(catalog, other) for other in others]
    found = overlap([_ask(catalog, requirement.id)], asked, on.shown or {})
    counterparts = [
        _counterpart(on, entry, pair, _read_from(pair, requirement.id), (ASKS, ASKS))
        for pair, entry in zip(pairs, found.served, strict=True)
    ]
    if framework.guidance:
        counterparts = [replace(entry, work=None) for entry in counterparts]
    return RequirementOverlap(
        requirement=requirement,
        framework=framework,
        readiness=on.readiness.get(requirement.id),
        controls=tuple(catalog.control_by_id[key] for key in found.controls),
        counterparts=_in_order(catalog, counterparts),
        none=tuple(
            (catalog.framework(entry.framework), entry)
            for entry in catalog.unpaired
            if entry.requirement == requirement.id
        ),
    )


def control_overlap(on: Basis, control: LibraryControl) -> ControlOverlap:
    """Return every requirement that a control serves, and what remains to be done there."""
    catalog = on.catalog
    shown = on.shown or {}
    asked = [_ask(catalog, credit.requirement) for credit in control.credits]
    found = served_by([control.id], asked, shown)
    return ControlOverlap(
        control=control,
        shown=_figure(shown.get(control.id)),
        counterparts=_in_order(
            catalog,
            [
                _counterpart(on, entry, credit, credit.relation, (DOES, ASKS_OF))
                for credit, entry in zip(control.credits, found.served, strict=True)
            ],
        ),
    )


def _asked(on: Basis, framework: Framework) -> list[Asked]:
    """Return what a framework asks and what was not decided not to apply."""
    return [
        _ask(on.catalog, entry.id)
        for entry in framework.requirements
        if entry.auditable and _applies(on, entry.id)
    ]


def _applies(on: Basis, requirement: str) -> bool:
    found = on.readiness.get(requirement)
    return found is None or found.computed is not Status.NOT_APPLICABLE


def _ask(catalog: Catalog, requirement: str) -> Asked:
    return Asked(
        requirement,
        tuple(
            Credit(control.id, credit.relation, credit.strength)
            for control in catalog.controls_of.get(requirement, ())
            for credit in control.credits
            if credit.requirement == requirement
        ),
    )


def _wordings(on: Basis, first: Framework, asked: Iterable[Asked]) -> Iterator[Wording]:
    """Yield the pairs from what applies of a framework into what is asked, read in that direction.

    What was decided not to apply in the first is no work that was done for it.
    """
    for entry in asked:
        for pair in on.catalog.pairs_of.get(entry.requirement, ()):
            other = _other_end(pair, entry.requirement)
            if on.catalog.requirements[other].framework == first.id and _applies(on, other):
                yield Wording(entry.requirement, _read_from(pair, other), pair.strength)


def _remaining(on: Basis, found: Overlap, told: Worded) -> Iterator[Remaining]:
    """Yield what remains; what the first standard asks least of comes first."""
    for entry in sorted(found.remaining, key=lambda entry: told.shares[entry.requirement]):
        share = told.shares[entry.requirement]
        # Where no organisation is looked at, nothing is known but what the standards ask.
        if on.shown is not None or share < 1:
            yield Remaining(
                on.catalog.requirements[entry.requirement],
                on.readiness.get(entry.requirement),
                float(share),
                _work(on, entry),
            )


def _counterpart(
    on: Basis,
    entry: Served,
    given: Pair | ControlCredit,
    relation: Relation,
    words: tuple[Mapping[Relation, Promise], Mapping[Relation, Promise]],
) -> Counterpart:
    there, back = words
    requirement = on.catalog.requirements[entry.requirement]
    framework = on.catalog.framework(requirement.framework)
    return Counterpart(
        requirement=requirement,
        framework=framework,
        code=relation,
        relation=str(there[relation]),
        back=str(back[relation.turned]),
        strength=given.strength,
        rationale=given.rationale,
        readiness=on.readiness.get(requirement.id),
        work=None if framework.guidance else _work(on, entry),
    )


def _work(on: Basis, entry: Served) -> Work:
    controls = on.catalog.control_by_id
    return Work(
        potential=float(entry.potential),
        shown=None if on.shown is None else float(entry.shown),
        by=tuple(controls[key] for key in entry.by),
        closing=tuple(controls[key] for key in entry.closing),
    )


def _in_order(catalog: Catalog, found: Iterable[Counterpart]) -> tuple[Counterpart, ...]:
    """Return counterparts framework by framework; within one, what is shared most comes first."""
    places = {
        framework.id: place
        for place, framework in enumerate((*catalog.frameworks, *catalog.guidance))
    }
    return tuple(sorted(found, key=lambda entry: (places[entry.framework.id], -entry.strength)))


def _other_end(pair: Pair, end: str) -> str:
    return pair.target if pair.source == end else pair.source


def _read_from(pair: Pair, end: str) -> Relation:
    return pair.relation if pair.source == end else pair.relation.turned


def _figure(value: Fraction | None) -> float | None:
    return None if value is None else float(value)
