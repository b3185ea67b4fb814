"""`twofold catalog overlap`: how much of one framework the work for another does."""

import json
from datetime import UTC, datetime

import click

from twofold.people.access import Permission, actor_of, require_anywhere
from twofold.people.errors import NotFound
from twofold.people.queries import person_by_email
from twofold.reporting.overlap import (
    Basis,
    StandardOverlap,
    basis,
    compared,
    control_overlap,
    library_basis,
    requirement_overlap,
    standard_overlap,
)
from twofold.reporting.overlap_values import (
    Values,
    control_values,
    requirement_values,
    standard_values,
)


def add_to(group: click.Group) -> None:
    """Add the command to the group of the catalogue."""
    group.add_command(overlap)


@click.command()
@click.argument("of", default="")
@click.option("--first", default="", help="Framework whose work is there; default: 27001.")
@click.option("--second", default="", help="Framework that is wanted; default: 42001.")
@click.option("--as", "email", default="", help="E-mail address of the person who looks.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def overlap(of: str, first: str, second: str, email: str, as_json: bool) -> None:  # noqa: FBT001 - click calls it
    """Print how much of a second framework the work for a first one does, in both directions.

    With OF, a requirement or a control, print what else that serves. Without --as the library alone
    is looked at: what is shown today stays unknown.
    """
    on = _basis(email)
    if of:
        found = _of(on, of)
        lines = [_line(entry) for entry in found["counterparts"]]
        lines += [f"{entry['framework']:8}  no counterpart" for entry in found.get("none", ())]
    else:
        one, other = compared(on, first, second)
        ways = [standard_overlap(on, one, other), standard_overlap(on, other, one)]
        found = {"ways": [standard_values(way) for way in ways]}
        lines = [_sentence(way) for way in ways]
    click.echo(json.dumps(found, indent=1, ensure_ascii=False) if as_json else "\n".join(lines))


def _basis(email: str) -> Basis:
    if not email:
        return library_basis()
    at = datetime.now(UTC)
    by = actor_of(person_by_email(email, field="as"))
    require_anywhere(by, Permission.READ, at=at)
    return basis(by, at=at)


def _of(on: Basis, of: str) -> Values:
    if of in on.catalog.control_by_id:
        return control_values(control_overlap(on, on.catalog.control_by_id[of]))
    requirement = on.catalog.requirements.get(of)
    if requirement is None or not requirement.auditable:
        raise NotFound(f"There is no requirement or control {of}.", field="of")
    return requirement_values(requirement_overlap(on, requirement))


def _line(entry: Values) -> str:
    return (
        f"{entry['requirement']:24}  {entry['relation']:10}  {entry['strength']:2}"
        f"  {entry['status'] or '-':14}  {entry['title']}"
    )


def _sentence(found: StandardOverlap) -> str:
    first, second = found.first.short_title, found.second.short_title
    if found.least is None:
        range_told = "unknown"
    else:
        range_told = (
            f"between {_share(found.least)} (counting only the whole) and {_share(found.most)}"
            " (a part by strength in tenths, at most one half)"
        )
    return (
        f"{found.wholly} of {found.applicable} requirements of {second} are met by the work for"
        f" {first}, {found.partly} partly, {found.not_at_all} not at all: {range_told};"
        f" {_share(found.shown)} shown today by {found.controls} controls of the library."
    )


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
