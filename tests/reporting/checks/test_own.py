"""What an implementation has to show, as its checks see it."""

from datetime import date, timedelta

import factories
import pytest
from factories import AT
from factories.checked import seen

from twofold.catalog.model import EvidenceNeed
from twofold.controls import actions as controls
from twofold.domain.checks import CheckKind, Outcome, Rule, evaluate
from twofold.evidence import actions as evidence
from twofold.people import actions as people
from twofold.people.access import Permission, actor_of_token, part_of_product

KIND = "monitoring-report"
TODAY = AT.date() + timedelta(days=10)


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def claimed(cast, run, item=None, *, accepted=True, at=AT):
    made = factories.claim(run, item or factories.evidence_item(cast, at=at), cast, at=at)
    return controls.accept_claim(made, by=factories.actor(cast.lead), at=at) if accepted else made


def of_period(cast, first, last, *, valid_until=date(2027, 12, 31)):
    return evidence.add_item(
        "Report", kind=KIND, unit=cast.unit,
        content=factories.content(period_from=first, period_to=last, valid_until=valid_until),
        by=factories.actor(cast.engineer), at=AT,
    )  # fmt: skip


def pieces(run, *, on=TODAY, kind=CheckKind.FRESHNESS, also=()):
    parts = {"days": 31} if kind is CheckKind.FRESHNESS else {}
    return seen("evidence", run, on=on, kind=kind, need=KIND, also=also, **parts)


def test_an_implementation_awaits_approval_until_somebody_gave_it(cast, run):
    waiting = factories.implementation(cast, control="TF-REG-01", approved=False)

    (approved,) = seen("implementation", run, on=TODAY).values()
    (awaiting,) = seen("implementation", waiting, also=(run,), on=TODAY).values()

    assert (approved.record, approved.on) == (run.ledger_subject, AT.date())
    assert (approved.labels, approved.measures) == ({"state": "approved"}, {"days_left": 355})
    assert approved.actors == {
        "owner": f"person:{cast.owner.pk}",
        "described_by": f"person:{cast.owner.pk}",
        "approved_by": f"person:{cast.approver.pk}",
    }
    # Until the next review there are no days to count.
    assert (awaiting.labels, awaiting.measures, awaiting.on) == (
        {"state": "awaiting"}, {"days_left": None}, None,
    )  # fmt: skip
    assert awaiting.actors["approved_by"] == ""


def test_claims_wait_are_accepted_or_are_gone(cast, run):
    other = factories.implementation(cast, control="TF-REG-01")
    waiting, accepted = claimed(cast, run, accepted=False), claimed(cast, run)
    rejected = claimed(cast, run, accepted=False)
    controls.reject_claim(rejected, reason="No.", by=factories.actor(cast.lead), at=AT)

    found = seen("claims", run, also=(other,), on=TODAY)

    assert set(found) == {waiting.ledger_subject, accepted.ledger_subject}
    entry = found[accepted.ledger_subject]
    assert (entry.labels, entry.measures) == ({"need": KIND, "state": "accepted"}, {"age_days": 10})
    assert entry.actors == {
        "author": f"person:{cast.owner.pk}",
        "claimed_by": f"person:{cast.owner.pk}",
        "accepted_by": f"person:{cast.lead.pk}",
    }
    assert found[waiting.ledger_subject].labels["state"] == "waiting"
    assert not seen("claims", other, also=(run,), on=TODAY)


def test_evidence_is_what_was_accepted_and_counts(cast, run):
    claimed(cast, run, accepted=False)
    claim = claimed(cast, run)

    found = pieces(run)

    assert set(found) == {claim.ledger_subject}
    entry = found[claim.ledger_subject]
    # The period ended on the 15th; monthly reports count for 31 days and a week.
    assert (entry.on, entry.measures) == (date(2026, 11, 15), {"age_days": 15, "days_left": 23})
    assert entry.actors["accepted_by"] == f"person:{cast.lead.pk}"


def test_all_that_was_ever_accepted_is_seen_and_nothing_that_is_added_hides_it(cast, run):
    first = of_period(cast, date(2026, 9, 1), date(2026, 9, 15))
    second = of_period(cast, date(2026, 9, 16), date(2026, 9, 30))
    older, newer = claimed(cast, run, first), claimed(cast, run, second)

    both = {older.ledger_subject, newer.ledger_subject}
    assert set(pieces(run, on=AT.date())) == both
    # What counts over a year counts what was accepted in it, though it has been renewed since.
    assert set(pieces(run, kind=CheckKind.COUNT)) == both
    late = pieces(run, on=AT.date() + timedelta(days=60))
    assert set(late) == both
    assert late[newer.ledger_subject].measures["days_left"] < 0


def test_late_evidence_of_an_older_period_does_not_make_what_is_fresh_stale(cast, run):
    fresh = of_period(cast, date(2026, 11, 1), date(2026, 11, 20), valid_until=date(2026, 11, 22))
    old = of_period(cast, date(2026, 10, 1), date(2026, 11, 1))
    newer = claimed(cast, run, fresh)
    rule = Rule(CheckKind.FRESHNESS, "evidence", need=KIND, days=10)
    before = evaluate(rule, pieces(run).values(), on=TODAY)

    claimed(cast, run, old)

    assert before.outcome is Outcome.PASS
    assert evaluate(rule, pieces(run).values(), on=TODAY).outcome is Outcome.PASS
    assert newer.ledger_subject in pieces(run)


def test_a_claim_counts_no_longer_than_it_says(cast, run):
    claim = claimed(
        cast, run, of_period(cast, date(2026, 11, 1), date(2026, 11, 15), valid_until=TODAY)
    )

    (entry,) = pieces(run).values()

    assert (entry.record, entry.measures["days_left"]) == (claim.ledger_subject, 0)


def test_a_period_that_is_not_over_speaks_of_today_at_the_latest(cast, run):
    claimed(cast, run, of_period(cast, date(2026, 11, 1), date(2026, 12, 31)))
    claimed(cast, run, of_period(cast, TODAY + timedelta(days=1), TODAY + timedelta(days=9)))

    (entry,) = pieces(run).values()

    assert (entry.on, entry.measures["age_days"]) == (TODAY, 0)


def test_evidence_of_a_need_that_is_not_asked_for_counts_as_it_says(cast, run):
    claim = claimed(cast, run, of_period(cast, date(2026, 11, 1), date(2026, 11, 15)))
    controls.require_evidence(
        run, [EvidenceNeed("other-report", "Another report", 31)],
        by=factories.actor(cast.owner), at=AT,
    )  # fmt: skip

    (entry,) = pieces(run).values()

    assert entry.record == claim.ledger_subject
    assert entry.measures["days_left"] == (date(2027, 12, 31) - TODAY).days


def test_who_works_through_a_token_is_the_same_person(cast, run):
    token = people.issue_token(
        cast.owner, name="program", permissions=[Permission.ADD_EVIDENCE], unit=cast.unit,
        by=factories.actor(cast.owner), at=AT,
    ).token  # fmt: skip
    item = evidence.add_item(
        "Report", kind=KIND, unit=cast.unit, content=factories.content(), by=actor_of_token(token),
        at=AT,
    )  # fmt: skip
    claimed(cast, run, item)

    (entry,) = pieces(run).values()

    assert entry.actors["author"] == entry.actors["claimed_by"] == f"person:{cast.owner.pk}"


def test_what_the_product_claimed_was_claimed_by_somebody_else(cast, run):
    item = factories.evidence_item(cast)
    made = controls.claim(
        run, evidence=item.versions.get(), need=KIND, statement="It was watched.",
        by=part_of_product("monitoring"), at=AT,
    )  # fmt: skip
    controls.accept_claim(made, by=factories.actor(cast.lead), at=AT)

    (entry,) = pieces(run).values()

    assert entry.actors["claimed_by"] == "system:twofold"
