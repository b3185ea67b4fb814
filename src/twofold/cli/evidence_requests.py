"""`twofold evidence request`: ask for evidence, list what is asked for, answer, take back."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from twofold.cli.worker import drain
from twofold.evidence import requests
from twofold.evidence.models import EvidenceRequest
from twofold.evidence.queries import visible_requests
from twofold.evidence.repository import (
    RequestState,
    request_for,
    request_state,
    requests_in,
    version_for,
)
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.linkable import require_linkable

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_KEY = click.argument("key", type=click.UUID)


@click.group()
def request() -> None:
    """Requests for evidence."""


@request.command("list")
@click.option("--state", type=click.Choice(RequestState.values), help="Only these.")
@click.option("--mine", is_flag=True, help="Only those that the person owes.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_requests(state: str | None, mine: bool, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print requests, the open ones first."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = visible_requests(by, at=at)
    if state:
        rows = requests_in(rows, RequestState(state), on=at.date())
    if mine:
        rows = rows.filter(owner=by.person_id)
    values = [_values(row, at) for row in rows]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(
            f"{entry['id']}  {entry['state']:9}  due {entry['due_date']}  {entry['owner']}  "
            f"{entry['title']}"
        )


@request.command()
@click.argument("title")
@click.option("--details", default="")
@click.option("--kind", required=True, help="Kind as the control library names it.")
@click.option("--about", default="", help="Ledger name of the record that it is about.")
@click.option("--unit", default="", help="Name of the unit; default: the organisation.")
@click.option("--owner", required=True, help="E-mail address of who owes it.")
@click.option("--due", type=click.DateTime(["%Y-%m-%d"]), required=True)
@_AS
def ask(  # noqa: PLR0913, PLR0917 - the parts of one request
    title: str,
    details: str,
    kind: str,
    about: str,
    unit: str,
    owner: str,
    due: datetime,
    email: str,
) -> None:
    """Ask for the evidence TITLE."""
    by, at = _actor(email), _now()
    if about:
        require_linkable(about, by, field="about", at=at)
    asked = requests.Asked(
        title=title,
        details=details,
        kind=kind,
        about=about,
        owner=person_by_email(owner, field="owner"),
        due_date=due.date(),
    )
    made = requests.ask(unit_by_name(unit), asked, by=by, at=at)
    drain()
    click.echo(f"{made.pk} is asked for.")


@request.command()
@_KEY
@click.argument("evidence", type=click.UUID)
@click.option("--version", "number", type=click.IntRange(1), help="Default: the newest.")
@_AS
def answer(key: UUID, evidence: UUID, number: int | None, email: str) -> None:
    """Answer the request KEY with the item EVIDENCE."""
    by, at = _actor(email), _now()
    row = request_for(key, by, at=at)
    version = version_for(evidence, by, number=number, at=at)
    requests.answer(row, version=version, by=by, at=at)
    drain()
    click.echo(f"{key} is answered.")


@request.command()
@_KEY
@click.option("--reason", required=True, help="Why; stands in the record.")
@_AS
def withdraw(key: UUID, reason: str, email: str) -> None:
    """Take the request KEY back."""
    by, at = _actor(email), _now()
    requests.withdraw(request_for(key, by, at=at), reason=reason, by=by, at=at)
    drain()
    click.echo(f"{key} is taken back.")


def _values(row: EvidenceRequest, at: datetime) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "state": request_state(row, on=at.date()).value,
        "title": row.title,
        "kind": row.kind,
        "unit": row.unit.name,
        "owner": row.owner.email,
        "due_date": row.due_date.isoformat(),
        "evidence": str(row.answer.item_id) if row.answer else None,
        "withdrawal": row.withdrawal,
    }


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
