import sys
from collections.abc import Callable
from dataclasses import dataclass

import factories
import pytest

from twofold.cli import main


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Ended]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `twofold` with arguments in this process, on the database of the test."""

    def _run(*arguments: object) -> Ended:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["twofold", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        code = ended.value.code
        return Ended(code if isinstance(code, int) else int(bool(code)), written.out, written.err)

    return _run


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The cast, employed in real time: the command line reads the clock."""
    return factories.cast(factories.now())
