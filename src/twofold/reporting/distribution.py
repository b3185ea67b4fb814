"""How a field's values are distributed in the newest week against the reference."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from twofold.domain import bins
from twofold.domain.profile import CategoryTally, NumberTally, Profile
from twofold.telemetry.models import EventSchema
from twofold.telemetry.queries import reference_of, window_profile

GROUPS = 12
DAYS = 7


def distribution_chart(schema: EventSchema, field: str, last: date) -> dict[str, Any] | None:
    """Return the shares of a field's values in the reference and in the last seven days.

    Returns:
        None when there is no reference or no value of the field in either.
    """
    reference = reference_of(schema)
    if reference is None:
        return None
    window = window_profile(schema, last - timedelta(days=DAYS - 1), last)
    rows = _rows(reference, window, field)
    if not rows:
        return None
    return {
        "kind": "histogram",
        "unit": "%",
        "columns": [_("Value"), _("Reference"), _("Last 7 days")],
        "rows": rows,
    }


def _rows(reference: Profile, window: Profile, field: str) -> list[list[Any]]:
    if field in reference.numbers and field in window.numbers:
        return _number_rows(reference.numbers[field], window.numbers[field])
    if field in reference.categories and field in window.categories:
        return _category_rows(reference.categories[field], window.categories[field])
    return []


def _number_rows(reference: NumberTally, window: NumberTally) -> list[list[Any]]:
    """Join adjacent bins until each group holds about a twelfth of the reference."""
    keys = sorted({*reference.bins, *window.bins})
    whole, now = sum(reference.bins.values()), sum(window.bins.values())
    if not whole or not now:
        return []
    rows: list[list[Any]] = []
    start, inside = 0, 0
    for place, key in enumerate(keys):
        inside += reference.bins.get(key, 0)
        if inside * GROUPS >= whole or place == len(keys) - 1:
            group = keys[start : place + 1]
            rows.append(
                [
                    _span(group),
                    _share(reference.bins, group, whole),
                    _share(window.bins, group, now),
                ]
            )
            start, inside = place + 1, 0
    return rows


def _category_rows(reference: CategoryTally, window: CategoryTally) -> list[list[Any]]:
    whole, now = reference.count, window.count
    if not whole or not now:
        return []
    values = sorted(
        {*reference.values, *window.values},
        key=lambda value: -(reference.values.get(value, 0) / whole),
    )
    return [
        [value, _share(reference.values, [value], whole), _share(window.values, [value], now)]
        for value in values[:GROUPS]
    ]


def _share(counts: Mapping[Any, int], keys: Sequence[Any], whole: int) -> float:
    return round(100 * sum(counts.get(key, 0) for key in keys) / whole, 2)


def _span(keys: Sequence[int]) -> str:
    low, high = bins.bounds(keys[0])[0], bins.bounds(keys[-1])[1]
    if abs(low) < 1e-300 and abs(high) < 1e-300:
        return "0"
    return f"{_short(low)}\u2013{_short(high)}"


def _short(value: float) -> str:
    if abs(value) < 1e-300:
        return "0"
    return number_format(float(f"{value:.3g}"), use_l10n=True)
