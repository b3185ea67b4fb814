"""Finds the public Merkle vectors beside the checkout, and says so when they are not there."""

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
    absent = [kind for kind in KINDS if not (VECTORS / kind).is_dir()]
    if absent:
        terminalreporter.write_line(
            f"NOT RUN: public Merkle vectors ({', '.join(absent)}): {VECTORS} is not there. "
            "The known answers of this project ran instead."
        )
