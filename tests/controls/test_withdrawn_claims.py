"""Claims that are taken back: they count no longer, and stay on record."""

import factories
import pytest
from django.db import IntegrityError
from factories import AT

from twofold.controls.actions import accept_claim, withdraw_claim
from twofold.controls.models import EvidenceClaim
from twofold.controls.queries import ClaimState, claim_for, claim_state, claims_in, visible_claims
from twofold.ledger.queries import history
from twofold.people.access import Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.reporting.controls import claim_views, credited_requirements
from twofold.reporting.standing import forget, standing

LATER = AT.replace(day=22)


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


@pytest.fixture
def accepted(run, cast):
    made = factories.claim(run, factories.evidence_item(cast, by=cast.engineer), cast)
    return accept_claim(made, by=factories.actor(cast.approver), at=AT)


def withdraw(claim, cast, *, by=None, reason="The report was of another system.", at=LATER):
    return withdraw_claim(claim, reason=reason, by=by or factories.actor(cast.owner), at=at)


def facts(cast, on):
    (fact,) = standing(factories.actor(cast.lead), at=LATER, on=on).implementations("TF-MON-01")
    return fact


def test_an_accepted_claim_is_withdrawn_and_stays_on_record(accepted, cast):
    withdraw(accepted, cast)

    row = EvidenceClaim.objects.get()
    assert (row.withdrawn_by, row.withdrawn_at) == (cast.owner, LATER)
    assert row.withdrawal == "The report was of another system."
    assert row.accepted_at == AT
    assert history(row.ledger_subject)[0].entry.kind == "controls.evidenceclaim.withdrawn"
    assert history(row.ledger_subject)[0].entry.actor == f"person:{cast.owner.pk}"


def test_it_counts_from_that_day_no_longer_and_past_days_stay_as_they_were(accepted, cast):
    before = facts(cast, AT.date())
    withdraw(accepted, cast)

    assert [claim.record for claim in before.claims] == [accepted.ledger_subject]
    assert facts(cast, AT.date()).claims == before.claims
    assert facts(cast, LATER.date()).claims == ()
    assert credited_requirements(EvidenceClaim.objects.all()) == []
    (view,) = claim_views(accepted.evidence.item, factories.actor(cast.owner), at=LATER)
    assert (view.withdrawn_by, view.may_withdraw, view.may_accept) == ("Owner", False, False)


def test_the_evidence_may_be_claimed_anew(accepted, run, cast):
    withdraw(accepted, cast)

    again = factories.claim(run, accepted.evidence.item, cast, at=LATER)

    assert claim_state(again) is ClaimState.WAITING


def test_who_may_not_claim_withdraws_nothing(accepted, cast):
    for somebody in (cast.auditor, cast.outsider, cast.approver):
        with pytest.raises(AccessDenied):
            withdraw(accepted, cast, by=factories.actor(somebody))
    with pytest.raises(AccessDenied):
        withdraw(accepted, cast, by=part_of_product("worker"))

    assert EvidenceClaim.objects.get().withdrawn_at is None
    assert len(history(accepted.ledger_subject)) == 2


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\0"])
def test_a_reason_is_asked_for(accepted, cast, reason):
    with pytest.raises(InvalidInput) as refusal:
        withdraw(accepted, cast, reason=reason)

    assert refusal.value.field == "reason"
    assert EvidenceClaim.objects.get().withdrawn_at is None


def test_it_is_withdrawn_once_and_judged_no_more(run, cast):
    made = factories.claim(run, factories.evidence_item(cast, by=cast.engineer), cast)
    withdraw(made, cast)

    with pytest.raises(Conflict, match="withdrawn already"):
        withdraw(made, cast)
    with pytest.raises(Conflict, match="withdrawn already"):
        accept_claim(made, by=factories.actor(cast.approver), at=LATER)


def test_where_the_control_is_run_no_longer_nothing_is_withdrawn(accepted, run, cast):
    factories.retire(run, reason="Given up.", by=factories.actor(cast.lead), at=LATER)

    with pytest.raises(Conflict, match="no longer run"):
        withdraw(accepted, cast)


def test_claims_are_found_by_their_state(accepted, run, cast):
    waiting = factories.claim(run, factories.evidence_item(cast, by=cast.engineer), cast)
    gone = withdraw(factories.claim(run, factories.evidence_item(cast), cast), cast)
    rows = visible_claims(factories.actor(cast.lead), at=LATER)

    found = {state: list(claims_in(rows, state)) for state in ClaimState}

    assert found == {
        ClaimState.WAITING: [waiting],
        ClaimState.ACCEPTED: [accepted],
        ClaimState.REJECTED: [],
        ClaimState.WITHDRAWN: [gone],
    }
    assert all(claim_state(row) is state for state, rows in found.items() for row in rows)


def test_an_outsider_finds_no_claim(accepted, cast):
    by = factories.actor(cast.outsider)

    assert not visible_claims(by, at=AT).exists()
    with pytest.raises(NotFound):
        claim_for(accepted.pk, by, at=AT)


def test_the_database_refuses_a_withdrawal_by_nobody(accepted):
    with pytest.raises(IntegrityError):
        EvidenceClaim.objects.update(withdrawn_at=LATER)


def test_a_token_that_carries_it_withdraws_for_its_person(accepted, cast):
    factories.token(cast.owner, cast, Permission.CLAIM, at=AT)
    by = factories.actor(cast.owner)

    assert withdraw(accepted, cast, by=by).withdrawn_by_id == cast.owner.pk
