import factories
import pytest
from factories import AT

from twofold.controls.actions import Decision, GivenGround, decide_applicability
from twofold.controls.models import Applicability, Ground
from twofold.controls.queries import visible_decisions
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, InvalidInput

LOGGING = "27001:A.8.15"


def no(requirement=LOGGING, reason="We run no systems of our own."):
    return Decision(requirement, applicable=False, reason=reason)


def yes(requirement=LOGGING, reason="Logs are kept of every system."):
    return Decision(requirement, applicable=True, reason=reason)


def decide(cast, *decisions, by=None, unit=None, at=AT):
    by = by or factories.actor(cast.lead)
    return decide_applicability(decisions, unit=unit or cast.unit, by=by, at=at)


def test_a_decision_stands_with_its_reason_and_its_author(cast):
    (made,) = decide(cast, no(reason=" None. "))

    row = Applicability.objects.get()
    assert (row.applicable, row.reason, row.decided_by) == (False, "None.", cast.lead)
    assert [line.entry.kind for line in history(made.ledger_subject)] == [
        "controls.applicability.decided"
    ]


def test_a_later_decision_is_a_revision_of_the_one_it_replaces(cast):
    (first,) = decide(cast, no())
    (second,) = decide(cast, yes(), at=AT.replace(day=21))

    assert second.pk == first.pk
    assert Applicability.objects.get().applicable
    assert [line.entry.revision for line in history(first.ledger_subject)] == [2, 1]


def test_many_are_decided_at_once_and_each_unit_decides_for_itself(cast):
    decide(cast, no(), yes("42001:A.2.2"))
    decide(cast, yes(), unit=cast.root)

    assert Applicability.objects.count() == 3


@pytest.mark.parametrize(
    ("decisions", "place"),
    [
        ([no("27001:A.99.1")], "requirement"),
        ([no("27001:9")], "requirement"),
        ([no("27001:9.1")], "applicable"),
        ([no("42001:6.1.4")], "applicable"),
        ([no("airmf:MEASURE 2.11")], "applicable"),
        ([no(reason="")], "reason"),
        ([yes(reason="  ")], "reason"),
        ([yes(reason="x" * 1001)], "reason"),
        ([yes(reason="a\0")], "reason"),
        ([yes(), no()], "requirement"),
        ([yes("42001:A.2.2"), no("27001:9.1")], "applicable"),
    ],
)
def test_a_decision_that_cannot_be_is_refused_and_none_is_kept(cast, decisions, place):
    with pytest.raises(InvalidInput) as refusal:
        decide(cast, *decisions)

    assert refusal.value.field == place
    assert not Applicability.objects.exists()


def grounded(*references, applicable=True):
    grounds = tuple(GivenGround(Ground.LAW, reference) for reference in references)
    return Decision(LOGGING, applicable, "Because.", grounds)


def test_grounds_for_inclusion_are_kept_with_what_they_refer_to(cast):
    grounds = (GivenGround(Ground.RISK, " R-7 "), GivenGround(Ground.CONTRACT, "Acme 12"))
    (made,) = decide(cast, Decision(LOGGING, applicable=True, reason="Both.", grounds=grounds))

    made.refresh_from_db()
    assert made.grounds == [
        {"kind": "risk", "reference": "R-7"},
        {"kind": "contract", "reference": "Acme 12"},
    ]


@pytest.mark.parametrize(
    "decision",
    [
        grounded("GDPR 32", applicable=False),
        grounded(""),
        grounded("GDPR 32", " "),
        grounded("x" * 201),
        grounded("a\0"),
        grounded(*(f"Law {number}" for number in range(21))),
    ],
)
def test_grounds_that_cannot_be_are_refused(cast, decision):
    with pytest.raises(InvalidInput) as refusal:
        decide(cast, decision)

    assert refusal.value.field == "grounds"
    assert not Applicability.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "owner", "approver", "auditor", "administrator"])
def test_only_a_lead_of_the_unit_decides(cast, who):
    with pytest.raises(AccessDenied):
        decide(cast, no(), by=factories.actor(getattr(cast, who)))


def test_no_part_of_the_product_decides(cast):
    with pytest.raises(AccessDenied):
        decide(cast, no(), by=part_of_product("worker"))


def test_decisions_are_seen_within_the_unit_alone(cast):
    (made,) = decide(cast, no())
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    restricted = Actor(lead.ledger_name, lead.person_id, only=only, restricted_to="a:b")

    assert list(visible_decisions(factories.actor(cast.auditor), at=AT)) == [made]
    assert str(made) == LOGGING
    assert not visible_decisions(factories.actor(cast.outsider), at=AT)
    assert not visible_decisions(restricted, at=AT)


def test_more_than_five_hundred_decisions_at_once_are_refused(cast):
    with pytest.raises(InvalidInput, match="500") as refusal:
        decide(cast, *[yes(f"27001:X.{number}") for number in range(501)])

    assert refusal.value.field == "decisions"
