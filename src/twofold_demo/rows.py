"""Rows of a data frame as events of the SDK."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pandas as pd

from twofold_sdk import Event, Field


def events_of(
    rows: pd.DataFrame, fields: Sequence[Field], moments: Sequence[datetime], prefix: str
) -> list[Event]:
    """Return one event per row, in the order of the rows.

    Args:
        rows: with a column per field, and `row`, the number in the source, which the id tells.
        moments: when each decision was made.
        prefix: of the ids.
    """
    names = [field.name for field in fields]
    columns = [_plain(rows[name]) for name in names]
    return [
        Event(dict(zip(names, values, strict=True)), at=moment, id=f"{prefix}-{row}")
        for row, moment, values in zip(
            rows["row"].tolist(), moments, zip(*columns, strict=True), strict=True
        )
    ]


def _plain(column: "pd.Series[Any]") -> list[object]:
    """Return plain values, None where the source has none."""
    return [
        None if missing else value
        for value, missing in zip(column.tolist(), column.isna().tolist(), strict=True)
    ]
