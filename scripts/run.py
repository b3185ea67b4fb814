"""`make run`: set the checkout up, play the demonstration into an empty data folder, and serve it.

The port is looked at before any long work. The demonstration is played into a folder beside the
data folder and moved when it is complete, so that an interrupted one is never taken for whole and
nothing that a person made is ever deleted.
"""

from __future__ import annotations

import argparse
import errno
import os
import secrets
import shutil
import socket
import subprocess
from pathlib import Path

from prepare import prepare
from steps import ROOT, VENV, SetupError, guarded, say

HOST = "127.0.0.1"
TWOFOLD = VENV / "bin" / "twofold"
SIGN_INS = "demonstration.txt"


def main() -> int:
    """Prepare, play and serve; does not return while the server runs."""
    parser = argparse.ArgumentParser(description="Serve Twofold with its demonstration.")
    parser.add_argument("--port", default="8000")
    parser.add_argument("--data", default="twofold-data")
    options = parser.parse_args()
    port, data = free_port(options.port), (ROOT / Path(options.data).expanduser()).resolve()
    prepare("run")
    if is_empty(data):
        play_demonstration(data)
    greet(data, port)
    os.chdir(ROOT)
    environment = {**os.environ, "TWOFOLD_DATA": str(data), "PYTHONUNBUFFERED": "1"}
    command = [str(TWOFOLD), "serve", "--host", HOST, "--port", str(port)]
    os.execve(TWOFOLD, command, environment)  # noqa: S606 - no shell is wanted


def free_port(text: str) -> int:
    """Return the port; raise `SetupError` when it is none, taken or not for this user."""
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SetupError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    port = int(text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as refusal:
            reasons = {
                errno.EADDRINUSE: "is taken by another program. Choose another",
                errno.EACCES: "is not for this user. Choose one above 1023",
            }
            reason = reasons.get(refusal.errno or 0, f"cannot be used ({refusal}). Choose another")
            raise SetupError(
                f"Port {port} {reason}: make run PORT={max(port, 1023) % 65535 + 1}"
            ) from None
    return port


def is_empty(data: Path) -> bool:
    """Tell whether the folder holds no installation yet."""
    if os.environ.get("TWOFOLD_DATABASE_URL"):
        say(
            "TWOFOLD_DATABASE_URL is set: that database is served as it is. Where it is empty,"
            " `.venv/bin/twofold demo` plays the demonstration into it."
        )
        return False
    return not (data / "twofold.sqlite3").exists()


def play_demonstration(data: Path) -> None:
    """Play the demonstration beside the data folder, then put it in place."""
    partial = data.with_name(f"{data.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        say("Playing the demonstration (once, about a minute) ...")
        (partial / SIGN_INS).write_text(demonstrate(partial))
        put_in_place(partial, data)
    except OSError as refusal:
        raise SetupError(f"The data folder {data} cannot be made: {refusal.strerror}.") from refusal


def demonstrate(folder: Path) -> str:
    """Run `twofold demo` on the folder, showing what it says; return password and people."""
    environment = {**os.environ, "TWOFOLD_DATA": str(folder), "PYTHONUNBUFFERED": "1"}
    password = secrets.token_urlsafe(12)
    people = []
    command = [str(TWOFOLD), "demo", f"--password={password}"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as playing:
        for line in playing.stdout or ():
            print(line, end="", flush=True)
            if "@" in line:
                people.append(line)
    if playing.returncode:
        raise SetupError("The demonstration stopped; its last words are above. Try again.")
    return "".join([f"{password}\n", *people])


def put_in_place(partial: Path, data: Path) -> None:
    """Move what was played into the data folder, database last: it marks the whole."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in sorted(partial.iterdir(), key=lambda path: path.name.startswith("twofold.sqlite3")):
        target = data / path.name
        if target.is_dir():
            shutil.rmtree(target)
        path.replace(target)
    partial.rmdir()


def greet(data: Path, port: int) -> None:
    """Print the address, and the sign-ins of the demonstration where it was played."""
    say(f"\nOpen http://{HOST}:{port}")
    if (data / SIGN_INS).exists():
        password, _, people = (data / SIGN_INS).read_text().partition("\n")
        say(f"and sign in with the password {password} as one of\n{people.rstrip()}")


if __name__ == "__main__":
    guarded(main)
