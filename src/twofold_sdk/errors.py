"""What can go wrong when a program talks to Twofold; all of it is a `TwofoldError`."""

from collections.abc import Sequence
from dataclasses import dataclass


class TwofoldError(Exception):
    """Base of every error that the SDK raises on purpose."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a request: the field it lies in, such as `events[3].values.age`, and why."""

    field: str
    reason: str


class ApiError(TwofoldError):
    """The server refused a request, or answered what its API never answers.

    Attributes:
        status: HTTP status of the answer.
        detail: the server's own sentence.
        errors: the fields at fault and the reason of each; empty when no field is.
    """

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = ()) -> None:
        # A single fault is often all that the server's sentence speaks of.
        named = "; ".join(
            error.field if error.reason == detail else f"{error.field}: {error.reason}"
            for error in errors
        )
        super().__init__(f"{status}: {detail}" + (f" [{named}]" if named else ""))
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)


class Unreachable(TwofoldError):  # noqa: N818 - says what the server is
    """No answer came, within the time-out and after the last attempt."""


class EventError(TwofoldError, ValueError):
    """An event cannot be sent as it is; nothing of it left the program.

    Attributes:
        field: where the fault lies, such as `values.amount`.
        reason: what is wrong there.
    """

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class DeliveryError(TwofoldError):
    """Logged events are not acknowledged; they are still in the buffer. The cause is attached.

    Attributes:
        undelivered: how many events wait in the buffer.
    """

    def __init__(self, undelivered: int, cause: object) -> None:
        super().__init__(f"{undelivered} logged events are not delivered: {cause}")
        self.undelivered = undelivered


class BufferFull(TwofoldError):  # noqa: N818 - says what the buffer is
    """The buffer had no room for an event for as long as `log` waits; the event was not taken."""
