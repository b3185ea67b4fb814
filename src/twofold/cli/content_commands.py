"""`twofold evidence search`, `compare` and `release`: what stands in evidence."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from twofold.cli.worker import drain
from twofold.evidence import comparing, quarantine, searching
from twofold.evidence.repository import version_for
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_SHOWN = 50
_SIGNS = {
    comparing.Change.SAME: " ",
    comparing.Change.GONE: "-",
    comparing.Change.NEW: "+",
}


def add_to(group: click.Group) -> None:
    """Add the commands to the group `evidence` of the group, made where there is none."""
    found = group.commands.get("evidence")
    if not isinstance(found, click.Group):
        found = click.Group("evidence", help="Evidence: its files and what stands in them.")
        group.add_command(found)
    for command in (search, compare, release):
        found.add_command(command)


@click.command()
@click.argument("text")
@_JSON
@_AS
def search(text: str, as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Find evidence that holds all words of TEXT; "words together" and begin* are understood."""
    by, at = _actor(email), _now()
    require_anywhere(by, Permission.READ, at=at)
    found = searching.search(text, by, at=at)
    values = [_values(hit) for hit in searching.hits(found, 0, _SHOWN)]
    if as_json:
        click.echo(json.dumps(values, indent=1, ensure_ascii=False))
        return
    for entry in values:
        click.echo(f"{entry['id']}  version {entry['version']}  {entry['title']}")
        if entry["excerpt"]:
            click.echo(f"    {' '.join(entry['excerpt'].split())}")
    click.echo(f"{'More than ' if found.more else ''}{len(found.keys):,} found.")


@click.command()
@click.argument("item", type=click.UUID)
@click.argument("old", type=click.IntRange(1))
@click.argument("new", type=click.IntRange(1))
@_AS
def compare(item: UUID, old: int, new: int, email: str) -> None:
    """Print what changed in the text of ITEM from version OLD to version NEW."""
    by, at = _actor(email), _now()
    versions = (version_for(item, by, number=number, at=at) for number in (old, new))
    found = comparing.compare_versions(*versions)
    for group in found.groups:
        click.echo("...")
        for line in comparing.unified(group):
            text = "".join(piece.text for piece in line.pieces)
            click.echo(f"{line.number:>6} {_SIGNS[line.change]} {text}")
    click.echo(f"{found.gone} lines gone, {found.new} new.")
    if found.cut:
        click.echo("Only the beginning was compared.")


@click.command()
@click.argument("item", type=click.UUID)
@click.argument("number", type=click.IntRange(1))
@click.option("--reason", required=True, help="How you know that it does no harm.")
@_AS
def release(item: UUID, number: int, reason: str, email: str) -> None:
    """Let version NUMBER of ITEM out of quarantine, as somebody else than its author."""
    by, at = _actor(email), _now()
    version = version_for(item, by, number=number, at=at)
    quarantine.release(version, reason=reason, by=by, at=at)
    drain()
    click.echo("It is released.")


def _values(hit: searching.Hit) -> dict[str, Any]:
    return {
        "id": str(hit.version.item_id),
        "version": hit.version.number,
        "newest": hit.newest,
        "title": hit.version.item.title,
        "kind": hit.version.item.kind,
        "unit": hit.version.item.unit.name,
        "file_name": hit.version.file_name,
        "source": hit.version.source,
        "valid_until": hit.version.valid_until.isoformat(),
        "excerpt": "".join(segment.text for segment in hit.excerpt),
    }


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
