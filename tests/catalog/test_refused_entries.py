"""A faulty framework, requirement or control is refused with the file, the line and the reason."""

from pathlib import Path

import pytest
from small_catalog import AI, CONTROLS, CONTROLS_FILE, SEC, change, put, refusal, write

from twofold.catalog.load import load


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('id = "sec"', "", 1, "id must be a text that is not blank"),
        ('title = "AI of things"', 'title = " "', 13, "title must be a text that is not blank"),
        ("certifiable = false", "certifiable = 0", 13, "certifiable must be true or false"),
        ('edition = "2024"', "edition = 2024", 1, "edition must be a text that is not blank"),
        ('edition = "1.0"', "year = 1", 13, "unknown key 'year'"),
        ('files = ["ai.toml"]', 'files = "ai.toml"', 13, "files must be a list of texts"),
        ('files = ["ai.toml"]', "files = []", 13, "files must hold at least 1"),
        ('id = "ai"', 'id = "sec"', 13, "ai:1 does not begin with sec:"),
        (
            '[[framework.group]]\nid = "sec:A"\ntitle = "Controls"',
            "group = 1",
            1,
            "group must be a list of tables",
        ),
        (
            '[[framework.group]]\nid = "sec:A"\ntitle = "Controls"',
            "group = [1]",
            1,
            "group must be a list of tables",
        ),
        ('title = "Controls"', "", 9, "title must be a text that is not blank"),
        ('title = "Controls"', 'title = "C"\nname = "C"', 9, "unknown key 'name'"),
        ('id = "sec:A"', 'id = "ai:A"', 9, "ai:A does not begin with sec:"),
        ('id = "sec:A"', 'id = "sec:"', 9, "sec: names nothing"),
        (
            'title = "Controls"\n',
            'title = "C"\n[[framework.group]]\nid = "sec:A"\ntitle = "D"\n',
            12,
            "sec:A stands twice",
        ),
    ],
)
def test_a_faulty_framework(folder: Path, old: str, new: str, line: int, reason: str) -> None:
    change(folder, "frameworks.toml", old, new)
    expected = ("ai.toml", 1, reason) if "ai:1" in reason else ("frameworks.toml", line, reason)
    assert refusal(folder) == expected


def test_a_framework_that_stands_twice(folder: Path) -> None:
    change(folder, "frameworks.toml", 'id = "ai"', 'id = "sec"')
    change(folder, "ai.toml", "ai:1", "sec:1")
    assert refusal(folder) == ("frameworks.toml", 13, "sec stands twice")


def test_a_file_that_a_framework_names_and_that_is_not_there(folder: Path) -> None:
    change(folder, "frameworks.toml", "ai.toml", "gone.toml")
    assert refusal(folder) == ("gone.toml", 1, "the file is missing")


def test_a_file_that_a_framework_names_twice(folder: Path) -> None:
    change(folder, "frameworks.toml", '["sec.toml"]', '["sec.toml", "sec.toml"]')
    assert refusal(folder) == ("sec.toml", 1, "sec:4 stands twice")


def test_groups_written_inline_are_read_and_a_fault_is_named_with_the_table_around(
    folder: Path,
) -> None:
    written = '[[framework.group]]\nid = "sec:A"\ntitle = "Controls"'
    change(folder, "frameworks.toml", written, 'group = [{ id = "sec:A", title = "Controls" }]')
    assert [group.id for group in load(folder).framework("sec").groups] == ["sec:A"]
    change(folder, "frameworks.toml", '"sec:A"', '""')
    assert refusal(folder) == ("frameworks.toml", 1, "id must be a text that is not blank")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "sec:A.1"', "id = 1", "id must be a text that is not blank"),
        ('id = "sec:A.1"', 'id = "sec:4"', "sec:4 stands twice"),
        ('id = "sec:A.1"', 'id = "sec:A"', "sec:A stands twice"),
        ('id = "sec:A.1"', 'id = "ai:A.1"', "ai:A.1 does not begin with sec:"),
        ('id = "sec:A.1"', 'id = "A.1"', "A.1 does not begin with sec:"),
        ('id = "sec:A.1"', 'id = "sec:"', "sec: names nothing"),
        ('title = "Logging"', 'title = "\\t"', "title must be a text that is not blank"),
        ('title = "Logging"', 'title = "a\\u0000"', "title must not hold a null character"),
        (
            'kind = "control"',
            'kind = "rule"',
            "kind must be one of clause, control, subcategory, article, not 'rule'",
        ),
        (
            'kind = "control"',
            "kind = [1]",
            "kind must be one of clause, control, subcategory, article, not [1]",
        ),
        (
            'kind = "control"',
            "",
            "kind must be one of clause, control, subcategory, article, not None",
        ),
        ('parent = "sec:A"', 'parent = "sec:B"', "sec:A.1 has the unknown parent sec:B"),
        ('parent = "sec:A"', 'parent = "sec:A.1"', "sec:A.1 has the unknown parent sec:A.1"),
        ('parent = "sec:A"', 'parent = ""', "parent must be a text that is not blank"),
        ("auditable = true", "", "auditable must be true or false"),
        ("auditable = true", 'auditable = "true"', "auditable must be true or false"),
        ("auditable = true", "auditable = false", "a heading asks nothing and has no texts"),
        ('summary = "Logs are kept."', "", "summary must be a text that is not blank"),
        ('summary = "Logs are kept."', 'summary = ""', "summary must be a text that is not blank"),
        ('summary = "Logs are kept."', 'sumary = "Logs are kept."', "unknown key 'sumary'"),
        ('["A log", "Another log"]', '["A log"]', "evidence must hold at least 2"),
        ('["A log", "Another log"]', '["A log", " "]', "evidence must be a list of texts"),
        ('["A log", "Another log"]', '["A log", "\\u0000b"]', "evidence must be a list of texts"),
        ('["A log", "Another log"]', '["A log", 2]', "evidence must be a list of texts"),
        ('["A log", "Another log"]', '"A log"', "evidence must be a list of texts"),
        ('questions = ["Which log?", "Whose log?"]', "", "questions must hold at least 2"),
    ],
)
def test_a_faulty_requirement(folder: Path, old: str, new: str, reason: str) -> None:
    change(folder, "sec.toml", old, new)
    assert refusal(folder) == ("sec.toml", 7, reason)


@pytest.mark.parametrize("text", ['summary = ""', "evidence = []", 'questions = ["Why?"]'])
def test_a_heading_with_texts(folder: Path, text: str) -> None:
    change(folder, "sec.toml", "auditable = false", f"auditable = false\n{text}")
    assert refusal(folder) == ("sec.toml", 1, "a heading asks nothing and has no texts")


def test_a_parent_that_stands_below_its_child(folder: Path) -> None:
    first, second = SEC.split("\n\n")
    (folder / "sec.toml").write_text(f"{second}\n{first}\n", encoding="utf-8")
    change(folder, "sec.toml", 'parent = "sec:A"', 'parent = "sec:4"')
    assert refusal(folder) == ("sec.toml", 1, "sec:A.1 has the unknown parent sec:4")


def test_a_requirement_of_one_framework_in_the_file_of_another(folder: Path) -> None:
    (folder / "ai.toml").write_text(f"{AI}\n{SEC}", encoding="utf-8")
    assert refusal(folder) == ("ai.toml", 10, "sec:4 does not begin with ai:")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('id = "TF-1"', 'id = ""', 1, "id must be a text that is not blank"),
        ('owner_role = "Keeper"', "", 1, "owner_role must be a text that is not blank"),
        ('owner_role = "Keeper"', 'owner = "Keeper"', 1, "unknown key 'owner'"),
        ('["Keep it", "Show it"]', '["Keep it"]', 1, "activities must hold at least 2"),
        ('kind = "kept"', "", 8, "kind must be a text that is not blank"),
        ("period_days = 31", "period_days = 0", 8, "period_days must be an integer from 1 to 1100"),
        (
            "period_days = 31",
            "period_days = 1101",
            8,
            "period_days must be an integer from 1 to 1100",
        ),
        (
            "period_days = 31",
            "period_days = true",
            8,
            "period_days must be an integer from 1 to 1100",
        ),
        (
            "period_days = 31",
            "period_days = 31.0",
            8,
            "period_days must be an integer from 1 to 1100",
        ),
        ("period_days = 31", "days = 31", 8, "unknown key 'days'"),
        ('id = "ai:1"', 'id = "ai:2"', 19, "there is no auditable requirement 'ai:2'"),
        ('id = "ai:1"', 'id = "sec:4"', 19, "there is no auditable requirement 'sec:4'"),
        ('id = "ai:1"', 'id = "sec:A"', 19, "there is no auditable requirement 'sec:A'"),
        ('id = "ai:1"', 'id = "sec:A.1"', 19, "sec:A.1 is credited twice"),
        (
            'relation = "subset"',
            'relation = "part"',
            19,
            "relation must be one of equal, superset, subset, intersects, not 'part'",
        ),
        ("strength = 6", "strength = 11", 19, "strength must be an integer from 1 to 10"),
        ("strength = 10", 'strength = "10"', 13, "strength must be an integer from 1 to 10"),
        ("strength = 10", "weight = 10", 13, "unknown key 'weight'"),
        ('"Keeping is all that is asked."', '""', 13, "rationale must be a text that is not blank"),
    ],
)
def test_a_faulty_control(folder: Path, old: str, new: str, line: int, reason: str) -> None:
    change(folder, CONTROLS_FILE, old, new)
    assert refusal(folder) == (CONTROLS_FILE, line, reason)


def test_evidence_that_a_control_names_twice(folder: Path) -> None:
    need = '[[control.evidence]]\nkind = "kept"\ntitle = "Again"\nperiod_days = 1\n\n'
    change(folder, CONTROLS_FILE, "[[control.requirement]]", f"{need}[[control.requirement]]")
    assert refusal(folder) == (CONTROLS_FILE, 13, "the evidence kept stands twice")


@pytest.mark.parametrize("part", ["evidence", "requirement"])
def test_a_control_without_evidence_or_requirement(folder: Path, part: str) -> None:
    head, need, *others = CONTROLS.split("\n\n")
    kept = [head, *others] if part == "evidence" else [head, need]
    put(folder, CONTROLS_FILE, "\n\n".join(kept))
    assert refusal(folder) == (CONTROLS_FILE, 1, f"{part} must hold at least 1")


def test_a_control_that_stands_twice(folder: Path) -> None:
    put(folder, CONTROLS_FILE, f"{CONTROLS}\n{CONTROLS}")
    line = CONTROLS.count("\n") + 2
    assert refusal(folder) == (CONTROLS_FILE, line, "TF-1 stands twice")


def test_the_fault_of_a_second_control_is_named_with_its_own_line(folder: Path) -> None:
    second = CONTROLS.replace("TF-1", "TF-2").replace('relation = "subset"', 'relation = "part"')
    put(folder, CONTROLS_FILE, f"{CONTROLS}\n{second}")
    name, line, reason = refusal(folder)
    assert (name, line) == (CONTROLS_FILE, CONTROLS.count("\n") + 1 + 19)
    assert reason.endswith("not 'part'")
