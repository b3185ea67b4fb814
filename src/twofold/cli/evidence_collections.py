"""`twofold evidence collection`: plan, list and end collections, see their runs."""

import json
from datetime import UTC, datetime
from uuid import UUID

import click

from twofold.cli.collecting import Collecting
from twofold.cli.worker import drain
from twofold.evidence import collections
from twofold.evidence.collections import Plan
from twofold.evidence.models import EvidenceCollection
from twofold.evidence.repository import collection_for, runs_of, visible_collections
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.collecting import places_of_installation, plan_collection

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_KEY = click.argument("key", type=click.UUID)
_DAYS = click.IntRange(1, 3660)


@click.group()
def collection() -> None:
    """Collections: evidence that is fetched by itself."""


@collection.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_collections(as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print collections, those that run first."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    rows = [
        {
            "id": str(row.pk),
            "title": row.title,
            "source": row.source,
            "locator": row.locator,
            "schedule": row.schedule,
            "evidence": str(row.item_id) if row.item_id else None,
            "ended": row.ended_at is not None,
        }
        for row in visible_collections(by, at=at)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        ended = "  (ended)" if row["ended"] else ""
        click.echo(f"{row['id']}  {row['source']:8}  {row['schedule']:14}  {row['title']}{ended}")


@collection.command()
@click.argument("title")
@click.option("--kind", required=True, help="Kind as the control library names it.")
@click.option("--about", default="", help="Ledger name of the record that it is about.")
@click.option("--unit", default="", help="Name of the unit; default: the organisation.")
@click.option("--source", type=click.Choice(EvidenceCollection.Source.values), required=True)
@click.option("--where", required=True, help="Ledger name, path below the folder, or address.")
@click.option("--schedule", required=True, help="Five fields of cron, in UTC.")
@click.option("--days", type=_DAYS, default=7, show_default=True, help="Days it speaks of.")
@click.option("--valid", type=_DAYS, default=30, show_default=True, help="Days it counts.")
@_AS
def plan(  # noqa: PLR0913, PLR0917 - the parts of one collection
    title: str,
    kind: str,
    about: str,
    unit: str,
    source: str,
    where: str,
    schedule: str,
    days: int,
    valid: int,
    email: str,
) -> None:
    """Plan the collection TITLE."""
    planned = Plan(
        title=title,
        kind=kind,
        about=about,
        source=EvidenceCollection.Source(source),
        locator=where,
        schedule=schedule,
        period_days=days,
        valid_days=valid,
    )
    places = places_of_installation()
    made = plan_collection(unit_by_name(unit), planned, places, by=_actor(email), at=_now())
    drain()
    click.echo(f"{made.pk} is planned.")


@collection.command()
@_KEY
@_AS
def end(key: UUID, email: str) -> None:
    """End the collection KEY; what it brought stays."""
    by, at = _actor(email), _now()
    collections.end(collection_for(key, by, at=at), by=by, at=at)
    drain()
    click.echo(f"{key} has ended.")


@collection.command()
@_KEY
@_AS
def runs(key: UUID, email: str) -> None:
    """Print the runs of the collection KEY, the newest first."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    for run in runs_of(collection_for(key, by, at=at)):
        brought = f"version {run.version.number}" if run.version else run.message
        click.echo(f"{run.due_at:%Y-%m-%d %H:%M}  {run.outcome:9}  {brought}".rstrip())


@collection.command("run")
def run_due() -> None:
    """Run what is due now, as the worker does."""
    count = Collecting().run_once()
    drain()
    click.echo(f"Run: {count}")


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
