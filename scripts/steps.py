"""What the scripts of the checkout share: a refusal in one sentence, and a command run quietly.

The scripts are started by the system's Python before anything is installed, so they use the
standard library only, and an older Python can still read them far enough to say that it is too old.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
LOG = TOOLS / "setup.log"
OLDEST_PYTHON = (3, 11)


class SetupError(Exception):
    """The work cannot go on; the message is the sentence that the user reads."""


def say(sentence: str) -> None:
    """Print a line of progress at once."""
    print(sentence, flush=True)


def run(
    command: Sequence[str | Path], failure: str, *, environment: Mapping[str, str] | None = None
) -> None:
    """Run a command quietly; raise `SetupError` with `failure` and the reason it gave.

    All that it printed is kept in `.tools/setup.log`.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        TOOLS.mkdir(exist_ok=True)
        LOG.write_text(done.stdout)
        raise SetupError(f"{failure} It said: {reason(done.stdout)} (all of it: {LOG})")


def reason(output: str) -> str:
    """Return the line of a failed command that tells most."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "e:", "fatal"))]
    return (errors or lines or ["nothing"])[-1]


def guarded(main: Callable[[], int]) -> None:
    """End the process with the status of `main`; a refusal is one sentence, not a traceback."""
    if sys.version_info < OLDEST_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        sys.exit(f"Python 3.11 or newer is needed, this is {found}: make PYTHON=python3.11 ...")
    try:
        sys.exit(main())
    except SetupError as refusal:
        print(refusal, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
