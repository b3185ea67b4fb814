"""How much the embedded server takes, from whom, and what it costs in memory."""

import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from pathlib import Path
from urllib.parse import urlencode

import pytest
from waitress.adjustments import Adjustments

from twofold.cli import receiving
from twofold.cli.receiving import USUAL_BYTES, largest_body_bytes

COMMAND = [sys.executable, "-c", "from twofold.cli import main; main()"]
MEGABYTE = 1 << 20
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import factories
from twofold.people.access import Permission
cast = factories.cast(factories.now())
print(factories.token(cast.lead, cast, Permission.READ, Permission.ADD_EVIDENCE))
"""
SPOKEN = {
    "title": "Large",
    "kind": "monitoring-report",
    "file_name": "large.bin",
    "source": "a test",
    "period_from": "2026-11-01",
    "period_to": "2026-11-15",
    "valid_until": "2026-12-31",
}


def parsed(settings, path, **headers):
    adj = Adjustments(max_request_body_size=largest_body_bytes())
    parser = receiving._Parser(adj)  # noqa: SLF001 - the parser that the server uses
    named = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    size = USUAL_BYTES + 1
    text = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n{named}\r\n"
    parser.received(text.encode())
    return parser


@pytest.mark.parametrize(
    ("path", "headers", "taken"),
    [
        ("/api/v1/evidence/x/content", {"Authorization": "Bearer x"}, True),
        ("/evidence/add/", {"Cookie": "a=b; sessionid=x"}, True),
        ("/evidence/add/", {}, False),
        ("/evidence/add/", {"Cookie": "other=x"}, False),
        ("/api/v1/systems/x/events", {"Authorization": "Bearer x"}, False),
        ("/sign-in/", {"Cookie": "sessionid=x"}, False),
    ],
)
def test_large_bodies_are_taken_where_files_are_sent_by_somebody(settings, path, headers, taken):
    assert (parsed(settings, path, **headers).error is None) is taken


def test_no_body_is_taken_beyond_a_file_and_its_form(settings):
    settings.MAXIMUM_UPLOAD_BYTES = 1

    refused = parsed(settings, "/evidence/add/", Cookie="sessionid=x")

    assert largest_body_bytes() == USUAL_BYTES + 1
    assert refused.error.code == 413


@pytest.fixture
def served(tmp_path, empty_database_url):
    """A server of its own: its process, port and a token."""
    environment = {
        **{name: value for name, value in os.environ.items() if name[:8] != "TWOFOLD_"},
        "TWOFOLD_DATA": str(tmp_path / "data"),
        "TWOFOLD_DATABASE_URL": empty_database_url,
        "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    token = subprocess.run(
        [sys.executable, "-c", PREPARE], env=environment, check=True, capture_output=True, text=True
    ).stdout.split()[-1]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", str(port), "--no-worker"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert "serves" in process.stdout.readline()
    yield process, port, token
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)


def highest_memory(process):
    """Return the most memory that a process ever held, in bytes."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("The system does not tell.")


def pieces(count):
    noise = os.urandom(MEGABYTE)
    for number in range(count):
        yield number.to_bytes(8, "big") + noise[8:]


def sent_and_fetched(served, megabytes):
    """Send a file and fetch it again; return whether it came back, and the memory it cost."""
    process, port, token = served
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream"}
    key = uuid.uuid4()
    sent, came = hashlib.sha256(), hashlib.sha256()

    def body():
        for piece in pieces(megabytes):
            sent.update(piece)
            yield piece

    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    # What the first request loads is no cost of the file.
    connection.request("GET", "/api/v1/erasures", headers=headers)
    connection.getresponse().read()
    before = highest_memory(process)
    connection.request(
        "PUT",
        f"/api/v1/evidence/{key}/content?{urlencode(SPOKEN)}",
        body=body(),
        headers={**headers, "Content-Length": str(megabytes * MEGABYTE)},
    )
    answer = connection.getresponse()
    assert answer.status == 201, answer.read()
    answer.read()
    connection.request("GET", f"/api/v1/evidence/{key}/versions/1/content", headers=headers)
    answer = connection.getresponse()
    while piece := answer.read(MEGABYTE):
        came.update(piece)
    connection.close()
    return sent.digest() == came.digest(), highest_memory(process) - before


def test_a_file_is_sent_and_fetched_in_less_memory_than_it_has(served):
    same, memory = sent_and_fetched(served, 96)

    assert same
    assert memory < 64 * MEGABYTE


@pytest.mark.slow
def test_a_large_file_costs_no_more_memory(served):
    began = time.monotonic()
    same, memory = sent_and_fetched(served, 1024)

    assert same
    assert memory < 64 * MEGABYTE, f"{memory / MEGABYTE:.0f} MB"
    assert time.monotonic() - began < 600
