"""`make test`: the whole suite on SQLite, then what touches a database on PostgreSQL.

One pytest per database, spread over the cores. What a pass leaves out is printed.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from postgresql import throw_away_cluster
from prepare import prepare
from steps import ROOT, TOOLS, VENV, guarded, say

# What has no table cannot behave differently on another database.
WITHOUT_DATABASE = (
    "tests/architecture",
    "tests/catalog",
    "tests/domain",
    "tests/packaging",
    "tests/twofold_verify",
)
DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """Run the passes that were asked for; return the status of the first that failed."""
    options = arguments()
    signal.signal(signal.SIGTERM, end)
    prepare("test")
    wanted = DATABASES if options.database == "both" else (options.database,)
    statuses = [one_pass(database, options) for database in wanted]
    if not options.slow:
        say("Not run: the tests marked slow; `make test-slow` runs them.")
    for database, status in zip(wanted, statuses, strict=True):
        say(f"{database}: {'passed' if status == 0 else f'failed (pytest status {status})'}")
    return next((status for status in statuses if status), 0)


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Run the test suite on both databases.")
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--coverage", action="store_true", help="measure, in the pass on SQLite")
    parser.add_argument("--slow", action="store_true", help="run the full-size proofs, only them")
    parser.add_argument("paths", nargs="*", help="files or folders; default: all")
    return parser.parse_args()


def end(number: int, frame: FrameType | None) -> None:
    """Leave through the open contexts, so that the cluster is stopped."""
    sys.exit(128 + number)


def one_pass(database: str, options: argparse.Namespace) -> int:
    """Run pytest on one database and return its status."""
    cluster: AbstractContextManager[str | None] = (
        throw_away_cluster() if database == "postgresql" else nullcontext()
    )
    left_out = [] if options.paths or database == "sqlite" else existing(WITHOUT_DATABASE)
    with cluster as url:
        say(f"\n=== The suite on {database} ===")
        if left_out:
            say(f"Not run again, for they touch no database: {', '.join(left_out)}")
        began = time.monotonic()
        status = pytest(url, left_out, options)
        say(f"=== {database}: {time.monotonic() - began:.0f} s ===")
    return status


def existing(folders: tuple[str, ...]) -> list[str]:
    """Return those of the folders that there are."""
    return [folder for folder in folders if (ROOT / folder).is_dir()]


def pytest(url: str | None, left_out: list[str], options: argparse.Namespace) -> int:
    """Run pytest on the database of the URL, or on SQLite where there is none."""
    command = [VENV / "bin" / "python", "-m", "pytest", "-q", "-rsxX", "--durations=5"]
    command += ["-m", "slow" if options.slow else "not slow"]
    command += ["-n", str(os.cpu_count() or 1), "--dist", "worksteal"]
    command += [f"--ignore={folder}" for folder in left_out]
    if options.coverage and url is None:
        command += ["--cov", "--cov-report="]
    if url is not None:
        # The cluster goes as a whole: dropping its databases one by one would fail on a thread of a
        # live server that still holds a connection.
        command.append("--reuse-db")
    return run_to_end([*map(str, command), *options.paths], environment(url))


def environment(url: str | None) -> dict[str, str]:
    """Return the environment of pytest: this database, and uv for the test of the wheel."""
    variables = {name: value for name, value in os.environ.items() if name[:8] != "TWOFOLD_"}
    variables["UV"] = str(TOOLS / "uv" / "bin" / "uv")
    if url is not None:
        variables["TWOFOLD_DATABASE_URL"] = url
    return variables


def run_to_end(command: list[str], variables: dict[str, str]) -> int:
    """Run the command; whatever ends this process ends it first."""
    process = subprocess.Popen(command, cwd=Path(ROOT), env=variables)
    try:
        return process.wait()
    except BaseException:
        process.terminate()
        process.wait()
        raise


if __name__ == "__main__":
    guarded(main)
