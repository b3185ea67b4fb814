"""The project speaks of itself alone, and gives a reason for each package that it depends on."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Folders of one machine, and words of the place where the code happens to be written.
FOREIGN = re.compile(
    r"(?<![\w./-])/(?:work|home/\w+|Users/\w+|opt/pypi)/"
    r"|\bthe brief\b|\bsub-?agent\b",
    re.IGNORECASE,
)
# The rule has to name what it forbids, and a lock file is not our prose.
EXEMPT = {"tests/architecture/test_project.py", "uv.lock", "package-lock.json"}
REQUIREMENT = re.compile(r"""^\s+"([A-Za-z0-9._-]+)(?:\[[^]]*\])?\s*(?:[<>=!~;].*)?",$""")


# Where our own text stands; what is built or fetched lies elsewhere or is no text.
FOLDERS = (".ci", "bench", "docs", "scripts", "src", "tests")
BUILT = {"__pycache__", "vendor", "node_modules"}


def texts() -> dict[str, str]:
    """The text of each file of the project by its path."""
    paths = [path for path in ROOT.iterdir() if path.suffix in {".md", ".toml", ".json", ".lock"}]
    paths += [ROOT / "Makefile", ROOT / ".gitignore"]
    paths += [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    found = {}
    for path in paths:
        name = str(path.relative_to(ROOT))
        if path.is_file() and name not in EXEMPT and not BUILT & set(path.parts):
            try:
                found[name] = path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found


def foreign(text: str) -> list[str]:
    return [match.group() for match in FOREIGN.finditer(text)]


def unexplained(pyproject: str) -> list[str]:
    """Requirements without a comment in the line above."""
    lines = pyproject.splitlines()
    return [
        match.group(1)
        for before, line in pairwise(lines)
        if (match := REQUIREMENT.match(line)) and not before.strip().startswith("#")
    ]


def requirements(pyproject: str) -> str:
    """The part of pyproject.toml that lists requirements: before the build and the tools."""
    return pyproject.partition("[project.scripts]")[0].partition("dependencies = [")[2]


def test_project_speaks_of_itself() -> None:
    files = texts()

    assert {"Makefile", ".ci/run", "pyproject.toml"} <= set(files)
    assert {name: found for name, text in files.items() if (found := foreign(text))} == {}


@pytest.mark.parametrize(
    "line", ["open('/work/main/x')", "see /home/kim/notes", "as the brief says", "a Subagent wrote"]
)
def test_foreign_words_are_found(line: str) -> None:
    assert foreign(line)


@pytest.mark.parametrize("line", ["https://example.org/work/item", "a briefing", "/var/lib/x"])
def test_words_of_the_trade_are_not_foreign(line: str) -> None:
    assert foreign(line) == []


def test_each_dependency_has_its_reason() -> None:
    listed = requirements((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert len([line for line in listed.splitlines() if REQUIREMENT.match(line)]) > 20
    assert unexplained(listed) == []


def test_dependency_without_a_reason_is_found() -> None:
    listed = '    # Because.\n    "django>=5",\n    "numpy[extra]>=2",\n'

    assert unexplained(listed) == ["numpy"]
