"""A text of a control that is longer than what keeps it is refused with file, line and reason."""

from pathlib import Path

import pytest
from small_catalog import CONTROLS_FILE, change, refusal, write

from twofold.catalog.controls import controls
from twofold.catalog.entries import tables
from twofold.catalog.load import load

LONGEST = [
    ('id = "TF-1"', "id", 40, 1),
    ('title = "Keeping"', "title", 300, 1),
    ('purpose = "What is kept can be shown."', "purpose", 2000, 1),
    ('owner_role = "Keeper"', "owner_role", 120, 1),
    ('kind = "kept"', "kind", 60, 8),
    ('title = "What was kept"', "title", 200, 8),
    ('rationale = "Keeping is a part of what is asked."', "rationale", 1000, 19),
    ('id = "kept-lately"', "id", 60, 25),
    ('title = "Something was kept in the last month"', "title", 300, 25),
]
places = pytest.mark.parametrize(("old", "key", "most", "line"), LONGEST)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def lengthen(folder: Path, old: str, key: str, length: int) -> None:
    text = "x" * length
    change(folder, CONTROLS_FILE, old, f'{key} = "{text}"')
    if key == "kind":
        # The check asks for the evidence by its kind.
        change(folder, CONTROLS_FILE, 'need = "kept"', f'need = "{text}"')


@places
def test_a_text_that_is_too_long(folder: Path, old: str, key: str, most: int, line: int) -> None:
    lengthen(folder, old, key, most + 1)
    reason = f"{key} must have at most {most} characters"
    assert refusal(folder) == (CONTROLS_FILE, line, reason)


@places
def test_a_text_that_just_fits(folder: Path, old: str, key: str, most: int, line: int) -> None:
    lengthen(folder, old, key, most)
    assert len(load(folder).controls) == 1


def test_each_activity_has_its_limit(folder: Path) -> None:
    change(folder, CONTROLS_FILE, '"Show it"', f'"{"x" * 1000}"')
    assert len(load(folder).controls[0].activities[1]) == 1000
    change(folder, CONTROLS_FILE, '"Keep it"', f'"{"x" * 1001}"')
    reason = "activities must have at most 1000 characters each"
    assert refusal(folder) == (CONTROLS_FILE, 1, reason)


def test_what_was_kept_before_there_were_limits_is_still_read(folder: Path) -> None:
    known = load(folder).requirements
    lengthen(folder, 'title = "Keeping"', "title", 301)
    (read,) = controls(tables(folder / CONTROLS_FILE, "control"), known, kept=True)
    assert len(read.title) == 301
