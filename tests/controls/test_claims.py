import factories
import pytest
from controls.test_implementations import edited
from django.db import IntegrityError
from factories import AT, monitored

from twofold.controls.actions import accept_claim, claim, reject_claim
from twofold.controls.models import EvidenceClaim
from twofold.controls.queries import claims_on, waiting_claims
from twofold.evidence import actions as evidence
from twofold.ledger.queries import history
from twofold.people import actions as people
from twofold.people.access import Actor, Permission, actor_of_token, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties
from twofold.people.models import ApiToken, Role
from twofold.reporting.controls import claim_views


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


@pytest.fixture
def version(cast):
    """A version of evidence that the engineer made."""
    return factories.evidence_item(cast, by=cast.engineer).versions.get()


@pytest.fixture
def made(run, version, cast):
    """A claim that the owner made on the engineer's evidence."""
    return factories.claim(run, version.item, cast)


def claimed(run, version, cast, *, by=None, need="monitoring-report", statement="It was watched."):
    by = by or factories.actor(cast.owner)
    return claim(run, evidence=version, need=need, statement=statement, by=by, at=AT)


def accept(made, by):
    return accept_claim(made, by=by, at=AT)


def promote(cast, person, role):
    by = factories.actor(cast.administrator)
    people.assign_role(person, role=role, unit=cast.unit, from_date=AT.date(), by=by, at=AT)


def token_of(cast, person, permission):
    factories.token(person, cast, permission, at=AT)
    return actor_of_token(ApiToken.objects.get(person=person))


def test_a_claim_is_accepted_by_another_once(made, cast):
    accept(made, factories.actor(cast.approver))

    made.refresh_from_db()
    assert (made.claimed_by, made.accepted_by, made.accepted_at) == (
        cast.owner,
        cast.approver,
        AT,
    )
    assert [line.entry.kind for line in history(made.ledger_subject)] == [
        "controls.evidenceclaim.accepted",
        "controls.evidenceclaim.claimed",
    ]
    with pytest.raises(Conflict):
        accept(made, factories.actor(cast.lead))
    made.refresh_from_db()
    assert made.accepted_by == cast.approver
    assert str(made) == "The system was watched in the period."


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"need": "fairness-report"}, "need"),
        ({"statement": " "}, "statement"),
        ({"statement": "x" * 501}, "statement"),
        ({"statement": "a\0"}, "statement"),
    ],
)
def test_a_claim_that_cannot_be_is_refused_by_field(run, version, cast, given, place):
    with pytest.raises(InvalidInput) as refusal:
        claimed(run, version, cast, **given)

    assert refusal.value.field == place
    assert not EvidenceClaim.objects.exists()


def test_the_same_is_claimed_once(made, run, version, cast):
    with pytest.raises(Conflict):
        claimed(run, version, cast)


@pytest.mark.parametrize("who", ["outsider", "engineer", "approver", "auditor"])
def test_who_claims_nothing_there_claims_nothing(run, version, cast, who):
    with pytest.raises(AccessDenied):
        claimed(run, version, cast, by=factories.actor(getattr(cast, who)))


def test_evidence_that_the_actor_may_not_read_cannot_be_claimed(run, cast):
    item = evidence.add_item(
        "Elsewhere",
        kind="monitoring-report",
        unit=cast.elsewhere,
        content=factories.content(),
        by=factories.actor(cast.outsider),
        at=AT,
    )

    with pytest.raises(AccessDenied):
        claimed(run, item.versions.get(), cast)


def test_a_restricted_token_claims_for_its_own_system_alone(cast):
    mine, other = factories.system(cast), factories.system(cast)
    owner = factories.actor(cast.owner)
    token = Actor(
        owner.ledger_name,
        owner.person_id,
        only=frozenset({Permission.CLAIM, Permission.READ}),
        restricted_to=mine.ledger_subject,
    )
    runs = [factories.implementation(cast, of=of) for of in (mine, other)]
    about_mine = evidence.add_item(
        "Mine",
        kind="monitoring-report",
        unit=cast.unit,
        content=factories.content(),
        about=mine.ledger_subject,
        by=owner,
        at=AT,
    ).versions.get()
    of_unit = factories.evidence_item(cast).versions.get()

    assert claimed(runs[0], about_mine, cast, by=token)
    for run, version in ((runs[1], about_mine), (runs[0], of_unit)):
        with pytest.raises(AccessDenied):
            claimed(run, version, cast, by=token)


def test_who_made_a_claim_cannot_accept_it(made, cast):
    promote(cast, cast.owner, Role.APPROVER)

    with pytest.raises(SeparationOfDuties):
        accept(made, factories.actor(cast.owner))


def test_who_made_the_evidence_cannot_accept_the_claim(made, cast):
    promote(cast, cast.engineer, Role.APPROVER)

    with pytest.raises(SeparationOfDuties):
        accept(made, factories.actor(cast.engineer))


def test_who_made_the_evidence_cannot_accept_the_claim_through_a_token(made, cast):
    promote(cast, cast.engineer, Role.APPROVER)

    with pytest.raises(SeparationOfDuties):
        accept(made, token_of(cast, cast.engineer, Permission.ACCEPT_CLAIM))


def test_who_made_the_evidence_through_a_token_cannot_accept_the_claim(run, cast):
    item = evidence.add_item(
        "By a program",
        kind="monitoring-report",
        unit=cast.unit,
        content=factories.content(),
        by=token_of(cast, cast.engineer, Permission.ADD_EVIDENCE),
        at=AT,
    )
    made = factories.claim(run, item, cast)
    promote(cast, cast.engineer, Role.APPROVER)
    engineer = factories.actor(cast.engineer)

    with pytest.raises(SeparationOfDuties):
        accept(made, engineer)
    assert not waiting_claims(engineer, at=AT)
    assert not claim_views(item, engineer, at=AT)[0].may_accept
    assert claim_views(item, factories.actor(cast.approver), at=AT)[0].may_accept


def test_a_claim_of_the_product_is_accepted_by_a_person_and_by_no_part_of_it(run, version, cast):
    made = claimed(run, version, cast, by=monitored.WORKER)

    with pytest.raises(SeparationOfDuties):
        accept(made, part_of_product("another"))
    assert accept(made, factories.actor(cast.approver)).accepted_by == cast.approver


@pytest.mark.parametrize("who", ["outsider", "reviewer", "auditor"])
def test_who_accepts_nothing_there_cannot_accept(made, cast, who):
    with pytest.raises(AccessDenied):
        accept(made, factories.actor(getattr(cast, who)))

    made.refresh_from_db()
    assert made.accepted_at is None


def test_the_database_refuses_an_acceptance_by_who_claimed_and_by_nobody(made, cast):
    with pytest.raises(IntegrityError):
        edited(made, "accepted_at", AT)
    accept(made, factories.actor(cast.approver))
    with pytest.raises(IntegrityError):
        edited(made, "accepted_by_id", cast.owner.pk)


def test_claims_wait_for_those_who_may_accept_them(made, cast):
    def waiting(person):
        return list(waiting_claims(factories.actor(person), at=AT))

    promote(cast, cast.owner, Role.APPROVER)
    promote(cast, cast.engineer, Role.APPROVER)

    assert waiting(cast.approver) == waiting(cast.lead) == [made]
    # The owner made the claim, the engineer the evidence, and the others accept nothing here.
    assert [waiting(p) for p in (cast.owner, cast.engineer, cast.outsider, cast.auditor)] == [
        [],
        [],
        [],
        [],
    ]
    assert list(claims_on(made.evidence.item)) == [made]
    accept(made, factories.actor(cast.approver))
    assert waiting(cast.lead) == []


def test_a_claim_on_a_control_that_is_run_no_longer_is_not_judged(run, made, cast):
    approver = factories.actor(cast.approver)
    assert list(waiting_claims(approver, at=AT)) == [made]
    factories.retire(run, reason="Moved.", by=factories.actor(cast.owner), at=AT)

    assert not waiting_claims(approver, at=AT)
    with pytest.raises(Conflict):
        accept(made, approver)
    with pytest.raises(Conflict):
        reject_claim(made, reason="No.", by=approver, at=AT)
    made.refresh_from_db()
    assert (made.accepted_at, made.rejected_at) == (None, None)
