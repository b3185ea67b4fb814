"""Commands that read and change records: catalog, verify, export, key, found."""

import dataclasses
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click
from django.db import DatabaseError

from twofold.catalog.check import problems
from twofold.catalog.load import catalog as load_catalog
from twofold.cli.worker import drain
from twofold.ledger.errors import LedgerError
from twofold.ledger.queries import position
from twofold.people import actions as people
from twofold.people.access import actor_of, part_of_product
from twofold.people.queries import person_by_email
from twofold.reporting import exporting, integrity
from twofold_verify.note import NoteError, Verifier
from twofold_verify.report import Report
from twofold_verify.telling import Told
from twofold_verify.telling import as_json as report_json
from twofold_verify.telling import as_text as report_text


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    for command in (catalog, verify, export, key, found):
        group.add_command(command)


@click.group()
def catalog() -> None:
    """Requirements and crosswalk of the frameworks."""


@catalog.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_requirements(as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Print every requirement."""
    rows = [
        {
            "framework": entry.framework,
            "id": entry.id,
            "title": entry.title,
            "kind": entry.kind.value,
            "auditable": entry.auditable,
        }
        for entry in load_catalog().requirements.values()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(f"{row['id']:24}  {row['kind']:12}  {row['title']}")


@catalog.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def crosswalk(as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Print every pair of the crosswalk."""
    rows = [dataclasses.asdict(pair) for pair in load_catalog().pairs]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        for row in rows:
            click.echo(
                f"{row['source']:24}  {row['relation']:10}  {row['target']:20}  {row['strength']:2}"
            )


@catalog.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check_catalog(as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Prove that the catalogue is complete: exit status 1 where something is missing."""
    found = load_catalog()
    missing = problems(found)
    counts = {
        "requirements": sum(entry.auditable for entry in found.requirements.values()),
        "pairs": len(found.pairs),
        "without_counterpart": len(found.unpaired),
        "controls": len(found.controls),
        "credits": sum(len(control.credits) for control in found.controls),
        "checks": sum(len(control.checks) for control in found.controls),
    }
    if as_json:
        rows = [dataclasses.asdict(problem) for problem in missing]
        click.echo(json.dumps({**counts, "problems": rows}, indent=1, ensure_ascii=False))
    else:
        for problem in missing:
            click.echo(f"{problem.about}: {problem.reason}")
        click.echo(
            ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())
        )
        click.echo("Complete." if not missing else f"{len(missing)} problems.")
    sys.exit(1 if missing else 0)


@click.command()
@click.option("--key", "key_text", default="", help="Verifier key to trust; default: our own.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(key_text: str, as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Verify the whole record: 0 sound, 1 tampered with, 2 incomplete or not to be read."""
    try:
        trust = Verifier.parse(key_text) if key_text else None
    except NoteError as refusal:
        click.echo(f"twofold: --key: {refusal}", err=True)
        sys.exit(2)
    try:
        report = integrity.verify_record(trust)
    except (DatabaseError, LedgerError) as refusal:
        # Status 1 would say that the record was tampered with; it could not even be read.
        click.echo(f"twofold: {str(refusal).strip().splitlines()[0]}", err=True)
        sys.exit(2)
    _print(report, as_json=as_json)
    sys.exit(report.exit_status)


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--as", "email", required=True, help="E-mail address of the person who exports.")
@click.option("--record", default="", help="Ledger name of the one record to export: app.model:key")
def export(path: Path, email: str, record: str) -> None:
    """Write the whole record as a bundle, or one record of it, to a folder or a .zip."""
    by = actor_of(person_by_email(email, field="as"))
    if record:
        exporting.export_record(record, path, by=by, at=_now())
    else:
        exporting.export_bundle(path, by=by, at=_now())
    click.echo(f"Written: {path}")
    click.echo(f"Verify it with: twofold-verify {path} --key '{position().verifier}'")


@click.command()
def key() -> None:
    """Print the verifier key of the log, to be given to auditors out of band."""
    click.echo(position().verifier)


@click.command()
@click.argument("name")
@click.option("--administrator", required=True, help="Name of the first administrator.")
@click.option("--email", required=True, help="E-mail address of the first administrator.")
@click.password_option()
def found(name: str, administrator: str, email: str, password: str) -> None:
    """Found the organisation NAME on an empty installation, with its first administrator."""
    people.found_organisation(
        name,
        administrator=administrator,
        email=email,
        password=password,
        by=part_of_product("installation"),
        at=_now(),
    )
    drain()
    click.echo(f"{name} stands. Sign in as {email}.")


def _print(report: Report, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report_json(Told(report)), indent=1))
    else:
        click.echo(report_text(Told(report)))


def _now() -> datetime:
    return datetime.now(UTC)
