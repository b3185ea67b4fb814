"""What the catalogue holds, as frozen values; the loader makes them, and every layer reads them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from twofold.domain.readiness import Relation


class Kind(StrEnum):
    """What a requirement is in its framework."""

    CLAUSE = "clause"
    CONTROL = "control"
    SUBCATEGORY = "subcategory"


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

    @property
    def reference(self) -> str:
        """The identifier within its framework: `A.8.15`."""
        return self.id.partition(":")[2]

    @property
    def excludable(self) -> bool:
        """Whether an organisation may decide that it does not apply: only a control."""
        return self.kind is Kind.CONTROL


@dataclass(frozen=True)
class Framework:
    """A standard or framework with its requirements in the order of the document.

    Attributes:
        certifiable: whether an accredited body certifies against it.
    """

    id: str
    title: str
    short_title: str
    edition: str
    certifiable: bool
    groups: tuple[Group, ...]
    requirements: tuple[Requirement, ...]


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
class EvidenceNeed:
    """Evidence that shows that a control operates, and after how many days it must be renewed."""

    kind: str
    title: str
    period_days: int


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
    """A common control of the library."""

    id: str
    title: str
    purpose: str
    activities: tuple[str, ...]
    owner_role: str
    evidence: tuple[EvidenceNeed, ...]
    credits: tuple[ControlCredit, ...]


@dataclass(frozen=True)
class Catalog:
    """Everything, with look-ups by id."""

    frameworks: tuple[Framework, ...]
    pairs: tuple[Pair, ...]
    controls: tuple[LibraryControl, ...]
    requirements: Mapping[str, Requirement]
    control_by_id: Mapping[str, LibraryControl]
    pairs_of: Mapping[str, tuple[Pair, ...]]
    controls_of: Mapping[str, tuple[LibraryControl, ...]]

    def framework(self, framework: str) -> Framework:
        """Return a framework by id; raise KeyError when there is none."""
        for entry in self.frameworks:
            if entry.id == framework:
                return entry
        raise KeyError(framework)
