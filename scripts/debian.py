"""System packages that the tests need, fetched through apt where they are missing.

Only root can install; another user reads which command root has to run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from steps import SetupError, run, say

CLUSTER_SETTINGS = Path("/etc/postgresql-common/createcluster.d/twofold-tests.conf")


class Need(NamedTuple):
    """Something of the system: its packages, what it is for, and whether it is there."""

    packages: tuple[str, ...]
    purpose: str
    is_there: Callable[[], bool]


def has_file(*patterns: str) -> bool:
    """Tell whether each pattern below the root folder matches a file."""
    return all(any(Path("/").glob(pattern)) for pattern in patterns)


def has_ensurepip() -> bool:
    """Tell whether `python3 -m venv` can put pip into what it makes."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - being importable is the question
    except ImportError:
        return False
    return True


ENVIRONMENTS = Need(("python3-venv",), "a Python environment of its own", has_ensurepip)
BROWSER = Need(
    # Chromium, and what the node that drives it is linked with.
    ("chromium", "libatomic1"),
    "tests in a real browser",
    lambda: has_file("usr/bin/chromium", "usr/lib/*/libatomic.so.1"),
)
PANGO = Need(
    ("libpango-1.0-0", "libpangoft2-1.0-0"),
    "documents as PDF",
    lambda: has_file("usr/lib/*/libpango-1.0.so.0", "usr/lib/*/libpangoft2-1.0.so.0"),
)
POSTGRESQL = Need(
    ("postgresql",), "tests on PostgreSQL", lambda: has_file("usr/lib/postgresql/*/bin/initdb")
)
OTHER_ROUTE = Need(
    # The log is checked by programs that we did not write, as an auditor would.
    ("golang-go", "golang-golang-x-mod-dev", "openssl"),
    "checking bundles with standard tools",
    lambda: has_file(
        "usr/bin/go", "usr/share/gocode/src/golang.org/x/mod/sumdb/tlog", "usr/bin/openssl"
    ),
)
FAULTS = Need(("strace",), "failing disks and killed processes", lambda: has_file("usr/bin/strace"))
SCANNER = Need(("clamav-daemon",), "scanning uploaded files", lambda: has_file("usr/sbin/clamd"))


def install(*needs: Need) -> None:
    """Install what is missing; raise `SetupError` with the command where that cannot be done."""
    missing = [need for need in needs if not need.is_there()]
    if not missing:
        return
    packages = [package for need in missing for package in need.packages]
    purposes = ", ".join(need.purpose for need in missing)
    require_permission(packages, purposes)
    say(f"Installing {' '.join(packages)} for {purposes} (once) ...")
    if POSTGRESQL in missing:
        prevent_main_cluster()
    apt_get(packages)


def install_if_possible(need: Need) -> None:
    """Install what a part of the product needs; where that cannot be done, say what is missing."""
    try:
        install(need)
    except SetupError as refusal:
        say(f"{refusal} Everything else works without it.")


def require_permission(packages: Sequence[str], purposes: str) -> None:
    """Raise `SetupError` unless this is root on a system with apt."""
    named = f"{', '.join(packages)} {'is' if len(packages) == 1 else 'are'}"
    command = f"apt-get update && apt-get install --no-install-recommends {' '.join(packages)}"
    if not shutil.which("apt-get"):
        raise SetupError(
            f"{named} missing (for {purposes}). Install it, by whatever name it has here,"
            " with this system's package manager, then try again."
        )
    if os.geteuid() != 0:
        raise SetupError(
            f"{named} missing (for {purposes}), and only root can install it. As root: {command}"
        )


def prevent_main_cluster() -> None:
    """Keep Debian's package from making and starting a database server that nobody asked for."""
    if not CLUSTER_SETTINGS.parent.parent.exists():
        CLUSTER_SETTINGS.parent.mkdir(parents=True)
        CLUSTER_SETTINGS.write_text("create_main_cluster = false\n")


def apt_get(packages: Sequence[str]) -> None:
    """Fetch the lists and install the packages without asking anything."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    failure = f"apt could not install {' '.join(packages)}. Is the network reachable?"
    patience = ("-o", "Acquire::Retries=2")
    run(("apt-get", "-q", *patience, "update"), failure, environment=environment)
    run(
        ("apt-get", "-q", *patience, "install", "-y", "--no-install-recommends", *packages),
        failure,
        environment=environment,
    )
