"""The environment variables of the product are documented, and no other is read."""

import re
from pathlib import Path

from twofold.config.environment import VARIABLES

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"\bTWOFOLD_[A-Z_]*[A-Z]\b")
# A row of the table: the variable stands first, in backquotes.
ROW = re.compile(r"^\| `(TWOFOLD_[A-Z_]+)`", re.MULTILINE)


def named_in(folder: Path) -> set[str]:
    return {
        name
        for path in folder.rglob("*.py")
        for name in NAME.findall(path.read_text(encoding="utf-8"))
    }


def test_each_variable_is_documented_and_nothing_else() -> None:
    rows = ROW.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))

    assert rows == sorted(VARIABLES)


def test_source_names_no_other_variable() -> None:
    assert named_in(ROOT / "src") == set(VARIABLES)


def test_variable_that_is_read_is_found(tmp_path: Path) -> None:
    (tmp_path / "reader.py").write_text('import os\nos.environ["TWOFOLD_HIDDEN"]\n')

    assert named_in(tmp_path) == {"TWOFOLD_HIDDEN"}
