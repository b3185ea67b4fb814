"""Commands for automated checks: run them, list what they found."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from twofold.cli.checking import CHECKS
from twofold.cli.worker import drain
from twofold.controls.queries import library_control
from twofold.domain.checks import Outcome
from twofold.reporting.checks import CheckView, batches_running, check_views, run_checks

_CONTROL = click.option("--control", default="", help="Only of this control, such as TF-MON-01.")


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(checks)


@click.group()
def checks() -> None:
    """Automated checks of controls as they are run."""


@checks.command()
@_CONTROL
def run(control: str) -> None:
    """Run the checks of everything that is run, now; the worker does it once a day."""
    if control:
        library_control(control)
    outcomes: Counter[str] = Counter()
    scopes = 0
    for batch in batches_running(CHECKS, control=control, at=_now()):
        scopes += len(batch)
        outcomes.update(row.outcome for row in run_checks(batch, by=CHECKS, at=_now()))
    drain()
    counted = ", ".join(f"{outcomes[entry.value]:,} {_word(entry.value)}" for entry in Outcome)
    click.echo(f"{outcomes.total():,} checks of {scopes:,} implementations: {counted}.")


@checks.command("list")
@_CONTROL
@click.option(
    "--outcome", type=click.Choice([entry.value for entry in Outcome]), help="Only these."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_results(control: str, outcome: str | None, as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Print the newest result of each check."""
    if control:
        library_control(control)
    rows = _rows(control, outcome or "")
    if as_json:
        click.echo(json.dumps(list(rows), indent=1, ensure_ascii=False))
        return
    for row in rows:
        click.echo(
            f"{_word(row['outcome']):8}  {row['control']:12}  {row['scope']:24}  {row['title']}"
        )


def _rows(control: str, outcome: str) -> Iterator[dict[str, Any]]:
    for batch in batches_running(CHECKS, control=control, at=_now()):
        for view in check_views(batch):
            if outcome in {"", view.outcome}:
                yield _row(view)


def _row(view: CheckView) -> dict[str, Any]:
    found = view.result
    return {
        "control": view.implementation.control,
        "scope": view.implementation.scope,
        "implementation": str(view.implementation.pk),
        "check": view.check.id,
        "title": view.check.title,
        "outcome": view.outcome.value,
        "value": found.value if found else None,
        "looked_at": found.looked_at if found else None,
        "records": found.records if found else [],
        "fault": found.fault if found else "",
        "ran_at": found.ran_at.isoformat() if found else None,
    }


def _word(outcome: str) -> str:
    return outcome.replace("_", " ")


def _now() -> datetime:
    return datetime.now(UTC)
