"""A case: one AI system of the demonstration with its real rows, its model's figures and monitors.

`flights` and `mortgages` make one each; `sending` plays it through the SDK.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from twofold_sdk import Event, Field

Values = Mapping[str, float | str | bool | None]


@dataclass(frozen=True)
class Scale:
    """How much of a case is played: every so many-th flight, and how many of the last weeks."""

    every: int
    weeks: int


@dataclass(frozen=True)
class MonitorPlan:
    """A monitor that the engineer sets up."""

    name: str
    metric: str
    window_days: int
    direction: Literal["above", "below"]
    breach: float
    warn: float | None = None
    field: str = ""
    minimum_sample: int = 30


@dataclass(frozen=True)
class Validation:
    """What the model did on rows that it had not seen in training.

    Attributes:
        how: which rows these are and how they were kept apart.
        positive_share: share of rows whose label is true.
        threshold: score from which the prediction is true: with it the model predicts as many
            positives as there are, so that neither kind of error is preferred.
    """

    how: str
    rows: int
    positive_share: float
    threshold: float
    accuracy: float
    auc: float
    brier: float


@dataclass(frozen=True)
class Case:
    """One AI system, ready to be played.

    Attributes:
        version: schema version of its events.
        algorithm: the model and its settings in words.
        preparation: how rows were made from the source, step by step.
        purpose: text of the register.
        reference: the training rows.
        weeks: the held-out rows as events, one list per week, oldest first.
        rescore: scores of the model for the features of logged events.
        first_day: Monday of the first played week.
        last_day: Sunday of the last.
    """

    code: str
    version: str
    algorithm: str
    source: str
    preparation: tuple[str, ...]
    purpose: str
    fields: tuple[Field, ...]
    reference: Sequence[Event]
    weeks: Sequence[Sequence[Event]]
    validation: Validation
    monitors: tuple[MonitorPlan, ...]
    rescore: Callable[[Sequence[Values]], list[float]]
    first_day: date
    last_day: date


def data_folder(package: str) -> Path:
    """Return the folder of an installed package without importing it.

    One of the two packages cannot be imported where setuptools is absent; its files can be read.

    Raises:
        ModuleNotFoundError: it is not installed.
    """
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(package)
    return Path(found.origin).parent
