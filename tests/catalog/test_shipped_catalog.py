"""The catalogue that ships: its counts, identifiers, titles and look-ups."""

import json
from collections import Counter
from datetime import date
from typing import Any

import pytest
from reporting_of_unrun import FRAMEWORK_FACTS

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, Kind, Requirement
from twofold.domain.checks import POPULATIONS, CheckKind

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


@pytest.mark.parametrize(
    "framework", [*catalog().frameworks, *catalog().guidance], ids=lambda entry: entry.id
)
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


def test_each_control_of_the_library_serves_a_standard() -> None:
    for control in catalog().controls:
        served = {credit.requirement.partition(":")[0] for credit in control.credits}
        assert served & {"27001", "42001"}, control.id
        # What is only mapped is not assessed, so that nothing can be credited to it.
        assert served <= {"27001", "42001", "airmf"}, control.id


@pytest.mark.parametrize("framework", catalog().frameworks, ids=lambda entry: entry.id)
def test_every_requirement_is_wholly_covered_by_some_control(framework: Framework) -> None:
    covered = {
        credit.requirement
        for control in catalog().controls
        for credit in control.credits
        if credit.relation.covers_wholly
    }
    assert {entry.id for entry in framework.requirements if entry.auditable} <= covered


def test_the_library_holds_about_a_hundred_controls_with_activities_evidence_and_checks() -> None:
    controls = catalog().controls
    assert 90 <= len(controls) <= 130
    assert {len(control.activities) for control in controls} <= {4, 5, 6}
    assert {len(control.evidence) for control in controls} <= {2, 3, 4}
    assert {len(control.checks) for control in controls} <= {2, 3, 4}


def test_the_checks_of_the_library_use_every_kind_and_every_population() -> None:
    rules = [check.rule for control in catalog().controls for check in control.checks]
    assert {rule.kind for rule in rules} == set(CheckKind)
    assert {rule.of for rule in rules} == set(POPULATIONS)


def test_needs_are_looked_up_by_the_kind_that_one_control_asks_for() -> None:
    found = catalog()
    assert sum(len(control.evidence) for control in found.controls) == len(found.needs)
    for control in found.controls:
        for need in control.evidence:
            assert found.needs[need.kind] is need


def test_the_crosswalk_holds_several_hundred_pairs_between_all_frameworks() -> None:
    between = Counter(
        (pair.source.partition(":")[0], pair.target.partition(":")[0]) for pair in catalog().pairs
    )
    assert set(between) == {
        ("42001", "27001"),
        ("airmf", "42001"),
        ("airmf", "27001"),
        ("euaia", "42001"),
    }
    assert between["42001", "27001"] >= 200
    assert between["airmf", "42001"] >= 144
    assert between["euaia", "42001"] >= 72
    assert between.total() >= 500


@pytest.mark.parametrize(
    ("framework", "other"),
    [("42001", "27001"), ("27001", "42001"), ("airmf", "42001"), ("euaia", "42001")],
)
def test_every_requirement_is_mapped_or_said_to_have_no_counterpart_and_never_both(
    framework: str, other: str
) -> None:
    found = catalog()
    mapped = {
        entry.id
        for entry in found.framework(framework).requirements
        for pair in found.pairs_of.get(entry.id, ())
        if other in {end.partition(":")[0] for end in (pair.source, pair.target)}
    }
    stated = {entry.requirement for entry in found.unpaired if entry.framework == other}
    stated = {entry for entry in stated if entry.startswith(f"{framework}:")}
    asking = {entry.id for entry in found.framework(framework).requirements if entry.auditable}
    assert mapped | stated == asking
    assert not mapped & stated
    assert other in found.framework(framework).mapped_to


def test_the_ai_act_is_guidance_with_the_days_from_which_its_articles_apply() -> None:
    found = catalog()
    assert [framework.id for framework in found.guidance] == ["euaia"]
    assert "euaia" not in {framework.id for framework in found.frameworks}
    act = found.framework("euaia")
    assert act.guidance
    assert not act.certifiable
    assert {entry.kind for entry in act.requirements} == {Kind.ARTICLE}
    for article in act.requirements:
        assert article.effective, article.id
        assert article.effective.addressee, article.id
        # In force since 2024-08-01; the last of its parts applies in 2030.
        assert date(2025, 2, 2) <= article.effective.applies_from <= date(2030, 12, 31), article.id


@pytest.mark.parametrize(
    ("article", "day"),
    [
        ("Art. 5", date(2025, 2, 2)),
        ("Art. 53", date(2025, 8, 2)),
        ("Art. 50", date(2026, 8, 2)),
        ("Art. 9", date(2027, 12, 2)),
        ("Art. 26", date(2027, 12, 2)),
    ],
)
def test_well_known_days_of_the_ai_act_as_amended(article: str, day: date) -> None:
    effective = catalog().requirements[f"euaia:{article}"].effective
    assert effective is not None
    assert effective.applies_from == day


@beside
def test_the_articles_of_the_ai_act_are_those_of_the_list_with_their_days_as_amended() -> None:
    listed = facts("eu-ai-act.json")["articles"]
    shipped = {entry.reference: entry for entry in catalog().framework("euaia").requirements}
    # Art. 4a was inserted by the amendment and stands apart in the list.
    assert set(shipped) - {entry["id"] for entry in listed} == {"Art. 4a"}
    for entry in listed:
        article = shipped[entry["id"]]
        assert article.title == entry["title"]
        assert article.parent == f"euaia:{entry['chapter']}"
        assert article.effective is not None
        assert article.effective.addressee == entry["addressee"]
        assert article.effective.applies_from.isoformat() in entry["applies_as_amended"]


def test_nothing_but_an_article_has_a_day_from_which_it_applies() -> None:
    for entry in catalog().requirements.values():
        assert (entry.effective is not None) is (entry.kind is Kind.ARTICLE), entry.id


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
