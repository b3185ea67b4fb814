"""What the catalogue holds, as frozen values; the loader makes them, and every layer reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from twofold.domain.certification import Level
from twofold.domain.checks import Rule
from twofold.domain.readiness import Relation


class Kind(StrEnum):
    """What a requirement is in its framework."""

    CLAUSE = "clause"
    CONTROL = "control"
    SUBCATEGORY = "subcategory"
    ARTICLE = "article"


@dataclass(frozen=True)
class Group:
    """A heading that gathers controls or subcategories, such as a theme of Annex A."""

    id: str
    title: str


@dataclass(frozen=True)
class Requirement:
    """One clause, control or subcategory.

    Attributes:
        id: stable, `27001:A.8.15`.
        framework: id of its framework.
        parent: id of the clause or group above it; blank for a top clause.
        auditable: whether it asks something; headings do not and have no texts.
        summary: what it asks, in our own words.
        evidence: what good evidence looks like.
        questions: what an auditor asks.
        effective: since when an article of law applies; None for everything else.
    """

    id: str
    framework: str
    title: str
    kind: Kind
    parent: str
    auditable: bool
    summary: str
    evidence: tuple[str, ...]
    questions: tuple[str, ...]
    effective: "Effective | None" = None

    @property
    def reference(self) -> str:
        """The identifier within its framework: `A.8.15`."""
        return self.id.partition(":")[2]

    @property
    def excludable(self) -> bool:
        """Whether an organisation may decide that it does not apply: only a control."""
        return self.kind is Kind.CONTROL


@dataclass(frozen=True)
class Effective:
    """Whom an article of law binds, and from which day.

    Attributes:
        applies_from: the earliest day on which a part of it applies, amendments included.
        note: the other days, transitions, and how sure the source is.
    """

    addressee: str
    applies_from: date
    note: str


@dataclass(frozen=True)
class Framework:
    """A standard or framework with its requirements in the order of the document.

    Attributes:
        certifiable: whether an accredited body certifies against it.
        guidance: whether it is law or advice that is only mapped, and never assessed by itself.
        mapped_to: frameworks for which each requirement has counterparts, or is said to have none.
    """

    id: str
    title: str
    short_title: str
    edition: str
    certifiable: bool
    groups: tuple[Group, ...]
    requirements: tuple[Requirement, ...]
    guidance: bool = False
    mapped_to: tuple[str, ...] = ()


@dataclass(frozen=True)
class Pair:
    """Two requirements of different frameworks and how they relate (NIST IR 8477).

    Attributes:
        relation: read as "source RELATION target".
        strength: 1 to 10, how much of the meaning is shared.
    """

    source: str
    target: str
    relation: Relation
    strength: int
    rationale: str


@dataclass(frozen=True)
class Unpaired:
    """A requirement that has no counterpart in a framework, and why."""

    requirement: str
    framework: str
    rationale: str


@dataclass(frozen=True)
class EvidenceNeed:
    """Evidence that shows that a control operates, and after how many days it must be renewed."""

    kind: str
    title: str
    period_days: int


@dataclass(frozen=True)
class ControlCheck:
    """An automated check that a control suggests.

    Attributes:
        id: unique within the control.
        title: a sentence that is true when the check passes.
    """

    id: str
    title: str
    rule: Rule


@dataclass(frozen=True)
class ControlCredit:
    """A requirement that a control is credited to.

    Attributes:
        relation: read as "control RELATION requirement".
        strength: 1 to 10, how much of the requirement the control serves.
    """

    requirement: str
    relation: Relation
    strength: int
    rationale: str


@dataclass(frozen=True)
class LibraryControl:
    """A common control of the library.

    Attributes:
        area: the part of the shipped library that it belongs to; blank for an organisation's own.
            It tells where a control stands and nothing about it.
    """

    id: str
    title: str
    purpose: str
    activities: tuple[str, ...]
    owner_role: str
    evidence: tuple[EvidenceNeed, ...]
    credits: tuple[ControlCredit, ...]
    checks: tuple[ControlCheck, ...] = ()
    area: str = field(default="", compare=False)


@dataclass(frozen=True)
class Predicate:
    """Something that a certification auditor expects to see.

    Attributes:
        stage: of the certification audit, 1 or 2.
        expects: what the auditor wants to see, in our own words.
        level: how far each requirement must have come.
        requirements: those of all standards that it rests on.
        evidence: kinds of evidence that it names itself, whatever its level.
        statements: whether it names the Statements of Applicability.
        not_kept: records that it names and that the product does not hold.
    """

    id: str
    stage: int
    level: Level
    title: str
    expects: str
    requirements: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    statements: bool = False
    not_kept: tuple[str, ...] = ()


@dataclass(frozen=True)
class Catalog:
    """Everything, with look-ups by id.

    Attributes:
        frameworks: those whose requirements are assessed.
        guidance: those that are only mapped to them.
        requirements: of both, by id.
    """

    frameworks: tuple[Framework, ...]
    guidance: tuple[Framework, ...]
    pairs: tuple[Pair, ...]
    unpaired: tuple[Unpaired, ...]
    controls: tuple[LibraryControl, ...]
    requirements: Mapping[str, Requirement]
    control_by_id: Mapping[str, LibraryControl]
    pairs_of: Mapping[str, tuple[Pair, ...]]
    controls_of: Mapping[str, tuple[LibraryControl, ...]]
    needs: Mapping[str, EvidenceNeed]
    predicates: tuple[Predicate, ...] = ()

    def framework(self, framework: str) -> Framework:
        """Return a framework by id; raise KeyError when there is none."""
        for entry in (*self.frameworks, *self.guidance):
            if entry.id == framework:
                return entry
        raise KeyError(framework)
