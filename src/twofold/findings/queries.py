"""Reading findings."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from django.db.models import F, Q, QuerySet, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.models import Implementation
from twofold.controls.queries import running
from twofold.findings.models import Finding, Grade
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import InvalidInput, NotFound


class FindingState(TextChoices):
    """How far a finding has come; one that is overdue is open too."""

    OPEN = "open", gettext_lazy("Open")
    OVERDUE = "overdue", gettext_lazy("Overdue")
    CLOSED = "closed", gettext_lazy("Closed")


def visible_findings(by: Actor, *, at: datetime) -> QuerySet[Finding]:
    """Return the findings that the actor may read: open ones first, then the newest first.

    An actor that is restricted to one record sees none.
    """
    rows = Finding.objects.none() if by.restricted_to else Finding.objects.all()
    return _with_names(rows.filter(unit__in=permitted_units(by, Permission.READ, at=at))).order_by(
        F("closed_at").asc(nulls_first=True), "-number"
    )


def in_order(keys: Sequence[UUID]) -> list[Finding]:
    """Return the findings of these keys, in the order given, with what a list shows of them."""
    rows = _with_names(Finding.objects.filter(pk__in=keys)).in_bulk()
    return [rows[key] for key in keys]


def matching(rows: QuerySet[Finding], text: str) -> QuerySet[Finding]:
    """Narrow findings to those whose title, statement or requirement holds the text.

    The name that people speak of a finding by, such as F-12, finds it too.
    """
    if not text:
        return rows
    wanted = (
        Q(title__icontains=text) | Q(statement__icontains=text) | Q(requirement__icontains=text)
    )
    number = _number_in(text)
    return rows.filter(wanted | Q(number=number) if number else wanted)


def in_state(rows: QuerySet[Finding], state: FindingState, *, on: date) -> QuerySet[Finding]:
    """Narrow findings to those in a state on a day; what is overdue was due before that day."""
    if state is FindingState.CLOSED:
        return rows.exclude(closed_at=None)
    rows = rows.filter(closed_at=None)
    return rows.filter(due_date__lt=on) if state is FindingState.OVERDUE else rows


def state_of(finding: Finding, *, on: date) -> FindingState:
    """Return the state of a finding on a day, the most telling one."""
    if finding.closed_at is not None:
        return FindingState.CLOSED
    if finding.due_date is not None and finding.due_date < on:
        return FindingState.OVERDUE
    return FindingState.OPEN


def finding_named(name: str, by: Actor, *, at: datetime) -> Finding:
    """Return the finding that people call `F-12`, or `12`.

    Raises:
        NotFound: there is none, or it lies outside what the actor may read.
    """
    found = visible_findings(by, at=at).filter(number=_number_in(name) or 0).first()
    if found is None:
        raise NotFound(_("There is no finding %(name)s.") % {"name": name}, field="finding")
    return found


def finding_for(key: UUID, by: Actor, *, at: datetime) -> Finding:
    """Return a finding by its key.

    Raises:
        NotFound: there is none, or it lies outside what the actor may read.
    """
    found = visible_findings(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such finding."), field="finding_id")
    return found


def implementation_found_against(key: UUID, by: Actor, *, at: datetime) -> Implementation:
    """Return the control as it is run, against which the actor may raise findings.

    Raises:
        InvalidInput: there is none in operation where the actor may raise findings.
    """
    rows = running(by, permission=Permission.RAISE_FINDING, at=at)
    found = rows.filter(pk=key).first()
    if found is None:
        raise InvalidInput(_("No such control is run."), field="implementation")
    return found


def open_against(implementation: Implementation) -> list[str]:
    """Return the names of the nonconformities that are open against a control as it is run."""
    rows = Finding.objects.filter(implementation=implementation, closed_at=None)
    return [str(row) for row in rows.exclude(grade=Grade.IMPROVEMENT).order_by("number")]


def _with_names(rows: QuerySet[Finding]) -> QuerySet[Finding]:
    return rows.select_related(
        "unit", "owner", "raised_by", "closed_by", "implementation__system", "implementation__unit"
    )


def _number_in(text: str) -> int | None:
    """Return the number of a finding's name; None where the text is no such name."""
    digits = text.strip().upper().removeprefix("F-")
    # Longer ones are no number that a column holds.
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 10 else None
