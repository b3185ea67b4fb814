"""`twofold person`, on: list people, change one's own password, let somebody in no longer."""

import json
from datetime import UTC, datetime
from typing import Any

import click
from django.db.models import Prefetch

from twofold.cli.worker import drain
from twofold.people import accounts
from twofold.people.access import Permission, actor_of, require_anywhere
from twofold.people.models import Person, Role, RoleAssignment
from twofold.people.queries import (
    holding,
    may_manage_people,
    person_by_email,
    visible_assignments,
    visible_persons,
)

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group of people."""
    for command in (list_people, password, deactivate, reactivate):
        group.add_command(command)


@click.command("list")
@click.option("--role", type=click.Choice(Role.values), help="Only who holds this role today.")
@click.option("--deactivated", is_flag=True, help="Only those who are let in no longer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_people(
    role: str | None,
    deactivated: bool,  # noqa: FBT001 - click calls it
    as_json: bool,  # noqa: FBT001 - click calls it
    email: str,
) -> None:
    """Print persons by name, with the roles that they hold today."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    require_anywhere(by, Permission.READ, at=at)
    held = holding(visible_assignments(by, at=at), on=at.date())
    rows = visible_persons(by, at=at, active=not deactivated)
    if role:
        rows = rows.filter(pk__in=held.filter(role=role).order_by().values("person"))
    shown = may_manage_people(by, at=at)
    found = rows.prefetch_related(Prefetch("assignments", held, "held"))
    values = [_values(row, row.held, shown=shown) for row in found]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        roles = ", ".join(f"{held['role']} in {held['unit']}" for held in entry["roles"])
        click.echo(f"{entry['name']:24}  {entry['email'] or '-':30}  {roles or '-'}")


@click.command()
@click.option("--current", prompt="Current password", hide_input=True)
@click.password_option(prompt="New password")
@_AS
def password(current: str, password: str, email: str) -> None:
    """Change one's own password."""
    by = actor_of(person_by_email(email, field="as"))
    accounts.change_password(current=current, new=password, by=by, at=_now())
    drain()
    click.echo("The password is changed.")


@click.command()
@click.argument("address")
@_AS
def deactivate(address: str, email: str) -> None:
    """Let the person with ADDRESS in no longer: not by page, and by no token."""
    found = person_by_email(address, field="address")
    by = actor_of(person_by_email(email, field="as"))
    accounts.deactivate(found, by=by, at=_now())
    drain()
    click.echo(f"{address} is let in no longer.")


@click.command()
@click.argument("address")
@_AS
def reactivate(address: str, email: str) -> None:
    """Let the deactivated person with ADDRESS in again, with the roles that they had."""
    found = person_by_email(address, field="address", active=False)
    by = actor_of(person_by_email(email, field="as"))
    accounts.reactivate(found, by=by, at=_now())
    drain()
    click.echo(f"{address} can sign in again.")


def _values(row: Person, held: list[RoleAssignment], *, shown: bool) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "name": row.name,
        "email": row.email if shown else None,
        "active": row.is_active,
        "roles": [
            {
                "id": str(entry.pk),
                "role": entry.role,
                "unit": entry.unit.name,
                "from": entry.from_date.isoformat(),
                "until": entry.until_date.isoformat() if entry.until_date else None,
            }
            for entry in held
        ],
    }


def _now() -> datetime:
    return datetime.now(UTC)
