"""Events accepted per second end to end: the SDK over HTTP, to the disk, acknowledged."""

import random
import threading
import time
from datetime import UTC, datetime, timedelta

from harness import Figure, Organisation, found, fresh_installation, median, served

from twofold_sdk import Client, Event, Field

BATCH = 1000
BATCHES = 60
SENDERS = 2
ROUNDS = 3
SINGLES = 200
FIELDS = [
    *(Field(f"feature_{n}", "number", "feature") for n in range(8)),
    Field("region", "category", "segment"),
    Field("sex", "category", "protected"),
    Field("decision", "boolean", "prediction"),
    Field("score", "number", "score"),
    Field("label", "boolean", "label"),
]


def run() -> list[Figure]:
    """Measure against a served installation whose worker is running."""
    with fresh_installation() as folder:
        organisation = found()
        with served(folder) as url:
            _declare(url, organisation)
            batched = [_round(url, organisation, number) for number in range(ROUNDS)]
            single = _singles(url, organisation)
    events = BATCH * BATCHES
    return [
        Figure(
            "ingest.sdk_http.per_s",
            round(median(batched)),
            "events/s",
            f"{events:,} events of {len(FIELDS)} fields in batches of {BATCH:,}, "
            f"{SENDERS} senders, median of {ROUNDS}, SQLite",
            baseline=round(single),
            baseline_is=f"the same events one a request ({SINGLES} of them)",
        )
    ]


def _declare(url: str, organisation: Organisation) -> None:
    with Client(url, organisation.token) as client:
        system = client.register_system(
            "bench",
            name="Bench",
            owner=organisation.owner_email,
            purpose="Measured",
            role="deployer",
            stage="operation",
            risk_tier="limited",
        )
        system.declare_schema("1", FIELDS)


def _round(url: str, organisation: Organisation, number: int) -> float:
    shares = [
        [_events(BATCH, f"{number}-{sender}-{batch}") for batch in range(BATCHES // SENDERS)]
        for sender in range(SENDERS)
    ]
    threads = [
        threading.Thread(target=_send, args=(url, organisation, batches)) for batches in shares
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return BATCH * BATCHES / (time.perf_counter() - began)


def _send(url: str, organisation: Organisation, batches: list[list[Event]]) -> None:
    with Client(url, organisation.sender) as client:
        system = client.system("bench")
        for batch in batches:
            receipt = system.send(batch)
            if receipt.accepted != len(batch):
                raise RuntimeError("A batch was not accepted whole.")


def _singles(url: str, organisation: Organisation) -> float:
    with Client(url, organisation.sender) as client:
        system = client.system("bench")
        events = _events(SINGLES, "single")
        began = time.perf_counter()
        for event in events:
            system.send([event])
        return SINGLES / (time.perf_counter() - began)


def _events(count: int, name: str) -> list[Event]:
    chance = random.Random(name)
    start = datetime.now(UTC) - timedelta(days=7)
    return [
        Event(
            id=f"{name}-{place}",
            at=start + timedelta(seconds=place),
            values={
                **{f"feature_{n}": chance.lognormvariate(n, 1) for n in range(8)},
                "region": chance.choice(["north", "south", "east", "west"]),
                "sex": chance.choice(["f", "m"]),
                "decision": chance.random() < 0.5,
                "score": chance.random(),
                "label": chance.random() < 0.5,
            },
        )
        for place in range(count)
    ]
