"""A catalogue of OSCAL becomes a framework, whole, or is refused with the place in the document."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reporting_of_unrun import OSCAL_CATALOGUE
from small_oscal import document

from twofold.catalog.errors import CatalogError, FrameworkCodeError
from twofold.catalog.model import Framework, Group, Kind, Requirement
from twofold.catalog.oscal import framework_from_oscal

PATH = Path("workshop.json")


def read(found: dict[str, Any] | str, code: str = "WS") -> Framework:
    text = found if isinstance(found, str) else json.dumps(found)
    return framework_from_oscal(text, path=PATH, code=code)


def refusal(found: dict[str, Any] | str) -> str:
    with pytest.raises(CatalogError) as caught:
        read(found)
    assert (caught.value.path, caught.value.line) == (PATH, 1)
    return caught.value.reason


def by_id(framework: Framework) -> dict[str, Requirement]:
    return {entry.id: entry for entry in framework.requirements}


def first_control(found: dict[str, Any]) -> dict[str, Any]:
    control: dict[str, Any] = found["catalog"]["groups"][0]["controls"][0]
    return control


def nested(depth: int, inside: str, leaf: dict[str, Any]) -> dict[str, Any]:
    found = leaf
    for number in range(depth):
        found = {**leaf, "id": f"n{number}", inside: [found]}
    return found


def test_the_framework_stands_under_the_code_that_was_given() -> None:
    framework = read(document())
    assert (framework.id, framework.short_title) == ("WS", "WS")
    assert (framework.title, framework.edition) == ("Rules of the workshop", "3")
    assert not framework.certifiable
    assert not framework.guidance


def test_groups_are_kept_and_one_inside_another_names_both() -> None:
    assert read(document()).groups == (
        Group("WS:KY", "Keys"),
        Group("WS:GROUP-2", "Keys: Locks"),
    )


def test_every_control_and_enhancement_becomes_a_control_below_what_it_stands_in() -> None:
    framework = read(document())
    assert [(entry.id, entry.parent) for entry in framework.requirements] == [
        ("WS:GEN_1", ""),
        ("WS:KY-1", "WS:KY"),
        ("WS:KY-1(1)", "WS:KY-1"),
        ("WS:KY-1(2)", "WS:KY-1"),
        ("WS:LK-1", "WS:GROUP-2"),
    ]
    assert {entry.kind for entry in framework.requirements} == {Kind.CONTROL}
    assert {entry.framework for entry in framework.requirements} == {"WS"}


def test_a_withdrawn_control_asks_nothing() -> None:
    found = by_id(read(document()))
    assert found["WS:KY-1(1)"].auditable
    withdrawn = found["WS:KY-1(2)"]
    assert not withdrawn.auditable
    assert (withdrawn.summary, withdrawn.evidence, withdrawn.questions) == ("", (), ())


def test_a_statement_is_a_line_for_each_item_and_its_blanks_are_said_in_words() -> None:
    assert by_id(read(document()))["WS:KY-1"].summary.split("\n") == [
        "Whoever lends keys:",
        "a. Hands them out [one or more of: by hand to [persons or roles]; [by post; by air]];",
        "b. Takes them back within [one of: a day; a week] from [the lender], as [nobody] says.",
    ]


def test_a_control_without_texts_has_none() -> None:
    entry = by_id(read(document()))["WS:LK-1"]
    assert (entry.summary, entry.evidence, entry.questions) == ("", (), ())
    assert entry.auditable


def test_objectives_become_questions_and_what_is_examined_becomes_evidence() -> None:
    entry = by_id(read(document()))["WS:KY-1"]
    assert entry.questions == ("Keys are counted", "Keys come back.")
    assert entry.evidence == ("Key book", "Receipts", "Key cupboard")


def test_objects_of_a_method_that_says_nothing_of_itself_are_evidence() -> None:
    found = document()
    del first_control(found)["parts"][4]["props"]
    assert "The porter" in by_id(read(found))["WS:KY-1"].evidence


@pytest.mark.parametrize("label", ["KY-1(1)", "KY/1", "x" * 60, "  "])
def test_a_label_that_is_not_the_only_one_or_does_not_fit_gives_way_to_the_id(label: str) -> None:
    found = document()
    first_control(found)["props"] = [{"name": "label", "value": label}]
    assert "WS:KY-1" in by_id(read(found))
    other = "WS:KY-1.1" if label == "KY-1(1)" else "WS:KY-1(1)"
    assert other in by_id(read(found))


def test_a_parameter_without_words_stands_for_itself_also_when_it_comes_round() -> None:
    found = document()
    found["catalog"]["params"] = [
        {"id": "everyone", "select": {"choice": ["{{ insert: param, everyone }} else"]}},
        {"id": "lender", "select": {}},
    ]
    del found["catalog"]["groups"][0]["params"]
    summary = by_id(read(found))["WS:KY-1"].summary
    assert "by hand to [one of: [everyone] else]" in summary
    assert "from [lender]," in summary


@pytest.mark.parametrize("code", ["", "a b", "a:b", "x" * 21, "-a", "a/b"])
def test_a_code_that_cannot_stand_before_an_id_is_refused(code: str) -> None:
    with pytest.raises(FrameworkCodeError) as caught:
        read(document(), code)
    assert "A code has 1 to 20 letters" in caught.value.reason


def _metadata(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["catalog"]["metadata"].update({key: value})


def _control(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda found: first_control(found).update({key: value})


def _group(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda found: found["catalog"]["groups"][0].update({key: value})


def _chain(found: dict[str, Any]) -> None:
    links = [
        {"id": f"p{number}", "select": {"choice": [f"{{{{ insert: param, p{number + 1} }}}}"]}}
        for number in range(20)
    ]
    first_control(found)["params"] = links
    first_control(found)["parts"] = [{"name": "statement", "prose": "{{ insert: param, p0 }}"}]


def _grown(choices: int, inserts: int) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        first_control(found)["params"] = [{"id": "p", "label": "x" * choices}]
        statement = {"name": "statement", "prose": "{{ insert: param, p }} " * inserts}
        first_control(found)["parts"] = [statement] * 13

    return change


KY = "$.catalog.groups[0].controls[0]"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_metadata("oscal-version", "2.0"), "$.catalog.metadata.oscal-version: must be of OSCAL 1"),
        (_metadata("title", " "), "$.catalog.metadata.title: must have 1 to 500 characters"),
        (_metadata("version", 3), "$.catalog.metadata.version: Expected `str`, got `int`"),
        (_metadata("version", ""), "$.catalog.metadata.version: must have 1 to 500 characters"),
        (_control("title", "x" * 501), f"{KY}.title: must have 1 to 500 characters"),
        (_control("title", "a\0b"), f"{KY}.title: must not hold a null character"),
        (_control("title", None), f"{KY}.title: Expected `str`, got `null`"),
        (_control("id", "a b"), f"{KY}.id: 'WS:A B': an id has at most 60 letters"),
        (_control("id", 1), f"{KY}.id: Expected `str`, got `int`"),
        (_control("id", "gen_1"), f"{KY}.id: WS:GEN_1 stands twice"),
        (
            _control("parts", [{"name": "statement", "prose": "x" * 20_001}]),
            f"{KY}.parts[0].prose: has more than 20,000 characters",
        ),
        (
            _control(
                "parts",
                [{"name": "statement", "parts": [nested(13, "parts", {"name": "item"})]}],
            ),
            "parts stand in one another more than 12 deep",
        ),
        (
            _control("parts", [nested(13, "parts", {"name": "objective"})]),
            "parts stand in one another more than 12 deep",
        ),
        (
            _control("controls", [nested(13, "controls", {"id": "n", "title": "N"})]),
            "stand in one another more than 12 deep",
        ),
        (_group("title", ""), "$.catalog.groups[0].title: must have 1 to 500 characters"),
        (_group("title", "a\0b"), "$.catalog.groups[0].title: must have 1 to 500 characters"),
        (_group("id", "a b"), "$.catalog.groups[0].id: 'WS:A B': an id has at most 60"),
        (
            _group("groups", [{"id": "ky", "title": "Keys"}]),
            "$.catalog.groups[0].groups[0].id: WS:KY stands twice",
        ),
        (_group("groups", [nested(13, "groups", {"title": "G"})]), "stand in one another more"),
        (_chain, "its parameters lean on one another too deeply"),
        (_grown(2001, 1), "the parameter p grows too long"),
        (_grown(1900, 850), "its texts grow too large where parameters are put in"),
    ],
)
def test_a_faulty_catalogue_is_refused_with_the_place(
    change: Callable[[dict[str, Any]], None], reason: str
) -> None:
    found = document()
    if "stands twice" in reason and "GEN_1" in reason:
        first_control(found)["props"] = []
    if "an id has" in reason:
        first_control(found)["props"] = []
    change(found)
    assert reason in refusal(found)


def test_what_holds_no_controls_or_too_many_is_refused() -> None:
    found = document()
    found["catalog"].update({"groups": [], "controls": []})
    assert refusal(found) == "$.catalog: must hold 1 to 5,000 controls, not 0"
    found["catalog"]["controls"] = [{"id": f"c-{n}", "title": "C"} for n in range(5001)]
    assert refusal(found) == "$.catalog: must hold 1 to 5,000 controls, not 5,001"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "$: is no JSON: "),
        ("{", "$: is no JSON: "),
        ('{"catalog": "\ud800"}', "$: is no JSON: "),
        ("[]", "$: Expected `object`, got `array`"),
        ('{"profile": {}}', "$: Object missing required field `catalog`"),
        ('{"catalog": {}}', "$.catalog: Object missing required field `metadata`"),
    ],
)
def test_what_is_no_catalogue_is_refused(text: str, reason: str) -> None:
    assert refusal(text).startswith(reason)


def test_what_is_too_large_or_nested_without_end_is_refused() -> None:
    assert refusal(" " * (5 * 1024 * 1024 + 1)) == "$: has more than 5 MB"
    assert refusal('{"x": ' + "[" * 100_000) == "$: is nested too deeply"


@pytest.mark.skipif(
    bool(OSCAL_CATALOGUE.absent), reason="the OSCAL catalogue is not beside the checkout"
)
def test_the_high_baseline_of_nist_sp_800_53_is_read_whole() -> None:
    text = (OSCAL_CATALOGUE.folder / OSCAL_CATALOGUE.parts[0]).read_text(encoding="utf-8")
    framework = read(text, "800-53")
    catalog = json.loads(text)["catalog"]

    controls = [control for group in catalog["groups"] for control in group["controls"]]
    enhancements = [inner for control in controls for inner in control.get("controls", [])]
    assert (len(controls), len(enhancements)) == (188, 182)
    plain = {
        prop["value"]
        for control in (*controls, *enhancements)
        for prop in control["props"]
        if prop["name"] == "label" and "class" not in prop
    }
    assert {entry.reference for entry in framework.requirements} == plain
    assert len(framework.requirements) == len(plain) == 370
    assert len(framework.groups) == len(catalog["groups"]) == 18
    assert {entry.title for entry in framework.requirements} == {
        control["title"] for control in (*controls, *enhancements)
    }
    for entry in framework.requirements:
        assert entry.auditable
        assert entry.summary, entry.id
        assert entry.evidence, entry.id
        assert entry.questions, entry.id
        assert "{{" not in f"{entry.summary} {entry.evidence} {entry.questions}", entry.id
    found = by_id(framework)
    assert found["800-53:AC-2(1)"].parent == "800-53:AC-2"
    assert found["800-53:AC-2(1)"].summary == (
        "Support the management of system accounts using [automated mechanisms]."
    )
