"""The weekly history of a standard, computed from revisions, and the forecast that follows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from twofold.catalog.model import Framework
from twofold.domain.forecast import SHORTEST_DAYS, Forecast, NoForecast, Point
from twofold.ledger.queries import began_at
from twofold.people.access import Actor
from twofold.reporting.judged import Judged, open_of
from twofold.reporting.standing import Snapshot, snapshots

#: So many weeks back at most.
WEEKS = 12


def weekly(by: Actor, found: Judged, *, at: datetime) -> list[Snapshot]:
    """Return the states at the end of each of the last weeks (Sundays), and those of the day.

    None lies before the organisation's first entry. They are kept in memory once computed, as what
    was recorded by then does not change.
    """
    return [*snapshots(by, _weeks(found.on), at=at), Snapshot(found.on, found.readiness)]


def history(framework: Framework, weeks: Sequence[Snapshot]) -> tuple[Point, ...]:
    """Return how many requirements of a framework were open on each day, and how many closed since.

    A requirement is open while it is unknown, a gap or partial by its facts.
    """
    opens = [(found.on, open_of(framework, found.readiness)) for found in weeks]
    first = Point(opens[0][0], len(opens[0][1]), 0)
    later = [
        Point(on, len(now), len(before - now)) for (_day, before), (on, now) in pairwise(opens)
    ]
    return (first, *later)


def forecast_text(found: Forecast) -> str:
    """Return the sentence that tells when everything will be closed, or why that is not known."""
    if found.why_not is not None:
        return _WHY_NOT[found.why_not](found)
    words = {
        "expected": _written(found.expected),
        "earliest": _written(found.earliest),
        "latest": _written(found.latest),
    }
    if found.latest is None:
        return _("%(expected)s; not before %(earliest)s, and the end is not known.") % words
    return _("%(expected)s; with 80 %% certainty between %(earliest)s and %(latest)s.") % words


def method_text(found: Forecast) -> str:
    """Return how a forecast was computed."""
    counted = ngettext(
        "In %(days)d day %(closed)d requirements were closed and %(opened)d opened.",
        "In %(days)d days %(closed)d requirements were closed and %(opened)d opened.",
        found.days,
    ) % {"days": found.days, "closed": found.closed, "opened": found.opened}
    if not found.days:
        return ""
    if found.why_not is not None:
        return counted
    method = _(
        "Closing is taken as a Poisson process; the interval of its rate is Garwood's, and what "
        "was opened meanwhile is taken to go on."
    )
    if found.dispersion > 1:
        batches = _("Work was closed in batches (dispersion %(value).1f): the interval is wider.")
        return f"{counted} {method} {batches % {'value': found.dispersion}}"
    return f"{counted} {method}"


def _weeks(on: date) -> list[date]:
    """Return the last Sundays before a day on which the record had begun."""
    began = began_at()
    if began is None:
        return []
    first = began.astimezone(UTC).date()
    sunday = on - timedelta(days=on.isoweekday() % 7 or 7)
    days = [sunday - timedelta(weeks=week) for week in reversed(range(WEEKS))]
    return [day for day in days if day >= first]


def _written(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""


_WHY_NOT: Mapping[NoForecast, Callable[[Forecast], str]] = {
    NoForecast.NOTHING_OPEN: lambda _f: _("Nothing is open today."),
    NoForecast.SHORT_HISTORY: lambda f: (
        _("No forecast: the record tells of %(days)d days, and %(least)d are needed.")
        % {"days": f.days, "least": SHORTEST_DAYS}
    ),
    NoForecast.NOTHING_CLOSED: lambda _f: _("No forecast: nothing was closed in these weeks."),
    NoForecast.OUTRUN: lambda f: (
        _("No forecast: %(opened)d were opened in these weeks and only %(closed)d closed.")
        % {"opened": f.opened, "closed": f.closed}
        if f.opened > f.closed
        else _("No forecast: as many were opened in these weeks as were closed.")
    ),
    NoForecast.TOO_FAR: lambda _f: _(
        "No forecast: at this rate it lies more than ten years ahead."
    ),
}
