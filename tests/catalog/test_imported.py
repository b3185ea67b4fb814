"""A framework that somebody brings along: which format it has, and what a file of TOML must be."""

import json
from pathlib import Path

import pytest
from small_oscal import document

from twofold.catalog.errors import CatalogError, FrameworkCodeError
from twofold.catalog.imported import framework_from_toml, read_framework, text_of
from twofold.catalog.model import Group, Kind

PATH = Path("shop.toml")
SHOP = """\
[[framework]]
id = "shop"
title = "Rules of the shop"
short_title = "Shop"
edition = "2"

[[framework.group]]
id = "shop:A"
title = "Till"

[[requirement]]
id = "shop:A.1"
title = "Counting"
kind = "control"
parent = "shop:A"
auditable = true
summary = "The till is counted."
evidence = ["A count", "Another count"]
questions = ["Who counts?", "When?"]

[[requirement]]
id = "shop:B"
title = "Opening"
kind = "clause"
auditable = false
"""


def changed(old: str, new: str) -> str:
    assert SHOP.count(old) >= 1
    return SHOP.replace(old, new, 1)


def test_a_framework_and_its_requirements_stand_in_one_file() -> None:
    framework = framework_from_toml(SHOP, path=PATH)
    assert (framework.id, framework.title, framework.short_title, framework.edition) == (
        "shop",
        "Rules of the shop",
        "Shop",
        "2",
    )
    assert (framework.certifiable, framework.guidance, framework.mapped_to) == (False, False, ())
    assert framework.groups == (Group("shop:A", "Till"),)
    counting, opening = framework.requirements
    assert (counting.id, counting.kind, counting.parent) == ("shop:A.1", Kind.CONTROL, "shop:A")
    assert counting.summary == "The till is counted."
    assert not opening.auditable


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ('edition = "2"', "", 1, "edition must be a text that is not blank"),
        ('edition = "2"', 'edition = "2"\nfiles = ["x"]', 1, "unknown key 'files'"),
        ('edition = "2"', 'edition = "2"\ncertifiable = true', 1, "unknown key 'certifiable'"),
        ('title = "Till"', 'title = "a\\u0000b"', 7, "title must not hold a null character"),
        ('id = "shop:B"', 'id = "other:B"', 21, "other:B does not begin with shop:"),
        ('id = "shop:B"', 'id = "shop:A.1"', 21, "shop:A.1 stands twice"),
        ('id = "shop:B"', 'id = "shop:B/1"', 21, "'shop:B/1': an id has at most 60 letters"),
        ('parent = "shop:A"', 'parent = "shop:C"', 11, "has the unknown parent shop:C"),
        (
            '["A count", "Another count"]',
            '["A", "\\u0000"]',
            11,
            "evidence must be a list of texts",
        ),
        ("[[framework.group]]", "[[control]]\n[[framework.group]]", 7, "unknown key 'control'"),
        (
            "[[requirement]]",
            '[[framework]]\nid = "two"\n[[requirement]]',
            11,
            "a file holds one [[framework]] alone",
        ),
        ("[[requirement]]", "[[requirement]", 11, "is no TOML"),
    ],
)
def test_a_faulty_file_is_refused_with_the_line(old: str, new: str, line: int, reason: str) -> None:
    with pytest.raises(CatalogError) as caught:
        framework_from_toml(changed(old, new), path=PATH)
    assert (caught.value.path, caught.value.line) == (PATH, line)
    assert reason in caught.value.reason


def test_a_code_that_cannot_stand_before_an_id_is_refused() -> None:
    with pytest.raises(FrameworkCodeError):
        framework_from_toml(SHOP.replace("shop", "the shop"), path=PATH)


def test_a_file_without_requirements_or_with_too_many_is_refused() -> None:
    head = SHOP.partition("[[requirement]]")[0]
    with pytest.raises(CatalogError, match=r"holds no \[\[requirement\]\]"):
        framework_from_toml(head, path=PATH)
    one = '[[requirement]]\nid = "shop:{}"\ntitle = "T"\nkind = "clause"\nauditable = false\n'
    many = head + "".join(one.format(number) for number in range(5001))
    with pytest.raises(CatalogError, match="has more than 5,000 requirements"):
        framework_from_toml(many, path=PATH)


def test_an_article_of_law_is_to_be_written_as_a_clause() -> None:
    article = (
        'kind = "article"\nauditable = false\n'
        'addressee = "Us"\napplies_from = "2026-01-01"\napplies_note = "All of it."'
    )
    with pytest.raises(CatalogError, match="an article cannot be assessed") as caught:
        framework_from_toml(changed('kind = "clause"\nauditable = false', article), path=PATH)
    assert caught.value.line == 21


@pytest.mark.parametrize("before", ["", "\ufeff", "\n  "])
def test_the_format_is_found_out(before: str) -> None:
    toml = f"{before}{SHOP}".encode()
    oscal = f"{before}{json.dumps(document())}".encode()
    framework, form = read_framework(toml, file_name="shop.toml", code="")
    assert (framework.id, form) == ("shop", "toml")
    framework, form = read_framework(oscal, file_name="", code="WS")
    assert (framework.id, form) == ("WS", "oscal")


def test_a_file_of_toml_keeps_its_own_code() -> None:
    data = SHOP.encode()
    assert read_framework(data, file_name="shop.toml", code="shop")[0].id == "shop"
    with pytest.raises(FrameworkCodeError, match="The file names the framework shop"):
        read_framework(data, file_name="shop.toml", code="other")


def test_a_catalogue_of_oscal_needs_a_code() -> None:
    with pytest.raises(FrameworkCodeError):
        read_framework(json.dumps(document()).encode(), file_name="w.json", code="")


def test_a_file_that_is_too_large_or_not_utf_8_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"shop\.toml, line 1: has more than 5 MB"):
        text_of(b" " * (5 * 1024 * 1024 + 1), file_name="shop.toml")
    with pytest.raises(CatalogError, match=r"file, line 2: is not UTF-8 at byte 2"):
        text_of(b"a\n\xff", file_name="")
