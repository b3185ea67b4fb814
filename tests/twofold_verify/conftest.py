"""Finds the public Merkle vectors beside the checkout, and says so when they are not there."""

import sys
from pathlib import Path

import pytest

VECTORS = Path(__file__).parents[3] / "shared" / "vectors" / "merkle"
KINDS = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a vector every file of its kind; without any it is skipped."""
    for kind in KINDS:
        if f"{kind}_vector" in metafunc.fixturenames:
            files = sorted((VECTORS / kind).rglob("*.json"))
            names = [str(file.relative_to(VECTORS)) for file in files]
            metafunc.parametrize(f"{kind}_vector", files, ids=names)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in the ordinary output what a checkout without the vectors did not run."""
    if not_run():
        terminalreporter.write_line(not_run())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Say it from the first worker when the tests are spread, as the summary is made elsewhere."""
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    if worker == "gw0" and not_run():
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{not_run()}\n")


def not_run() -> str:
    """Return what is missing and what ran instead; blank when all vectors are there."""
    absent = [kind for kind in KINDS if not any((VECTORS / kind).rglob("*.json"))]
    if not absent:
        return ""
    return (
        f"NOT RUN: public Merkle vectors ({', '.join(absent)}): {VECTORS} does not hold them. "
        "The known answers of this project ran instead."
    )
