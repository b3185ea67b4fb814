"""The line about what did not run names what is missing, and is blank when nothing is."""

from pathlib import Path

from reporting_of_unrun import Beside


def test_nothing_is_said_when_everything_is_there(tmp_path: Path) -> None:
    (tmp_path / "vectors").mkdir()
    assert Beside(tmp_path, ("vectors",), tests="vectors", instead="Nothing.").unrun == ""


def test_what_is_missing_is_named_with_what_ran_instead(tmp_path: Path) -> None:
    (tmp_path / "there.json").touch()
    beside = Beside(tmp_path, ("there.json", "gone.json"), tests="titles", instead="Counts ran.")
    assert beside.unrun == f"NOT RUN: titles (gone.json): not in {tmp_path}. Counts ran."
