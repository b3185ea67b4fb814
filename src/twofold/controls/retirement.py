"""What stands against ending how a control is run: whoever lies above says what rests on it.

As in `exclusions`, the contexts above register a question once, when the product starts.
"""

from collections.abc import Callable, Iterable

from django.utils.translation import gettext as _

from twofold.controls.models import Implementation
from twofold.people.errors import Conflict

#: Answers what is open against an implementation, as people call it: `F-12`.
OpenAgainst = Callable[[Implementation], Iterable[str]]
_registered: list[OpenAgainst] = []


def ask_before_retiring(open_against: OpenAgainst) -> None:
    """Have a question asked before a control is retired; once, however often it is given."""
    if open_against not in _registered:
        _registered.append(open_against)


def refuse_open(implementation: Implementation) -> None:
    """Return when nothing is open against an implementation.

    Raises:
        Conflict: something is; it is named.
    """
    names = [name for open_against in _registered for name in open_against(implementation)]
    if names:
        raise Conflict(
            _("Close what is open against it first, so that it is not lost: %(names)s.")
            % {"names": ", ".join(names)}
        )
