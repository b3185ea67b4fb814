"""Finds the public Merkle vectors beside the checkout, and has it said when they are not there."""

import pytest
from reporting_of_unrun import SHARED, Beside

VECTORS = SHARED / "vectors" / "merkle"
KINDS = ("inclusion", "consistency", "subtreeinclusion", "subtreeconsistency")
MERKLE_VECTORS = Beside(
    VECTORS,
    KINDS,
    tests="public Merkle vectors",
    instead="The known answers of this project ran instead.",
)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(MERKLE_VECTORS, "unrun-merkle-vectors")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for a vector every file of its kind; without any it is skipped."""
    for kind in KINDS:
        if f"{kind}_vector" in metafunc.fixturenames:
            files = sorted((VECTORS / kind).rglob("*.json"))
            names = [str(file.relative_to(VECTORS)) for file in files]
            metafunc.parametrize(f"{kind}_vector", files, ids=names)
