"""A real ClamAV daemon on loopback, whose database is one signature of our own."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: What the scanner objects to. It does no harm, and no other scanner knows it.
BAD = b"twofold test objection 7f1c: what the scanner of the tests objects to"
NAME = "Twofold.Test.Objection.UNOFFICIAL"
#: The longest stream that it takes, in bytes.
LONGEST = 2 * 1024 * 1024
_START_S = 20


@dataclass(frozen=True)
class Scanner:
    """Where it listens, as the product's setting says it."""

    tcp: str
    unix: str


@contextmanager
def running_scanner(folder: Path) -> Iterator[Scanner]:
    """Start the daemon in a folder; it ends with the block."""
    program = shutil.which("clamd", path=os.environ["PATH"] + ":/usr/sbin")
    if program is None:
        raise RuntimeError("clamd is missing: install Debian's package clamav-daemon.")
    port, path = _free_port(), folder / "socket"
    (folder / "db").mkdir()
    (folder / "db" / "own.ndb").write_text(f"Twofold.Test.Objection:0:*:{BAD[:27].hex()}\n")
    (folder / "clamd.conf").write_text(
        f"DatabaseDirectory {folder / 'db'}\nLocalSocket {path}\nTCPSocket {port}\n"
        f"TCPAddr 127.0.0.1\nForeground yes\nStreamMaxLength {LONGEST}\n"
        f"User {pwd.getpwuid(os.geteuid()).pw_name}\n"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, f"--config-file={folder / 'clamd.conf'}"], stdout=log, stderr=log
        )
    try:
        _wait(path, process, folder / "log")
        yield Scanner(f"tcp://127.0.0.1:{port}", f"unix:{path}")
    finally:
        process.terminate()
        process.wait(_START_S)


def _wait(path: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            try:
                probe.connect(str(path))
                probe.sendall(b"zPING\0")
                if probe.recv(16) == b"PONG\0":
                    return
            except OSError:
                time.sleep(0.05)
    raise RuntimeError(f"clamd did not start: {log.read_text()[-500:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
