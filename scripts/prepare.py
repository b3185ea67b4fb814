"""Bring the checkout to the state that a target of the Makefile needs, and nothing twice.

    python3 scripts/prepare.py [run | develop | test]

`run` is the product with its demonstration and its front-end assets, `develop` adds the tools of
`make check`, `test` what the tests need of the system. A stamp makes the next call return at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys

import debian
from steps import ROOT, TOOLS, VENV, SetupError, guarded, run, say

UV_VERSION = "0.13.9"
STAMP = TOOLS / "environment.json"
LEVELS = ("run", "develop", "test")


def main() -> int:
    """Prepare the level named on the command line."""
    parser = argparse.ArgumentParser(description="Set the checkout up.")
    parser.add_argument("level", choices=LEVELS)
    prepare(parser.parse_args().level)
    return 0


def prepare(level: str) -> None:
    """Set up everything up to the level; raise `SetupError` when something cannot be had."""
    if level == "test":
        debian.install(
            debian.BROWSER,
            debian.PANGO,
            debian.POSTGRESQL,
            debian.OTHER_ROUTE,
            debian.FAULTS,
            debian.SCANNER,
        )
    else:
        debian.install_if_possible(debian.PANGO)
    environment(with_tools=level != "run")
    assets()


def environment(*, with_tools: bool) -> None:
    """Put the locked packages into `.venv`, with the developer's tools where asked."""
    wanted = {"locked": fingerprint(), "tools": with_tools}
    if is_current(wanted):
        return
    command = [uv(), "sync", "--quiet", "--frozen", "--extra", "demo"]
    # The run's environment is a part of the developer's: never take tools away.
    command += ["--group", "dev"] if with_tools else ["--no-dev", "--inexact"]
    say("Installing the locked Python packages (once) ...")
    run(
        command,
        "The Python packages of uv.lock could not be installed. Is the network reachable?",
        environment={
            **os.environ,
            "UV_PROJECT_ENVIRONMENT": str(VENV),
            # The system's Python is what the product promises to need; fetch no other.
            "UV_PYTHON_DOWNLOADS": "never",
        },
    )
    STAMP.write_text(json.dumps(wanted))


def fingerprint() -> str:
    """Return the hash of all that decides the installed packages."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in ("pyproject.toml", "uv.lock"):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def is_current(wanted: dict[str, object]) -> bool:
    """Tell whether `.venv` already holds what is wanted, or more."""
    try:
        stamp = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return False
    enough = stamp.get("tools") or not wanted["tools"]
    return bool(stamp.get("locked") == wanted["locked"] and enough and python_runs())


def python_runs() -> bool:
    """Tell whether the environment's Python and the product's command are still there."""
    return (VENV / "bin" / "python").exists() and (VENV / "bin" / "twofold").exists()


def uv() -> str:
    """Return the uv of the checkout, of the version that its lock file was written by."""
    own = TOOLS / "uv" / "bin" / "uv"
    stamp = TOOLS / "uv" / f"version-{UV_VERSION}"
    if stamp.exists() and own.exists():
        return str(own)
    debian.install(debian.ENVIRONMENTS)
    say(f"Installing uv {UV_VERSION} (once) ...")
    shutil.rmtree(TOOLS / "uv", ignore_errors=True)
    run(
        (sys.executable, "-m", "venv", TOOLS / "uv"),
        "A Python environment could not be made.",
    )
    run(
        (own.with_name("pip"), "install", "--retries=2", f"uv=={UV_VERSION}"),
        f"uv {UV_VERSION} could not be fetched from the package index. Is the network reachable?",
    )
    stamp.touch()
    return str(own)


def assets() -> None:
    """Build the front-end assets; their own script knows whether there is anything to do."""
    import build_assets  # noqa: PLC0415 - it needs the Python that `guarded` asks for

    os.environ["PATH"] = os.pathsep.join((str(TOOLS / "uv" / "bin"), os.environ.get("PATH", "")))
    if build_assets.main([]):
        raise SetupError("Without them there are no pages to show: set-up stops here.")


if __name__ == "__main__":
    guarded(main)
