"""`twofold what-if`: what may be supposed, and how the standards would move. Nothing changes."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from twofold.domain.supposition import Change
from twofold.people.access import Actor, Permission, actor_of, require_anywhere
from twofold.people.errors import InvalidInput
from twofold.people.queries import person_by_email
from twofold.reporting.forecasts import forecast_text
from twofold.reporting.posture import FrameworkPosture
from twofold.reporting.supposable import Choice, supposable, suppositions
from twofold.reporting.whatif import StandardTurn, what_if

_AS = click.option("--as", "email", required=True, help="E-mail address of the person who asks.")
_CHANGES = click.Choice([change.value for change in Change])


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(supposing)


@click.group("what-if")
def supposing() -> None:
    """What would turn if something changed; nothing is written."""


@supposing.command("list")
@click.option("--change", type=_CHANGES, help="Only what may be supposed for this change.")
@_AS
def list_supposable(change: str | None, email: str) -> None:
    """Print what may be supposed: the change, its value, and what it is."""
    offered = supposable(_reader(email), at=_now(), chosen={})
    for kind, options in offered.items():
        if change in {None, kind.value}:
            for option in options:
                click.echo(f"{kind.value}={option.value}  {option.label}")


@supposing.command()
@click.argument("supposed", nargs=-1, required=True)
@click.option("--detail", default="", help="Words of a nonconformity that is raised.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_AS
def ask(supposed: tuple[str, ...], detail: str, as_json: bool, email: str) -> None:  # noqa: FBT001 - click passes flags by place
    """Print how the standards would move if all SUPPOSED changed today.

    Each is written as CHANGE=VALUE, such as shown=TF-ROL-01; `list` prints them.
    """
    by, at = _reader(email), _now()
    choices = [_choice(text, detail) for text in supposed]
    turns = [_values(turn) for turn in what_if(suppositions(choices, by, at=at), by, at=at)]
    if as_json:
        click.echo(json.dumps(turns, indent=1, ensure_ascii=False))
        return
    for turn in turns:
        before, after = turn["before"], turn["after"]
        click.echo(f"{turn['title']}: {before['met']} to {after['met']} of {after['total']} met")
        for entry in (*turn["requirements"], *turn["predicates"]):
            click.echo(f"  {entry['id']:20}  {entry['before']} -> {entry['after']}")
        click.echo(f"  {turn['forecast_after']}")


def _choice(text: str, detail: str) -> Choice:
    change, separator, value = text.partition("=")
    if not separator or change not in set(Change):
        raise InvalidInput(
            f"{text[:120]}: write CHANGE=VALUE, with a change of {', '.join(Change)}.",
            field="supposed",
        )
    return Choice(Change(change), value, detail)


def _values(turn: StandardTurn) -> dict[str, Any]:
    return {
        "id": turn.framework.id,
        "title": turn.framework.short_title,
        "before": _figures(turn.before),
        "after": _figures(turn.after),
        "forecast_before": forecast_text(turn.forecast_before),
        "forecast_after": forecast_text(turn.forecast_after),
        "requirements": [
            {
                "id": entry.requirement.id,
                "before": entry.before.status.value,
                "after": entry.after.status.value,
            }
            for entry in turn.requirements
        ],
        "predicates": [
            {
                "id": entry.predicate.id,
                "before": entry.before.value,
                "after": entry.after.value,
            }
            for entry in turn.predicates
        ],
    }


def _figures(entry: FrameworkPosture) -> dict[str, Any]:
    return {"score": entry.score, "met": entry.met, "total": entry.total}


def _reader(email: str) -> Actor:
    by = actor_of(person_by_email(email, field="as"))
    require_anywhere(by, Permission.READ, at=_now())
    return by


def _now() -> datetime:
    return datetime.now(UTC)
