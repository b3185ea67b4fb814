"""`twofold claim`: list, make, accept, reject and withdraw claims of evidence."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import click

from twofold.cli.worker import drain
from twofold.controls import actions, queries
from twofold.controls.actions.claims import Period
from twofold.controls.models import EvidenceClaim
from twofold.controls.queries import ClaimState
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.queries import visible_versions
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.errors import NotFound
from twofold.people.queries import person_by_email

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_CLAIM = click.argument("key", type=click.UUID)
_REASON = click.option("--reason", required=True, help="Why; stands in the record.")
_DAY = click.DateTime(["%Y-%m-%d"])


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(claim)


@click.group()
def claim() -> None:
    """Claims: what evidence is held to show of a control as it is run."""


@claim.command("list")
@click.option("--implementation", type=click.UUID, help="Only on this control as it is run.")
@click.option("--state", type=click.Choice(ClaimState.values), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_claims(
    implementation: UUID | None,
    state: str | None,
    as_json: bool,  # noqa: FBT001 - click calls it
    email: str,
) -> None:
    """Print claims, the newest first."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = queries.visible_claims(by, at=at)
    if implementation:
        rows = rows.filter(implementation=implementation)
    if state:
        rows = queries.claims_in(rows, ClaimState(state))
    values = [_values(row) for row in rows]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(
            f"{entry['id']}  {entry['state']:9}  {entry['control']:12}  {entry['scope']:20}  "
            f"until {entry['valid_until']}  {entry['need']}: {entry['statement']}"
        )


@claim.command()
@click.argument("implementation", type=click.UUID)
@click.argument("evidence", type=click.UUID)
@click.option("--version", "number", type=click.IntRange(1), help="Default: the newest.")
@click.option("--need", required=True, help="Kind of evidence that it answers.")
@click.option("--statement", required=True, help="What it shows.")
@click.option("--from", "first", type=_DAY, help="Period; default: that of the evidence.")
@click.option("--to", "last", type=_DAY, help="Period; default: that of the evidence.")
@click.option("--until", type=_DAY, help="Last day on which it counts; default: the evidence's.")
@_AS
def make(  # noqa: PLR0913, PLR0917 - the parts of one claim
    implementation: UUID,
    evidence: UUID,
    number: int | None,
    need: str,
    statement: str,
    first: datetime | None,
    last: datetime | None,
    until: datetime | None,
    email: str,
) -> None:
    """Claim what EVIDENCE shows of the control that is run as IMPLEMENTATION, both by key."""
    by, at = _actor(email), _now()
    run = queries.visible_implementations(by, at=at).filter(pk=implementation).first()
    if run is None:
        raise NotFound("There is no such implementation.", field="implementation")
    version = _version(evidence, number, by, at)
    made = actions.claim(
        run,
        evidence=version,
        need=need,
        statement=statement,
        period=_period(version, first, last, until),
        by=by,
        at=at,
    )
    drain()
    click.echo(f"{made.pk} waits for somebody else's acceptance.")


@claim.command()
@_CLAIM
@_AS
def accept(key: UUID, email: str) -> None:
    """Accept the claim KEY that somebody else made."""
    by, at = _actor(email), _now()
    row = actions.accept_claim(queries.claim_for(key, by, at=at), by=by, at=at)
    drain()
    click.echo(f"{row.pk} is accepted.")


@claim.command()
@_CLAIM
@_REASON
@_AS
def reject(key: UUID, reason: str, email: str) -> None:
    """Reject the claim KEY: the evidence does not show it."""
    by, at = _actor(email), _now()
    row = actions.reject_claim(queries.claim_for(key, by, at=at), reason=reason, by=by, at=at)
    drain()
    click.echo(f"{row.pk} is rejected.")


@claim.command()
@_CLAIM
@_REASON
@_AS
def withdraw(key: UUID, reason: str, email: str) -> None:
    """Take the claim KEY back; from today on it counts no longer."""
    by, at = _actor(email), _now()
    row = actions.withdraw_claim(queries.claim_for(key, by, at=at), reason=reason, by=by, at=at)
    drain()
    click.echo(f"{row.pk} is withdrawn.")


def _version(item: UUID, number: int | None, by: Actor, at: datetime) -> EvidenceVersion:
    rows = visible_versions(by, at=at).filter(item=item).order_by("-number")
    found = (rows.filter(number=number) if number else rows).first()
    if found is None:
        raise NotFound("There is no such evidence.", field="evidence")
    return found


def _period(
    version: EvidenceVersion,
    first: datetime | None,
    last: datetime | None,
    until: datetime | None,
) -> Period | None:
    if not (first or last or until):
        return None
    return Period(
        _day(first) or version.period_from,
        _day(last) or version.period_to,
        _day(until) or version.valid_until,
    )


def _day(given: datetime | None) -> date | None:
    return given.date() if given else None


def _values(row: EvidenceClaim) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "state": queries.claim_state(row).value,
        "implementation": str(row.implementation_id),
        "control": row.implementation.control,
        "scope": row.implementation.scope,
        "evidence": str(row.evidence.item_id),
        "version": row.evidence.number,
        "need": row.need,
        "statement": row.statement,
        "period_from": row.period_from.isoformat(),
        "period_to": row.period_to.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "claimed_by": row.claimed_by.email if row.claimed_by else None,
        "accepted_by": row.accepted_by.email if row.accepted_by else None,
        "rejection": row.rejection or None,
        "withdrawal": row.withdrawal or None,
    }


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
