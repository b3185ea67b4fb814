"""The certification view on the command line: predicates of both stages, and the forecast."""

import dataclasses
import json
from datetime import UTC, datetime
from typing import Any

import click

from twofold.people.access import part_of_product
from twofold.reporting.certification import PredicateView, StandardView
from twofold.reporting.certification import certification as compute
from twofold.reporting.forecasts import forecast_text
from twofold.reporting.words import action_text


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(certification)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def certification(as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Print what the auditor of each stage expects, what is missing, and the forecast."""
    found = compute(part_of_product("command line"), at=datetime.now(UTC))
    if as_json:
        standards = [_values(view) for view in found.standards]
        document = {"on": found.on.isoformat(), "standards": standards}
        click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        return
    for view in found.standards:
        click.echo(f"{view.framework.short_title}: {forecast_text(view.forecast)}")
        for stage in view.stages:
            click.echo(f"  Stage {stage.stage}: {stage.met} of {stage.total} met")
            for entry in stage.predicates:
                click.echo(f"    {entry.predicate.id}  {entry.state:14}  {entry.predicate.title}")
                if entry.owed:
                    first = entry.owed[0]
                    click.echo(f"           {first.requirement.id}: {action_text(first.reason)}")


def _values(view: StandardView) -> dict[str, Any]:
    forecast = dataclasses.asdict(view.forecast)
    return {
        "id": view.framework.id,
        "predicates": [_predicate(entry) for stage in view.stages for entry in stage.predicates],
        "history": [
            {"on": point.on.isoformat(), "open": point.open, "closed": point.closed}
            for point in view.history
        ],
        "forecast": {
            **{
                key: value.isoformat()
                if key in {"expected", "earliest", "latest"} and value
                else value
                for key, value in forecast.items()
            },
            "text": forecast_text(view.forecast),
        },
    }


def _predicate(view: PredicateView) -> dict[str, Any]:
    return {
        "id": view.predicate.id,
        "stage": view.predicate.stage,
        "title": view.predicate.title,
        "state": view.state.value,
        "missing": [
            {
                "requirement": entry.requirement.id,
                "cause": entry.reason.cause.value,
                "record": entry.reason.record,
                "action": action_text(entry.reason),
                "owner": entry.owner,
                "usual_role": entry.role,
            }
            for entry in view.owed
        ],
        "met": [entry.id for entry in view.met],
        "excluded": [entry.id for entry in view.excluded],
    }
