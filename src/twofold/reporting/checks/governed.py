"""What the organisation decided and found in a scope: findings, decisions, statements, its record.

Decisions and statements hold below the unit that made them, so that a scope sees those of the units
above it as well as those below.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Q

from twofold.controls.models import Applicability, Implementation, Statement
from twofold.domain.checks import Observation, Rule
from twofold.findings.models import Finding
from twofold.ledger.queries import newest_checkpoints
from twofold.reporting.checks.gathered import (
    Asked,
    Finder,
    bounded,
    days_between,
    person,
    placed,
)
from twofold.reporting.checks.scopes import Place, below
from twofold.reporting.rows import end_of, known_day

#: So many of the newest checkpoints are looked at; there is one for every few changes.
NEWEST_CHECKPOINTS = 10_000


def findings(asked: Asked) -> Finder:
    """Gather the findings, dated by when they were raised.

    Those of an AI system are about a control that is run for it. How late a corrective action is
    cannot be told before it has a date; an opportunity for improvement owes none.
    """
    keys = {scope.system for scope in asked.scopes if scope.system is not None}
    units = [scope.path for scope in asked.scopes if scope.system is None]
    rows = Finding.objects.filter(
        below(units, "unit__path") | Q(implementation__system_id__in=keys)
    )
    found = rows.order_by("pk").values_list(
        "pk",
        "unit__path",
        "implementation__system_id",
        "grade",
        "raised_at",
        "due_date",
        "closed_at",
        "raised_by_id",
        "owner_id",
        "closed_by_id",
    )
    return placed(_findings(asked, bounded(found.iterator())))


def _findings(asked: Asked, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Place, Observation]]:
    for key, path, system, grade, raised_at, due, closed_at, raised_by, owner, closed_by in rows:
        last = asked.on if closed_at is None else known_day(closed_at)
        yield (
            Place(path, system),
            Observation(
                f"findings.finding:{key}",
                on=known_day(raised_at),
                labels={"state": "open" if closed_at is None else "closed", "grade": grade},
                measures={
                    "age_days": days_between(known_day(raised_at), asked.on),
                    # What is due on no day is late on none.
                    "overdue_days": 0 if due is None else max(0, days_between(due, last)),
                },
                actors={
                    "raised_by": person(raised_by),
                    "owner": person(owner),
                    "closed_by": person(closed_by),
                },
            ),
        )


def decisions(asked: Asked) -> Finder:
    """Gather the decisions whether a requirement applies, dated by when they were taken."""
    found = Applicability.objects.order_by("pk").values_list(
        "pk", "unit__path", "requirement", "applicable", "decided_at", "decided_by_id"
    )
    return _along(
        (
            path,
            Observation(
                f"controls.applicability:{key}",
                on=known_day(decided_at),
                labels={
                    "framework": requirement.partition(":")[0],
                    "applicable": "yes" if applicable else "no",
                },
                measures={"age_days": days_between(known_day(decided_at), asked.on)},
                actors={"decided_by": person(decided_by)},
            ),
        )
        for key, path, requirement, applicable, decided_at, decided_by in bounded(found.iterator())
    )


def statements(asked: Asked) -> Finder:
    """Gather the approved Statements of Applicability, dated by their approval."""
    rows = Statement.objects.filter(approved_at__lt=end_of(asked.on))
    found = rows.order_by("pk").values_list(
        "pk", "unit__path", "framework", "approved_at", "prepared_by_id", "approved_by_id"
    )
    return _along(_statements(asked, bounded(found.iterator())))


def _statements(asked: Asked, rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[str, Observation]]:
    for key, path, framework, approved_at, prepared_by, approved_by in rows:
        yield (
            path,
            Observation(
                f"controls.statement:{key}",
                on=known_day(approved_at),
                labels={"framework": framework},
                measures={"age_days": days_between(known_day(approved_at), asked.on)},
                actors={"prepared_by": person(prepared_by), "approved_by": person(approved_by)},
            ),
        )


def checkpoints(asked: Asked) -> Finder:
    """Gather the newest signed checkpoints of the ledger, which is one for the organisation."""
    rows = newest_checkpoints(before=end_of(asked.on), limit=NEWEST_CHECKPOINTS)
    found = [
        Observation(
            f"ledger.ledgercheckpoint:{key}",
            on=known_day(signed_at),
            measures={"age_days": days_between(known_day(signed_at), asked.on)},
        )
        for key, signed_at in rows
    ]
    return lambda _implementation, _rule: found


def _along(found: Iterable[tuple[str, Observation]]) -> Finder:
    """Return what finds observations of a unit, of those below it and of those above it."""
    by_path: dict[str, list[Observation]] = {}
    for path, entry in found:
        by_path.setdefault(path, []).append(entry)
    known: dict[str, list[Observation]] = {}

    def find(implementation: Implementation, _rule: Rule) -> Sequence[Observation]:
        own = implementation.unit.path
        if own not in known:
            known[own] = [
                entry
                for path, entries in by_path.items()
                if path.startswith(own) or own.startswith(path)
                for entry in entries
            ]
        return known[own]

    return find
