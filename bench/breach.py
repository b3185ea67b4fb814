"""Seconds from the acknowledgement of the breaching event to the alert being visible."""

import time
from datetime import UTC, datetime, timedelta

from harness import Figure, Organisation, found, fresh_installation, median, percentile, served

from twofold_sdk import Client, Event, Field

ROUNDS = 9


def run() -> list[Figure]:
    """Breach a fresh system's limit again and again while the server is otherwise idle."""
    with fresh_installation() as folder:
        organisation = found()
        with served(folder) as url:
            timings = [_breach(url, organisation, number) for number in range(ROUNDS)]
    size = f"{ROUNDS} systems, 1,000 events in the batch, alert asked for every 5 ms, SQLite"
    return [
        Figure("breach_to_alert.s", median(timings), "s", f"{size}, median"),
        Figure("breach_to_alert.p95_s", percentile(timings, 0.95), "s", f"{size}, p95"),
    ]


def _breach(url: str, organisation: Organisation, number: int) -> float:
    code = f"breach-{number}"
    with Client(url, organisation.token) as client, Client(url, organisation.sender) as sender:
        system = client.register_system(
            code,
            name=code,
            owner=organisation.owner_email,
            purpose="Measured",
            role="deployer",
            stage="operation",
            risk_tier="limited",
        )
        system = system.declare_schema("1", [Field("amount", "number", "feature")])
        system.send_reference(_events(code, "reference", 1.0))
        system.set_up_monitor(
            "Drift",
            metric="drift.psi",
            field="amount",
            window_days=7,
            direction="above",
            breach=0.25,
        )
        # From here the clock runs: the request that carries the breaching event is on its way.
        began = time.perf_counter()
        sender.system(code).send(_events(code, "window", 50.0))
        while time.perf_counter() - began < 30:
            if any(alert.system == code for alert in client.alerts()):
                return time.perf_counter() - began
            time.sleep(0.005)
    raise RuntimeError("No alert within 30 seconds.")


def _events(code: str, name: str, scale: float) -> list[Event]:
    at = datetime.now(UTC) - timedelta(hours=1)
    return [
        Event(id=f"{code}-{name}-{n}", at=at, values={"amount": scale * (1 + n % 97)})
        for n in range(1000)
    ]
