"""One AI system as its engineers see it: its schema, its reference, its events, its monitors."""

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from twofold_sdk.answers import Monitor, Receipt
from twofold_sdk.buffer import Buffer, Buffering
from twofold_sdk.connection import Connection
from twofold_sdk.errors import ApiError, FieldError
from twofold_sdk.events import (
    Batch,
    Encoded,
    Event,
    Field,
    batches,
    decode,
    encode,
    encode_all,
)

# One request is decoded and written by the server while the next is encoded here.
_REQUESTS_AT_ONCE = 2
_PLACE = re.compile(r"^events\[(\d+)\]")


class System:
    """An AI system on the server; made by `Client.system`. Threads may share it.

    Attributes:
        code: its short name in the register.
        version: the schema version that its events are of; blank for the newest one declared.
    """

    def __init__(
        self,
        connection: Connection,
        code: str,
        *,
        version: str,
        buffering: Buffering,
        pause_s: float,
        pinned: Callable[[str], "System"],
    ) -> None:
        self.code = code
        self.version = version
        self._connection = connection
        self._path = f"/systems/{quote(code, safe='')}"
        self._pinned = pinned
        self._buffer = Buffer(self._send_logged, buffering, pause_s=pause_s)

    def declare_schema(self, version: str, fields: Iterable[Field]) -> "System":
        """Declare what the events of a version look like; the same once more changes nothing.

        Returns:
            The system with its events pinned to this version.

        Raises:
            ApiError: a field is not acceptable, or the version stands with other fields.
        """
        self._connection.ask(
            "PUT",
            f"{self._path}/schema",
            lambda document: document["version"],
            json={"version": version, "fields": [asdict(field) for field in fields]},
        )
        return self._pinned(version)

    def send_reference(self, events: Iterable[Event]) -> Receipt:
        """Add events to the reference that drift is measured against: usually the training data.

        See `send`. An id counts once per system: an event that was sent as a decision, or for
        another version, is a duplicate here.
        """
        return self._deliver("reference", encode_all(events))

    def send(self, events: Iterable[Event]) -> Receipt:
        """Send events and return when all of them are durable on the server.

        They go in requests of at most 10,000 events and 8 MB. When this raises, a part of them may
        have arrived: send the same `Event` objects again, known ones count as duplicates.

        Raises:
            EventError: an event cannot be sent as it is.
            ApiError: the server refused; `errors` name the place of the event and its field.
            Unreachable: no answer came.
        """
        return self._deliver("events", encode_all(events))

    def log(
        self,
        values: Mapping[str, object],
        at: datetime | None = None,
        id: str | None = None,  # noqa: A002 - the event's own word
    ) -> None:
        """Put one event into the buffer, from where a thread sends it soon.

        Args:
            values: see `Event`; they may change afterwards.
            at: when the decision was made; None: now.
            id: None: a new one.

        Raises:
            EventError: the event cannot be sent as it is.
            BufferFull: there was no room for as long as `Buffering.block_s` says.
        """
        moment = at or datetime.now(UTC)  # noqa: TID251 - here the program's own clock is meant
        self._buffer.add(encode(Event(values, moment, id) if id else Event(values, moment)))

    def flush(self) -> None:
        """Return when every event logged so far is acknowledged.

        Raises:
            DeliveryError: it cannot be done now; the events stay in the buffer.
        """
        self._buffer.flush()

    def take_undelivered(self) -> list[Event]:
        """Take the events out of the buffer that are not acknowledged, oldest first.

        For a program that ends, or whose events the server refuses: `events[3]` in the error of a
        refused delivery is item 3 here.
        """
        return [decode(text) for text in self._buffer.take()]

    def close(self) -> None:
        """Flush, and take no more events in; sending and asking still work.

        Raises:
            DeliveryError: it cannot be done; `take_undelivered` gives the events out.
        """
        self._buffer.close()

    def set_up_monitor(  # noqa: PLR0913 - the settings of a monitor
        self,
        name: str,
        *,
        metric: str,
        window_days: int,
        direction: Literal["above", "below"],
        breach: float,
        warn: float | None = None,
        field: str = "",
        minimum_sample: int = 30,
    ) -> Monitor:
        """Have the server measure something over windows of days, and raise an alert on a breach.

        Args:
            name: of the monitor; unique in the system.
            metric: id of what is measured, such as `drift.psi`.
            window_days: length of a window.
            direction: the side of the limits that is bad.
            breach: the limit that raises an alert.
            warn: a limit before it; None for none.
            field: the field that is measured, for metrics of one field.
            minimum_sample: no verdict is given on fewer events; at least 30.

        Raises:
            ApiError: a setting is not acceptable or the name is taken.
        """
        return self._connection.ask(
            "POST",
            f"{self._path}/monitors",
            Monitor.read,
            repeatable=False,
            json={
                "name": name,
                "metric": metric,
                "field": field,
                "window_days": window_days,
                "direction": direction,
                "warn": warn,
                "breach": breach,
                "minimum_sample": minimum_sample,
            },
        )

    def _deliver(self, part: str, pieces: Iterator[Encoded]) -> Receipt:
        total = Receipt(0, 0)
        under_way: deque[Future[Receipt]] = deque()
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE, "twofold-send") as pool:
            for batch in batches(pieces):
                if len(under_way) == _REQUESTS_AT_ONCE:
                    total += under_way.popleft().result()
                under_way.append(pool.submit(self._post, part, batch))
            return sum((future.result() for future in under_way), start=total)

    def _send_logged(self, batch: Batch) -> Receipt:
        return self._post("events", batch)

    def _post(self, part: str, batch: Batch) -> Receipt:
        def read(document: dict[str, Any]) -> Receipt:
            receipt = Receipt.read(document)
            if receipt.accepted + receipt.duplicates != batch.events:
                raise ValueError("The receipt is not for as many events as were sent.")
            return receipt

        try:
            return self._connection.ask(
                "POST",
                f"{self._path}/{part}",
                read,
                params={"version": self.version} if self.version else {},
                content=batch.body,
                headers={"Content-Type": "application/json"},
            )
        except ApiError as refusal:
            errors = _counted_from(batch.first, refusal.errors)
            raise ApiError(refusal.status, refusal.detail, errors) from refusal.__cause__


def _counted_from(first: int, errors: Sequence[FieldError]) -> list[FieldError]:
    """Name events by their place among all that were sent, not in their request."""
    return [
        FieldError(
            _PLACE.sub(lambda found: f"events[{first + int(found[1])}]", error.field),
            error.reason,
        )
        for error in errors
    ]
