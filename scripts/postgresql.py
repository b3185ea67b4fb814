"""A throw-away PostgreSQL cluster for tests and benchmarks: its own folder, a free port.

The tests need no durability and have none; what is measured has PostgreSQL's own.

It listens on loopback and on a Unix socket in its folder, with a password made for this one start.
It ends with the context, and by the kernel's hand when this process is killed.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from steps import SetupError, run

USER = "twofold"
START_SECONDS = 30
STOP_SECONDS = 20
# A test database is never read again, so nothing has to reach the disk.
UNSAFE_AND_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "2GB",
}


@contextmanager
def throw_away_cluster(*, durable: bool = False) -> Iterator[str]:
    """Start a cluster and give the URL of its empty database; stop and delete it at the end."""
    binaries, owner = newest_binaries(), account()
    folder = Path(tempfile.mkdtemp(prefix="twofold-postgresql-"))
    try:
        shutil.chown(folder, owner.pw_uid, owner.pw_gid)
        password, port = secrets.token_hex(16), free_port()
        initialise(binaries, owner, folder, password)
        server = start(binaries, owner, folder, port, {} if durable else UNSAFE_AND_QUICK)
        try:
            wait_until_ready(binaries, server, folder, port)
            yield f"postgresql://{USER}:{password}@127.0.0.1:{port}/postgres"
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def newest_binaries() -> Path:
    """Return the folder of the server's programs, which Debian keeps off the search path."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: float(path.parent.name))
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).resolve().parent
    raise SetupError("PostgreSQL's server is missing: apt-get install postgresql, as root.")


def account() -> pwd.struct_passwd:
    """Return the account that runs the server, which refuses to be run by root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        raise SetupError(
            "PostgreSQL does not run as root, and the account postgres, which its package makes,"
            " is missing."
        ) from None


def as_owner(owner: pwd.struct_passwd, command: Sequence[str | Path]) -> list[str]:
    """Return the command run by the owner of the cluster, and ended when this process is."""
    prefix = ["setpriv", "--pdeathsig=INT"]
    if os.geteuid() == 0:
        prefix += [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--init-groups"]
    return [*prefix, "--", *(str(part) for part in command)]


def free_port() -> int:
    """Return a port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def initialise(binaries: Path, owner: pwd.struct_passwd, folder: Path, password: str) -> None:
    """Make the files of the cluster."""
    password_file = folder / "password"
    password_file.write_text(password)
    shutil.chown(password_file, owner.pw_uid, owner.pw_gid)
    options = [f"--username={USER}", "--auth=scram-sha-256", f"--pwfile={password_file}"]
    options += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--pgdata={folder / 'data'}"]
    run(as_owner(owner, [binaries / "initdb", *options]), "The test cluster could not be made.")


def start(
    binaries: Path, owner: pwd.struct_passwd, folder: Path, port: int, extra: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own: Ctrl-C is for the tests, which then stop it."""
    settings = {
        **extra,
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            as_owner(owner, [binaries / "postgres", "-D", folder / "data", *options]),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_until_ready(
    binaries: Path, server: subprocess.Popen[bytes], folder: Path, port: int
) -> None:
    """Return when the server takes connections; raise `SetupError` when it ends or stays away."""
    question = [str(binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if subprocess.run(question, cwd="/", check=False).returncode == 0:
            return
        time.sleep(0.1)
    last = (folder / "log").read_text(errors="replace").strip().splitlines()[-1:]
    raise SetupError(f"The test cluster did not start: {' '.join(last) or 'no reason given'}")


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server, and wait until it is gone."""
    # PostgreSQL's fast shutdown, which sends the clients away; SIGTERM would wait for them.
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
