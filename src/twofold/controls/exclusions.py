"""What stands against excluding a control: whoever lies above says what needs it.

The contexts above this one know why a control is needed, such as a risk whose treatment rests on
it; this one must not know them. Each registers a question once, when the product starts.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.utils.translation import gettext as _

from twofold.people.errors import InvalidInput
from twofold.people.models import Unit


@dataclass(frozen=True)
class Need:
    """Something that needs a control.

    Attributes:
        requirement: id of the control.
        by: what needs it, as people call it: `R-12 Loss of customer data`.
    """

    requirement: str
    by: str


#: Answers what needs some of these requirements in a unit.
NeededBy = Callable[[Collection[str], Unit], Iterable[Need]]
_registered: list[NeededBy] = []


def ask_before_excluding(needed_by: NeededBy) -> None:
    """Have a question asked before any control is excluded; once, however often it is given."""
    if needed_by not in _registered:
        _registered.append(needed_by)


@contextmanager
def asking(needed_by: NeededBy) -> Iterator[None]:
    """Have a question asked for a time."""
    _registered.append(needed_by)
    try:
        yield
    finally:
        _registered.remove(needed_by)


def needs_of_excluded(requirements: Collection[str], unit: Unit) -> dict[str, list[str]]:
    """Return what needs each of these requirements in a unit, by requirement, each need once."""
    found: dict[str, dict[str, None]] = {}
    for needed_by in _registered:
        for need in needed_by(requirements, unit) if requirements else ():
            found.setdefault(need.requirement, {})[need.by] = None
    return {requirement: list(names) for requirement, names in found.items()}


def refuse_needed(requirements: Collection[str], unit: Unit) -> None:
    """Return when nothing needs any of these requirements.

    Raises:
        InvalidInput: something does; it is named.
    """
    for requirement, names in needs_of_excluded(requirements, unit).items():
        raise InvalidInput(
            _("%(id)s cannot be excluded: it is needed by %(names)s.")
            % {"id": requirement, "names": ", ".join(names)},
            field="applicable",
        )
