"""The route that shares no code with us: the Go program that bundles carry, and `openssl`."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

import twofold_verify

PROGRAM = Path(twofold_verify.__file__).parent / "independent" / "check.go"
_GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOPROXY": "off"}
_BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Ended:
    """What a program said and how it ended."""

    status: int
    said: str


class OtherRoute:
    """Runs `check.go`, built once, and what a read-me tells its reader to run."""

    def __init__(self, folder: Path) -> None:
        go = shutil.which("go")
        assert go, "This test needs the program go: `make setup` installs it."
        self._own = {**_GO, "GOCACHE": str(folder / "cache"), "HOME": str(folder)}
        self._program = folder / "check"
        built = _run([go, "build", "-o", str(self._program), str(PROGRAM)], self._own)
        assert built.status == 0, built.said

    def check(self, bundle: Path, key: object, *, kept: Path | None = None) -> Ended:
        """Check a bundle in a folder."""
        more = ["-kept", str(kept)] if kept else []
        return _run([str(self._program), "-key", str(key), *more, str(bundle)], self._own)

    def shell(self, command: str, folder: Path, **variables: object) -> Ended:
        """Run a command of a read-me in the bundle's folder, as its reader does."""
        given = {name: str(value) for name, value in variables.items()}
        return _run(["sh", "-e", "-c", command], {**self._own, **given}, folder)


def commands(readme: str, kind: str) -> list[str]:
    """Return the commands of one kind that a read-me tells to run; blank: those for everybody."""
    return [text for named, text in _BLOCK.findall(readme) if named == kind]


@pytest.fixture(scope="session")
def other_route(tmp_path_factory: pytest.TempPathFactory) -> OtherRoute:
    """The Go program, built from what bundles carry, and a shell."""
    return OtherRoute(tmp_path_factory.mktemp("other-route"))


def _run(command: list[str], environment: dict[str, str], folder: Path | None = None) -> Ended:
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        cwd=folder,
    )
    return Ended(done.returncode, done.stdout + done.stderr)
