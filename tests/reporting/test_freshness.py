from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import AT, actor, content

from twofold.controls import actions as controls
from twofold.controls.queries.library import one_reading
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.reporting.erasures import evidence_loss
from twofold.reporting.freshness import LATER, OVERDUE, calendar, lapses


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def added(cast, *, until, kind="monitoring-report", title="Report", period_to=date(2026, 11, 15)):
    return evidence.add_item(
        title,
        kind=kind,
        unit=cast.unit,
        content=content(title.encode(), period_to=period_to, valid_until=until),
        by=actor(cast.engineer),
        at=AT,
    )


def accepted(run, item, cast):
    made = factories.claim(run, item, cast)
    return controls.accept_claim(made, by=actor(cast.approver), at=AT)


def spans(cast, who="auditor"):
    found = calendar(actor(getattr(cast, who)), chosen="", at=AT)
    return {span.name: span.count for span in found.spans if span.count}


def ending(cast, chosen):
    by = actor(cast.auditor)
    return lapses(calendar(by, chosen=chosen, at=AT).ending, by, at=AT)


def test_what_ends_is_found_in_its_month_and_what_has_ended_is_overdue(cast):
    for title, until in (
        ("Over", date(2026, 11, 19)),
        ("Today", date(2026, 11, 20)),
        ("Next year", date(2027, 10, 31)),
        ("Far", date(2027, 11, 1)),
    ):
        added(cast, title=title, until=until)

    found = calendar(actor(cast.auditor), chosen="2026-11", at=AT)

    assert spans(cast) == {OVERDUE: 1, "2026-11": 1, "2027-10": 1, LATER: 1}
    assert [span.name for span in found.spans][:3] == [OVERDUE, "2026-11", "2026-12"]
    assert (found.spans[1].first, found.spans[0].first) == (date(2026, 11, 1), None)
    assert len(found.spans) == 14
    assert calendar(actor(cast.auditor), at=AT).chosen == OVERDUE
    assert calendar(actor(cast.outsider), at=AT).chosen == "2026-11"
    (lapse,) = ending(cast, "2026-11")
    assert (lapse.version.item.title, lapse.day) == ("Today", date(2026, 11, 20))
    assert (lapse.lost, lapse.kept, lapse.claimed) == ((), (), False)
    assert ending(cast, "nonsense") == []


def test_what_rests_on_it_alone_loses_credit_in_both_standards(cast, run):
    accepted(run, added(cast, until=date(2026, 11, 25)), cast)

    (lapse,) = ending(cast, "2026-11")

    frameworks = {entry.requirement.framework for entry in lapse.lost}
    assert {"27001", "42001"} <= frameworks
    assert lapse.claimed
    assert not lapse.kept


def test_what_other_evidence_carries_further_is_kept(cast, run):
    accepted(run, added(cast, until=date(2026, 11, 25)), cast)
    newer = added(cast, until=date(2026, 12, 25), title="Newer", period_to=date(2026, 11, 20))
    accepted(run, newer, cast)

    (lapse,) = ending(cast, "2026-11")

    assert not lapse.lost
    assert {"27001", "42001"} <= {entry.requirement.framework for entry in lapse.kept}


def test_a_control_that_asks_for_something_newer_ends_it_earlier(cast, run):
    accepted(run, added(cast, until=date(2027, 6, 30)), cast)

    # A monitoring report must be renewed sooner than its author says.
    assert list(spans(cast)) != ["2027-06"]
    (name,) = spans(cast)
    (lapse,) = ending(cast, name)
    assert lapse.day < date(2027, 6, 30)
    assert lapse.lost


def test_a_claim_that_nobody_accepted_carries_nothing(cast, run):
    factories.claim(run, added(cast, until=date(2026, 11, 25)), cast)

    (lapse,) = ending(cast, "2026-11")

    assert (lapse.lost, lapse.claimed) == ((), False)


def test_the_newest_version_counts_and_what_was_erased_does_not(cast):
    item = added(cast, until=date(2026, 11, 25))
    newer = content(b"newer", valid_until=date(2027, 1, 31))
    evidence.add_version(item, content=newer, by=actor(cast.owner), at=AT)
    EvidenceItem.objects.filter(pk=added(cast, until=date(2026, 12, 1)).pk).update(erased_at=AT)

    assert spans(cast) == {"2027-01": 1}


def test_what_lies_elsewhere_is_on_nobody_elses_calendar(cast, run):
    accepted(run, added(cast, until=date(2026, 11, 25)), cast)

    assert spans(cast, "outsider") == {}


def test_many_cost_as_many_queries_as_one(cast, run):
    def cost():
        by = actor(cast.auditor)
        with one_reading(), CaptureQueriesContext(connection) as queries:
            lapses(calendar(by, chosen="2026-11", at=AT).ending, by, at=AT)
        return len(queries)

    accepted(run, added(cast, until=date(2026, 11, 25)), cast)
    one = cost()
    for number in range(5):
        until = date(2026, 11, 20) + timedelta(days=number)
        accepted(run, added(cast, title=f"Report {number}", until=until), cast)

    assert cost() == one


def ids(credited):
    return {entry.requirement.id for entry in credited}


def test_an_erasure_loses_what_rests_on_the_item_today_and_on_nothing_else(cast, run):
    item = added(cast, until=date(2026, 11, 25))
    accepted(run, item, cast)

    loss = evidence_loss(item, actor(cast.lead), at=AT)

    (lapse,) = ending(cast, "2026-11")
    assert ids(loss.credited) == ids(lapse.lost)
    assert loss.credited
    assert (loss.kept, loss.ended) == ((), ())


def test_an_erasure_loses_nothing_that_other_evidence_carries(cast, run):
    over = added(cast, until=date(2026, 11, 19))
    accepted(run, over, cast)
    newer = added(cast, until=date(2026, 12, 25), title="Newer", period_to=date(2026, 11, 20))
    accepted(run, newer, cast)

    loss = evidence_loss(over, actor(cast.lead), at=AT)
    last = evidence_loss(newer, actor(cast.lead), at=AT)

    (lapse,) = ending(cast, OVERDUE)
    assert (loss.credited, loss.ended) == ((), ())
    assert ids(loss.kept) == ids(lapse.kept) != set()
    assert ids(last.credited) == ids(lapse.kept)
    assert not last.kept


def test_an_erasure_takes_no_credit_that_ended_before(cast, run):
    over = added(cast, until=date(2026, 11, 19))
    accepted(run, over, cast)

    loss = evidence_loss(over, actor(cast.lead), at=AT)

    (lapse,) = ending(cast, OVERDUE)
    assert (loss.credited, loss.kept) == ((), ())
    assert ids(loss.ended) == ids(lapse.lost) != set()


def test_a_claim_that_waits_is_withdrawn_by_an_erasure_and_loses_no_credit(cast, run):
    item = added(cast, until=date(2026, 11, 25))
    factories.claim(run, item, cast)

    loss = evidence_loss(item, actor(cast.lead), at=AT)

    assert len(loss.claims) == 1
    assert (loss.credited, loss.kept, loss.ended) == ((), (), ())
