"""Records that evidence can be linked to: searched for by kind, and named where links are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.models import Implementation
from twofold.controls.queries import library, visible_implementations, visible_statements
from twofold.evidence.queries import visible_items
from twofold.findings.queries import matching as matching_findings
from twofold.findings.queries import visible_findings
from twofold.inventory.queries import matching as matching_systems
from twofold.inventory.queries import visible_systems
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Actor
from twofold.people.errors import InvalidInput


@dataclass(frozen=True)
class Linkable:
    """A record as a list of links names it.

    Attributes:
        subject: its ledger name.
        kind: what sort of record it is, in words.
        place: the unit or system that it belongs to, or blank.
    """

    subject: str
    kind: str
    title: str
    place: str


@dataclass(frozen=True)
class _Sort:
    """One sort of record: its name in words, the rows, how they are searched and named."""

    label: Any
    rows: Callable[[Actor, datetime], QuerySet[Any]]
    matching: Callable[[QuerySet[Any], str], QuerySet[Any]]
    title: Callable[[Any], str]
    place: Callable[[Any], str]


#: So many records are offered at once.
MOST = 12


def sorts() -> list[tuple[str, Any]]:
    """Return the sorts of records that can be linked: the model's label and its name in words."""
    return [(label, sort.label) for label, sort in _SORTS.items()]


def sort_of(subject: str) -> str:
    """Return in words what sort of record a ledger name is of; blank where none is linked."""
    sort = _SORTS.get(subject.partition(":")[0])
    return str(sort.label) if sort else ""


def found(sort: str, text: str, by: Actor, *, at: datetime) -> list[Linkable]:
    """Return the first records of a sort, as a list shows them, that hold a text.

    Args:
        sort: label of the model, one of `sorts`; of another one nothing is found.
        text: blank: all are offered.
    """
    known = _SORTS.get(sort)
    if known is None:
        return []
    rows = known.matching(known.rows(by, at), text)
    return [_linkable(sort, known, row) for row in rows[:MOST]]


def named(subjects: Iterable[str], by: Actor, *, at: datetime) -> dict[str, Linkable]:
    """Return what records are called, by ledger name; those that the actor may not read are absent.

    One query for each sort of record among them.
    """
    keys: dict[str, list[UUID]] = {}
    for subject in subjects:
        label, _separator, key = subject.partition(":")
        if label in _SORTS and (parsed := _key(key)):
            keys.setdefault(label, []).append(parsed)
    return {
        record.subject: record
        for label, wanted in keys.items()
        for record in (
            _linkable(label, _SORTS[label], row)
            for row in _SORTS[label].rows(by, at).filter(pk__in=wanted)
        )
    }


def require_linkable(subject: str, by: Actor, *, field: str, at: datetime) -> Linkable:
    """Return the record of a ledger name.

    Raises:
        InvalidInput: evidence is not linked to such records, or the actor may not read it.
    """
    record = named([subject], by, at=at).get(subject)
    if record is None:
        raise InvalidInput(_("There is no such record to link to."), field=field)
    return record


def _linkable(label: str, sort: _Sort, row: Model) -> Linkable:
    return Linkable(f"{label}:{row.pk}", str(sort.label), sort.title(row), sort.place(row))


def _key(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _implementations(by: Actor, at: datetime) -> QuerySet[Implementation]:
    # Claims are not shown here, and there may be many of them.
    return visible_implementations(by, at=at).prefetch_related(None)


def _matching_implementations(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    words = text.casefold()
    controls = [
        control.id
        for control in library().controls
        if words in control.id.casefold() or words in control.title.casefold()
    ]
    scope = Q(system__name__icontains=text) | Q(unit__name__icontains=text, system=None)
    return rows.filter(Q(control__in=controls) | scope, retired_at=None)


def _control_title(row: Implementation) -> str:
    control = library().control_by_id.get(row.control)
    return f"{row.control} {control.title}" if control else row.control


_SORTS: dict[str, _Sort] = {
    "findings.finding": _Sort(
        gettext_lazy("Finding"),
        lambda by, at: visible_findings(by, at=at),
        matching_findings,
        lambda row: f"{row} {row.title}",
        lambda row: row.unit.name,
    ),
    "controls.implementation": _Sort(
        gettext_lazy("Control as it is run"),
        _implementations,
        _matching_implementations,
        _control_title,
        lambda row: row.scope,
    ),
    "inventory.aisystem": _Sort(
        gettext_lazy("AI system"),
        lambda by, at: visible_systems(by, at=at),
        matching_systems,
        lambda row: row.name,
        lambda row: row.unit.name,
    ),
    "controls.statement": _Sort(
        gettext_lazy("Statement of Applicability"),
        lambda by, at: visible_statements(by, at=at),
        lambda rows, text: rows.filter(framework__icontains=text),
        str,
        lambda row: row.unit.name,
    ),
    "monitoring.alert": _Sort(
        gettext_lazy("Alert"),
        lambda by, at: visible_alerts(by, at=at),
        lambda rows, text: rows.filter(
            Q(breach__monitor__name__icontains=text)
            | Q(breach__monitor__system__name__icontains=text)
        ),
        lambda row: row.breach.monitor.name,
        lambda row: row.breach.monitor.system.name,
    ),
    "evidence.evidenceitem": _Sort(
        gettext_lazy("Other evidence"),
        lambda by, at: visible_items(by, at=at),
        lambda rows, text: rows.filter(
            Q(title__icontains=text) | Q(kind__icontains=text), erased_at=None
        ),
        lambda row: row.title or _("Erased evidence"),
        lambda row: row.unit.name,
    ),
}
