"""A check of a control that could not be evaluated is refused with the file, line and reason."""

from dataclasses import replace
from pathlib import Path

import pytest
from small_catalog import CONTROLS_FILE, change, put, refusal, write

from twofold.catalog.check import problems
from twofold.catalog.controls import controls
from twofold.catalog.entries import tables_of
from twofold.catalog.load import load
from twofold.catalog.model import ControlCheck
from twofold.domain.checks import POPULATIONS, CheckKind, Rule

#: The line of the check's header in the small catalogue.
LINE = 25
OF = f"of must be one of {', '.join(POPULATIONS)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def only_check(folder: Path) -> ControlCheck:
    (control,) = load(folder).controls
    (check,) = control.checks
    return check


def rewrite(folder: Path, rule: str) -> None:
    """Give the check another rule."""
    written = 'kind = "count"\nof = "evidence"\nneed = "kept"\ndays = 31\nat_least = 1\n'
    change(folder, CONTROLS_FILE, written, f"{rule}\n")


def test_a_check_becomes_a_rule(folder: Path) -> None:
    assert only_check(folder) == ControlCheck(
        "kept-lately",
        "Something was kept in the last month",
        Rule(CheckKind.COUNT, "evidence", need="kept", days=31, at_least=1),
    )


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        (
            """kind = "threshold"
of = "alerts"
measure = "age_days"
at_most = 2.5
where = { state = "waiting", family = "per*" }""",
            Rule(
                CheckKind.THRESHOLD,
                "alerts",
                where=(("state", "waiting"), ("family", "per*")),
                measure="age_days",
                at_most=2.5,
            ),
        ),
        (
            'kind = "approval"\nof = "implementation"\nby = "approved_by"',
            Rule(CheckKind.APPROVAL, "implementation", by="approved_by"),
        ),
        (
            'kind = "separation"\nof = "findings"\nfirst = "raised_by"\nsecond = "closed_by"',
            Rule(CheckKind.SEPARATION, "findings", first="raised_by", second="closed_by"),
        ),
        (
            'kind = "freshness"\nof = "checkpoints"\ndays = 1',
            Rule(CheckKind.FRESHNESS, "checkpoints", days=1),
        ),
    ],
    ids=["threshold", "approval", "separation", "freshness"],
)
def test_every_kind_is_read(folder: Path, written: str, rule: Rule) -> None:
    rewrite(folder, written)
    assert only_check(folder).rule == rule


def test_a_control_may_suggest_no_check(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    put(folder, CONTROLS_FILE, text.partition("[[control.check]]")[0])
    assert load(folder).controls[0].checks == ()


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('id = "kept-lately"', 'id = ""', "id must be a text that is not blank"),
        ('title = "Something was kept in the last month"', "", "title must be a text that is not"),
        ("at_least = 1", "atleast = 1", "unknown key 'atleast'"),
        (
            'kind = "count"',
            'kind = "number"',
            "kind must be one of freshness, count, threshold, approval, separation, not 'number'",
        ),
        ('kind = "count"', "", "kind must be one of freshness, count"),
        ('of = "evidence"', "", "of must be a text that is not blank"),
        ('of = "evidence"', 'of = "people"', OF),
        ('need = "kept"', "", "need belongs to the population evidence, and to it alone"),
        ('need = "kept"', "need = 1", "need must be a text that is not blank"),
        ('need = "kept"', 'need = "lost"', "the control has no evidence 'lost'"),
        ('need = "kept"', 'need = "kept"\nby = ""', "by must be a text that is not blank"),
        ('need = "kept"', 'need = "kept"\nby = "author"', "a rule of count has no by"),
        ('need = "kept"', 'need = "kept"\nsecond = 2', "second must be a text that is not blank"),
        ("\ndays = 31", "\ndays = 0", "days must be an integer from 1 to 1100"),
        ("\ndays = 31", "\ndays = 1101", "days must be an integer from 1 to 1100"),
        ("\ndays = 31", '\ndays = "31"', "days must be an integer from 1 to 1100"),
        ("at_least = 1", "", "a rule of count needs at_least or at_most"),
        ("at_least = 1", 'at_least = "1"', "at_least must be a number"),
        ("at_least = 1", "at_least = true", "at_least must be a number"),
        ("at_least = 1", "at_most = [1]", "at_most must be a number"),
        ("at_least = 1", "at_most = inf", "at_most must be a finite number"),
        ("at_least = 1", "at_least = nan", "at_least must be a finite number"),
        pytest.param(
            "at_least = 1",
            f"at_least = 1{'0' * 400}",
            "at_least must be a number below 2^53",
            id="an endless number",
        ),
        (
            "at_least = 1",
            'at_least = 1\nwhere = { state = "a\\u0000" }',
            "where must be a table of texts",
        ),
        ("at_least = 1", 'at_least = 1\nwhere = "open"', "where must be a table of texts"),
        ("at_least = 1", "at_least = 1\nwhere = { state = 1 }", "where must be a table of texts"),
        (
            "at_least = 1",
            'at_least = 1\nwhere = { state = "open" }',
            "evidence has no 'state'; it has none",
        ),
    ],
)
def test_a_faulty_check(folder: Path, old: str, new: str, reason: str) -> None:
    change(folder, CONTROLS_FILE, old, new)
    if old.startswith("title"):
        # Only the check's own title is missing, and not one that stands before it.
        assert "Something was kept" not in (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    name, line, found = refusal(folder)
    assert (name, line) == (CONTROLS_FILE, LINE)
    assert found.startswith(reason)


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (
            'kind = "threshold"\nof = "claims"\nmeasure = "age_days"\nat_most = 30',
            "kind must be freshness or count over claims: a threshold could fail because",
        ),
        (
            """kind = "separation"
of = "evidence"
need = "kept"
first = "author"
second = "accepted_by\"""",
            "kind must be freshness or count over evidence: a separation could fail because",
        ),
        (
            'kind = "count"\nof = "evidence"\nneed = "kept"\nat_least = 1\nat_most = 9',
            "at_most cannot be set over evidence: evidence that is added could exceed it",
        ),
        (
            'kind = "freshness"\nof = "claims"\ndays = 30\nwhere = { state = "waiting" }',
            "where must take in the state 'accepted'",
        ),
    ],
)
def test_a_check_that_more_evidence_could_break_is_refused_with_field_and_reason(
    folder: Path, written: str, reason: str
) -> None:
    rewrite(folder, written)
    name, line, found = refusal(folder)
    assert (name, line) == (CONTROLS_FILE, LINE)
    assert found.startswith(f"the check kept-lately: {reason}")


def test_a_check_kept_from_before_is_read_and_named_as_a_problem(folder: Path) -> None:
    rewrite(folder, 'kind = "count"\nof = "evidence"\nneed = "kept"\nat_most = 9')
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    put(folder, CONTROLS_FILE, text.partition("[[control.check]]")[0])
    sound = load(folder)
    kept = controls(
        tables_of(folder / CONTROLS_FILE, text, "control"), sound.requirements, kept=True
    )

    found = problems(replace(sound, controls=kept))

    assert [(entry.about, entry.reason) for entry in found if "at_most" in entry.reason] == [
        (
            "TF-1 kept-lately",
            "at_most cannot be set over evidence: evidence that is added could exceed it",
        )
    ]


def test_an_unknown_word_of_a_rule_is_answered_with_those_that_there_are(folder: Path) -> None:
    rewrite(folder, 'kind = "approval"\nof = "tokens"\nby = "approved_by"')
    assert refusal(folder) == (
        CONTROLS_FILE,
        LINE,
        "tokens has no 'approved_by'; it has person",
    )


def test_a_check_that_stands_twice_in_a_control_is_named_with_its_own_line(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    head, header, check = text.partition("[[control.check]]")
    put(folder, CONTROLS_FILE, f"{head}{header}{check}\n{header}{check}")
    assert refusal(folder) == (CONTROLS_FILE, 34, "the check kept-lately stands twice")


def test_two_controls_may_have_a_check_of_one_name(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    put(folder, "controls/more.toml", text.replace('"TF-1"', '"TF-2"'))
    first, second = load(folder).controls
    assert first.checks == second.checks


def test_checks_that_are_no_tables(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    kept = text.partition("[[control.check]]")[0]
    put(folder, CONTROLS_FILE, kept.replace('id = "TF-1"', 'id = "TF-1"\ncheck = "often"'))
    assert refusal(folder) == (CONTROLS_FILE, 1, "check must be a list of tables")


def test_a_control_that_stands_in_two_files(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    put(folder, "controls/more.toml", text)
    assert refusal(folder) == ("controls/more.toml", 1, "TF-1 stands twice")


def test_controls_stand_in_the_order_of_the_names_of_their_files(folder: Path) -> None:
    text = (folder / CONTROLS_FILE).read_text(encoding="utf-8")
    for name, control in (("zinc", "TF-3"), ("amber", "TF-0")):
        put(folder, f"controls/{name}.toml", text.replace('"TF-1"', f'"{control}"'))
    assert [control.id for control in load(folder).controls] == ["TF-0", "TF-1", "TF-3"]
