"""Findings over the API: listed, raised, answered and closed."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import BaseModel, Field

from twofold.api.authentication import caller, reader
from twofold.api.schemas import Expected, In, Offset, Search, Text
from twofold.findings import actions, queries
from twofold.findings.models import Finding, Grade
from twofold.findings.queries import FindingState
from twofold.ledger.queries import revision_of, revisions_of
from twofold.people.models import Unit
from twofold.people.queries import person_by_email, unit_by_name

router = Router(tags=["findings"])
ROWS = 100

_Long = Annotated[Text, Field(min_length=1, max_length=4000)]


class FindingIn(In):
    """What was found; about a requirement, or a control as it is run (by its key).

    Unit by name; default: where the control is run, else the root.
    """

    requirement: Annotated[Text, Field(max_length=60)] = ""
    implementation: UUID | None = None
    unit: Annotated[Text, Field(max_length=120)] = ""
    grade: Grade
    title: Annotated[Text, Field(min_length=1, max_length=200)]
    statement: _Long


class AnswerIn(In):
    """Why it happened and what is done; owner by e-mail address."""

    cause: _Long
    action: _Long
    owner: Annotated[Text, Field(max_length=254)]
    due_date: date
    expected: Expected = None


class CloseIn(In):
    """How it was seen that the corrective action works."""

    effectiveness: _Long
    expected: Expected = None


class FindingOut(BaseModel):
    """A finding; persons by e-mail address, `control` and `scope` of the implementation."""

    id: UUID
    name: str
    state: str
    unit: str
    requirement: str
    implementation: UUID | None
    control: str
    scope: str
    grade: str
    title: str
    statement: str
    raised_by: str
    raised_at: datetime
    cause: str
    action: str
    owner: str
    due_date: date | None
    effectiveness: str
    closed_by: str
    closed_at: datetime | None
    revision: int


@router.get("", response=list[FindingOut])
def list_findings(
    request: HttpRequest,
    q: Search = "",
    state: FindingState | None = None,
    grade: Grade | None = None,
    offset: Offset = 0,
) -> list[FindingOut]:
    at = _now()
    rows = queries.matching(queries.visible_findings(reader(request, at=at), at=at), q)
    if state is not None:
        rows = queries.in_state(rows, state, on=at.date())
    if grade is not None:
        rows = rows.filter(grade=grade)
    page = list(rows[offset : offset + ROWS])
    revisions = revisions_of([row.ledger_subject for row in page])
    return [_out(row, at, revisions[row.ledger_subject]) for row in page]


@router.post("", response={201: FindingOut})
def raise_finding(request: HttpRequest, given: FindingIn) -> FindingOut:
    by, at = caller(request), _now()
    run = (
        queries.implementation_found_against(given.implementation, by, at=at)
        if given.implementation
        else None
    )
    unit: Unit = run.unit if run and not given.unit else unit_by_name(given.unit)
    observed = actions.Observed(given.title, given.statement, given.grade, given.requirement, run)
    made = actions.raise_finding(observed, unit=unit, by=by, at=at)
    return _out(made, at, revision_of(made.ledger_subject))


@router.get("/{finding_id}", response=FindingOut)
def get_finding(request: HttpRequest, finding_id: UUID) -> FindingOut:
    at = _now()
    # Read before the record: what is told is never older than what it is taken for.
    revision = revision_of(Finding(pk=finding_id).ledger_subject)
    return _out(queries.finding_for(finding_id, reader(request, at=at), at=at), at, revision)


@router.post("/{finding_id}/answer", response=FindingOut)
def answer_finding(request: HttpRequest, finding_id: UUID, given: AnswerIn) -> FindingOut:
    at = _now()
    found = queries.finding_for(finding_id, reader(request, at=at), at=at)
    owner = person_by_email(given.owner, field="owner")
    answer = actions.Answer(given.cause, given.action, given.due_date, owner)
    actions.answer_finding(found, answer, expected=given.expected, by=caller(request), at=at)
    return get_finding(request, finding_id)


@router.post("/{finding_id}/close", response=FindingOut)
def close_finding(request: HttpRequest, finding_id: UUID, given: CloseIn) -> FindingOut:
    at = _now()
    found = queries.finding_for(finding_id, reader(request, at=at), at=at)
    actions.close_finding(
        found,
        effectiveness=given.effectiveness,
        expected=given.expected,
        by=caller(request),
        at=at,
    )
    return get_finding(request, finding_id)


def _out(row: Finding, at: datetime, revision: int) -> FindingOut:
    run = row.implementation
    return FindingOut(
        id=row.pk,
        name=str(row),
        state=queries.state_of(row, on=at.date()).value,
        unit=row.unit.name,
        requirement=row.requirement,
        implementation=run.pk if run else None,
        control=run.control if run else "",
        scope=run.scope if run else "",
        grade=row.grade,
        title=row.title,
        statement=row.statement,
        raised_by=row.raised_by.email,
        raised_at=row.raised_at,
        cause=row.cause,
        action=row.action,
        owner=row.owner.email if row.owner else "",
        due_date=row.due_date,
        effectiveness=row.effectiveness,
        closed_by=row.closed_by.email if row.closed_by else "",
        closed_at=row.closed_at,
        revision=revision,
    )


def _now() -> datetime:
    return datetime.now(UTC)
