"""Sequencers in processes of their own: they never meet, and the one that is left takes over."""

import os
import signal
import subprocess
import sys

import pytest

PREPARE = """
import django; django.setup()
from django.core.management import call_command
from twofold.ledger import keys
call_command("migrate", verbosity=0)
keys.signer()
"""
SEQUENCE = """
import django; django.setup()
from datetime import UTC, datetime
from threading import Event
from twofold.ledger import actions as ledger
never = Event()
while not never.wait(0.01):
    made = ledger.sequence(at=datetime.now(UTC), limit=40)
    if made:
        print(made.size, flush=True)
"""
WRITE = """
import sys, django; django.setup()
from datetime import UTC, datetime
from twofold.ledger import actions as ledger
writer, count = sys.argv[1], int(sys.argv[2])
for number in range(count):
    subject = f"test.gate:{writer}.{number // 3}"
    ledger.enter(subject, "test.gate.asked", by="system:test", at=datetime.now(UTC))
print("written", flush=True)
"""
APPEND = """
import django; django.setup()
from datetime import UTC, datetime
from twofold.ledger import actions as ledger
place = ledger.append("test.gate:last", "test.gate.asked", by="system:test", at=datetime.now(UTC))
print(place.index, place.size)
"""
CHECK = """
import django; django.setup()
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry
from twofold.reporting.integrity import verify_record
indexes = list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))
assert indexes == list(range(len(indexes))), indexes
report = verify_record()
assert report.problems == (), report.problems
print(len(indexes), LedgerCheckpoint.objects.order_by("-size").first().size)
"""
WRITERS, EACH = 2, 90


class Installation:
    """A data folder and database of their own, with processes that use them."""

    def __init__(self, folder, database_url):
        self.started = []
        self.environment = {
            **os.environ,
            "TWOFOLD_DATA": str(folder),
            "TWOFOLD_DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }

    def start(self, script, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", script, *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, script):
        process = self.start(script)
        output, _errors = process.communicate()
        assert process.returncode == 0
        return output.split()


@pytest.fixture
def installation(tmp_path, empty_database_url):
    made = Installation(tmp_path / "data", empty_database_url)
    (tmp_path / "data").mkdir()
    made.run(PREPARE)
    yield made
    for process in made.started:
        with process:
            process.kill()


def test_of_two_rival_sequencers_one_is_killed_and_the_other_takes_over(installation):
    rivals = [installation.start(SEQUENCE) for _rival in range(2)]
    writers = [installation.start(WRITE, str(n), str(EACH)) for n in range(WRITERS)]
    # It is killed after it signed, with entries still coming in.
    killed_at = int(rivals[0].stdout.readline())
    rivals[0].send_signal(signal.SIGKILL)
    for writer in writers:
        assert writer.communicate()[0] == "written\n"

    total = WRITERS * EACH
    sizes = []
    while not sizes or sizes[-1] < total:
        line = rivals[1].stdout.readline()
        assert line, "The sequencer that was left ended."
        sizes.append(int(line))

    assert killed_at < total
    assert sizes == sorted(set(sizes))
    assert installation.run(APPEND) == [str(total), str(total + 1)]
    assert installation.run(CHECK) == [str(total + 1)] * 2
