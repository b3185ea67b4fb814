"""Commands for people: add somebody, give a role, issue and revoke tokens."""

from datetime import UTC, date, datetime

import click

from twofold.cli.worker import drain
from twofold.inventory.queries import system_for
from twofold.people import actions
from twofold.people.access import Permission, actor_of
from twofold.people.models import Role
from twofold.people.queries import assignment_in, person_by_email, token_named, unit_by_name

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(person)
    group.add_command(token)


@click.group()
def person() -> None:
    """People, units and roles."""


@person.command("add")
@click.argument("name")
@click.option("--email", "address", required=True, help="The new person's e-mail address.")
@click.option("--unit", default="", help="Unit in which the actor manages people.")
@_AS
@click.password_option()
def add_person(name: str, address: str, unit: str, email: str, password: str) -> None:
    """Add the person NAME, who can sign in."""
    actions.add_person(
        name,
        email=address,
        password=password,
        unit=unit_by_name(unit),
        by=actor_of(person_by_email(email, field="as")),
        at=_now(),
    )
    drain()
    click.echo(f"{name} can sign in as {address}.")


@person.command("role")
@click.argument("address")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", default="", help="Unit in whose subtree the role holds.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Last day; default: no end.")
@_AS
def assign_role(address: str, role: str, unit: str, until: datetime | None, email: str) -> None:
    """Give the person with ADDRESS the ROLE."""
    last: date | None = until.date() if until else None
    actions.assign_role(
        person_by_email(address, field="address"),
        role=Role(role),
        unit=unit_by_name(unit),
        from_date=_now().date(),
        until_date=last,
        by=actor_of(person_by_email(email, field="as")),
        at=_now(),
    )
    drain()
    click.echo(f"{address} is {Role(role).label} in {unit_by_name(unit).name}.")


@person.command("end")
@click.argument("address")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", default="", help="Unit in whose subtree the role holds.")
@click.option("--last", type=click.DateTime(["%Y-%m-%d"]), help="Last day; default: today.")
@_AS
def end_role(address: str, role: str, unit: str, last: datetime | None, email: str) -> None:
    """End the ROLE of the person with ADDRESS."""
    place, at = unit_by_name(unit), _now()
    ended = actions.end_role(
        assignment_in(place, Role(role), person_by_email(address, field="address"), on=at.date()),
        last_date=last.date() if last else at.date(),
        by=actor_of(person_by_email(email, field="as")),
        at=at,
    )
    drain()
    click.echo(f"{address} is {Role(role).label} in {place.name} until {ended.until_date}.")


@person.command("unit")
@click.argument("name")
@click.option("--parent", default="", help="The unit above; default: the organisation.")
@_AS
def add_unit(name: str, parent: str, email: str) -> None:
    """Add the unit NAME."""
    actions.add_unit(
        name,
        parent=unit_by_name(parent),
        by=actor_of(person_by_email(email, field="as")),
        at=_now(),
    )
    drain()
    click.echo(f"{name} stands.")


@click.group()
def token() -> None:
    """API tokens, with which programs act for a person."""


@token.command()
@click.argument("name")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    default=[Permission.SEND_TELEMETRY.value],
    show_default=True,
    type=click.Choice([permission.value for permission in Permission]),
)
@click.option("--system", default="", help="Code of the one AI system that it is for.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 366))
@_AS
def issue(name: str, permissions: tuple[str, ...], system: str, days: int, email: str) -> None:
    """Issue a token NAME of one's own; its secret is shown this once."""
    somebody = person_by_email(email, field="as")
    by, at = actor_of(somebody), _now()
    carried = [Permission(permission) for permission in permissions]
    restricted_to = ""
    if system:
        restricted_to = system_for(system, permission=carried[0], by=by, at=at).ledger_subject
    issued = actions.issue_token(
        somebody,
        name=name,
        permissions=carried,
        restricted_to=restricted_to,
        days=days,
        unit=unit_by_name(""),
        by=by,
        at=at,
    )
    drain()
    click.echo(issued.secret)


@token.command()
@click.argument("name")
@_AS
def revoke(name: str, email: str) -> None:
    """Revoke one's own token NAME at once."""
    somebody = person_by_email(email, field="as")
    actions.revoke_token(
        token_named(name, somebody), unit=unit_by_name(""), by=actor_of(somebody), at=_now()
    )
    drain()
    click.echo(f"{name} is revoked.")


def _now() -> datetime:
    return datetime.now(UTC)
