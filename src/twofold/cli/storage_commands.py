"""`twofold evidence fetch` and `sweep`: files taken out, and those that nothing refers to."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from twofold.evidence.contents import handed_out
from twofold.evidence.queries import visible_versions
from twofold.evidence.sweeping import sweep as sweep_stored
from twofold.people.access import actor_of
from twofold.people.errors import Conflict, NotFound
from twofold.people.queries import person_by_email

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")


def add_to(group: click.Group) -> None:
    """Add the commands to the group `evidence` of the group, made where there is none."""
    found = group.commands.get("evidence")
    if not isinstance(found, click.Group):
        found = click.Group("evidence", help="Evidence: its files, in and out.")
        group.add_command(found)
    found.add_command(fetch)
    found.add_command(sweep)


@click.command()
@click.argument("item", type=click.UUID)
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--number", type=click.IntRange(1, 1_000_000), help="Version; default: the newest.")
@_AS
def fetch(item: UUID, path: Path, number: int | None, email: str) -> None:
    """Write the content of the evidence ITEM to PATH, where nothing stands yet."""
    by = actor_of(person_by_email(email, field="as"))
    rows = visible_versions(by, at=_now()).filter(item=item).order_by("-number")
    version = rows.filter(number=number).first() if number else rows.first()
    if version is None:
        raise NotFound("There is no such evidence.")
    try:
        with closing(handed_out(version)) as pieces, path.open("xb") as file:
            file.writelines(pieces)
    except FileExistsError:
        raise Conflict(f"{path} exists already.", field="path") from None
    click.echo(f"Written: {path}")


@click.command()
@click.option("--remove", is_flag=True, help="Remove what is listed and older than a day.")
def sweep(remove: bool) -> None:  # noqa: FBT001 - click calls it
    """List stored files that nothing refers to; clear away what was begun and never ended."""
    found = sweep_stored(remove=remove, at=_now())
    for entry in found.unreferenced:
        written = entry.written_at.isoformat(timespec="seconds")
        click.echo(f"{entry.sha256}  {entry.size:>12}  {written}")
    click.echo(
        f"Unreferenced: {len(found.unreferenced)}, removed: {found.removed}. Never ended and "
        f"removed: {found.unfinished}. Of erased items and removed: {found.erased}."
    )


def _now() -> datetime:
    return datetime.now(UTC)
