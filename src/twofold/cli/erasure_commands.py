"""`twofold erasure`: evidence and persons that are erased, asked for and confirmed by two."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from twofold.cli.worker import drain
from twofold.controls import actions
from twofold.evidence.erasure import ITEM
from twofold.people import erasure as people
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.errors import NotFound
from twofold.people.queries import (
    ErasureState,
    erasure_for,
    erasures_in,
    person_by_email,
    visible_erasures,
    visible_persons,
)
from twofold.reporting.erasures import ErasureView, EvidenceLoss, erasure_views, loss_of

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_ERASURE = click.argument("key", type=click.UUID)
_REASON = click.option(
    "--reason", required=True, help="Why; stays on record for good, so name no person."
)


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(erasure)


@click.group()
def erasure() -> None:
    """Erasures: evidence and persons, asked for by one person and confirmed by another."""


@erasure.command("list")
@click.option("--state", type=click.Choice(ErasureState.values), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_erasures(state: str | None, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print erasures, the newest first."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = visible_erasures(by, at=at)
    if state:
        rows = erasures_in(rows, ErasureState(state))
    values = [_values(view) for view in erasure_views(list(rows), by, at=at)]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(f"{entry['id']}  {entry['state']:9}  {entry['subject']}  {entry['reason']}")


@erasure.command()
@click.argument("item", type=click.UUID)
@_REASON
@_AS
def evidence(item: UUID, reason: str, email: str) -> None:
    """Ask that the evidence ITEM is erased with all its versions."""
    _ask(f"{ITEM}:{item}", reason, email)


@erasure.command()
@click.argument("address")
@_REASON
@_AS
def person(address: str, reason: str, email: str) -> None:
    """Ask that the person of ADDRESS is erased."""
    by, at = _actor(email), _now()
    found = visible_persons(by, at=at, active=None).filter(email__iexact=address).first()
    if found is None:
        raise NotFound(f"There is no person {address}.", field="address")
    _ask(found.ledger_subject, reason, email)


@erasure.command()
@_ERASURE
@_AS
def show(key: UUID, email: str) -> None:
    """Print what the erasure KEY would take away, or where the ledger proves it."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    found = erasure_for(key, by, at=at)
    (view,) = erasure_views([found], by, at=at)
    for name, value in _values(view).items():
        click.echo(f"{name}: {value}")
    loss = loss_of(found, by, at=at)
    if isinstance(loss, EvidenceLoss):
        click.echo(f"versions: {loss.extent.versions}, {loss.extent.size} bytes")
        click.echo(f"claims that would be withdrawn: {len(loss.claims)}")
        credited = ", ".join(entry.requirement.id for entry in loss.credited)
        click.echo(f"requirements that lose credit: {credited or 'none'}")
        if loss.extent.in_clear:
            click.echo(f"kept states that stay readable: {loss.extent.in_clear}")
    elif loss is not None:
        click.echo(f"roles that end: {loss.roles}; tokens that are revoked: {loss.tokens}")
        owned = loss.systems + loss.controls + loss.items
        click.echo(f"records that are left to nobody: {owned}")


@erasure.command()
@_ERASURE
@_AS
def confirm(key: UUID, email: str) -> None:
    """Erase, as somebody else asked with the erasure KEY."""
    by, at = _actor(email), _now()
    found = erasure_for(key, by, at=at)
    actions.confirm_erasure(found, by=by, at=at)
    drain()
    click.echo(f"{found.subject} is erased.")


@erasure.command()
@_ERASURE
@click.option("--reason", required=True, help="Why; stands in the record.")
@_AS
def withdraw(key: UUID, reason: str, email: str) -> None:
    """Take the erasure KEY back before anybody confirms it."""
    by, at = _actor(email), _now()
    found = erasure_for(key, by, at=at)
    people.withdraw(found, reason=reason, by=by, at=at)
    drain()
    click.echo(f"{found.subject} is not erased.")


def _ask(subject: str, reason: str, email: str) -> None:
    made = actions.ask_for_erasure(subject, reason=reason, by=_actor(email), at=_now())
    drain()
    click.echo(f"{made.pk} waits for somebody else to confirm it.")


def _values(view: ErasureView) -> dict[str, Any]:
    row = view.erasure
    return {
        "id": str(row.pk),
        "subject": row.subject,
        "kind": row.kind,
        "unit": row.unit.name,
        "state": view.state.value,
        "reason": row.reason,
        "asked_by": row.asked_by.email,
        "asked_at": row.asked_at.isoformat(),
        "decided_by": row.decided_by.email if row.decided_by else None,
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
        "withdrawal": row.withdrawal,
        "files": view.files,
        "entries": [line.index for line in view.lines],
    }


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
