"""`twofold override`: statuses that are set by hand, asked for, approved and withdrawn."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from twofold.cli.worker import drain
from twofold.controls import actions
from twofold.controls.models import Override
from twofold.controls.queries import (
    OverrideState,
    override_of,
    override_state,
    overrides_in,
    visible_overrides,
)
from twofold.domain.readiness import Status
from twofold.people.access import Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_UNIT = click.option("--unit", default="", help="Unit of the override; default: the root.")


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(override)


@click.group()
def override() -> None:
    """Statuses that are set by hand, by two persons, until a day."""


@override.command("list")
@click.option("--state", type=click.Choice(OverrideState.values), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_overrides(state: str | None, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print overrides, the newest first."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = visible_overrides(by, at=at)
    if state:
        rows = overrides_in(rows, OverrideState(state), on=at.date())
    values = [_values(row, at) for row in rows]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(
            f"{entry['requirement']:24}  {entry['status']:10}  {entry['state']:9}  "
            f"until {entry['expires']}  {entry['unit']}  {entry['reason']}"
        )


@override.command()
@click.argument("requirement")
@click.option(
    "--status",
    required=True,
    type=click.Choice([status.value for status in Override.STATUSES]),
    help="What is to be shown.",
)
@click.option("--reason", required=True, help="Why the facts do not tell it.")
@click.option("--until", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Last day.")
@_UNIT
@_AS
def request(
    requirement: str, status: str, reason: str, until: datetime, unit: str, email: str
) -> None:
    """Ask that REQUIREMENT shows another status than its facts."""
    made = actions.request_override(
        requirement,
        status=Status(status),
        reason=reason,
        expires_date=until.date(),
        unit=unit_by_name(unit),
        by=actor_of(person_by_email(email, field="as")),
        at=_now(),
    )
    drain()
    click.echo(f"{made.requirement} waits for somebody else's approval.")


@override.command()
@click.argument("requirement")
@_UNIT
@_AS
def approve(requirement: str, unit: str, email: str) -> None:
    """Approve the override of REQUIREMENT that somebody else asked for."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    found = override_of(requirement, unit_by_name(unit), by, at=at)
    row = actions.approve_override(found, by=by, at=at)
    drain()
    click.echo(f"{requirement} shows {row.status} until {row.expires_date.isoformat()}.")


@override.command()
@click.argument("requirement")
@_UNIT
@_AS
def withdraw(requirement: str, unit: str, email: str) -> None:
    """End the override of REQUIREMENT before it expires."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    found = override_of(requirement, unit_by_name(unit), by, at=at)
    actions.withdraw_override(found, by=by, at=at)
    drain()
    click.echo(f"{requirement} shows its computed status again.")


def _values(row: Override, at: datetime) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "requirement": row.requirement,
        "unit": row.unit.name,
        "status": row.status,
        "state": override_state(row, on=at.date()).value,
        "reason": row.reason,
        "expires": row.expires_date.isoformat(),
        "requested_by": row.requested_by.email,
        "approved_by": row.approved_by.email if row.approved_by else None,
    }


def _now() -> datetime:
    return datetime.now(UTC)
