"""The catalogue that ships: its counts, identifiers, titles and look-ups."""

import json
from collections import Counter
from typing import Any

import pytest
from reporting_of_unrun import FRAMEWORK_FACTS

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, Kind, Requirement

beside = pytest.mark.skipif(
    bool(FRAMEWORK_FACTS.absent), reason="the cross-checked lists are not beside the checkout"
)


def facts(name: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = json.loads(
        (FRAMEWORK_FACTS.folder / name).read_text(encoding="utf-8")
    )
    return found


def of_kind(framework: str, kind: Kind) -> list[Requirement]:
    return [entry for entry in catalog().framework(framework).requirements if entry.kind is kind]


def titles(framework: str, kind: Kind) -> list[tuple[str, str]]:
    return [(entry.reference, entry.title) for entry in of_kind(framework, kind)]


def groups(framework: str) -> set[tuple[str, str]]:
    return {(group.id, group.title) for group in catalog().framework(framework).groups}


@pytest.mark.parametrize(
    ("framework", "controls", "clauses"), [("27001", 93, 30), ("42001", 38, 32)]
)
def test_a_standard_has_all_its_controls_and_auditable_clauses(
    framework: str, controls: int, clauses: int
) -> None:
    assert len(of_kind(framework, Kind.CONTROL)) == controls
    assert sum(entry.auditable for entry in of_kind(framework, Kind.CLAUSE)) == clauses
    assert all(entry.auditable for entry in of_kind(framework, Kind.CONTROL))


def test_the_themes_of_27001_have_their_controls() -> None:
    themes = Counter(entry.parent for entry in of_kind("27001", Kind.CONTROL))
    assert themes == {"27001:A.5": 37, "27001:A.6": 8, "27001:A.7": 14, "27001:A.8": 34}


def test_the_functions_of_ai_rmf_have_their_subcategories() -> None:
    functions = Counter(entry.reference.split()[0] for entry in of_kind("airmf", Kind.SUBCATEGORY))
    assert functions == {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}
    assert len(catalog().framework("airmf").requirements) == 72


@pytest.mark.parametrize(
    ("requirement", "title"),
    [
        ("27001:6.1.3", "Information security risk treatment"),
        ("27001:A.8.15", "Logging"),
        ("42001:6.1.4", "AI system impact assessment"),
        ("42001:A.6.2.8", "AI system recording of event logs"),
    ],
)
def test_well_known_titles(requirement: str, title: str) -> None:
    assert catalog().requirements[requirement].title == title


@beside
@pytest.mark.parametrize(
    ("framework", "name"), [("27001", "iso27001-2022.json"), ("42001", "iso42001-2023.json")]
)
def test_clauses_and_controls_of_a_standard_are_those_of_the_list_in_its_order(
    framework: str, name: str
) -> None:
    listed = facts(name)
    for kind, key in ((Kind.CLAUSE, "clauses"), (Kind.CONTROL, "annex_a")):
        assert titles(framework, kind) == [(entry["id"], entry["title"]) for entry in listed[key]]
    assert [
        (entry.reference, entry.parent.partition(":")[2] or None, entry.auditable)
        for entry in of_kind(framework, Kind.CLAUSE)
    ] == [(entry["id"], entry["parent"], entry["auditable"]) for entry in listed["clauses"]]


@beside
def test_the_themes_of_27001_are_those_of_the_list() -> None:
    listed = facts("iso27001-2022.json")["themes"]
    assert groups("27001") == {(f"27001:{entry['id']}", entry["name"]) for entry in listed}


@beside
def test_the_areas_of_42001_and_their_controls_are_those_of_the_list() -> None:
    listed = facts("iso42001-2023.json")
    area = {entry["id"]: f"42001:{entry['group']}" for entry in listed["annex_a_objectives"]}
    assert groups("42001") == {
        (f"42001:{entry['group']}", entry["group_title"]) for entry in listed["annex_a_objectives"]
    }
    assert [entry.parent for entry in of_kind("42001", Kind.CONTROL)] == [
        area[entry["objective_id"]] for entry in listed["annex_a"]
    ]


@beside
def test_the_subcategories_of_ai_rmf_are_those_of_the_list_in_its_order() -> None:
    listed = facts("nist-ai-rmf-1.0.json")
    assert groups("airmf") == {
        (f"airmf:{entry['id']}", entry["topic"]) for entry in listed["categories"]
    }
    assert [
        (entry.reference, entry.title, entry.parent) for entry in of_kind("airmf", Kind.SUBCATEGORY)
    ] == [
        (entry["id"], entry["topic"], f"airmf:{entry['category']}")
        for entry in listed["subcategories"]
    ]


def test_only_a_control_may_be_excluded() -> None:
    assert {entry.kind for entry in catalog().requirements.values() if entry.excludable} == {
        Kind.CONTROL
    }


@pytest.mark.parametrize("framework", catalog().frameworks, ids=lambda entry: entry.id)
def test_every_requirement_stands_below_a_clause_or_group_of_its_framework(
    framework: Framework,
) -> None:
    above = {group.id for group in framework.groups} | {
        entry.id for entry in framework.requirements
    }
    # Only the top clauses, 4 to 10, stand below nothing.
    tops = {entry.reference for entry in framework.requirements if not entry.parent}
    assert tops == ({"4", "5", "6", "7", "8", "9", "10"} if framework.certifiable else set())
    assert {entry.parent for entry in framework.requirements if entry.parent} <= above


def test_each_control_of_the_library_serves_every_framework() -> None:
    for control in catalog().controls:
        served = {credit.requirement.partition(":")[0] for credit in control.credits}
        assert served == {"27001", "42001", "airmf"}, control.id


def test_look_ups_find_what_the_lists_hold() -> None:
    found = catalog()
    pair = found.pairs[0]
    assert pair in found.pairs_of[pair.source]
    assert pair in found.pairs_of[pair.target]
    assert sum(len(pairs) for pairs in found.pairs_of.values()) == 2 * len(found.pairs)
    control = found.controls[0]
    assert found.control_by_id[control.id] is control
    assert control in found.controls_of[control.credits[0].requirement]
    assert sum(len(served) for served in found.controls_of.values()) == sum(
        len(entry.credits) for entry in found.controls
    )


def test_a_framework_is_found_by_id_and_an_unknown_one_is_a_key_error() -> None:
    assert catalog().framework("27001").short_title == "ISO/IEC 27001"
    with pytest.raises(KeyError, match="9001"):
        catalog().framework("9001")


def test_the_catalogue_is_loaded_once() -> None:
    assert catalog() is catalog()
