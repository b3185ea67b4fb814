"""Looking at a population as a check of an implementation does."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from twofold.catalog.model import ControlCheck
from twofold.controls.models import Implementation
from twofold.controls.queries import needs_of
from twofold.domain.checks import CheckKind, Observation, Rule
from twofold.reporting.checks.gathered import Asked
from twofold.reporting.checks.results import GATHER


def rule(of: str, *, kind: CheckKind = CheckKind.COUNT, need: str = "", **parts: Any) -> Rule:
    """Return a rule about a population; a count of at least one unless told otherwise."""
    if kind is CheckKind.COUNT and not parts:
        parts = {"at_least": 1}
    return Rule(kind, of, need=need, **parts)


def check(of: str, *, name: str = "own-check", **parts: Any) -> ControlCheck:
    """Return a check with such a rule."""
    return ControlCheck(name, f"The check {name} holds", rule(of, **parts))


def seen(
    of: str,
    by: Implementation,
    *,
    on: date,
    also: Sequence[Implementation] = (),
    **parts: Any,
) -> dict[str, Observation]:
    """Return what a check of an implementation sees, by record; gathered together with others."""
    run = [Implementation.objects.select_related("unit").get(pk=row.pk) for row in (by, *also)]
    find = GATHER[of](Asked(run, {row.pk: needs_of(row) for row in run}, on))
    found = find(run[0], rule(of, **parts))
    assert len({entry.record for entry in found}) == len(found)
    return {entry.record: entry for entry in found}
