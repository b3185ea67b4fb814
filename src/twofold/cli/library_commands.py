"""Commands that keep the control library and the frameworks that were imported beside it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from twofold.catalog.entries import tables_of
from twofold.catalog.imported import MOST_BYTES, text_of
from twofold.catalog.writing import control_toml
from twofold.cli.worker import drain
from twofold.controls import actions
from twofold.controls.queries import (
    CHANGES,
    control_values,
    imported_frameworks,
    library_row,
    library_rows,
)
from twofold.findings import actions as findings
from twofold.people.access import Actor, actor_of
from twofold.people.queries import person_by_email

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_REASON = click.option("--reason", required=True, help="Why; stands in the record.")
_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(library)


@click.group()
def library() -> None:
    """The control library of this organisation, and the frameworks that it imported."""


@library.command("list")
@click.option("--framework", default="", help="Only controls credited to this framework.")
@click.option("--area", default="", help="Only this part of the shipped library.")
@click.option("--change", default="", type=click.Choice(["", *CHANGES]), help="Only these.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_controls(framework: str, area: str, change: str, as_json: bool) -> None:  # noqa: FBT001
    """Print every control with what was done to it, retired ones included."""
    rows = library_rows(framework=framework, area=area, change=change)
    if as_json:
        told = [
            {"id": row.control.id, "title": row.control.title, "change": row.change} for row in rows
        ]
        click.echo(json.dumps(told, indent=1, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(f"{row.control.id:20}  {row.change:8}  {row.control.title}")


@library.command()
@click.argument("control")
def show(control: str) -> None:
    """Print CONTROL as TOML: the form in which it is added and adapted."""
    click.echo(control_toml(control_values(library_row(control).control)), nl=False)


@library.command()
@_FILE
@_REASON
@_AS
def add(file: Path, reason: str, email: str) -> None:
    """Add the controls of FILE: `[[control]]` tables in TOML. All of them, or none."""
    made = actions.add_controls(
        _text(file), file_name=file.name, reason=reason, by=_actor(email), at=_now()
    )
    drain()
    click.echo(f"Added: {', '.join(entry.control for entry in made)}.")


@library.command()
@_FILE
@_REASON
@_AS
def adapt(file: Path, reason: str, email: str) -> None:
    """Adapt the one control that FILE holds; its id tells which. See `show` for the form."""
    tables = tables_of(Path(file.name), _text(file), "control")
    if len(tables) > 1:
        raise tables[1].refuse("adapt one control at a time")
    (table,) = tables
    row = actions.adapt_control(
        table.text("id"), table.values, reason=reason, by=_actor(email), at=_now()
    )
    drain()
    click.echo(f"Adapted: {row.control}.")


@library.command()
@click.argument("control")
@_REASON
@_AS
def retire(control: str, reason: str, email: str) -> None:
    """Take CONTROL out of the library; it must not be run anywhere."""
    actions.retire_control(control, reason=reason, by=_actor(email), at=_now())
    drain()
    click.echo(f"Retired: {control}.")


@library.command()
@click.argument("control")
@_REASON
@_AS
def restore(control: str, reason: str, email: str) -> None:
    """Put the retired CONTROL back."""
    actions.restore_control(control, reason=reason, by=_actor(email), at=_now())
    drain()
    click.echo(f"Restored: {control}.")


@library.command("import")
@_FILE
@click.option("--code", default="", help="Prefix of its requirements; an OSCAL catalogue needs it.")
@_AS
def import_framework(file: Path, code: str, email: str) -> None:
    """Import the framework of FILE: TOML, or an OSCAL catalogue in JSON."""
    made = actions.import_framework_file(
        _bytes(file), file_name=file.name, code=code, by=_actor(email), at=_now()
    )
    drain()
    click.echo(f"Imported: {made.title} as {made.code}, {made.requirement_count} requirements.")


@library.command()
@click.argument("code")
@_REASON
@_AS
def withdraw(code: str, reason: str, email: str) -> None:
    """Follow the imported framework CODE no longer; nothing may bear on it."""
    row = findings.withdraw_framework(code, reason=reason, by=_actor(email), at=_now())
    drain()
    click.echo(f"Withdrawn: {row.title}.")


@library.command()
def frameworks() -> None:
    """Print the frameworks that were imported."""
    for row in imported_frameworks():
        click.echo(f"{row.code:20}  {row.requirement_count:5}  {row.title}")


def _text(file: Path) -> str:
    return text_of(_bytes(file), file_name=file.name)


def _bytes(file: Path) -> bytes:
    """Return a file; of one that is too large, enough to have it refused."""
    with file.open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def _actor(email: str) -> Actor:
    return actor_of(person_by_email(email, field="as"))


def _now() -> datetime:
    return datetime.now(UTC)
