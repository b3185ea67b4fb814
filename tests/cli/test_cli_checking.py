"""When the worker runs checks."""

from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed
from factories.checked import check

from twofold.cli import checking
from twofold.cli.checking import Checking
from twofold.cli.worker import Worker, drain
from twofold.controls import actions as controls
from twofold.controls.models import CheckResult
from twofold.controls.queries import checks_of
from twofold.ledger.models import LedgerEntry
from twofold.reporting.checks import due
from twofold.telemetry import actions as telemetry
from twofold.telemetry.models import DayProfile


@pytest.fixture
def run(cast):
    return factories.implementation(cast, at=factories.now())


@pytest.fixture
def clock(monkeypatch):
    """A clock that a test may put forward by days."""
    ahead = [0]
    monkeypatch.setattr(checking, "_now", lambda: factories.now() + timedelta(days=ahead[0]))

    def forward(days):
        ahead[0] += days

    return forward


def runs():
    return LedgerEntry.objects.filter(subject__startswith="controls.checkresult:").count()


def test_the_worker_runs_checks_of_what_is_run(run):
    assert Worker().run_once()

    assert set(CheckResult.objects.values_list("check_id", flat=True)) == {
        entry.id for entry in checks_of(run)
    }


def test_a_command_that_ends_leaves_checks_to_the_worker(run):
    drain()

    assert not CheckResult.objects.exists()


def test_checks_run_once_a_day(cast, run, clock):
    working = Checking()
    for _round in range(3):
        working.step()
    first = runs()
    # A worker that is started again on the same day runs nothing a second time.
    Checking().step()
    again = runs()
    clock(1)
    for _round in range(3):
        working.step()

    assert first == again == len(checks_of(run))
    assert runs() == 2 * first


def test_what_is_described_later_is_checked_soon(cast, clock):
    working = Checking()
    working.step()
    assert not CheckResult.objects.exists()

    row = factories.implementation(cast, at=factories.now())
    working.step()

    assert CheckResult.objects.filter(implementation=row).exists()


def test_a_check_that_is_added_or_changed_is_run_soon(cast, run):
    working = Checking()
    working.step()
    first, *others = checks_of(run)
    changed = replace(first, rule=replace(first.rule, days=17))
    controls.set_checks(
        run, [changed, *others, check("systems")],
        by=factories.actor(cast.owner), at=factories.now(),
    )  # fmt: skip

    working.step()

    results = {row.check_id: row for row in CheckResult.objects.all()}
    assert results["own-check"].outcome == "fail"
    assert results[first.id].rule["days"] == 17


def test_a_change_of_the_library_is_followed(cast):
    governed.own_control(cast, at=factories.now())
    row = factories.implementation(cast, control="OWN-BAK-01", at=factories.now())
    working = Checking()
    for _round in range(3):
        working.step()
    before = set(CheckResult.objects.values_list("implementation", "outcome"))
    governed.imported_framework(cast, at=factories.now())
    working.step()

    assert before == {(row.pk, "fail")}
    assert runs() == 1


def test_a_round_without_news_costs_one_small_query(run):
    working = Checking()
    for _round in range(3):
        working.step()

    with CaptureQueriesContext(connection) as idle:
        working.step()

    assert len(idle) == 1


def test_a_step_runs_one_batch_so_that_alerts_do_not_wait_for_all(cast, run, monkeypatch):
    monkeypatch.setattr(due, "BATCH", 1)
    factories.implementation(cast, control="TF-REG-01", at=factories.now())
    working = Checking()
    checked = []
    for _round in range(3):
        working.step()
        checked.append(CheckResult.objects.values("implementation").distinct().count())

    assert checked == [1, 2, 2]


def test_events_are_counted_between_two_batches_of_checks(cast, run, monkeypatch):
    monkeypatch.setattr(due, "BATCH", 1)
    factories.implementation(cast, control="TF-REG-01", at=factories.now())
    system = factories.system(cast, code="loans", at=factories.now())
    schema = factories.schema(system, cast, at=factories.now())
    body = factories.body(factories.events(60, at=factories.now()))
    working = Worker()
    working.run_once()
    telemetry.accept_events(
        schema, body=body, by=factories.actor(cast.engineer), at=factories.now()
    )
    half = CheckResult.objects.values("implementation").distinct().count()

    monkeypatch.setattr(checking.checks, "run_checks", _not_before_the_events)
    assert working.run_once()

    assert half == 1


def _not_before_the_events(*_given, **_told):
    assert DayProfile.objects.exists()


def test_a_worker_that_starts_again_goes_on_with_what_is_left(cast, run, monkeypatch):
    monkeypatch.setattr(due, "BATCH", 1)
    factories.implementation(cast, control="TF-REG-01", at=factories.now())
    Checking().step()
    half = CheckResult.objects.values("implementation").distinct().count()

    Checking().step()

    assert half == 1
    assert CheckResult.objects.values("implementation").distinct().count() == 2


def test_a_step_that_fails_is_taken_again(run, monkeypatch):
    working = Checking()

    def fail(*_given, **_told):
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(checking.checks, "run_checks", fail)
        with pytest.raises(OSError, match="the disk is full"):
            working.step()
    assert not CheckResult.objects.exists()

    working.step()

    assert CheckResult.objects.exists()
