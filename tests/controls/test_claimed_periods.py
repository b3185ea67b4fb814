"""The period that a claim speaks of, claims that were rejected, and those made before both."""

from datetime import date, timedelta
from importlib import import_module

import factories
import pytest
from controls.test_implementations import edited
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor
from factories import AT

from twofold.controls.actions import accept_claim, claim, reject_claim
from twofold.controls.actions.claims import Period
from twofold.controls.models import EvidenceClaim
from twofold.controls.queries import waiting_claims
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties

#: Those of `factories.content`.
FIRST, LAST, UNTIL = date(2026, 11, 1), date(2026, 11, 15), date(2026, 12, 31)
A_DAY = timedelta(days=1)
WHOLE = Period(FIRST, LAST, UNTIL)
PART = Period(FIRST + A_DAY, LAST - A_DAY, UNTIL - A_DAY)


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


@pytest.fixture
def version(cast):
    return factories.evidence_item(cast, by=cast.engineer).versions.get()


@pytest.fixture
def made(cast, run, version):
    return factories.claim(run, version.item, cast)


def claimed(cast, run, version, period):
    return claim(
        run,
        evidence=version,
        need="monitoring-report",
        statement="It was watched.",
        period=period,
        by=factories.actor(cast.owner),
        at=AT,
    )


def period_of(row):
    row.refresh_from_db()
    return Period(row.period_from, row.period_to, row.valid_until)


def reject(made, by, *, reason="It tells of another system."):
    return reject_claim(made, reason=reason, by=by, at=AT)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (None, WHOLE),
        (WHOLE, WHOLE),
        (PART, PART),
        (Period(LAST, LAST, LAST), Period(LAST, LAST, LAST)),
    ],
)
def test_a_claim_speaks_of_all_of_its_evidence_or_of_a_part(cast, run, version, given, kept):
    assert period_of(claimed(cast, run, version, given)) == kept


@pytest.mark.parametrize(
    ("period", "place"),
    [
        (Period(LAST, FIRST, UNTIL), "period_to"),
        (Period(FIRST - A_DAY, LAST, UNTIL), "period_from"),
        (Period(FIRST, LAST + A_DAY, UNTIL), "period_from"),
        (Period(FIRST, LAST, LAST - A_DAY), "valid_until"),
        (Period(FIRST, LAST, UNTIL + A_DAY), "valid_until"),
    ],
)
def test_a_claim_says_no_more_than_its_evidence(cast, run, version, period, place):
    with pytest.raises(InvalidInput) as refusal:
        claimed(cast, run, version, period)

    assert refusal.value.field == place
    assert not EvidenceClaim.objects.exists()


def test_a_rejected_claim_stays_on_record_with_the_reason(cast, made):
    reject(made, factories.actor(cast.approver))

    made.refresh_from_db()
    assert (made.rejected_by, made.rejected_at, made.accepted_at) == (cast.approver, AT, None)
    assert made.rejection == "It tells of another system."
    assert [line.entry.kind for line in history(made.ledger_subject)] == [
        "controls.evidenceclaim.rejected",
        "controls.evidenceclaim.claimed",
    ]
    assert not waiting_claims(factories.actor(cast.lead), at=AT)


def test_after_a_rejection_the_same_evidence_may_be_claimed_again(cast, run, version, made):
    reject(made, factories.actor(cast.approver))
    again = claimed(cast, run, version, PART)
    with pytest.raises(Conflict):
        claimed(cast, run, version, None)
    accept_claim(again, by=factories.actor(cast.approver), at=AT)

    assert again.pk != made.pk
    assert period_of(again) == PART


@pytest.mark.parametrize("first", [accept_claim, reject])
def test_a_claim_is_judged_once(cast, made, first):
    lead = factories.actor(cast.lead)
    if first is reject:
        reject(made, lead)
    else:
        accept_claim(made, by=lead, at=AT)
    before = EvidenceClaim.objects.values().get()

    with pytest.raises(Conflict):
        reject(made, factories.actor(cast.approver))
    with pytest.raises(Conflict):
        accept_claim(made, by=factories.actor(cast.approver), at=AT)
    assert EvidenceClaim.objects.values().get() == before


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\0"])
def test_a_rejection_has_a_reason(cast, made, reason):
    with pytest.raises(InvalidInput) as refusal:
        reject(made, factories.actor(cast.approver), reason=reason)

    assert refusal.value.field == "reason"
    made.refresh_from_db()
    assert made.rejected_at is None


@pytest.mark.parametrize("who", ["outsider", "reviewer", "auditor", "owner"])
def test_who_judges_nothing_there_rejects_nothing(cast, made, who):
    with pytest.raises(AccessDenied):
        reject(made, factories.actor(getattr(cast, who)))


def test_who_claimed_does_not_reject_and_no_part_of_the_product_does(cast, run, version):
    lead = factories.actor(cast.lead)
    given = {"evidence": version, "need": "monitoring-report", "statement": "Watched.", "at": AT}
    made = claim(run, **given, by=lead)

    with pytest.raises(SeparationOfDuties):
        reject(made, lead)
    with pytest.raises(SeparationOfDuties):
        reject(made, part_of_product("worker"))


def test_the_database_refuses_a_rejection_by_nobody_and_a_period_that_ends_before_it_begins(made):
    for column, value in (
        ("rejected_at", AT),
        ("period_to", FIRST - A_DAY),
        ("valid_until", FIRST),
    ):
        with pytest.raises(IntegrityError):
            edited(made, column, value)
    assert period_of(made) == WHOLE


BEFORE = [("controls", "0003_statements_checks_library")]


def test_claims_made_before_they_had_a_period_are_given_that_of_their_evidence(recording_db):
    cast = factories.cast()
    made = factories.claim(factories.implementation(cast), factories.evidence_item(cast), cast)
    newest = list(MigrationExecutor(connection).loader.graph.leaf_nodes())
    old = MigrationExecutor(connection)
    old.migrate(BEFORE)
    claims = old.loader.project_state(BEFORE).apps.get_model("controls", "EvidenceClaim")
    try:
        claims.objects.update(period_from=None, period_to=None, valid_until=None)
        MigrationExecutor(connection).migrate([("controls", "0004_claimed_periods")])
        filled = claims.objects.get()
        assert (filled.period_from, filled.period_to, filled.valid_until) == (FIRST, LAST, UNTIL)
    finally:
        MigrationExecutor(connection).migrate(newest)

    assert period_of(made) == WHOLE


def test_filling_periods_leaves_those_that_a_claim_has(cast, run, version):
    made = claimed(cast, run, version, PART)

    import_module("twofold.controls.migrations.0004_claimed_periods").fill(apps, None)

    assert period_of(made) == PART
