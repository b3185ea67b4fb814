"""The verifier's own wheel verifies a real bundle where there is neither Django nor the server."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import distribution
from importlib.metadata import version as installed_version
from pathlib import Path

import factories
import pytest
from factories import whole_record

from twofold.ledger import keys
from twofold.reporting.exporting import export_bundle, export_record

ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "packages" / "twofold-verify"
#: Runs one of the wheel's commands with nothing to import but what is named.
_RUN = """
import sys
sys.path[:0] = sys.argv[1:3]
for absent in ("django", "twofold", "numpy"):
    try:
        __import__(absent)
    except ImportError:
        continue
    sys.exit(f"{absent} can be imported: the test proves nothing.")
module, _, name = sys.argv[3].partition(":")
sys.argv[:] = sys.argv[3:]
sys.exit(getattr(__import__(module, fromlist=["_"]), name)())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built offline and unpacked as an installer does."""
    made, unpacked = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("unpacked")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    done = subprocess.run(build, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (file,) = made.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(unpacked)
    return unpacked


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the wheel asks for, and what that asks for, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("needed")
    for name in ("cryptography", "rfc3161-client", "cffi"):
        for file in distribution(name).files or []:
            top = Path(file.parts[0])
            place = Path(str(distribution(name).locate_file(top)))
            if top.name != ".." and not (folder / top).exists():
                (folder / top).symlink_to(place)
    return folder


@pytest.fixture
def run(wheel: Path, needed: Path):
    def _run(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        (script,) = entry_points_of(wheel, command)
        # Isolated, and without the site packages of this environment.
        python = [sys.executable, "-I", "-S", "-c", _RUN, str(wheel), str(needed), script]
        return subprocess.run(
            [*python, *map(str, arguments)], capture_output=True, text=True, check=False
        )

    return _run


def entry_points_of(wheel: Path, command: str) -> list[str]:
    (told,) = wheel.glob("*.dist-info/entry_points.txt")
    lines = [line.partition("=") for line in told.read_text().splitlines()]
    return [value.strip() for name, _, value in lines if name.strip() == command]


def test_real_bundles_verify_with_the_wheel_alone(db, run, tmp_path):
    cast = factories.cast()
    item = factories.evidence_item(cast)
    whole_record.sequence()
    by = factories.actor(cast.auditor)
    key = keys.verifier()
    whole = export_bundle(tmp_path / "whole.zip", by=by, at=factories.AT)
    single = export_record(item.ledger_subject, tmp_path / "one", by=by, at=factories.AT)

    for bundle in (whole, single):
        done = run("twofold-verify", bundle, "--key", key)
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.startswith("SOUND")
    (state,) = single.glob("live.ndjson")
    state.write_text(state.read_text().replace("internal", "public"))
    assert run("twofold-verify", single, "--key", key).returncode == 1


def test_a_witness_is_set_up_with_the_wheel_alone(run, tmp_path):
    done = run("twofold-witness", "init", tmp_path / "witness", "--name", "witness.example/w1")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("witness.example/w1+")


def test_the_wheel_asks_for_two_packages_and_no_more(wheel):
    (told,) = wheel.glob("*.dist-info/METADATA")
    needs = [
        line.removeprefix("Requires-Dist: ").partition(">")[0]
        for line in told.read_text().splitlines()
        if line.startswith("Requires-Dist: ")
    ]

    assert sorted(needs) == ["cryptography", "rfc3161-client"]
    assert (wheel / "twofold_verify" / "independent" / "check.go").is_file()


def test_both_packages_have_one_version_and_the_same_commands():
    own = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    product = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert own["version"] == product["version"] == installed_version("twofold")
    assert own["scripts"].items() <= product["scripts"].items()
