"""What is asked of all that a person gives: somebody behind it, fitting texts, nothing unseen.

Actions of all contexts ask it of their input.
"""

import uuid

from django.utils.translation import gettext as _

from twofold.ledger.queries import revision_of
from twofold.ledger.recorded import Recorded
from twofold.people.access import Actor
from twofold.people.errors import AccessDenied, InvalidInput, Outdated


def person_behind(by: Actor) -> uuid.UUID:
    """Return the person who answers for an actor.

    Raises:
        AccessDenied: none does: a part of the product decides nothing.
    """
    if by.person_id is None:
        raise AccessDenied(_("A person must decide this."))
    return by.person_id


def require_unchanged(row: Recorded, expected: int | None) -> None:
    """Return when a record still is what was looked at; ask it of a row that is locked.

    Args:
        expected: the number of the revision that was shown; None: nobody says what was.

    Raises:
        Outdated: it was changed since.
    """
    if expected is not None and revision_of(row.ledger_subject) != expected:
        raise Outdated(
            _("It was changed since you opened it: read what it says now, then decide again."),
            field="expected",
        )


def fits(text: str, maximum: int) -> bool:
    """Return whether there is a text, not too long and without what a database cannot hold."""
    return bool(text.strip()) and len(text) <= maximum and "\0" not in text


def required(text: str, maximum: int, *, field: str, message: str) -> str:
    """Return a text without the space around it.

    Raises:
        InvalidInput: it is blank, too long, or holds a null character; with the message.
    """
    if not fits(text, maximum):
        raise InvalidInput(message % {"maximum": f"{maximum:,}"}, field=field)
    return text.strip()
