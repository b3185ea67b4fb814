import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.catalog.load import catalog
from twofold.people.access import Permission
from twofold.reporting.crosswalk import Wanted, crosswalk_rows


def test_standards_are_compared_in_the_direction_that_is_asked_for(caller):
    there = caller.ask("GET", "/overlap/standards").json()
    back = caller.ask("GET", "/overlap/standards?first=42001&second=27001").json()

    assert (there["first"], there["second"]) == ("27001", "42001")
    assert (back["first"], back["second"]) == ("42001", "27001")
    for found in (there, back):
        assert 0 < found["least"] < found["most"] < 1
        assert (found["shown"], found["running"]) == (0, 0)
        assert found["remaining"][0]["work"]["closing"]


def test_what_is_run_is_counted(caller, cast):
    at = factories.now()
    factories.implementation(cast, at=at)
    found = caller.ask("GET", "/overlap/standards?first=42001").json()
    assert found["running"] == 1


def test_a_requirement_and_a_control_tell_what_they_serve(caller):
    requirement = caller.ask("GET", "/overlap/requirements/42001:A.6.2.6").json()
    control = caller.ask("GET", "/overlap/controls/TF-MON-01").json()

    assert requirement["controls"] == ["TF-MON-01"]
    pairs = catalog().pairs_of["42001:A.6.2.6"]
    assert len(requirement["counterparts"]) == len(pairs)
    credits_given = catalog().control_by_id["TF-MON-01"].credits
    assert {entry["requirement"] for entry in control["counterparts"]} == {
        credit.requirement for credit in credits_given
    }
    assert control["shown"] is None
    assert all(entry["relation_text"] and entry["back_text"] for entry in control["counterparts"])


def test_no_counterpart_is_told_with_its_reason(caller):
    found = caller.ask("GET", "/overlap/requirements/27001:A.5.13").json()
    assert found["counterparts"] == []
    assert [entry["framework"] for entry in found["none"]] == ["42001"]
    assert found["none"][0]["rationale"]


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/overlap/requirements/nothing", "requirement_id"),
        ("/overlap/requirements/42001:6.1", "requirement_id"),
        ("/overlap/controls/TF-NONE-99", "control_id"),
    ],
)
def test_what_is_not_there_is_not_found(caller, address, field):
    answer = caller.ask("GET", address)
    assert problem(answer, 404)["errors"][0]["field"] == field


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ("/overlap/standards?first=9001", {"first"}),
        ("/overlap/standards?first=27001&second=27001", {"second"}),
        ("/crosswalk?relation=akin", {"relation"}),
        ("/crosswalk?strength=11", {"strength"}),
        ("/crosswalk?offset=-1", {"offset"}),
    ],
)
def test_bad_questions_are_refused_by_field(caller, query, fields):
    assert faults(caller.ask("GET", query)) == fields


def test_the_crosswalk_is_narrowed_and_given_in_parts(caller):
    every = caller.ask("GET", "/crosswalk").json()
    rest = caller.ask("GET", f"/crosswalk?offset={every['total'] - 1}").json()
    narrowed = caller.ask("GET", "/crosswalk?framework=27001&other=42001&relation=none").json()

    assert every["total"] == len(crosswalk_rows(catalog(), Wanted()))
    assert (len(every["rows"]), len(rest["rows"])) == (200, 1)
    assert narrowed["total"] > 0
    assert {(row["relation"], row["target"]) for row in narrowed["rows"]} == {("none", None)}


@pytest.mark.parametrize(
    "address",
    [
        "/overlap/standards",
        "/overlap/requirements/42001:9.1",
        "/overlap/controls/TF-MON-01",
        "/crosswalk",
    ],
)
def test_a_token_that_may_not_read_or_is_for_one_record_is_refused(client, cast, sender, address):
    problem(sender.ask("GET", address), 403)
    system = factories.system(cast, at=factories.now())
    secret = factories.token(cast.lead, cast, Permission.READ, restricted_to=system.ledger_subject)
    problem(Caller(client, secret).ask("GET", address), 403)
