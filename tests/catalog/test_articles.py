"""Articles of law: guidance with an addressee and the day from which they apply."""

from datetime import date
from pathlib import Path

import pytest
from small_catalog import change, refusal, write

from twofold.catalog.load import load
from twofold.catalog.model import Effective, Kind


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


def test_an_article_knows_whom_it_binds_and_from_when(folder: Path) -> None:
    article = load(folder).requirements["law:Art. 1"]
    assert article.kind is Kind.ARTICLE
    assert article.effective == Effective(
        "provider", date(2027, 12, 2), "What was kept before is exempt."
    )
    assert article.reference == "Art. 1"
    assert not article.excludable


def test_nothing_else_is_dated(folder: Path) -> None:
    others = [entry for entry in load(folder).requirements.values() if entry.framework != "law"]
    assert {entry.effective for entry in others} == {None}


def test_guidance_stands_apart_from_what_is_assessed_and_is_found_by_id(folder: Path) -> None:
    found = load(folder)
    assert [framework.id for framework in found.frameworks] == ["sec", "ai"]
    assert [framework.id for framework in found.guidance] == ["law"]
    assert found.framework("law").guidance
    assert not found.framework("sec").guidance
    with pytest.raises(KeyError, match="lore"):
        found.framework("lore")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('applies_from = "2027-12-02"', "", "applies_from must be a text that is not blank"),
        ('"2027-12-02"', "2027-12-02", "applies_from must be a text that is not blank"),
        ('"2027-12-02"', '"2027-13-02"', "applies_from must be a date such as 2027-12-02"),
        ('"2027-12-02"', '"2 December"', "applies_from must be a date such as 2027-12-02"),
        ('addressee = "provider"', "", "addressee must be a text that is not blank"),
        (
            'applies_note = "What was kept before is exempt."',
            'applies_note = " "',
            "applies_note must be a text that is not blank",
        ),
        ('kind = "article"', 'kind = "control"', "applies_from belongs to an article of law alone"),
    ],
)
def test_a_faulty_article(folder: Path, old: str, new: str, reason: str) -> None:
    change(folder, "law.toml", old, new)
    assert refusal(folder) == ("law.toml", 1, reason)


@pytest.mark.parametrize("key", ["applies_from", "applies_note", "addressee"])
def test_what_belongs_to_an_article_alone(folder: Path, key: str) -> None:
    change(folder, "ai.toml", 'title = "Records"', f'title = "Records"\n{key} = "2027-12-02"')
    assert refusal(folder) == ("ai.toml", 1, f"{key} belongs to an article of law alone")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("guidance = true", 'guidance = "yes"', "guidance must be true or false"),
        ("guidance = true", 'mapped_to = "ai"', "mapped_to must be a list of texts"),
    ],
)
def test_a_faulty_framework_of_guidance(folder: Path, old: str, new: str, reason: str) -> None:
    change(folder, "frameworks.toml", old, new)
    assert refusal(folder) == ("frameworks.toml", 21, reason)


def test_a_framework_says_what_it_is_mapped_to(folder: Path) -> None:
    change(folder, "frameworks.toml", "guidance = true", 'guidance = true\nmapped_to = ["ai"]')
    found = load(folder)
    assert found.framework("law").mapped_to == ("ai",)
    assert found.framework("ai").mapped_to == ()
