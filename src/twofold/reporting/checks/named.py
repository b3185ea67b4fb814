"""What people call the records that speak against a check."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.controls.models import Applicability, EvidenceClaim, Implementation, Statement
from twofold.findings.models import Finding
from twofold.inventory.models import AISystem
from twofold.monitoring.models import Alert, Breach, Monitor
from twofold.people.models import ApiToken, RoleAssignment
from twofold.telemetry.models import DayProfile


def record_names(subjects: Iterable[str]) -> dict[str, str]:
    """Return what to call each record, by its ledger name; one query for each kind among them.

    A record that is not there, or of a kind without words, keeps its ledger name.
    """
    names: dict[str, str] = {}
    by_label: defaultdict[str, list[UUID]] = defaultdict(list)
    for subject in dict.fromkeys(subjects):
        label, _separator, key = subject.partition(":")
        names[subject] = _("Newest checkpoint") if label == _CHECKPOINT else subject
        if label in _NAMING:
            by_label[label].append(UUID(key))
    for label, keys in by_label.items():
        model, related, words = _NAMING[label]
        rows: Any = model._default_manager.filter(pk__in=keys)  # noqa: SLF001 - public in Django
        for row in rows.select_related(*related) if related else rows:
            names[f"{label}:{row.pk}"] = words(row)
    return names


def _day(value: Any) -> str:  # noqa: ANN401 - a date or a moment
    return date_format(value, "j M Y")


def _of_system(name: str, system: AISystem) -> str:
    return _("%(name)s of %(system)s") % {"name": name, "system": system.name}


def _assignment(row: RoleAssignment) -> str:
    words = {"role": row.get_role_display(), "person": row.person.name, "unit": row.unit.name}
    return _("%(role)s in %(unit)s: %(person)s") % words


def _events(row: DayProfile) -> str:
    words = {"system": row.schema.system.name, "day": _day(row.day)}
    return _("Events of %(system)s on %(day)s") % words


_Words = Callable[[Any], str]
_CHECKPOINT = "ledger.ledgercheckpoint"
#: By ledger name of the model: the model, what is read with it, and the words.
_NAMING: Mapping[str, tuple[type[Model], tuple[str, ...], _Words]] = {
    "controls.applicability": (Applicability, (), lambda row: row.requirement),
    "controls.evidenceclaim": (EvidenceClaim, (), lambda row: row.statement),
    "controls.implementation": (
        Implementation,
        ("unit", "system"),
        lambda row: f"{row.control} {row.scope}",
    ),
    "controls.statement": (
        Statement,
        (),
        lambda row: (
            _("Statement of Applicability %(framework)s, version %(number)s")
            % {"framework": row.framework, "number": row.number}
        ),
    ),
    "findings.finding": (Finding, (), lambda row: f"F-{row.number} {row.title}"),
    "inventory.aisystem": (AISystem, (), lambda row: row.name),
    "monitoring.alert": (
        Alert,
        ("breach__monitor__system",),
        lambda row: (
            _("Alert of %(day)s: %(monitor)s")
            % {
                "day": _day(row.raised_at),
                "monitor": _of_system(row.breach.monitor.name, row.breach.monitor.system),
            }
        ),
    ),
    "monitoring.breach": (
        Breach,
        ("monitor__system",),
        lambda row: (
            _("Breach of %(day)s: %(monitor)s")
            % {
                "day": _day(row.opened_at),
                "monitor": _of_system(row.monitor.name, row.monitor.system),
            }
        ),
    ),
    "monitoring.monitor": (Monitor, ("system",), lambda row: _of_system(row.name, row.system)),
    "people.apitoken": (
        ApiToken,
        ("person",),
        lambda row: (
            _("Token %(name)s of %(person)s") % {"name": row.name, "person": row.person.name}
        ),
    ),
    "people.roleassignment": (RoleAssignment, ("person", "unit"), _assignment),
    "telemetry.dayprofile": (DayProfile, ("schema__system",), _events),
}
