"""From the ledger's name of a record to the page that shows it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.urls import reverse

from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import (
    visible_decisions,
    visible_implementations,
    visible_overrides,
    visible_statements,
)
from twofold.evidence.queries import visible_items, visible_requests
from twofold.evidence.repository import visible_collections
from twofold.findings.queries import visible_findings
from twofold.inventory.queries import visible_systems
from twofold.monitoring.models import MonitoringReport
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Actor
from twofold.people.queries import visible_assignments, visible_erasures, visible_persons

_Finder = Callable[[Actor, datetime, UUID], str]


def has_page(subject: str) -> bool:
    """Return whether records of this kind have a page."""
    return subject.partition(":")[0] in _FINDERS


def page_of(subject: str, by: Actor, *, at: datetime) -> str:
    """Return the address of the page of a record; blank where none shows it to the actor."""
    label, _separator, key = subject.partition(":")
    find = _FINDERS.get(label)
    try:
        return find(by, at, UUID(key)) if find else ""
    except ValueError:
        return ""


def _decision(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_decisions(by, at=at).filter(pk=key).first()
    return reverse("requirement", args=[found.requirement]) if found else ""


def _override(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_overrides(by, at=at).filter(pk=key).first()
    return f"{reverse('requirement', args=[found.requirement])}#override" if found else ""


def _statement(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_statements(by, at=at).filter(pk=key).first()
    return reverse("statement", args=[found.pk]) if found else ""


def _finding(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_findings(by, at=at).filter(pk=key).first()
    return reverse("finding", args=[found.pk]) if found else ""


def _implementation(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_implementations(by, at=at).prefetch_related(None).filter(pk=key).first()
    return reverse("implementation", args=[found.pk]) if found else ""


def _check_result(by: Actor, at: datetime, key: UUID) -> str:
    rows = visible_implementations(by, at=at).prefetch_related(None)
    found = rows.filter(check_results=key).first()
    return f"{reverse('implementation', args=[found.pk])}#check-{key}" if found else ""


def _evidence(lookup: str, by: Actor, at: datetime, key: UUID) -> str:
    found = visible_items(by, at=at).filter(**{lookup: key}).first()
    return reverse("evidence-item", args=[found.pk]) if found else ""


def _request(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_requests(by, at=at).filter(pk=key).first()
    return reverse("evidence-request", args=[found.pk]) if found else ""


def _collection(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_collections(by, at=at).filter(pk=key).first()
    return reverse("evidence-collection", args=[found.pk]) if found else ""


def _report(by: Actor, at: datetime, key: UUID) -> str:
    found = MonitoringReport.objects.filter(pk=key).select_related("evidence").first()
    return _evidence("pk", by, at, found.evidence.item_id) if found else ""


def _alert(lookup: str, by: Actor, at: datetime, key: UUID) -> str:
    found = visible_alerts(by, at=at).filter(**{lookup: key}).first()
    return reverse("alert", args=[found.pk]) if found else ""


def _system(lookup: str, by: Actor, at: datetime, key: UUID) -> str:
    found = visible_systems(by, at=at).filter(**{lookup: key}).first()
    return reverse("system", args=[found.code]) if found else ""


def _library_entry(_by: Actor, _at: datetime, key: UUID) -> str:
    found = LibraryEntry.objects.filter(pk=key).first()
    return reverse("library-control", args=[found.control]) if found else ""


def _framework(_by: Actor, _at: datetime, key: UUID) -> str:
    found = ImportedFramework.objects.filter(pk=key, withdrawn_at=None).only("code").first()
    return reverse("framework", args=[found.code]) if found else ""


def _erasure(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_erasures(by, at=at).filter(pk=key).first()
    return reverse("erasure", args=[found.pk]) if found else ""


def _person(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_persons(by, at=at, active=None).filter(pk=key).first()
    return reverse("person", args=[found.pk]) if found else ""


def _assignment(by: Actor, at: datetime, key: UUID) -> str:
    found = visible_assignments(by, at=at).filter(pk=key, person__is_active=True).first()
    return reverse("person", args=[found.person_id]) if found else ""


_FINDERS: dict[str, _Finder] = {
    "controls.applicability": _decision,
    "controls.checkresult": _check_result,
    "controls.implementation": _implementation,
    "controls.importedframework": _framework,
    "controls.libraryentry": _library_entry,
    "controls.override": _override,
    "controls.statement": _statement,
    "controls.evidenceclaim": partial(_evidence, "versions__claims"),
    "findings.finding": _finding,
    "evidence.evidencecollection": _collection,
    "evidence.evidenceitem": partial(_evidence, "pk"),
    "evidence.evidencelink": partial(_evidence, "links"),
    "evidence.evidencerequest": _request,
    "evidence.evidenceversion": partial(_evidence, "versions"),
    "monitoring.breach": partial(_alert, "breach"),
    "monitoring.alert": partial(_alert, "pk"),
    "monitoring.monitoringreport": _report,
    "monitoring.monitor": partial(_system, "monitors"),
    "monitoring.measurement": partial(_system, "monitors__measurements"),
    "inventory.aisystem": partial(_system, "pk"),
    "people.erasure": _erasure,
    "people.person": _person,
    "people.roleassignment": _assignment,
    "telemetry.eventschema": partial(_system, "schemas"),
    "telemetry.dayprofile": partial(_system, "schemas__day_profiles"),
    "telemetry.referenceprofile": partial(_system, "schemas__reference"),
    "telemetry.sealedfile": partial(_system, "schemas__sealed_files"),
}
