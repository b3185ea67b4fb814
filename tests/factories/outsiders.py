"""Outsiders who vouch for the log: a time stamp authority run by `openssl ts`, and real witnesses.

The authority has a root and an intermediate of its own and answers over HTTP on loopback; a witness
is the product's own server in a process of its own.
"""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from twofold_verify.cosignature import WitnessKey
from twofold_verify.note import Verifier
from twofold_verify.policy import Witness

_CONFIG = """
[tsa]
default_tsa = authority
[authority]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = no
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""
_CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
_TSA = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n"
    "extendedKeyUsage=critical,timeStamping\n"
)


def openssl(*arguments: object, folder: Path) -> None:
    """Run a command of OpenSSL; a machine without it fails the test."""
    program = shutil.which("openssl")
    assert program, "This test needs the program openssl: `make prepare` installs it."
    done = subprocess.run(
        [program, *map(str, arguments)], cwd=folder, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


class TimeAuthority:
    """An authority in a folder: its certificates, and `answer` as it signs."""

    def __init__(self, folder: Path, name: str = "Time Authority of the Tests") -> None:
        self._folder = folder
        self._one_at_a_time = threading.Lock()
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder))
        self._certify("root", "Root of the Tests", _CA, signed_by="root")
        self._certify("between", "Intermediate of the Tests", _CA, signed_by="root")
        self._certify("tsa", name, _TSA, signed_by="between")

    @property
    def root(self) -> Path:
        return self._folder / "root.pem"

    @property
    def chain(self) -> Path:
        return self._folder / "between.pem"

    def answer(self, query: bytes) -> bytes:
        with self._one_at_a_time:
            (self._folder / "query").write_bytes(query)
            openssl(
                *("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"),
                *("-signer", "tsa.pem", "-inkey", "tsa.key", "-chain", "between.pem"),
                folder=self._folder,
            )
            return (self._folder / "reply").read_bytes()

    def stamp(self, data: bytes) -> bytes:
        """Stamp data as anybody with the program does."""
        (self._folder / "data").write_bytes(data)
        openssl(
            *("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "asked"),
            folder=self._folder,
        )
        return self.answer((self._folder / "asked").read_bytes())

    def _certify(self, file: str, name: str, extensions: str, *, signed_by: str) -> None:
        (self._folder / "extensions").write_text(extensions)
        openssl(
            *("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-keyout", f"{file}.key", "-out", "request", "-subj", f"/CN={name}"),
            folder=self._folder,
        )
        signing = ("-CA", f"{signed_by}.pem", "-CAkey", f"{signed_by}.key", "-CAcreateserial")
        openssl(
            *("x509", "-req", "-in", "request", "-days", "3650", "-extfile", "extensions"),
            *(("-signkey", "root.key") if file == signed_by else signing),
            *("-out", f"{file}.pem"),
            folder=self._folder,
        )


class ServedAuthority:
    """The authority over HTTP; `reply` can be replaced by what a bad one answers."""

    def __init__(self, authority: TimeAuthority) -> None:
        self.authority = authority
        self.status = 200
        self.reply: Callable[[bytes], bytes] = authority.answer
        self.asked = 0
        self.asked_in = ""
        self.answers_in = "application/timestamp-reply"
        served = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                served.asked_in = self.headers["Content-Type"]
                query = self.rfile.read(int(self.headers["Content-Length"]))
                served.asked += 1
                data = served.reply(query)
                self.send_response(served.status)
                self.send_header("Content-Type", served.answers_in)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/tsa"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TimeAuthority:
    """A time stamp authority with certificates of its own."""
    return TimeAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def served_authority(authority: TimeAuthority) -> Iterator[ServedAuthority]:
    """The authority, answering on loopback."""
    served = ServedAuthority(authority)
    thread = threading.Thread(target=served.server.serve_forever, args=(0.01,))
    thread.start()
    yield served
    served.server.shutdown()
    thread.join()
    served.server.server_close()


class RunningWitness:
    """The witness server in a process of its own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.process: subprocess.Popen[str] | None = None
        key = self.command("init", folder, "--name", name).stdout.strip()
        self.key = WitnessKey.parse(key)
        self.url = ""

    def command(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            _witness(*arguments), check=False, capture_output=True, text=True, env=_environment()
        )
        assert done.returncode == 0, done.stderr
        return done

    def trust(self, key: Verifier) -> None:
        self.command("trust", self.folder, key)

    def start(self) -> None:
        self.process = subprocess.Popen(
            _witness("serve", self.folder, "--port", 0),
            env=_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split()[-1]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.communicate(timeout=30)
            self.process = None

    def in_policy(self, name: str = "w1") -> Witness:
        return Witness(name, self.key, self.url)


@pytest.fixture
def running_witness(tmp_path: Path) -> Iterator[Callable[..., RunningWitness]]:
    """Start witnesses that trust the given keys; they end with the test."""
    started: list[RunningWitness] = []

    def start(*trusted: Verifier, name: str = "witness.example/w1") -> RunningWitness:
        witness = RunningWitness(tmp_path / f"witness-{len(started)}", name)
        for key in trusted:
            witness.trust(key)
        witness.start()
        started.append(witness)
        return witness

    yield start
    for witness in started:
        witness.stop()


def _witness(*arguments: object) -> list[str]:
    program = "import sys; from twofold_verify.witness.cli import main; sys.exit(main())"
    return [sys.executable, "-c", program, *map(str, arguments)]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
