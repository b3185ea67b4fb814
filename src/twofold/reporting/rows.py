"""Rows that readiness is computed from: as they stand now, or as they stood on a past day.

Both ways give the same columns under the same names, so that the facts are built by one piece of
code: the present is read from the tables, the past from the revisions of the ledger.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from uuid import UUID

from twofold.controls.models import (
    Applicability,
    CheckResult,
    EvidenceClaim,
    Implementation,
    ImportedFramework,
    LibraryEntry,
    Override,
)
from twofold.evidence.models import EvidenceVersion
from twofold.findings.models import Finding
from twofold.inventory.models import AISystem
from twofold.ledger.queries import recorded_states
from twofold.ledger.recorded import Recorded
from twofold.monitoring.models import Breach, Monitor
from twofold.people.models import Unit

Row = dict[str, Any]
Model = type[Recorded]

#: The columns that matter, by model.
COLUMNS: dict[Model, tuple[str, ...]] = {
    Unit: ("id", "name", "path"),
    AISystem: ("id", "name", "unit_id", "stage"),
    Monitor: ("id", "system_id", "name", "metric"),
    Implementation: (
        "id",
        "control",
        "unit_id",
        "system_id",
        "owner_id",
        "needs",
        "checks",
        "started_at",
        "approved_at",
        "review_due_date",
        "retired_at",
    ),
    EvidenceClaim: (
        "id",
        "implementation_id",
        "need",
        "period_from",
        "period_to",
        "valid_until",
        "claimed_at",
        "accepted_at",
        "rejected_at",
        "withdrawn_at",
    ),
    CheckResult: ("id", "implementation_id", "check_id", "rule", "outcome", "ran_at"),
    Breach: ("id", "monitor_id", "opened_at", "closed_at"),
    Finding: (
        "id",
        "number",
        "unit_id",
        "requirement",
        "implementation_id",
        "grade",
        "title",
        "raised_at",
        "due_date",
        "closed_at",
    ),
    Applicability: ("id", "unit_id", "requirement", "applicable", "reason", "decided_at"),
    Override: (
        "id",
        "unit_id",
        "requirement",
        "status",
        "reason",
        "approved_at",
        "expires_date",
        "withdrawn_at",
    ),
    LibraryEntry: ("id", "control", "change", "content"),
    ImportedFramework: ("id", "code", "content", "withdrawn_at"),
}
MODELS = {model._meta.label_lower: model for model in COLUMNS}


class Source(Protocol):
    """Where rows come from."""

    def rows(self, model: Model) -> Iterable[Row]:
        """Yield the rows of a model, each with its columns by name; `id` as text."""


@dataclass(frozen=True)
class Now:
    """The tables as they stand."""

    keys: Collection[str] | None = None

    def rows(self, model: Model) -> Iterator[Row]:
        """Yield the rows of a model, only those of `keys` where there are any."""
        found = model._base_manager.order_by()  # noqa: SLF001 - every row
        if self.keys is not None:
            found = found.filter(pk__in=self.keys)
        for row in found.values(*COLUMNS[model]).iterator(chunk_size=2000):
            row["id"] = str(row["id"])
            yield row


@dataclass(frozen=True)
class Then:
    """The records as they stood at the end of a day (UTC), from the revisions of the ledger."""

    day: date
    keys: Collection[str] | None = None

    def rows(self, model: Model) -> Iterator[Row]:
        """Yield the newest revision of each record by then, only those of `keys` where given."""
        label, ended = model._meta.label_lower, end_of(self.day)
        found = recorded_states(label, before=ended, keys=self.keys)
        return _with_periods(found) if model is EvidenceClaim else found


def _with_periods(claims: Iterator[Row]) -> Iterator[Row]:
    """Yield claims; one recorded before claims had periods speaks of all of its evidence."""
    old: list[Row] = []
    for row in claims:
        if "period_from" in row:
            yield row
        else:
            old.append(row)
    if old:
        # What a version of evidence speaks of never changes.
        periods = EvidenceVersion.objects.in_bulk([row["evidence_id"] for row in old])
        for row in old:
            of = periods[UUID(row["evidence_id"])]
            yield {
                **row,
                "period_from": of.period_from,
                "period_to": of.period_to,
                "valid_until": of.valid_until,
            }


def end_of(day: date) -> datetime:
    """Return the first moment after a day (UTC)."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def day_of(value: str | date | datetime | None) -> date | None:
    """Return the day of a column, stored or recorded; a time counts by its day in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).date()
    if isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value


def known_day(value: str | date | datetime) -> date:
    """Return the day of a column that is never empty."""
    day = day_of(value)
    assert day is not None  # noqa: S101 - the column has no null
    return day


def key_of(value: object) -> str:
    """Return a key as text; blank for none."""
    return "" if value is None else str(value)
