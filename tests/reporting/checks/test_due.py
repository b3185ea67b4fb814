"""Which implementations are due."""

from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from factories import AT, governed
from factories.checked import check

from twofold.controls import actions as controls
from twofold.controls.models import Implementation
from twofold.controls.queries import checks_of
from twofold.domain.checks import Outcome
from twofold.ledger.queries import Mark, mark_now
from twofold.people.access import part_of_product
from twofold.reporting import checks
from twofold.reporting.checks import due

PRODUCT = part_of_product("checks")
NEXT_DAY = AT + timedelta(days=1)


def keys(batches):
    return [row.pk for batch in batches for row in batch]


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def test_what_was_not_checked_today_is_due(cast, run):
    assert keys(checks.implementations_due(PRODUCT, at=AT)) == [run.pk]
    checks.run_checks([run], by=PRODUCT, at=AT)

    assert keys(checks.implementations_due(PRODUCT, at=AT)) == []
    assert keys(checks.implementations_due(PRODUCT, at=NEXT_DAY)) == [run.pk]


def test_what_is_no_longer_run_is_never_due(cast, run):
    factories.retire(run, reason="Gone.", by=factories.actor(cast.owner), at=AT)

    assert keys(checks.implementations_due(PRODUCT, at=NEXT_DAY)) == []
    assert keys(checks.without_result(PRODUCT, at=NEXT_DAY)) == []


def test_batches_hold_each_implementation_once(cast, monkeypatch):
    monkeypatch.setattr(due, "BATCH", 2)
    rows = [factories.implementation(cast, of=factories.system(cast)) for _number in range(5)]

    batches = list(checks.batches_running(PRODUCT, at=AT))

    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert set(keys(batches)) == {row.pk for row in rows}


def test_only_one_control_can_be_asked_for(cast, run):
    factories.implementation(cast, control="TF-REG-01")

    assert keys(checks.batches_running(PRODUCT, control=run.control, at=AT)) == [run.pk]


def test_a_check_without_a_result_is_found(cast, run):
    assert keys(checks.without_result(PRODUCT, at=AT)) == [run.pk]
    checks.run_checks([run], by=PRODUCT, at=AT)
    assert keys(checks.without_result(PRODUCT, at=AT)) == []

    known = checks_of(run)
    controls.set_checks(run, [*known, check("systems")], by=factories.actor(cast.owner), at=AT)
    assert keys(checks.without_result(PRODUCT, at=AT)) == [run.pk]


def test_a_rule_that_was_changed_has_no_result_yet(cast, run):
    first, *others = checks_of(run)
    checks.run_checks([run], by=PRODUCT, at=AT)
    changed = replace(first, rule=replace(first.rule, days=17))
    controls.set_checks(run, [changed, *others], by=factories.actor(cast.owner), at=AT)

    (lacking,) = checks.without_result(PRODUCT, at=AT)

    assert [row.pk for row in lacking] == [run.pk]
    views = {view.check.id: view for view in checks.check_views(lacking)}
    assert {key for key, view in views.items() if view.changed_since} == {first.id}
    assert views[first.id].outcome is not Outcome.NOT_RUN


def test_checks_that_cannot_be_read_are_not_asked_for_again_and_again(cast, run):
    Implementation.objects.update(checks=[{"id": "old", "title": "Old", "rule": {"kind": "x"}}])

    assert keys(checks.without_result(PRODUCT, at=AT)) == []


def test_the_ledger_tells_what_was_touched(cast, run):
    mark = mark_now()
    assert checks.implementations_touched(mark) == (mark, set())

    controls.set_checks(run, [], by=factories.actor(cast.owner), at=AT)
    factories.system(cast)

    reached, touched = checks.implementations_touched(mark)
    assert touched == {run.pk}
    assert checks.implementations_touched(reached) == (reached, set())


def test_everything_is_looked_at_when_the_library_changed_or_the_ledger_is_another(cast, run):
    mark = mark_now()
    governed.own_control(cast)

    assert checks.implementations_touched(mark) == (None, set())
    assert checks.implementations_touched(Mark(1, b"x" * 32)) == (None, set())


def test_a_check_without_a_result_is_shown_as_not_run(cast, run):
    views = checks.check_views([run])

    assert {view.check.id for view in views} == {entry.id for entry in checks_of(run)}
    assert {view.outcome for view in views} == {Outcome.NOT_RUN}
    assert not any(view.changed_since for view in views)
