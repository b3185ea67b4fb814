import json

import factories
import pytest

from twofold.controls.models import CheckResult
from twofold.controls.queries import checks_of
from twofold.ledger.queries import history, position


@pytest.fixture
def monitored(cast):
    return factories.implementation(cast, at=factories.now())


@pytest.fixture
def registered(cast):
    return factories.implementation(cast, control="TF-REG-01", at=factories.now())


def test_checks_are_run_and_counted(run, monitored, registered):
    ended = run("checks", "run")

    number = len(checks_of(monitored)) + len(checks_of(registered))
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.startswith(f"{number} checks of 2 implementations: 0 pass, ")
    assert CheckResult.objects.count() == number
    assert position().waiting == 0
    (line,) = history(CheckResult.objects.first().ledger_subject)
    assert line.entry.actor == "system:checks"


def test_checks_of_one_control_are_run(run, monitored, registered):
    run("checks", "run", "--control", "TF-REG-01")

    assert set(CheckResult.objects.values_list("implementation", flat=True)) == {registered.pk}


@pytest.mark.parametrize("command", ["run", "list"])
def test_an_unknown_control_is_refused(run, monitored, command):
    ended = run("checks", command, "--control", "TF-NO-01")

    assert (ended.status, ended.err) == (1, "twofold: There is no control TF-NO-01.\n")
    assert not CheckResult.objects.exists()


def test_results_are_listed_and_what_has_none_is_not_run(run, monitored):
    before = run("checks", "list").out.splitlines()
    run("checks", "run")
    after = run("checks", "list", "--outcome", "fail").out.splitlines()

    assert len(before) == len(checks_of(monitored))
    assert all(line.startswith("not run   TF-MON-01     Lending") for line in before)
    assert after
    assert all(line.startswith("fail  ") for line in after)


def test_results_are_listed_as_json(run, monitored):
    run("checks", "run")

    rows = json.loads(run("checks", "list", "--json", "--control", "TF-MON-01").out)

    kept = {row.check_id: row for row in CheckResult.objects.all()}
    assert {row["check"] for row in rows} == set(kept)
    for row in rows:
        assert row["outcome"] == kept[row["check"]].outcome
        assert row["implementation"] == str(monitored.pk)
        assert row["ran_at"] == kept[row["check"]].ran_at.isoformat()


def test_lists_of_an_empty_installation_are_empty(run, cast):
    assert run("checks", "list", "--json").out == "[]\n"
    assert run("checks", "run").out.startswith("0 checks of 0 implementations: 0 pass")
