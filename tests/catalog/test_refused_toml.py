"""Malformed TOML is refused with the file, the line and the reason."""

from pathlib import Path

import pytest
from small_catalog import (
    CONTROLS_FILE,
    CROSSWALK_FILE,
    FILES,
    NONE_FILE,
    SEC,
    change,
    refusal,
    write,
)

from twofold.catalog.load import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_the_small_catalogue_is_sound(folder: Path) -> None:
    found = load(folder)
    assert list(found.requirements) == ["sec:4", "sec:A.1", "ai:1", "law:Art. 1"]
    assert [need.kind for need in found.controls[0].evidence] == ["kept"]
    heading, control = found.framework("sec").requirements
    assert (heading.auditable, heading.parent, heading.summary) == (False, "", "")
    assert (control.reference, control.parent) == ("A.1", "sec:A")


def test_line_endings_of_windows_are_read_alike(folder: Path) -> None:
    sound = load(folder)
    for name, text in FILES.items():
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode())
    assert load(folder) == sound


@pytest.mark.parametrize("name", ["frameworks.toml", "sec.toml", "ai.toml", "law.toml"])
def test_a_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder) == (name, 1, "the file is missing")


def test_a_folder_without_controls(folder: Path) -> None:
    (folder / CONTROLS_FILE).unlink()
    assert refusal(folder) == ("controls", 1, "holds no controls")
    (folder / "controls").rmdir()
    assert refusal(folder) == ("controls", 1, "holds no controls")


@pytest.mark.parametrize(("name", "part"), [(CROSSWALK_FILE, "pairs"), (NONE_FILE, "unpaired")])
def test_a_crosswalk_without_a_file_holds_nothing_of_it(folder: Path, name: str, part: str) -> None:
    assert getattr(load(folder), part)
    (folder / name).unlink()
    assert getattr(load(folder), part) == ()


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_not_utf_8_is_named_with_the_line_of_the_byte(
    folder: Path, name: str
) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content + b"\n# caf\xe9\n")
    line = content.count(b"\n") + 2
    assert refusal(folder) == (name, line, f"is not UTF-8 at byte {len(content) + 6}")


@pytest.mark.parametrize("name", ["frameworks.toml", "sec.toml", "ai.toml", CONTROLS_FILE])
def test_a_syntax_error_inside_a_file(folder: Path, name: str) -> None:
    change(folder, name, 'title = "', "title = ")
    found, line, reason = refusal(folder)
    assert (found, line) == (name, 3)
    assert reason.startswith("is no TOML: Invalid value (at line 3, column 9)")


def test_a_text_that_never_ends_is_named_with_the_last_line(folder: Path) -> None:
    change(folder, "sec.toml", 'questions = ["Which log?", "Whose log?"]\n', 'questions = ["Which')
    name, line, reason = refusal(folder)
    assert (name, line) == ("sec.toml", SEC.count("\n"))
    assert "end of document" in reason


@pytest.mark.parametrize(
    "value", ["9" * 5000, "[" * 20_000], ids=["an endless number", "endless nesting"]
)
def test_what_the_parser_itself_cannot_bear(folder: Path, value: str) -> None:
    change(folder, CONTROLS_FILE, "31", value)
    name, _line, reason = refusal(folder)
    assert name == CONTROLS_FILE
    assert reason.startswith("is no TOML: ")


def test_a_key_written_twice(folder: Path) -> None:
    change(folder, "ai.toml", 'title = "Records"\n', 'title = "Records"\ntitle = "Again"\n')
    name, line, reason = refusal(folder)
    assert (name, line) == ("ai.toml", 4)
    assert reason.startswith("is no TOML: Cannot overwrite a value")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('[[requirement]]\nid = "sec:A.1"', '[[requirment]]\nid = "sec:A.1"', 7),
        ('[[requirement]]\nid = "sec:4"', 'requirment = 1\n[[requirement]]\nid = "sec:4"', 1),
    ],
    ids=["header", "key"],
)
def test_a_misspelt_name_is_not_passed_over(folder: Path, old: str, new: str, line: int) -> None:
    change(folder, "sec.toml", old, new)
    assert refusal(folder) == ("sec.toml", line, "unknown key 'requirment'")


def test_a_stray_header_is_named_with_its_own_line_and_not_that_of_a_key_of_its_name(
    folder: Path,
) -> None:
    change(folder, "sec.toml", SEC, f"{SEC}\n[evidence]\n")
    assert refusal(folder) == ("sec.toml", 17, "unknown key 'evidence'")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\n[requirement]\nid = 1\n", 2),
        ("\nrequirement = [{ id = 1 }]\n", 2),
        ('requirement = ["""\n[[requirement]]\n"""]\n', 2),
        ("[[requirement.evidence]]\nid = 1\n", 1),
        ("\n  requirement.id = 1\n", 2),
        ('"require\\u006dent" = 1\n', 1),
    ],
)
def test_entries_that_are_not_written_as_table_arrays(folder: Path, text: str, line: int) -> None:
    (folder / "ai.toml").write_text(text, encoding="utf-8")
    assert refusal(folder) == (
        "ai.toml",
        line,
        "requirement must be written as [[requirement]] tables",
    )


@pytest.mark.parametrize("text", ["", "# nothing\n", "requirement = []\n"])
@pytest.mark.parametrize("name", ["frameworks.toml", "ai.toml", CONTROLS_FILE])
def test_a_file_without_entries(folder: Path, name: str, text: str) -> None:
    entry = {"frameworks.toml": "framework", CONTROLS_FILE: "control"}.get(name, "requirement")
    (folder / name).write_text(text.replace("requirement", entry), encoding="utf-8")
    assert refusal(folder) == (name, 1, f"holds no [[{entry}]]")
