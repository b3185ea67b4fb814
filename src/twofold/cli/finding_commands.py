"""`twofold finding`: list, raise, answer and close findings."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from twofold.cli.worker import drain
from twofold.findings import actions, queries
from twofold.findings.models import Finding, Grade
from twofold.findings.queries import FindingState, finding_named
from twofold.ledger.queries import revisions_of
from twofold.people.access import Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name

_EXPECTED = click.option(
    "--expected", type=click.IntRange(0), help="Its revision that was read; refused where changed."
)
_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(finding)


@click.group()
def finding() -> None:
    """Findings, with the corrective action that closes them."""


@finding.command("list")
@click.option("--state", type=click.Choice(FindingState.values), help="Only these.")
@click.option("--grade", type=click.Choice(Grade.values), help="Only these.")
@click.option("--search", default="", help="A word of the title, statement or requirement.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_findings(
    state: str | None,
    grade: str | None,
    search: str,
    as_json: bool,  # noqa: FBT001 - click calls it
    email: str,
) -> None:
    """Print findings, the open ones first."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = queries.matching(queries.visible_findings(by, at=at), search)
    if state:
        rows = queries.in_state(rows, FindingState(state), on=at.date())
    if grade:
        rows = rows.filter(grade=grade)
    found = list(rows)
    revisions = revisions_of([row.ledger_subject for row in found])
    values = [_values(row, at) | {"revision": revisions[row.ledger_subject]} for row in found]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(
            f"{entry['name']:8}  {entry['state']:8}  {entry['grade']:11}  "
            f"{entry['due'] or '-':10}  {entry['about']:24}  {entry['title']}"
        )


@finding.command("raise")
@click.argument("title")
@click.option("--statement", required=True, help="What was found, and where it shows.")
@click.option("--grade", required=True, type=click.Choice(Grade.values))
@click.option("--requirement", default="", help="Id of the requirement, such as 27001:A.8.15.")
@click.option("--implementation", type=click.UUID, help="Key of the control as it is run.")
@click.option("--unit", default="", help="Default: where the control is run, else the root.")
@_AS
def raise_finding(
    title: str,
    statement: str,
    grade: str,
    requirement: str,
    implementation: UUID | None,
    unit: str,
    email: str,
) -> None:
    """Raise the finding TITLE; it counts until somebody closes it."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    run = (
        queries.implementation_found_against(implementation, by, at=at) if implementation else None
    )
    made = actions.raise_finding(
        actions.Observed(title, statement, Grade(grade), requirement, run),
        unit=run.unit if run and not unit else unit_by_name(unit),
        by=by,
        at=at,
    )
    drain()
    click.echo(f"{made} is raised.")


@finding.command()
@click.argument("name")
@click.option("--cause", required=True, help="Why it happened.")
@click.option("--action", required=True, help="What is done about it.")
@click.option("--owner", required=True, help="E-mail address of who answers for the action.")
@click.option("--due", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day in time.")
@_EXPECTED
@_AS
def answer(
    name: str,
    cause: str,
    action: str,
    owner: str,
    due: datetime,
    expected: int | None,
    email: str,
) -> None:
    """Answer the finding NAME, such as F-12, with a corrective action."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    given = actions.Answer(cause, action, due.date(), person_by_email(owner, field="owner"))
    found = finding_named(name, by, at=at)
    answered = actions.answer_finding(found, given, expected=expected, by=by, at=at)
    drain()
    click.echo(f"{answered} is answered; it is due on {due.date().isoformat()}.")


@finding.command()
@click.argument("name")
@click.option("--effectiveness", required=True, help="How it shows that the action works.")
@_EXPECTED
@_AS
def close(name: str, effectiveness: str, expected: int | None, email: str) -> None:
    """Close the finding NAME, such as F-12, whose action was seen to work."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    found = finding_named(name, by, at=at)
    closed = actions.close_finding(
        found, effectiveness=effectiveness, expected=expected, by=by, at=at
    )
    drain()
    click.echo(f"{closed} is closed.")


def _values(row: Finding, at: datetime) -> dict[str, Any]:
    run = row.implementation
    return {
        "id": str(row.pk),
        "name": str(row),
        "state": queries.state_of(row, on=at.date()).value,
        "grade": row.grade,
        "about": f"{run.control}, {run.scope}" if run else row.requirement,
        "requirement": row.requirement,
        "title": row.title,
        "owner": row.owner.email if row.owner else None,
        "due": row.due_date.isoformat() if row.due_date else None,
        "raised_at": row.raised_at.isoformat(),
        "closed_at": row.closed_at.isoformat() if row.closed_at else None,
    }


def _now() -> datetime:
    return datetime.now(UTC)
