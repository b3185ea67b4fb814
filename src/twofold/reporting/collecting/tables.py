"""What monitors and checks say, as tables that can be kept as evidence."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from twofold.controls.models import Implementation
from twofold.controls.queries import check_results, library
from twofold.domain.cells import plain
from twofold.evidence.models import EvidenceCollection
from twofold.monitoring.models import Measurement, Monitor
from twofold.reporting.collecting.places import FetchError


def measurements_table(
    collection: EvidenceCollection, first: date, last: date
) -> tuple[bytes, str]:
    """Return the measurements of a monitor whose windows end in a period as CSV, and their origin.

    Raises:
        FetchError: the monitor is not in the collection's unit, or measured nothing then.
    """
    monitor = (
        Monitor.objects.filter(
            pk=_key(collection), system__unit__path__startswith=collection.unit.path
        )
        .select_related("system")
        .first()
    )
    if monitor is None:
        raise FetchError(_("The monitor is no longer in this unit."))
    rows = Measurement.objects.filter(monitor=monitor, window_end__range=(first, last))
    measured = list(rows.order_by("window_start"))
    if not measured:
        raise FetchError(_("The monitor measured no window that ended in the period."))
    head = ("window_start", "window_end", "value", "sample", "verdict", "reason", "profile_sha256")
    table = _csv(
        head,
        (
            (
                row.window_start.isoformat(),
                row.window_end.isoformat(),
                "" if row.value is None else repr(row.value),
                str(row.sample),
                row.verdict,
                row.reason,
                row.profile_sha256,
            )
            for row in measured
        ),
    )
    words = {"monitor": monitor.name, "system": monitor.system.name}
    return table, _("Monitor %(monitor)s of %(system)s") % words


def results_table(collection: EvidenceCollection) -> tuple[bytes, str]:
    """Return the newest results of the checks of a control as it is run as CSV, and their origin.

    Raises:
        FetchError: it is no longer run in the collection's unit, or no check of it has run.
    """
    run = (
        Implementation.objects.filter(
            pk=_key(collection), unit__path__startswith=collection.unit.path, retired_at=None
        )
        .select_related("unit", "system")
        .first()
    )
    if run is None:
        raise FetchError(_("The control is no longer run in this unit."))
    results = list(check_results(run))
    if not results:
        raise FetchError(_("No check of the control has run yet."))
    table = _csv(
        ("check", "title", "outcome", "value", "looked_at", "records", "fault", "ran_at"),
        (
            (
                row.check_id,
                row.title,
                row.outcome,
                "" if row.value is None else repr(row.value),
                str(row.looked_at),
                " ".join(row.records),
                row.fault,
                row.ran_at.isoformat(),
            )
            for row in results
        ),
    )
    control = library().control_by_id.get(run.control)
    words = {"control": f"{run.control} {control.title if control else ''}".strip()}
    return table, _("Checks of %(control)s, %(scope)s") % {**words, "scope": run.scope}


def _key(collection: EvidenceCollection) -> UUID:
    return UUID(collection.locator.partition(":")[2])


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(plain(row) for row in rows)
    return text.getvalue().encode()
