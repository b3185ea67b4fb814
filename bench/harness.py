"""What the benchmarks share: a fresh installation in a throw-away folder, a served one, figures."""

import os
import secrets
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PASSWORD = secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Figure:
    """One measured value; names are stable and explained in docs/benchmarks.md."""

    name: str
    value: float
    unit: str
    size: str
    baseline: float | None = None
    baseline_is: str = ""


@contextmanager
def fresh_installation() -> Iterator[Path]:
    """Set Django up on an empty folder; used once per process."""
    folder = Path(tempfile.mkdtemp(prefix="twofold-bench-"))
    os.environ["TWOFOLD_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.config.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Organisation:
    """A founded organisation with a token that may do all that a benchmark does."""

    unit: object
    owner_email: str
    token: str
    sender: str


def found() -> Organisation:
    """Found a small organisation through the actions."""
    from twofold.people import actions
    from twofold.people.access import Permission, actor_of, part_of_product
    from twofold.people.models import Role

    at = datetime.now(UTC)
    unit, administrator = actions.found_organisation(
        "Bench",
        administrator="Administrator",
        email="administrator@bench.example",
        password=PASSWORD,
        by=part_of_product("installation"),
        at=at,
    )
    manager = actor_of(administrator)
    people = {}
    for role in (Role.GOVERNANCE_LEAD, Role.ENGINEER):
        person = actions.add_person(
            role.label,
            email=f"{role}@bench.example",
            password=PASSWORD,
            unit=unit,
            by=manager,
            at=at,
        )
        actions.assign_role(person, role=role, unit=unit, from_date=at.date(), by=manager, at=at)
        people[role] = person
    lead, engineer = people[Role.GOVERNANCE_LEAD], people[Role.ENGINEER]
    token = actions.issue_token(
        lead,
        name="bench",
        permissions=[
            Permission.READ,
            Permission.REGISTER_SYSTEM,
            Permission.CONFIGURE_TELEMETRY,
            Permission.CONFIGURE_MONITOR,
        ],
        unit=unit,
        by=actor_of(lead),
        at=at,
    )
    sender = actions.issue_token(
        engineer,
        name="bench",
        permissions=[Permission.SEND_TELEMETRY, Permission.READ],
        unit=unit,
        by=actor_of(engineer),
        at=at,
    )
    return Organisation(unit, lead.email, token.secret, sender.secret)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder's installation with the product's own command; yield its address."""
    port = _free_port()
    command = [str(Path(sys.executable).parent / "twofold"), "serve", "--port", str(port)]
    environment = {**os.environ, "TWOFOLD_DATA": str(folder)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=20)


def median(values: list[float]) -> float:
    """Return the median, rounded to what the clock can tell."""
    return round(statistics.median(values), 6)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which this share of the values lies."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 6)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError("The server ended before it served.")
        try:
            urllib.request.urlopen(f"{url}/sign-in/", timeout=2)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("The server did not answer within a minute.")


def timed(action: Callable[[], object]) -> float:
    """Return how many milliseconds an action takes."""
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000
