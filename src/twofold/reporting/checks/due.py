"""Which implementations are due to be checked: daily, and soon after something was asked anew."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time

from django.db.models import Exists, OuterRef, QuerySet

from twofold.controls.models import CheckResult, Implementation, LibraryEntry
from twofold.controls.queries import running
from twofold.ledger.queries import Mark, changes_since
from twofold.people.access import Actor, Permission
from twofold.reporting.checks.shown import check_views

#: Implementations that are checked together: in memory at once, and in one transaction.
BATCH = 100
_IMPLEMENTATION = Implementation._meta.label_lower
_LIBRARY = LibraryEntry._meta.label_lower


def implementations_due(by: Actor, *, at: datetime) -> Iterator[list[Implementation]]:
    """Yield, in batches, the implementations that nothing was found of on this day (UTC) yet."""
    today = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    results = CheckResult.objects.filter(implementation=OuterRef("pk"), ran_at__gte=today)
    yield from batches(
        running(by, permission=Permission.RUN_CHECKS, at=at).exclude(Exists(results))
    )


def without_result(by: Actor, *, at: datetime) -> Iterator[list[Implementation]]:
    """Yield, in batches, the implementations with a check that has no result as it stands now."""
    for batch in batches_running(by, at=at):
        yield lacking(batch)


def batches_running(
    by: Actor, *, control: str = "", at: datetime
) -> Iterator[list[Implementation]]:
    """Yield, in batches, everything that is run and whose checks the actor may run.

    Args:
        control: of this control alone; blank: of all.
    """
    rows = running(by, permission=Permission.RUN_CHECKS, at=at)
    yield from batches(rows.filter(control=control) if control else rows)


def batches(rows: QuerySet[Implementation]) -> Iterator[list[Implementation]]:
    """Yield the rows in batches, in the order of their keys; each is read when it is asked for."""
    last = uuid.UUID(int=0)
    while True:
        batch = list(rows.filter(pk__gt=last).order_by("pk")[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].pk


def lacking(implementations: Iterable[Implementation]) -> list[Implementation]:
    """Return those of a batch with a check that has no result, or one of another rule."""
    found = {
        view.implementation.pk: view.implementation
        for view in check_views(implementations)
        if view.result is None or view.changed_since
    }
    return list(found.values())


def implementations_touched(mark: Mark) -> tuple[Mark | None, set[uuid.UUID]]:
    """Return how far the ledger goes now and the implementations that changed since; one query.

    The mark is None where all must be looked at: the library changed, or too much did.
    """
    found = changes_since(mark)
    if found is None:
        return None, set()
    mark, subjects = found
    if any(subject.startswith(f"{_LIBRARY}:") for subject in subjects):
        return None, set()
    keys = [s.partition(":")[2] for s in subjects if s.startswith(f"{_IMPLEMENTATION}:")]
    return mark, {uuid.UUID(key) for key in keys}
