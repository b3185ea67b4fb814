"""What is decided, found and kept beside running controls: the minimum valid records."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import factories
from factories import AT, Cast
from twofold.catalog.model import ControlCheck, Framework, Kind, Requirement
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, Found, GivenAnswer, GivenGround
from twofold.controls.models import (
    Answer,
    Applicability,
    CheckResult,
    GapAnswer,
    Ground,
    Implementation,
    ImportedFramework,
    LibraryEntry,
    Override,
    Statement,
)
from twofold.controls.queries import checks_of, library
from twofold.domain import checks
from twofold.domain.checks import Outcome
from twofold.domain.readiness import Status
from twofold.findings import actions as findings
from twofold.findings.actions import Observed
from twofold.findings.models import Finding, Grade
from twofold.people import actions as people
from twofold.people.models import Person, Role, RoleAssignment, Unit

LOGGING = "27001:A.8.15"
GROUND = GivenGround(Ground.RISK, "R-7 Undetected intrusion")
#: A control of one's own in the form of the library.
OWN_CONTROL = """
[[control]]
id = "OWN-BAK-01"
title = "Escrow of source code"
purpose = "Keeps a supplier's failure from ending a service."
activities = ["Deposit each release with the agent.", "Restore a deposit once a year."]
owner_role = "IT operations lead"
[[control.evidence]]
kind = "escrow-receipt"
title = "Receipt of a deposit"
period_days = 183
[[control.requirement]]
id = "27001:A.8.30"
relation = "intersects"
strength = 4
rationale = "Both look after software that others write; escrow leaves its testing aside."
[[control.check]]
id = "deposits-are-recent"
title = "Half a deposit was accepted lately"
kind = "count"
of = "evidence"
need = "escrow-receipt"
days = 183
at_least = 0.5
"""


def approve_everywhere(cast: Cast) -> None:
    """Let the approver of the unit approve in the whole organisation as well."""
    held = RoleAssignment.objects.filter(person=cast.approver, unit=cast.root)
    if not held.exists():
        people.assign_role(
            cast.approver,
            role=Role.APPROVER,
            unit=cast.root,
            from_date=(AT - timedelta(days=60)).date(),
            by=factories.actor(cast.administrator),
            at=factories.now(),
        )


def override(
    cast: Cast,
    *,
    requirement: str = LOGGING,
    status: Status = Status.CONFORMING,
    unit: Unit | None = None,
    approved: bool = True,
    expires_date: date | None = None,
    at: datetime = AT,
) -> Override:
    """Have the lead ask for a status of the whole organisation, and the approver approve it."""
    approve_everywhere(cast)
    made = controls.request_override(
        requirement,
        status=status,
        reason="The archive of the old system shows it.",
        expires_date=expires_date or (at + timedelta(days=90)).date(),
        unit=unit or cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )
    if approved:
        made = controls.approve_override(made, by=factories.actor(cast.approver), at=at)
    return made


def finding(
    cast: Cast,
    *,
    about: Implementation | None = None,
    requirement: str = LOGGING,
    grade: Grade = Grade.MINOR,
    unit: Unit | None = None,
    by: Person | None = None,
    at: datetime = AT,
) -> Finding:
    """Have the auditor raise a finding against a requirement, or a control as it is run."""
    observed = Observed(
        title="Logs of two servers are missing",
        statement="Of eight servers that were sampled, two send no logs.",
        grade=grade,
        requirement="" if about else requirement,
        implementation=about,
    )
    return findings.raise_finding(
        observed, unit=unit or cast.unit, by=factories.actor(by or cast.auditor), at=at
    )


def answered(row: Finding, cast: Cast, *, days: int = 30, at: datetime = AT) -> Finding:
    """Have the owner say what is done about a finding, within so many days."""
    answer = findings.Answer(
        cause="The image of these servers was made without the agent.",
        action="Put the agent into the image.",
        due_date=(at + timedelta(days=days)).date(),
        owner=cast.owner,
    )
    return findings.answer_finding(row, answer, by=factories.actor(cast.owner), at=at)


def closed(row: Finding, cast: Cast, *, at: datetime = AT) -> Finding:
    """Have the auditor close a finding that was answered."""
    return findings.close_finding(
        row, effectiveness="Ten of ten servers send.", by=factories.actor(cast.auditor), at=at
    )


def decision(
    cast: Cast,
    requirement: str = LOGGING,
    *,
    applicable: bool = True,
    grounds: Sequence[GivenGround] = (),
    unit: Unit | None = None,
    at: datetime = AT,
) -> Applicability:
    """Have the lead decide whether a requirement applies."""
    (made,) = controls.decide_applicability(
        [Decision(requirement, applicable, "Logs are kept of every system.", tuple(grounds))],
        unit=unit or cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )
    return made


def statement_content(**row: Any) -> dict[str, Any]:
    """Return the content of a statement with one row, decided and with a ground."""
    told = {"id": LOGGING, "applicable": True, "grounds": ["R-7"], "status": "gap", **row}
    return {"framework": "27001", "rows": [told]}


def statement(cast: Cast, *, framework: str = "27001", at: datetime = AT, **row: Any) -> Statement:
    """Have the lead prepare a version of a Statement of Applicability."""
    return controls.prepare_statement(
        framework,
        lambda: statement_content(**row),
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )


def checked(
    of: Implementation,
    cast: Cast,
    outcome: Outcome = Outcome.PASS,
    *,
    only: Sequence[ControlCheck] | None = None,
    at: datetime = AT,
) -> list[CheckResult]:
    """Have the owner record the same outcome of every check of an implementation."""
    result = checks.CheckResult(outcome, 3, 1.5)
    return controls.record_checks(
        [Found(of, check, result) for check in (checks_of(of) if only is None else only)],
        by=factories.actor(cast.owner),
        at=at,
    )


def gap_answer(cast: Cast, *, control: str = "TF-MON-01", at: datetime = AT) -> GapAnswer:
    """Have the owner say how far a control is done."""
    (made,) = controls.answer_gap(
        [GivenAnswer(control, Answer.PARTLY, f"Since {at} some systems are watched.")],
        unit=cast.unit,
        by=factories.actor(cast.owner),
        at=at,
    )
    return made


def own_control(cast: Cast, *, at: datetime = AT) -> LibraryEntry:
    """Have the lead add `OWN_CONTROL` to the library."""
    (made,) = controls.add_controls(
        OWN_CONTROL,
        file_name="own.toml",
        reason="Our suppliers are small.",
        by=factories.actor(cast.lead),
        at=at,
    )
    return made


def framework(code: str = "own") -> Framework:
    """Return a framework of a heading, a control and a clause, as if it had been read."""

    def entry(reference: str, kind: Kind, *, asks: bool = True) -> Requirement:
        return Requirement(
            id=f"{code}:{reference}",
            framework=code,
            title=f"Requirement {reference}",
            kind=kind,
            parent="",
            auditable=asks,
            summary="Keep it in order." if asks else "",
            evidence=("What was seen",) if asks else (),
            questions=("Is it in order?",) if asks else (),
        )

    return Framework(
        id=code,
        title="House rules",
        short_title="Rules",
        edition="2026",
        certifiable=False,
        groups=(),
        requirements=(
            entry("1", Kind.CLAUSE, asks=False),
            entry("1.1", Kind.CLAUSE),
            entry("A.1", Kind.CONTROL),
        ),
    )


def imported_framework(cast: Cast, *, code: str = "own", at: datetime = AT) -> ImportedFramework:
    """Have the lead import `framework`."""
    return controls.import_framework(
        framework(code),
        source=b"id = 'own'",
        file_name="own.toml",
        format_="toml",
        by=factories.actor(cast.lead),
        at=at,
    )


def serving(requirement: str) -> str:
    """Return the first control of the library that covers a requirement wholly."""
    return next(
        control.id
        for control in library().controls_of[requirement]
        for credit in control.credits
        if credit.requirement == requirement and credit.relation.covers_wholly
    )
