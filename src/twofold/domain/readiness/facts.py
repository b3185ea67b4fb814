"""The facts that readiness is computed from, and the words of its answer."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from twofold.domain.checks import Outcome, Rule


class Status(StrEnum):
    """State of a requirement, from not looked at to shown to work."""

    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    GAP = "gap"
    PARTIAL = "partial"
    CONFORMING = "conforming"
    EFFECTIVE = "effective"


class Relation(StrEnum):
    """How a control stands to a requirement, read as "control RELATION requirement"."""

    EQUAL = "equal"
    SUPERSET = "superset"
    SUBSET = "subset"
    INTERSECTS = "intersects"

    @property
    def covers_wholly(self) -> bool:
        """Whether the control does all that the requirement asks."""
        return self in {Relation.EQUAL, Relation.SUPERSET}

    @property
    def turned(self) -> "Relation":
        """The same relation read from the other end."""
        return _TURNED.get(self, self)


_TURNED = {Relation.SUPERSET: Relation.SUBSET, Relation.SUBSET: Relation.SUPERSET}


class Cause(StrEnum):
    """Why a status is what it is, the most pressing first; the page says it in words."""

    OVERRIDDEN = "overridden"
    EXCLUDED = "excluded"
    NOT_DECIDED = "not_decided"
    NO_CONTROL = "no_control"
    NOT_IMPLEMENTED = "not_implemented"
    OPEN_MAJOR = "open_major"
    OPEN_BREACH = "open_breach"
    ACTION_OVERDUE = "action_overdue"
    OPEN_MINOR = "open_minor"
    NO_OWNER = "no_owner"
    NOT_APPROVED = "not_approved"
    REVIEW_OVERDUE = "review_overdue"
    CHECK_FAILED = "check_failed"
    CHECK_ERROR = "check_error"
    NO_EVIDENCE = "no_evidence"
    EVIDENCE_EXPIRED = "evidence_expired"
    EVIDENCE_NOT_ACCEPTED = "evidence_not_accepted"
    # Of what an auditor expects alone; no state of a requirement rests on these.
    NO_STATEMENT = "no_statement"
    STATEMENT_OUTRUN = "statement_outrun"
    NOT_KEPT = "not_kept"
    ONLY_PARTLY_COVERED = "only_partly_covered"
    CHECK_NOT_RUN = "check_not_run"
    EVIDENCED_ONCE = "evidenced_once"
    EVIDENCED = "evidenced"
    CHECK_PASSED = "check_passed"


#: What is open against a control counts for everything that it is credited to.
MATTERS = (Cause.OPEN_MAJOR, Cause.OPEN_BREACH, Cause.ACTION_OVERDUE, Cause.OPEN_MINOR)


class MatterKind(StrEnum):
    """What is open: a monitor in breach, or a nonconformity by its grade."""

    BREACH = "breach"
    MAJOR = "major"
    MINOR = "minor"


@dataclass(frozen=True)
class ApplicabilityFact:
    """A decision whether a requirement applies, with its day.

    Attributes:
        record: ledger name of the decision; blank where it is not known.
    """

    applicable: bool
    reason: str
    decided_on: date
    record: str = ""


@dataclass(frozen=True)
class ClaimFact:
    """A piece of evidence held to show that an implementation operates.

    Attributes:
        need: the evidence kind that it answers.
        period_from: first day that the evidence tells of; period_to: the last one.
        valid_until: last day on which it still counts.
        accepted_on: day on which a second person accepted it; None: not accepted.
        record: ledger name of the claim, so that a figure opens down to it.
    """

    need: str
    period_from: date
    period_to: date
    valid_until: date
    claimed_on: date
    accepted_on: date | None
    record: str


@dataclass(frozen=True)
class CheckFact:
    """The newest result of an automated check that an implementation is under.

    Attributes:
        outcome: None when it has never been run.
        valid_until: last day on which the result still counts.
        record: ledger name of the result; blank when there is none.
        rule: what it asks; None where that is not known.
    """

    title: str
    outcome: Outcome | None
    ran_on: date | None = None
    valid_until: date | None = None
    record: str = ""
    rule: Rule | None = None


@dataclass(frozen=True)
class MatterFact:
    """Something open against an implementation or a requirement.

    Attributes:
        closed_on: first day on which it is no longer open; None: still open.
        due_on: last day on which its corrective action is in time; None: nothing is due.
    """

    title: str
    opened_on: date
    closed_on: date | None
    record: str
    kind: MatterKind = MatterKind.BREACH
    due_on: date | None = None


@dataclass(frozen=True)
class OverrideFact:
    """A status that was set by hand, with a reason, by two persons, until a day.

    Attributes:
        approved_on: day on which a second person approved it; None: not approved, no effect.
        expires_on: last day on which it counts.
    """

    status: Status
    reason: str
    approved_on: date | None
    expires_on: date
    record: str


@dataclass(frozen=True)
class ImplementationFact:
    """How one control is run in one scope.

    Attributes:
        control: id of the control.
        scope: name of the unit or AI system.
        owner: name of who answers for it; blank: nobody.
        needs: evidence kinds that show that it operates; one without any can show nothing.
        approved_on: day on which a second person approved the description; None: never.
        review_due: last day on which the approval still counts.
        retired_on: first day on which the control is no longer run there; None: it is run.
    """

    control: str
    scope: str
    record: str
    owner: str
    needs: tuple[str, ...]
    started_on: date
    approved_on: date | None
    review_due: date | None
    claims: tuple[ClaimFact, ...] = ()
    matters: tuple[MatterFact, ...] = ()
    checks: tuple[CheckFact, ...] = ()
    retired_on: date | None = None


@dataclass(frozen=True)
class Credit:
    """A control that is mapped to the requirement, and where it is run."""

    control: str
    relation: Relation
    strength: int
    implementations: tuple[ImplementationFact, ...] = ()


@dataclass(frozen=True)
class RequirementFacts:
    """All that is known of one requirement.

    Attributes:
        excludable: whether a decision may exclude it (Annex A controls; never a clause).
        needs_decision: whether a decision that it applies must be on record first.
        matters: what is open against the requirement itself, whatever control serves it.
    """

    requirement: str
    excludable: bool
    needs_decision: bool
    decision: ApplicabilityFact | None = None
    credits: tuple[Credit, ...] = ()
    matters: tuple[MatterFact, ...] = ()
    override: OverrideFact | None = None


@dataclass(frozen=True)
class Reason:
    """One ground of a status: the cause, what it is about, and the record to open.

    Attributes:
        about: the scope; for a requirement or control as a whole, its id.
        detail: the evidence kind, the control, or the words of the decision or matter.
        on: the day that the cause turns on, such as an expiry; None where there is none.
    """

    cause: Cause
    about: str
    record: str = ""
    detail: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Readiness:
    """The computed state of a requirement.

    Attributes:
        score: 0 to 1, the share of the requirement that is shown to be met; None where it is not
            defined (not applicable, unknown), 0 for a gap, at most 0.9 for partial (0.5 where only
            partial relations show it), 1 above. Of an overridden status it stays what the facts
            say.
        reasons: the grounds, most pressing cause first, within a cause the earliest day first;
            the first one is the next thing to act on. At least one.
        computed: what the facts say; other than `status` only where an override stands.
    """

    requirement: str
    status: Status
    score: float | None
    reasons: tuple[Reason, ...]
    computed: Status

    @property
    def held_back_by(self) -> tuple[Reason, ...]:
        """What is open against it or its controls, whatever the score; the most pressing first."""
        return tuple(reason for reason in self.reasons if reason.cause in MATTERS)

    @property
    def overridden(self) -> bool:
        """Whether a status that was set by hand stands, the same as the computed one or not."""
        return self.reasons[0].cause is Cause.OVERRIDDEN
