"""Processes that are ended in the middle of things: killed, or told that a disk fails.

A `Nursery` is a process that has the product set up and forks a child for each task, so that a
child costs no start. What a child says goes through a pipe of its own: a line that was read was
said before the child ended.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

#: Calls by which a process changes files; what a child says goes by another one.
CALLS = (
    *("write", "pwrite64", "fsync", "fdatasync", "ftruncate"),
    *("rename", "renameat", "renameat2", "link", "unlink"),
)
NURSERY = """
import django; django.setup()
import ctypes, os, signal, sys
from factories import crashing_tasks

PR_SET_PDEATHSIG, PR_SET_PTRACER, ANYBODY = 1, 0x59616D61, ctypes.c_ulong(2**64 - 1)

def forked(name, said, asked):
    if os.fork():
        return
    # It ends with its parent, and strace may look at it although it did not start it.
    prctl = ctypes.CDLL(None).prctl
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    prctl(PR_SET_PTRACER, ANYBODY, 0, 0, 0)
    os.dup2(os.open(said, os.O_WRONLY), 1)
    getattr(crashing_tasks, name)(open(asked))
    os._exit(0)

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    forked(*line.split())
"""
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from factories import crashing_tasks
crashing_tasks.prepare()
"""


@dataclass
class Child:
    """A process that does one task: what it says, and a way to tell it to go on."""

    said: IO[str]
    asked: IO[str]
    pid: int

    def line(self) -> str:
        """Return the next line; blank once it has ended."""
        return self.said.readline()

    def go(self) -> None:
        self.asked.write("go\n")
        self.asked.flush()

    def kill(self) -> list[str]:
        """End it at once; return the whole lines that it said and nobody read yet."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            raise AssertionError("The child ended before it was killed.") from None
        rest = self.said.read()
        self.asked.close()
        self.said.close()
        return rest.split("\n")[:-1]


class Nursery:
    """An installation of its own, and a process that forks children on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self._children = 0
        self._environment = {
            **os.environ,
            "TWOFOLD_DATA": str(folder / "data"),
            "TWOFOLD_DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "twofold.config.settings",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Nursery":
        run = [sys.executable, "-c"]
        subprocess.run([*run, PREPARE], env=self._environment, check=True, stdout=subprocess.PIPE)
        self._process = subprocess.Popen(
            [*run, NURSERY], env=self._environment, stdin=subprocess.PIPE, text=True
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def start(self, task: str) -> Child:
        """Fork a child for a task of `crashing_tasks`."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._children += 1
        said, asked = (self.folder / f"{way}-{self._children}" for way in ("said", "asked"))
        os.mkfifo(said)
        os.mkfifo(asked)
        self._process.stdin.write(f"{task} {said} {asked}\n")
        self._process.stdin.flush()
        answers = said.open()
        orders = asked.open("w")
        said.unlink()
        asked.unlink()
        return Child(answers, orders, int(answers.readline()))

    def ask(self, task: str) -> dict[str, object]:
        """Let a child do a task to its end, and return what it says as JSON."""
        child = self.start(task)
        answer = child.said.read()
        child.asked.close()
        child.said.close()
        return dict(json.loads(answer))


@dataclass
class Traced:
    """What strace saw of one task.

    Attributes:
        calls: how often each call that changes files was made.
        injected: a fault was injected.
    """

    calls: dict[str, int] = field(default_factory=dict)
    injected: bool = False


@contextmanager
def traced(child: Child, folder: Path, *, fault: tuple[str, int] | None = None) -> Iterator[Traced]:
    """Watch a child's calls, and let the n-th of a kind fail with EIO when a fault is given.

    What was seen is complete at the end of the block, in which the child has to end.
    """
    program = shutil.which("strace")
    assert program, "This test needs the program strace: `make setup` installs it."
    log = folder / f"calls-{child.pid}"
    inject = ["-e", f"inject={fault[0]}:error=EIO:when={fault[1]}"] if fault else []
    watcher = subprocess.Popen(
        [
            *(program, "-f", "-e", f"trace={','.join(CALLS)}", *inject),
            *("-o", str(log), "-p", str(child.pid)),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watcher.stderr is not None
    first = watcher.stderr.readline()
    if "attached" not in first:
        watcher.communicate()
        raise AssertionError(
            f"strace cannot watch a process here, and no fault be injected: {first.strip()}. "
            "This test needs ptrace: run it where the sandbox permits it (CAP_SYS_PTRACE)."
        )
    seen = Traced()
    try:
        yield seen
    finally:
        watcher.communicate()
    for line in log.read_text(errors="replace").splitlines():
        call = line.partition(" ")[2].lstrip().partition("(")[0]
        if call in CALLS:
            seen.calls[call] = seen.calls.get(call, 0) + 1
        seen.injected |= "(INJECTED)" in line
