"""What the server answers, as values with types; unknown parts of an answer are left out.

Each `read` takes a decoded JSON document and raises KeyError, TypeError or ValueError on one that
does not fit, which the connection turns into an `ApiError`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Receipt:
    """How many events are new and durable, and how many the server knew already."""

    accepted: int
    duplicates: int

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the receipt of one request."""
        return cls(int(document["accepted"]), int(document["duplicates"]))

    def __add__(self, other: "Receipt") -> "Receipt":
        return Receipt(self.accepted + other.accepted, self.duplicates + other.duplicates)


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor that was set up."""

    id: str
    name: str
    metric: str
    field: str
    window_days: int
    direction: str
    warn: float | None
    breach: float
    minimum_sample: int

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the monitor of a document."""
        return cls(**{name: document[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that a breach raised; `open` as long as the breach lasts."""

    id: str
    system: str
    monitor: str
    severity: str
    raised_at: datetime
    first_window: date
    worst_value: float | None
    open: bool
    acknowledged_at: datetime | None

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the alert of a document."""
        acknowledged_at = document["acknowledged_at"]
        return cls(
            id=document["id"],
            system=document["system"],
            monitor=document["monitor"],
            severity=document["severity"],
            raised_at=datetime.fromisoformat(document["raised_at"]),
            first_window=date.fromisoformat(document["first_window"]),
            worst_value=document["worst_value"],
            open=document["open"],
            acknowledged_at=datetime.fromisoformat(acknowledged_at) if acknowledged_at else None,
        )

    @classmethod
    def read_all(cls, documents: list[dict[str, Any]]) -> list[Self]:
        """Return the alerts of a list."""
        return [cls.read(document) for document in documents]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence item with its newest version; `sha256` in hex, `size` in bytes."""

    id: str
    title: str
    kind: str
    version: int
    sha256: str
    size: int
    valid_until: date

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the item of a document."""
        return cls(
            id=document["id"],
            title=document["title"],
            kind=document["kind"],
            version=document["version"],
            sha256=document["sha256"],
            size=document["size"],
            valid_until=date.fromisoformat(document["valid_until"]),
        )


@dataclass(frozen=True, slots=True)
class EvidenceRequest:
    """A request for evidence.

    Attributes:
        state: `open`, `overdue`, `answered` or `withdrawn`.
        owner: e-mail address of who owes it.
        evidence: id of the item that answered it; None: none has.
    """

    id: str
    state: str
    title: str
    details: str
    kind: str
    about: str
    owner: str
    due_date: date
    evidence: str | None

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the request of a document."""
        values = {name: document[name] for name in cls.__slots__}
        return cls(**{**values, "due_date": date.fromisoformat(document["due_date"])})

    @classmethod
    def read_all(cls, documents: list[dict[str, Any]]) -> list[Self]:
        """Return the requests of a list."""
        return [cls.read(document) for document in documents]


@dataclass(frozen=True, slots=True)
class Framework:
    """How one framework stands.

    Attributes:
        counts: how many requirements have each status.
        score: mean of the scored requirements, None when none is.
        scored: how many requirements have a score.
        total: how many there are.
    """

    id: str
    title: str
    counts: dict[str, int]
    score: float | None
    scored: int
    total: int


@dataclass(frozen=True, slots=True)
class Posture:
    """The computed state of every framework on a day."""

    on: date
    frameworks: tuple[Framework, ...]

    @classmethod
    def read(cls, document: dict[str, Any]) -> Self:
        """Return the posture of a document."""
        return cls(
            date.fromisoformat(document["on"]),
            tuple(
                Framework(**{name: entry[name] for name in Framework.__slots__})
                for entry in document["frameworks"]
            ),
        )
