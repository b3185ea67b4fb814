"""Refusals that concern who may do what."""


class Refusal(Exception):  # noqa: N818 - the base of every refusal that a person is told
    """Something a person asked for and may not or cannot have; the message is for that person.

    Attributes:
        code: stable name of the kind of refusal.
        field: the input that is the reason, where it is one.
    """

    code = "refused"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidInput(Refusal):
    """A value is not acceptable; `field` names it."""

    code = "invalid"


class NotFound(Refusal):
    """There is no such record, or it lies outside what the actor may see."""

    code = "not-found"


class Conflict(Refusal):
    """The record's state does not allow this, or another change came first."""

    code = "conflict"


class Outdated(Conflict):
    """The record is no longer what the actor looked at."""

    code = "outdated"


class AccessDenied(Refusal):
    """The actor holds no role that permits this here."""

    code = "access-denied"


class SeparationOfDuties(AccessDenied):
    """Two persons are needed, and the actor is already one of them."""

    code = "separation-of-duties"
