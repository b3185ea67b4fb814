"""The server as a process: what it says, serves and refuses, and how it ends."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import factories
import httpx
import pytest

COMMAND = [sys.executable, "-c", "from twofold.cli import main; main()"]
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
import factories
from twofold.people.access import Permission
cast = factories.cast(factories.now())
system = factories.system(cast, code="loans", at=factories.now())
factories.schema(system, cast, at=factories.now())
print(factories.token(cast.engineer, cast, Permission.SEND_TELEMETRY))
"""


@pytest.fixture
def environment(tmp_path, empty_database_url):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TWOFOLD_")}
    return {
        **kept,
        "TWOFOLD_DATA": str(tmp_path / "data"),
        "TWOFOLD_DATABASE_URL": empty_database_url,
        "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def twofold(environment, *arguments, **changes):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env={**environment, **changes},
        check=False,
        capture_output=True,
        text=True,
    )


def start(environment, *arguments):
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A suite that runs in the background of a shell ignores Ctrl-C, and its children would too.
        preexec_fn=restore_interrupt,  # noqa: PLW1509 - it only sets a signal
    )


def restore_interrupt():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def answering(port):
    """Return a client of the server as soon as it listens."""
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    raise TimeoutError("The server never listened.")


@pytest.mark.enable_socket
def test_a_server_serves_refuses_and_ends_when_it_is_told(environment, port):
    prepared = subprocess.run(
        [sys.executable, "-c", PREPARE], env=environment, check=True, capture_output=True, text=True
    )
    headers = {"Authorization": f"Bearer {prepared.stdout.strip()}"}
    server = start(environment, "serve", "--port", port)
    try:
        with answering(port) as client:
            page = client.get("/sign-in/", headers={"X-Forwarded-Proto": "https"})
            asset = client.get(re.search(r"/static/twofold\.[0-9a-f]{12}\.css", page.text)[0])
            body = {"events": factories.events(5, at=factories.now())}
            accepted = client.post("/api/v1/systems/loans/events", json=body, headers=headers)
            large = client.post(
                "/api/v1/systems/loans/events",
                content=b" " * (50 * 1024 * 1024),
                headers={**headers, "Content-Type": "application/json"},
            )
            head = client.head("/sign-in/")
            unknown = client.get("/nothing")
        server.send_signal(signal.SIGTERM)
        said, complained = server.communicate(timeout=40)
    finally:
        server.kill()

    assert page.status_code == head.status_code == 200
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Server"] == "twofold"
    assert asset.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert asset.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in asset.headers
    assert (accepted.status_code, accepted.json()) == (200, {"accepted": 5, "duplicates": 0})
    assert large.status_code == 413
    assert large.headers["Content-Type"] == "application/problem+json"
    assert large.json()["errors"][0]["field"] == "body"
    assert unknown.status_code == 404
    assert f"http://127.0.0.1:{port}" in said
    assert server.returncode == 0
    assert "Traceback" not in complained
    assert twofold(environment, "verify").returncode == 0


@pytest.mark.enable_socket
def test_an_empty_installation_is_founded_by_page_with_the_printed_code(environment, port):
    server = start(environment, "serve", "--port", port)
    kept = Path(environment["TWOFOLD_DATA"]) / "setup.code"
    try:
        with answering(port) as client:
            page = client.get("/", follow_redirects=True)
            said = [server.stdout.readline() for _line in range(3)]
            mode = stat.S_IMODE(kept.stat().st_mode)
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
            password = {"password": factories.PASSWORD, "again": factories.PASSWORD}
            who = {"name": "Acme", "administrator": "Ada", "email": "ada@acme.example"}
            code = {"code": said[2].strip(), "csrfmiddlewaretoken": token}
            founded = client.post("/found/", data={**who, **password, **code})
    finally:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=40)

    assert page.url.path == "/found/"
    assert f"http://127.0.0.1:{port}/found/" in said[1]
    assert mode == 0o600
    assert (founded.status_code, founded.headers["Location"]) == (302, "/people/")
    assert not kept.exists()
    again = ["--administrator", "Eve", "--email", "eve@acme.example", "--password", "x"]
    assert "stands already" in twofold(environment, "found", "Another", *again).stderr


@pytest.mark.enable_socket
def test_a_worker_alone_ends_on_ctrl_c_without_complaint(environment):
    assert twofold(environment, "migrate").returncode == 0
    worker = start(environment, "work")
    assert worker.stdout.readline() == "Twofold works. Stop it with Ctrl-C.\n"
    worker.send_signal(signal.SIGINT)

    _said, complained = worker.communicate(timeout=40)

    assert (worker.returncode, complained) == (0, "")


@pytest.mark.enable_socket
def test_a_taken_port_is_told_in_a_sentence(environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = twofold(environment, "serve", "--port", port)

    assert ended.returncode == 1
    assert ended.stderr == (
        f"twofold: cannot listen on 127.0.0.1:{port}: "
        f"port {port} is taken; choose another with --port.\n"
    )


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("name", "value", "beginning"),
    [
        ("TWOFOLD_HTTPS", "perhaps", "TWOFOLD_HTTPS must be yes or no, not 'perhaps'."),
        ("TWOFOLD_DATABASE_URL", "nonsense", "TWOFOLD_DATABASE_URL must be "),
        ("TWOFOLD_DATABASE_URL", "postgresql://u:p@127.0.0.1:9/x", "The database refused: "),
        ("TWOFOLD_DATA", "/dev/null/data", "TWOFOLD_DATA: the folder /dev/null/data cannot be"),
    ],
)
def test_a_wrong_setting_is_told_in_a_sentence(environment, name, value, beginning):
    ended = twofold(environment, "migrate", **{name: value})

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"twofold: {beginning}"), ended.stderr
    assert ended.stderr.count("\n") == 1
