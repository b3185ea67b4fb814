"""Alarms: what is wrong with the keeping of the record, for pages that show it and for monitors.

An alarm says that a promise of the product does not hold at the moment, not that a limit of an AI
system is broken: those are alerts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from twofold.evidence.models import CollectionRun, EvidenceCollection
from twofold.evidence.repository import failing_collections, newest_runs
from twofold.ledger.queries import last_checkpoint
from twofold.ledger.vouching_queries import waiting
from twofold.people.access import Actor, Permission, permitted_units
from twofold.reporting.outside import (
    State,
    authority_view,
    entries_text,
    moment,
    span,
    witness_views,
)


class Severity(StrEnum):
    """How bad it is: an alarm cannot wait, a warning becomes one when it goes on."""

    ALARM = "alarm"
    WARNING = "warning"


class Code(StrEnum):
    """The kind of an alarm, by which monitors know it; it stays what it is."""

    SEQUENCING_LATE = "sequencing-late"
    STAMPS_LATE = "time-stamps-late"
    WITNESS_REFUSES = "witness-refuses"
    WITNESS_LATE = "witness-late"
    COLLECTION_FAILING = "collection-failing"


@dataclass(frozen=True)
class Alarm:
    """Something that is wrong.

    Attributes:
        sentence: what, since when and why, for people; it may name records.
        page: the name of the page where it is looked into: `integrity` or `evidence-collections`.
    """

    code: Code
    severity: Severity
    sentence: str
    page: str


def alarms(by: Actor, *, at: datetime) -> list[Alarm]:
    """Return what is wrong with what the actor answers for, the worst first.

    Those of the log are for whoever may export the record; those of collections for whoever may
    collect evidence, as far as they may read.
    """
    found = []
    if permitted_units(by, Permission.EXPORT_RECORD, at=at).exists():
        found += ledger_alarms(at=at)
    if permitted_units(by, Permission.COLLECT_EVIDENCE, at=at).exists():
        failing = failing_collections(by, at=at)[:_COUNTED]
        told = [f"{run.collection.title} ({run.message.rstrip('.')})" for run in failing]
        found += _collections(told)
    return _worst_first(found)


def ledger_alarms(*, at: datetime) -> list[Alarm]:
    """Return what is wrong with the log and with those who vouch for it, the worst first."""
    last = last_checkpoint()
    size = last.size if last else 0
    return _worst_first([*_sequencing(at), *_witnesses(size, at), *_stamps(size, at)])


def reasons(*, at: datetime) -> list[tuple[Code, Severity]]:
    """Return what is wrong anywhere, by code, each once: nothing in it tells of anybody."""
    found = {alarm.code: alarm.severity for alarm in ledger_alarms(at=at)}
    running = EvidenceCollection.objects.filter(ended_at=None)
    if newest_runs(running).filter(outcome=CollectionRun.Outcome.FAILED).exists():
        found[Code.COLLECTION_FAILING] = Severity.WARNING
    return list(found.items())


#: More failing collections are not counted.
_COUNTED = 100
_NAMED = 3


def _sequencing(at: datetime) -> list[Alarm]:
    found = waiting(at=at, alarm_after=timedelta(seconds=settings.ALARM_SECONDS))
    if not found.late or found.since is None:
        return []
    words = ngettext(
        "%(entries)s waits for a checkpoint, the oldest for %(span)s: does the worker run?",
        "%(entries)s wait for a checkpoint, the oldest for %(span)s: does the worker run?",
        found.count,
    )
    given = {"entries": entries_text(found.count), "span": span(found.since, at)}
    return [Alarm(Code.SEQUENCING_LATE, Severity.ALARM, words % given, "integrity")]


def _witnesses(size: int, at: datetime) -> list[Alarm]:
    found = []
    for view in witness_views(size, at=at):
        why = view.line.trouble.message if view.line.trouble else ""
        given = {"name": view.line.name, "why": why}
        if view.state is State.REFUSES:
            words = _("The witness %(name)s has seen another log than this one: %(why)s")
            found.append(_alarm(Code.WITNESS_REFUSES, Severity.ALARM, words % given))
        elif view.state is State.LATE and view.since is not None:
            words = _("The witness %(name)s has not followed for %(span)s. %(why)s")
            given["span"] = span(view.since, at)
            found.append(_alarm(Code.WITNESS_LATE, Severity.WARNING, words % given))
    return found


def _stamps(size: int, at: datetime) -> list[Alarm]:
    view = authority_view(size, at=at)
    if view is None or view.state is not State.LATE:
        return []
    given = {"name": view.name, "why": view.trouble.message if view.trouble else ""}
    if view.at is None:
        words = _("The time stamp authority %(name)s has not stamped the log yet. %(why)s")
    else:
        words = _("The time stamp authority %(name)s has not stamped since %(at)s. %(why)s")
        given["at"] = moment(view.at)
    return [_alarm(Code.STAMPS_LATE, Severity.WARNING, words % given)]


def _collections(titles: list[str]) -> list[Alarm]:
    if not titles:
        return []
    words = ngettext(
        "%(count)s collection of evidence failed at its last run: %(titles)s.",
        "%(count)s collections of evidence failed at their last run: %(titles)s.",
        len(titles),
    )
    named = ", ".join([*titles[:_NAMED], *["…"][: len(titles) - _NAMED]])
    given = {"count": len(titles), "titles": named}
    return [Alarm(Code.COLLECTION_FAILING, Severity.WARNING, words % given, "evidence-collections")]


def _alarm(code: Code, severity: Severity, sentence: str) -> Alarm:
    return Alarm(code, severity, sentence.strip(), "integrity")


def _worst_first(found: list[Alarm]) -> list[Alarm]:
    return sorted(found, key=lambda alarm: alarm.severity is not Severity.ALARM)
