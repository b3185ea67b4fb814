"""`twofold statement`: Statements of Applicability, prepared, approved and exported."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from twofold.cli.worker import drain
from twofold.controls import actions
from twofold.controls.models import Statement
from twofold.controls.queries import visible_statements
from twofold.ledger.queries import revisions_of
from twofold.people.access import Permission, actor_of, require_anywhere
from twofold.people.queries import person_by_email, unit_by_name
from twofold.reporting.soa.content import content, content_for
from twofold.reporting.soa.exports import FORMATS, exported
from twofold.reporting.soa.version import read_version
from twofold.reporting.soa.versions import draft_of, statement_numbered

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who acts.")
_UNIT = click.option("--unit", default="", help="Unit of the statement; default: the root.")
_DAY = click.DateTime(["%Y-%m-%d"])


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(statement)


@click.group()
def statement() -> None:
    """Statements of Applicability of both standards."""


@statement.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def list_statements(as_json: bool, email: str) -> None:  # noqa: FBT001 - click calls it
    """Print every version, the newest of each standard first."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    require_anywhere(by, Permission.READ, at=at)
    found = list(visible_statements(by, at=at))
    revisions = revisions_of([row.ledger_subject for row in found])
    rows = [_values(row) | {"revision": revisions[row.ledger_subject]} for row in found]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for row in rows:
        state = f"effective {row['effective_from']}" if row["effective_from"] else "draft"
        click.echo(f"{row['framework']:8}  {row['version']:>3}  {state:20}  {row['unit']}")


@statement.command()
@click.argument("framework")
@click.option("--note", default="", help="What changed since the version before.")
@_UNIT
@_AS
def prepare(framework: str, note: str, unit: str, email: str) -> None:
    """Prepare the next version of FRAMEWORK (27001 or 42001) from the facts of today."""
    by, at, of = actor_of(person_by_email(email, field="as")), _now(), unit_by_name(unit)
    made = actions.prepare_statement(
        framework,
        partial(content, framework, unit=of, by=by, at=at),
        unit=of,
        change_note=note,
        by=by,
        at=at,
    )
    drain()
    click.echo(f"Version {made.number} of {framework} waits for somebody else's approval.")


@statement.command()
@click.argument("framework")
@click.option("--effective", type=_DAY, help="First day in effect; default: today.")
@click.option(
    "--expected", type=click.IntRange(0), help="Its revision that was read; refused where changed."
)
@_UNIT
@_AS
def approve(
    framework: str, effective: datetime | None, expected: int | None, unit: str, email: str
) -> None:
    """Approve and seal the draft of FRAMEWORK that somebody else prepared."""
    by, at = actor_of(person_by_email(email, field="as")), _now()
    draft = draft_of(framework, unit=unit_by_name(unit), by=by, at=at)
    row = actions.approve_statement(
        draft,
        content_now=partial(content_for, by=by, at=at),
        effective_date=effective.date() if effective else at.date(),
        expected=expected,
        by=by,
        at=at,
    )
    drain()
    click.echo(f"Version {row.number} of {framework} is sealed, SHA-256 {row.sha256}.")


@statement.command()
@click.argument("framework")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--format", "format_", required=True, type=click.Choice(list(FORMATS)))
@click.option("--version", "number", type=click.IntRange(1), help="Default: the newest.")
@_UNIT
@_AS
def export(
    framework: str, path: Path, format_: str, number: int | None, unit: str, email: str
) -> None:
    """Write a version of FRAMEWORK to the file PATH."""
    by, at, of = actor_of(person_by_email(email, field="as")), _now(), unit_by_name(unit)
    found = read_version(statement_numbered(framework, number, unit=of, by=by, at=at))
    path.write_bytes(exported(found, format_).octets)
    click.echo(f"Written: {path} ({found.label})")


def _values(row: Statement) -> dict[str, str | int]:
    return {
        "framework": row.framework,
        "version": row.number,
        "unit": row.unit.name,
        "sha256": row.sha256,
        "prepared_by": row.prepared_by.email,
        "approved_by": row.approved_by.email if row.approved_by else "",
        "effective_from": row.effective_date.isoformat() if row.effective_date else "",
    }


def _now() -> datetime:
    return datetime.now(UTC)
