"""A server that is really killed, again and again, loses nothing that it acknowledged."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import factories
import httpx
import pyarrow.parquet as pq
import pytest

KILLS = {"sqlite": 20, "postgresql": 6}
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import factories
from datetime import UTC, datetime
from twofold.people.access import Permission
cast = factories.cast(datetime.now(UTC))
system = factories.system(cast, code="loans", at=datetime.now(UTC))
factories.schema(system, cast, at=datetime.now(UTC))
print(factories.token(cast.engineer, cast, Permission.SEND_TELEMETRY))
"""
COUNT = """
import django; django.setup()
from django.db.models import Sum
from twofold.cli.worker import drain
from twofold.telemetry.models import DayProfile, EventId
drain(seal_everything=True)
print(EventId.objects.count(), DayProfile.objects.aggregate(n=Sum("events"))["n"])
"""


class Installation:
    """A data folder and database of their own, with processes that use them."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "TWOFOLD_DATA": str(folder),
            "TWOFOLD_DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def run(self, script: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def twofold(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from twofold.cli import main; main()", *arguments]
        return subprocess.run(
            command, env=self.environment, check=False, capture_output=True, text=True
        )

    def serve(self) -> "subprocess.Popen[bytes]":
        script = "from twofold.cli import main; main()"
        return subprocess.Popen(
            [sys.executable, "-c", script, "serve", "--port", str(self.port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


class Sender(threading.Thread):
    """Sends batches without pause and keeps the ids that were acknowledged."""

    def __init__(self, url: str, secret: str, name: str) -> None:
        super().__init__(daemon=True)
        self.url, self.secret, self.label = url, secret, name
        self.acknowledged: list[str] = []
        self.first_answer = threading.Event()
        self.over = threading.Event()

    def run(self) -> None:
        moment = (factories.now() - timedelta(hours=2)).isoformat()
        number = 0
        with httpx.Client(headers={"Authorization": f"Bearer {self.secret}"}) as client:
            while not self.over.is_set():
                ids = [f"{self.label}-{number}-{place}" for place in range(20)]
                values = {"amount": 1.0, "approved": True, "score": 0.5, "repaid": True}
                events = [{"id": key, "at": moment, "values": values} for key in ids]
                try:
                    answer = client.post(self.url, json={"events": events}, timeout=5)
                except httpx.HTTPError:
                    # Not there yet, or killed: what was not answered was not promised.
                    self.over.wait(0.02)
                    continue
                if answer.status_code == 200:
                    self.acknowledged += ids
                    number += 1
                    self.first_answer.set()


@pytest.mark.enable_socket
def test_a_killed_server_loses_no_acknowledged_event(
    tmp_path: Path, empty_database_url: str
) -> None:
    chance = random.Random(4242)
    installation = Installation(tmp_path / "data", empty_database_url)
    secret = installation.run(PREPARE).strip()
    url = f"http://127.0.0.1:{installation.port}/api/v1/systems/loans/events"
    acknowledged: list[str] = []
    for kill in range(KILLS[empty_database_url.partition(":")[0]]):
        server = installation.serve()
        senders = [Sender(url, secret, f"{kill}-{place}") for place in range(2)]
        for sender in senders:
            sender.start()
        assert senders[0].first_answer.wait(60), "The server never answered."
        time.sleep(chance.uniform(0.0, 0.4))  # The moment of the kill is what is under test.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        for sender in senders:
            sender.over.set()
            sender.join()
            acknowledged += sender.acknowledged

    known, counted = map(int, installation.run(COUNT).split())
    stored = Counter(
        key
        for file in (tmp_path / "data" / "telemetry" / "sealed").rglob("*.parquet")
        for key in pq.read_table(file, columns=["event_id"]).column(0).to_pylist()
    )
    verified = installation.twofold("verify")

    assert len(acknowledged) > 100
    assert set(acknowledged) <= set(stored)
    assert set(stored.values()) == {1}
    assert known == counted == len(stored)
    assert verified.returncode == 0, verified.stdout
