import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.controls.models import CheckResult
from twofold.controls.queries import checks_of
from twofold.people.access import Permission

NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"


@pytest.fixture
def system(cast):
    return factories.system(cast, code="loans", at=factories.now())


@pytest.fixture
def row(cast, system):
    return factories.implementation(cast, of=system, at=factories.now())


@pytest.fixture
def path(row):
    return f"/implementations/{row.pk}/checks"


def program(client, cast, name, *permissions, restricted_to=""):
    someone = getattr(cast, name)
    return Caller(client, factories.token(someone, cast, *permissions, restricted_to=restricted_to))


@pytest.fixture
def checker(client, cast):
    return program(client, cast, "lead", Permission.READ, Permission.RUN_CHECKS)


def test_checks_are_run_and_their_results_read(checker, path, row, cast):
    before = checker.ask("GET", path)
    ran = checker.ask("POST", f"{path}/run")
    after = checker.ask("GET", path)

    assert before.status_code == ran.status_code == after.status_code == 200
    assert {entry["outcome"] for entry in before.json()} == {"not_run"}
    assert {entry["ran_at"] for entry in before.json()} == {None}
    assert ran.json() == after.json()
    kept = {entry.check_id: entry for entry in CheckResult.objects.all()}
    assert [entry["check"] for entry in ran.json()] == [entry.id for entry in checks_of(row)]
    for entry in ran.json():
        assert entry["outcome"] == kept[entry["check"]].outcome
        assert entry["rule"] == kept[entry["check"]].rule
        assert entry["records"] == kept[entry["check"]].records


def test_a_token_that_does_not_carry_it_runs_nothing(client, cast, path):
    reader = program(client, cast, "lead", Permission.READ)

    problem(reader.ask("POST", f"{path}/run"), 403)
    assert reader.ask("GET", path).status_code == 200
    assert not CheckResult.objects.exists()


def test_who_may_not_run_checks_is_refused(client, cast, path):
    approver = program(client, cast, "approver", Permission.READ)

    problem(approver.ask("POST", f"{path}/run"), 403)
    assert not CheckResult.objects.exists()


def test_what_lies_out_of_reach_is_not_there(client, cast, path):
    outsider = program(client, cast, "outsider", Permission.READ, Permission.RUN_CHECKS)

    problem(outsider.ask("GET", path), 404)
    problem(outsider.ask("POST", f"{path}/run"), 404)
    assert outsider.ask("GET", "/implementations").json() == []


def test_a_token_of_one_system_checks_that_system_alone(client, cast, system, path):
    other = factories.implementation(cast, at=factories.now())
    own = program(
        client, cast, "owner", Permission.READ, Permission.RUN_CHECKS,
        restricted_to=system.ledger_subject,
    )  # fmt: skip

    assert own.ask("POST", f"{path}/run").status_code == 200
    problem(own.ask("POST", f"/implementations/{other.pk}/checks/run"), 404)
    assert [entry["system"] for entry in own.ask("GET", "/implementations").json()] == ["loans"]


def test_what_is_no_longer_run_is_in_conflict(checker, cast, row, path):
    factories.retire(row, reason="Gone.", by=factories.actor(cast.owner), at=factories.now())

    problem(checker.ask("POST", f"{path}/run"), 409)
    assert checker.ask("GET", "/implementations").json() == []


def test_an_unknown_key_is_not_found(checker, row):
    problem(checker.ask("GET", f"/implementations/{NOWHERE}/checks"), 404)
    problem(checker.ask("POST", f"/implementations/{NOWHERE}/checks/run"), 404)
    problem(checker.ask("GET", "/implementations/no-key/checks"), 404)


def test_implementations_are_listed_by_control(checker, cast, row):
    factories.implementation(cast, control="TF-REG-01", approved=False, at=factories.now())

    (of_one,) = checker.ask("GET", "/implementations?control=TF-MON-01").json()
    everything = checker.ask("GET", "/implementations").json()

    assert (of_one["id"], of_one["owner"]) == (str(row.pk), cast.owner.email)
    assert [entry["control"] for entry in everything] == ["TF-MON-01", "TF-REG-01"]
    assert everything[1]["approved_at"] is None
    assert faults(checker.ask("GET", f"/implementations?control={'x' * 41}")) == {"control"}


def test_a_control_ends_by_two_persons(client, cast, row):
    at = f"/implementations/{row.pk}/retirement"
    carried = (Permission.READ, Permission.IMPLEMENT_CONTROL, Permission.APPROVE_CONTROL)
    lead = program(client, cast, "lead", *carried)
    approver = program(client, cast, "approver", Permission.READ, Permission.APPROVE_CONTROL)

    problem(lead.ask("POST", f"{at}/confirm"), 409)
    assert faults(lead.ask("POST", at, {"reason": ""})) == {"reason"}
    asked = lead.ask("POST", at, {"reason": "Moved."})
    assert (asked.status_code, asked.json()["retired_at"]) == (200, None)
    assert asked.json()["retirement"] == "Moved."
    problem(lead.ask("POST", f"{at}/confirm"), 403)
    assert lead.ask("POST", f"{at}/drop").json()["retirement_asked_at"] is None
    lead.ask("POST", at, {"reason": "Moved."})
    assert approver.ask("POST", f"{at}/confirm").json()["retired_at"] is not None
    assert lead.ask("GET", "/implementations").json() == []
