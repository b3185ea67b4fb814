"""A system whose events come in, are counted and are measured, as the worker has it done."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

import factories
from factories import AT, Cast
from twofold.domain.limits import Direction, Limit
from twofold.inventory.models import AISystem
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Breach, Monitor
from twofold.people.access import part_of_product
from twofold.telemetry import actions as telemetry
from twofold.telemetry.intake import Receipt
from twofold.telemetry.models import EventSchema

WORKER = part_of_product("worker")


class PowerCut(Exception):  # noqa: N818 - what happens to the machine
    """The machine stops in the middle of a transaction."""


def cut_short(step: Callable[[], object]) -> None:
    """Take a step in a transaction that is never committed."""
    with transaction.atomic():
        step()
        raise PowerCut


def on(day: int, *, hour: int = 12, month: int = 11) -> datetime:
    """Return a moment of the year in which the tests play."""
    return AT.replace(month=month, day=day, hour=hour, minute=0)


def early_cast() -> Cast:
    """Return the cast, employed before the weeks in which the system is watched."""
    return factories.cast(at=on(1))


def early_loans(cast: Cast) -> EventSchema:
    """Return the schema of a system of high risk, which stands as early.

    Its weeks begin on the 2nd, 9th, 16th, 23rd and 30th.
    """
    return factories.schema(factories.system(cast, code="loans", at=on(1)), cast, at=on(1))


def send(
    of: EventSchema, cast: Cast, events: Sequence[Mapping[str, Any]], *, at: datetime = AT
) -> Receipt:
    """Have a batch accepted."""
    return telemetry.accept_events(
        of, body=factories.body(events), by=factories.actor(cast.engineer), at=at
    )


def count(*, at: datetime = AT) -> int:
    """Count what was accepted."""
    return telemetry.profile_pending(by=WORKER, at=at)


def watch(
    system: AISystem,
    cast: Cast,
    *,
    name: str = "Approvals",
    metric: str = "performance.positive_rate",
    field: str = "",
    days: int = 7,
    above: float | None = 0.6,
    below: float | None = None,
    at: datetime = AT,
) -> Monitor:
    """Set a monitor up that breaches above, or below, a value."""
    limit = (
        Limit(None, above, Direction.ABOVE)
        if below is None and above is not None
        else Limit(None, below or 0.0, Direction.BELOW)
    )
    return monitoring.set_up(
        system,
        name=name,
        settings=monitoring.MonitorSettings(metric, field, days, limit),
        by=factories.actor(cast.engineer),
        at=at,
    )


def decide(
    of: EventSchema,
    cast: Cast,
    *,
    approved: int,
    refused: int,
    on: datetime,
    at: datetime | None = None,
    **values: Any,
) -> None:
    """Have decisions of a moment accepted and counted; they arrive an hour later or `at`."""
    at = at or on + timedelta(hours=1)
    name = f"{on.isoformat()} {at.isoformat()}"
    moment = on + timedelta(hours=1)
    events = [
        *factories.events(approved, name=f"{name} yes", at=moment, approved=True, **values),
        *factories.events(refused, name=f"{name} no", at=moment, approved=False, **values),
    ]
    send(of, cast, events, at=at)
    count(at=at)


def evaluate(*, at: datetime = AT) -> list[Breach]:
    """Evaluate the monitors of all systems."""
    return monitoring.evaluate(by=WORKER, at=at)
