"""The wheel is whole: installed into an empty environment it serves, with no node in reach."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
START_SECONDS = 60


def run(*command: str | Path, **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def uv() -> str:
    found = os.environ.get("UV") or shutil.which("uv") or str(ROOT / ".tools" / "uv" / "bin" / "uv")
    assert Path(found).exists(), "uv is missing: `make setup` installs it"
    return found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(uv(), "build", "--quiet", "--wheel", "--out-dir", folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and the locked versions of what it asks for, no more."""
    environment = tmp_path_factory.mktemp("environment") / "venv"
    run(
        *(uv(), "sync", "--quiet", "--frozen", "--no-dev", "--no-install-project"),
        *("--python", sys.executable),
        UV_PROJECT_ENVIRONMENT=str(environment),
        VIRTUAL_ENV="",
    )
    python = environment / "bin" / "python"
    run(uv(), "pip", "install", "--quiet", "--python", python, "--no-deps", wheel)
    run(uv(), "pip", "check", "--python", python)
    return environment / "bin"


@pytest.fixture
def address(installed: Path, tmp_path: Path) -> Iterator[str]:
    """Where the installed product serves: outside of the checkout, and without node."""
    port = free_port()
    environment = {
        "PATH": str(installed),
        "HOME": str(tmp_path),
        "TWOFOLD_DATA": str(tmp_path / "data"),
    }
    assert shutil.which("node", path=environment["PATH"]) is None
    command = [installed / "twofold", "serve", "--port", str(port)]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        wait_for(port, server, tmp_path / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"The server did not start: {log.read_text()}")


def test_wheel_carries_the_front_end_assets(wheel: Path) -> None:
    vendor = ROOT / "src" / "twofold" / "web" / "static" / "vendor"
    built = {f"twofold/web/static/vendor/{path.name}" for path in vendor.iterdir()}

    assert built
    assert built <= set(zipfile.ZipFile(wheel).namelist())


def test_installed_wheel_serves_its_pages_without_node(address: str) -> None:
    page = httpx.get(address, follow_redirects=True)
    styles = re.findall(r'<link[^>]+href="(/static/[^"]+\.css)"', page.text)

    assert page.status_code == 200
    assert 'name="password"' in page.text
    assert any("tabler.min" in style for style in styles)
    for style in styles:
        answer = httpx.get(address + style)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/css")
