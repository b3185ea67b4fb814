"""What is asked of everything that a person gives: somebody behind it, and texts that fit.

Actions of all contexts ask it of their input.
"""

import uuid

from django.utils.translation import gettext as _

from twofold.people.access import Actor
from twofold.people.errors import AccessDenied, InvalidInput


def person_behind(by: Actor) -> uuid.UUID:
    """Return the person who answers for an actor.

    Raises:
        AccessDenied: none does: a part of the product decides nothing.
    """
    if by.person_id is None:
        raise AccessDenied(_("A person must decide this."))
    return by.person_id


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
