"""The library as a list, frameworks brought by file, and who may keep either."""

import json
from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.catalog.load import catalog
from twofold.controls import actions
from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import (
    areas,
    control_values,
    imported_framework,
    imported_frameworks,
    library,
    library_row,
    library_rows,
)
from twofold.ledger.queries import history
from twofold.people.access import Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.people.queries import actor_for_secret
from twofold.reporting.posture import posture
from twofold.reporting.standing import standing

WATCHING = "TF-MON-01"
TOML = """\
[[framework]]
id = "house"
title = "House rules"
short_title = "House"
edition = "1"

[[requirement]]
id = "house:1"
title = "Doors"
kind = "control"
auditable = true
summary = "Doors are shut."
evidence = ["A door", "A lock"]
questions = ["Which door?", "Whose lock?"]
"""


def lead(cast):
    return factories.actor(cast.lead)


def adapted(cast, at=AT, **changes):
    values = {**control_values(library().control_by_id[WATCHING]), **changes}
    return actions.adapt_control(WATCHING, values, reason="Ours.", by=lead(cast), at=at)


def imported(cast, text=TOML, *, code="", name="house.toml", by=None, at=AT):
    data = text.encode() if isinstance(text, str) else text
    return actions.import_framework_file(
        data, file_name=name, code=code, by=by or lead(cast), at=at
    )


def row_of(control, **asked):
    return next(row for row in library_rows(**asked) if row.control.id == control)


def test_controls_are_as_shipped_until_something_is_done_to_them(cast):
    rows = library_rows()
    assert [row.control for row in rows] == list(catalog().controls)
    assert {row.change for row in rows} == {"shipped"}
    assert {row.entry for row in rows} == {None}


def test_each_shipped_control_belongs_to_an_area_and_keeps_it_when_it_is_adapted(cast):
    adapted(cast, title="Watching")
    row = library_row(WATCHING)
    assert (row.control.title, row.control.area) == ("Watching", "ai-operation")
    assert {row.control.area for row in library_rows()} == set(areas())
    assert [row.control.id for row in library_rows(area="access")] == ["TF-ACC-01", "TF-PAM-01"]


def test_what_was_done_to_a_control_is_told_with_the_shipped_wording_beside_it(cast):
    adapted(cast, title="Watching")
    governed.own_control(cast)
    actions.retire_control("TF-PAM-01", reason="No such thing.", by=lead(cast), at=AT)

    assert row_of(WATCHING).change == "adapted"
    assert row_of(WATCHING).shipped == catalog().control_by_id[WATCHING]
    assert row_of(WATCHING).entry.reason == "Ours."
    assert (row_of("OWN-BAK-01").change, row_of("OWN-BAK-01").shipped) == ("added", None)
    assert row_of("OWN-BAK-01").control.area == ""
    retired = library_row("TF-PAM-01")
    assert (retired.change, retired.control) == ("retired", catalog().control_by_id["TF-PAM-01"])
    assert library_rows()[-1] == retired
    assert [row.control.id for row in library_rows(change="adapted")] == [WATCHING]


def test_a_control_of_ones_own_that_is_retired_is_told_as_it_was_last(cast):
    governed.own_control(cast)
    actions.retire_control("OWN-BAK-01", reason="Over.", by=lead(cast), at=AT)
    row = library_row("OWN-BAK-01")
    assert (row.change, row.control.title) == ("retired", "Escrow of source code")
    actions.restore_control("OWN-BAK-01", reason="Back.", by=lead(cast), at=AT)
    assert library_row("OWN-BAK-01").change == "added"


def test_an_adapted_control_that_is_retired_keeps_its_area(cast):
    adapted(cast, title="Watching")
    actions.retire_control(WATCHING, reason="Over.", by=lead(cast), at=AT)
    assert library_row(WATCHING).control.area == "ai-operation"
    assert row_of(WATCHING, area="ai-operation").control.title == "Watching"


def test_a_control_that_has_its_shipped_wording_again_is_as_shipped(cast):
    adapted(cast, title="Watching")
    values = control_values(catalog().control_by_id[WATCHING])
    actions.adapt_control(WATCHING, values, reason="Better so.", by=lead(cast), at=AT)
    assert library_row(WATCHING).change == "shipped"
    assert library_row(WATCHING).entry.reason == "Better so."


def test_controls_are_found_by_framework_and_by_words(cast):
    assert len(library_rows(framework="airmf")) < len(library_rows())
    assert library_rows(framework="nobody") == []
    assert [row.control.id for row in library_rows(text="tf-mon")] == [WATCHING]
    assert library_rows(text="data steward")


def test_an_unknown_control_is_not_found(cast):
    with pytest.raises(NotFound):
        library_row("TF-NONE-01")


def test_a_fault_in_a_file_of_controls_is_named_with_its_file_and_line(cast):
    text = governed.OWN_CONTROL.replace("strength = 4", "strength = 40")
    with pytest.raises(InvalidInput) as caught:
        actions.add_controls(text, file_name="own.toml", reason="x", by=lead(cast), at=AT)
    assert caught.value.message == "own.toml, line 12: strength must be an integer from 1 to 10"
    assert caught.value.field == "file"


def test_a_control_that_stands_is_not_added_a_second_time(cast):
    governed.own_control(cast)
    actions.retire_control("OWN-BAK-01", reason="Over.", by=lead(cast), at=AT)
    with pytest.raises(Conflict, match="OWN-BAK-01"):
        governed.own_control(cast)
    shipped = governed.OWN_CONTROL.replace("OWN-BAK-01", WATCHING)
    with pytest.raises(Conflict, match=WATCHING):
        actions.add_controls(shipped, file_name="", reason="x", by=lead(cast), at=AT)


def test_a_framework_of_a_file_is_followed_and_its_requirements_are_unknown(cast):
    made = imported(cast)
    assert (made.code, made.format, made.requirement_count) == ("house", "toml", 1)
    record, framework = imported_framework("house")
    assert (record, framework.title) == (made, "House rules")
    assert [row.code for row in imported_frameworks()] == ["house"]
    (told,) = [e for e in posture(lead(cast), at=AT).frameworks if e.framework.id == "house"]
    assert told.counts["unknown"] == told.total == 1
    assert told.score is None
    assert [line.entry.kind for line in history(made.ledger_subject)] == [
        "controls.importedframework.imported"
    ]


def test_a_requirement_of_an_imported_framework_gets_a_state_by_the_control_credited_to_it(cast):
    imported(cast)
    values = control_values(library().control_by_id[WATCHING])
    credit = {"id": "house:1", "relation": "equal", "strength": 9, "rationale": "Doors, both."}
    adapted(cast, requirement=[*values["requirement"], credit])
    governed.decision(cast, "house:1")
    factories.implementation(cast)

    assert [control.id for control in library().controls_of["house:1"]] == [WATCHING]
    found = standing(lead(cast), at=AT)
    assert found.readiness["house:1"].status.value == "partial"
    assert found.explained(library().requirements["house:1"]).score is not None


def test_a_control_of_ones_own_may_be_credited_to_an_imported_requirement(cast):
    imported(cast)
    own = governed.OWN_CONTROL.replace("27001:A.8.30", "house:1")
    actions.add_controls(own, file_name="", reason="Doors.", by=lead(cast), at=AT)
    assert library().controls_of["house:1"][0].id == "OWN-BAK-01"


@pytest.mark.parametrize(
    ("text", "code", "field", "message"),
    [
        ("[[framework]", "", "file", "house.toml, line 1: is no TOML"),
        (TOML, "other", "code", "The file names the framework house"),
        (TOML.replace("house", "two words"), "", "code", "A code has 1 to 20 letters"),
        ('{"catalog": 1}', "X", "file", "house.toml, line 1: $.catalog: Expected `object`"),
        ('{"catalog": 1}', "", "code", "A code has 1 to 20 letters"),
        (b"\xff", "", "file", "is not UTF-8"),
        (b" " * (5 * 1024**2 + 1), "", "file", "has more than 5 MB"),
        (TOML.partition("summary")[0].replace("true", "false"), "", "file", "nothing that can be"),
    ],
    ids=range(8),
)
def test_a_faulty_framework_is_refused_with_the_field_and_nothing_is_kept(
    cast, text, code, field, message
):
    with pytest.raises(InvalidInput) as caught:
        imported(cast, text, code=code)
    assert caught.value.field == field
    assert message in caught.value.message
    assert not ImportedFramework.objects.exists()


@pytest.mark.parametrize("code", ["house", "27001", "euaia"])
def test_a_code_that_is_taken_is_refused(cast, code):
    text = TOML.replace("house", code)
    if code == "house":
        imported(cast, text)
    with pytest.raises(Conflict) as caught:
        imported(cast, text)
    assert caught.value.field == "code"


def test_the_name_of_the_file_is_kept_without_what_no_database_holds(cast):
    assert imported(cast, name="a\0b.toml").file_name == "ab.toml"


def test_an_unknown_framework_was_not_imported(cast):
    for code in ("house", "27001"):
        with pytest.raises(NotFound):
            imported_framework(code)


def test_the_library_is_kept_by_those_who_lead_alone(cast):
    for person in (cast.owner, cast.auditor, cast.administrator):
        with pytest.raises(AccessDenied):
            imported(cast, by=factories.actor(person))


def test_a_token_for_one_record_does_not_keep_the_library_of_all(cast):
    system = factories.system(cast)
    secret = factories.token(
        cast.lead, cast, Permission.KEEP_LIBRARY, restricted_to=system.ledger_subject, at=AT
    )
    by = actor_for_secret(secret, at=AT)
    with pytest.raises(AccessDenied, match="for one record alone"):
        imported(cast, by=by)
    with pytest.raises(AccessDenied, match="for one record alone"):
        actions.retire_control(WATCHING, reason="x", by=by, at=AT)
    assert not LibraryEntry.objects.exists()


def test_a_decimal_of_a_check_reads_back_from_the_record_of_a_past_day(cast):
    governed.own_control(cast)
    later = AT + timedelta(days=1)
    then = standing(lead(cast), at=later, on=AT.date())
    (check,) = then.catalog.control_by_id["OWN-BAK-01"].checks
    assert check.rule.at_least == 0.5
    assert then.catalog.control_by_id["OWN-BAK-01"] == library().control_by_id["OWN-BAK-01"]


def test_a_past_day_is_told_without_what_was_imported_since(cast):
    later = AT + timedelta(days=1)
    imported(cast, at=later)
    before = standing(lead(cast), at=later, on=AT.date())
    assert "house" not in {framework.id for framework in before.catalog.frameworks}
    assert "house:1" in standing(lead(cast), at=later).readiness


def test_a_catalogue_of_oscal_is_kept_whole(cast):
    document = {
        "catalog": {
            "uuid": "5b1c3a36-9d0d-4e8e-9a58-6f2f9b1a0c11",
            "metadata": {"title": "Shop", "version": "1", "oscal-version": "1.1.2"},
            "controls": [
                {
                    "id": "s-1",
                    "title": "Till",
                    "parts": [{"name": "statement", "prose": "Count it."}],
                    "controls": [{"id": "s-1.1", "title": "Twice"}],
                }
            ],
        }
    }
    made = imported(cast, json.dumps(document), code="SHOP", name="shop.json")
    assert (made.format, made.requirement_count) == ("oscal", 2)
    _record, framework = imported_framework("SHOP")
    assert [replace(entry, questions=()) for entry in framework.requirements] == list(
        framework.requirements
    )
    assert [(entry.id, entry.parent, entry.summary) for entry in framework.requirements] == [
        ("SHOP:S-1", "", "Count it."),
        ("SHOP:S-1.1", "SHOP:S-1", ""),
    ]
