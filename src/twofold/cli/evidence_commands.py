"""`twofold evidence`: add, list, describe, hold, link; the calendar and retention."""

import json
import mimetypes
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from twofold.cli.evidence_collections import collection
from twofold.cli.evidence_requests import request
from twofold.cli.worker import drain
from twofold.evidence import actions, keeping, links
from twofold.evidence.actions import Content
from twofold.evidence.keeping import Description
from twofold.evidence.models import Classification, EvidenceVersion
from twofold.evidence.queries import items_linked_to, links_of, matching, newest_versions
from twofold.evidence.repository import item_for, link_for, past_retention
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.freshness import OVERDUE, calendar, lapses
from twofold.reporting.linkable import require_linkable

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_ITEM = click.argument("key", type=click.UUID)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_DAY = click.DateTime(["%Y-%m-%d"])
_REASON = click.option("--reason", required=True, help="Why; stands in the record.")
_FILE = click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
_SOURCE = click.option("--source", default="", help="Where it comes from, in words.")
_FROM = click.option("--from", "first", type=_DAY, required=True, help="First day it speaks of.")
_TO = click.option("--to", "last", type=_DAY, required=True, help="Last day it speaks of.")
_UNTIL = click.option("--until", type=_DAY, required=True, help="Last day on which it counts.")
_PIECE_BYTES = 1 << 20
_OTHER = "application/octet-stream"


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    evidence.add_command(request)
    evidence.add_command(collection)
    group.add_command(evidence)


@click.group()
def evidence() -> None:
    """Evidence: items, versions, links, requests and collections."""


@evidence.command()
@_FILE
@click.option("--title", default="", help="Default: the name of the file.")
@click.option("--kind", required=True, help="Kind as the control library names it.")
@click.option("--unit", default="", help="Name of the unit; default: the organisation.")
@click.option("--classification", type=click.Choice(Classification.values), default="internal")
@_SOURCE
@_FROM
@_TO
@_UNTIL
@_AS
def add(  # noqa: PLR0913, PLR0917 - the parts of one item
    path: Path,
    title: str,
    kind: str,
    unit: str,
    classification: str,
    source: str,
    first: datetime,
    last: datetime,
    until: datetime,
    email: str,
) -> None:
    """Add the file of PATH as a new item."""
    made = actions.add_item(
        title or path.stem,
        kind=kind,
        unit=unit_by_name(unit),
        classification=Classification(classification),
        content=_content(path, source, (first.date(), last.date(), until.date())),
        by=_actor(email),
        at=_now(),
    )
    drain()
    click.echo(f"{made.pk} is added.")


@evidence.command()
@_ITEM
@_FILE
@_SOURCE
@_FROM
@_TO
@_UNTIL
@_AS
def version(
    key: UUID,
    path: Path,
    source: str,
    first: datetime,
    last: datetime,
    until: datetime,
    email: str,
) -> None:
    """Add the file of PATH as the newest version of the item KEY."""
    by, at = _actor(email), _now()
    content = _content(path, source, (first.date(), last.date(), until.date()))
    made = actions.add_version(item_for(key, by, at=at), content=content, by=by, at=at)
    drain()
    click.echo(f"{key} has version {made.number}.")


@evidence.command("list")
@click.option("--search", default="", help="Only those whose title or kind holds this.")
@_JSON
@_AS
def list_evidence(search: str, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print the newest version of each item, the latest addition first."""
    by, at = _reader(email)
    rows = [_newest(row) for row in matching(newest_versions(by, at=at), search)]
    _print(rows, "{id}  {valid_until}  {kind:24}  {title}", as_json=as_json)


@evidence.command()
@_ITEM
@click.option("--title", help="Default: as it is.")
@click.option("--kind", help="Default: as it is.")
@click.option("--classification", type=click.Choice(Classification.values), help="As it is.")
@click.option("--owner", help="E-mail address; blank: nobody; default: as it is.")
@click.option("--retain-until", type=_DAY, help="Default: as it is.")
@_AS
def describe(
    key: UUID,
    title: str | None,
    kind: str | None,
    classification: str | None,
    owner: str | None,
    retain_until: datetime | None,
    email: str,
) -> None:
    """Change what is said of the item KEY."""
    by, at = _actor(email), _now()
    item = item_for(key, by, at=at)
    keeper = item.owner
    if owner is not None:
        keeper = person_by_email(owner, field="owner") if owner else None
    description = Description(
        title=item.title if title is None else title,
        kind=item.kind if kind is None else kind,
        classification=Classification(classification or item.classification),
        owner=keeper,
        retain_until=retain_until.date() if retain_until else item.retain_until,
    )
    keeping.describe(item, description, by=by, at=at)
    drain()
    click.echo(f"{key} is described.")


@evidence.command()
@_ITEM
@_REASON
@_AS
def hold(key: UUID, reason: str, email: str) -> None:
    """Put the item KEY on legal hold."""
    by, at = _actor(email), _now()
    keeping.hold(item_for(key, by, at=at), reason=reason, by=by, at=at)
    drain()
    click.echo(f"{key} is held.")


@evidence.command("end-hold")
@_ITEM
@_REASON
@_AS
def end_hold(key: UUID, reason: str, email: str) -> None:
    """End the legal hold of the item KEY."""
    by, at = _actor(email), _now()
    keeping.end_hold(item_for(key, by, at=at), reason=reason, by=by, at=at)
    drain()
    click.echo(f"{key} is held no longer.")


@evidence.command()
@_ITEM
@click.argument("target")
@click.option("--purpose", default="", help="What it shows of the record.")
@_AS
def link(key: UUID, target: str, purpose: str, email: str) -> None:
    """Link the item KEY to the record TARGET, by its ledger name."""
    by, at = _actor(email), _now()
    item = item_for(key, by, at=at)
    require_linkable(target, by, field="target", at=at)
    made = links.link(item, target, purpose=purpose, by=by, at=at)
    drain()
    click.echo(f"{made.pk} links it.")


@evidence.command()
@_ITEM
@_AS
def unlink(key: UUID, email: str) -> None:
    """Take the link KEY away."""
    by, at = _actor(email), _now()
    links.unlink(link_for(key, by, at=at), by=by, at=at)
    drain()
    click.echo(f"{key} is taken away.")


@evidence.command("links")
@click.option("--of", "item", type=click.UUID, help="Of this item.")
@click.option("--to", "target", default="", help="Of this record, by its ledger name.")
@_JSON
@_AS
def list_links(item: UUID | None, target: str, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print the links of an item, or those to a record."""
    by, at = _reader(email)
    if item:
        found = links_of(item_for(item, by, at=at)).select_related("item")
    else:
        found = items_linked_to(target, by, at=at)
    rows = [
        {
            "id": str(row.pk),
            "evidence": str(row.item_id),
            "title": row.item.title,
            "target": row.target,
            "purpose": row.purpose,
            "stands": row.removed_at is None,
        }
        for row in found
    ]
    _print(rows, "{id}  {evidence}  {target}  {purpose}", as_json=as_json)


@evidence.command("calendar")
@click.option("--in", "span", default=OVERDUE, show_default=True, help="Or later, or 2026-11.")
@_JSON
@_AS
def print_calendar(span: str, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print what ends to count, and which requirements lose credit then."""
    by, at = _reader(email)
    rows = [
        {
            "evidence": str(entry.version.item_id),
            "title": entry.version.item.title,
            "last_day": entry.day.isoformat(),
            "lost": [credit.requirement.id for credit in entry.lost],
        }
        for entry in lapses(calendar(by, chosen=span, at=at).ending, by, at=at)
    ]
    _print(rows, "{last_day}  {evidence}  {title}: {lost}", as_json=as_json)


@evidence.command()
@_JSON
@_AS
def retention(as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print what need not be kept any longer; `twofold erasure` disposes of it."""
    by, at = _reader(email)
    rows = [
        {
            "id": str(row.pk),
            "title": row.title,
            "retain_until": str(row.retain_until),
            "hold": row.hold_reason,
        }
        for row in past_retention(by, on=at.date(), at=at)
    ]
    _print(rows, "{id}  {retain_until}  {title}  {hold}", as_json=as_json)


def _content(path: Path, source: str, days: tuple[date, date, date]) -> Content:
    first, last, until = days
    return Content(
        chunks=_pieces(path),
        file_name=path.name,
        media_type=mimetypes.guess_type(path.name)[0] or _OTHER,
        source=source,
        period_from=first,
        period_to=last,
        valid_until=until,
    )


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _newest(row: EvidenceVersion) -> dict[str, Any]:
    return {
        "id": str(row.item_id),
        "title": row.item.title,
        "kind": row.item.kind,
        "unit": row.item.unit.name,
        "version": row.number,
        "valid_until": row.valid_until.isoformat(),
    }


def _print(rows: list[dict[str, Any]], line: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        click.echo(line.format(**row).rstrip())


def _reader(email: str) -> tuple[Actor, datetime]:
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    return by, at


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
