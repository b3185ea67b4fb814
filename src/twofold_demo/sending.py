"""What the engineer and the deciding service do, through the SDK over HTTP and nothing else."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from twofold_demo.case import Case
from twofold_sdk import Client, Event


@dataclass(frozen=True)
class Tokens:
    """The secrets of one system's programs."""

    engineer: str
    sender: str


def prepare(case: Case, url: str, token: str) -> int:
    """Declare the schema, send the training rows, set the monitors up; return how many rows."""
    with Client(url, token) as client:
        system = client.system(case.code).declare_schema(case.version, case.fields)
        receipt = system.send_reference(case.reference)
        for monitor in case.monitors:
            system.set_up_monitor(**asdict(monitor))
    return receipt.accepted


def send_week(case: Case, events: Sequence[Event], url: str, token: str) -> int:
    """Send one week of decisions; return how many are durable."""
    with Client(url, token) as client:
        return client.system(case.code, version=case.version).send(events).accepted
