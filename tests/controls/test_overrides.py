from datetime import timedelta

import factories
import pytest
from controls.test_implementations import edited
from django.db import IntegrityError
from factories import AT, governed

from twofold.controls.actions import approve_override, request_override, withdraw_override
from twofold.controls.models import Override
from twofold.controls.queries import visible_overrides
from twofold.domain.readiness import Status
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties

TODAY = AT.date()
A_DAY = timedelta(days=1)
LATER = AT + timedelta(days=60)


def request(cast, *, by=None, unit=None, at=AT, **given):
    asked = {
        "status": Status.CONFORMING,
        "reason": "The archive shows it.",
        "expires_date": (at + timedelta(days=30)).date(),
        **given,
    }
    requirement = asked.pop("requirement", governed.LOGGING)
    return request_override(
        requirement, **asked, unit=unit or cast.unit, by=by or factories.actor(cast.lead), at=at
    )


def approve(made, by, *, at=AT):
    return approve_override(made, by=factories.actor(by), at=at)


def withdraw(made, by, *, at=AT):
    return withdraw_override(made, by=factories.actor(by), at=at)


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


def test_a_status_is_asked_for_by_one_and_approved_by_another(cast):
    made = request(cast, reason=" Shown. ")
    approve(made, cast.approver)

    row = Override.objects.get()
    assert (row.status, row.reason, row.requested_by, row.approved_by, row.approved_at) == (
        "conforming",
        "Shown.",
        cast.lead,
        cast.approver,
        AT,
    )
    assert kinds(row) == ["approved", "requested"]
    assert str(row) == "27001:A.8.15 conforming"


def test_who_asked_cannot_approve(cast):
    made = request(cast)

    with pytest.raises(SeparationOfDuties):
        approve(made, cast.lead)
    made.refresh_from_db()
    assert made.approved_at is None


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"requirement": "27001:A.99.1"}, "requirement"),
        ({"requirement": "27001:9"}, "requirement"),
        ({"status": Status.EFFECTIVE}, "status"),
        ({"status": Status.NOT_APPLICABLE}, "status"),
        ({"status": Status.UNKNOWN}, "status"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"reason": "a\0"}, "reason"),
        ({"expires_date": TODAY}, "expires_date"),
        ({"expires_date": TODAY - A_DAY}, "expires_date"),
        ({"expires_date": TODAY + 366 * A_DAY}, "expires_date"),
    ],
)
def test_what_cannot_be_set_by_hand_is_refused_by_field(cast, given, place):
    with pytest.raises(InvalidInput) as refusal:
        request(cast, **given)

    assert refusal.value.field == place
    assert not Override.objects.exists()


@pytest.mark.parametrize("days", [1, 365])
def test_it_ends_within_a_year(cast, days):
    assert request(cast, expires_date=TODAY + days * A_DAY)


@pytest.mark.parametrize("status", Override.STATUSES)
def test_these_can_be_set_by_hand(cast, status):
    assert request(cast, status=status).status == status


@pytest.mark.parametrize("who", ["outsider", "owner", "approver", "auditor", "administrator"])
def test_only_a_lead_of_the_unit_asks(cast, who):
    with pytest.raises(AccessDenied):
        request(cast, by=factories.actor(getattr(cast, who)))


def test_no_part_of_the_product_asks_or_approves(cast):
    with pytest.raises(AccessDenied):
        request(cast, by=part_of_product("worker"))
    with pytest.raises(SeparationOfDuties):
        approve_override(request(cast), by=part_of_product("worker"), at=AT)


@pytest.mark.parametrize("who", ["outsider", "owner", "reviewer", "auditor"])
def test_who_approves_nothing_there_cannot_approve(cast, who):
    with pytest.raises(AccessDenied):
        approve(request(cast), getattr(cast, who))


def test_one_stands_or_waits_for_a_requirement_in_a_unit(cast):
    made = request(cast)
    with pytest.raises(Conflict) as waiting:
        request(cast)
    approve(made, cast.approver)
    with pytest.raises(Conflict) as standing:
        request(cast)
    assert waiting.value.field == standing.value.field == "requirement"
    request(cast, unit=cast.root)
    request(cast, requirement="27001:9.1")

    assert Override.objects.count() == 3


def test_after_it_was_withdrawn_another_may_be_asked_for(cast):
    made = request(cast)
    withdraw(made, cast.lead)

    assert request(cast).pk != made.pk
    assert kinds(made) == ["withdrawn", "requested"]


def test_what_has_expired_makes_place_for_another_and_is_withdrawn(cast):
    made = approve(request(cast), cast.approver)
    last = request(cast, requirement="27001:9.1")
    with pytest.raises(Conflict):
        request(cast, requirement="27001:9.1", at=AT + 30 * A_DAY)

    again = request(cast, at=LATER)

    made.refresh_from_db()
    last.refresh_from_db()
    assert (made.withdrawn_at, last.withdrawn_at, again.withdrawn_at) == (LATER, None, None)
    assert kinds(made)[0] == "withdrawn"


def test_what_does_not_wait_any_more_cannot_be_approved(cast):
    approved = approve(request(cast), cast.approver)
    withdrawn = request(cast, requirement="27001:9.1")
    withdraw(withdrawn, cast.lead)
    expired = request(cast, requirement="27001:9.2.1")

    for row, at in ((approved, AT), (withdrawn, AT), (expired, AT + 31 * A_DAY)):
        with pytest.raises(Conflict):
            approve(row, cast.approver, at=at)
    assert approve(expired, cast.approver, at=AT + 30 * A_DAY).approved_at


def test_who_may_ask_may_withdraw_and_it_is_withdrawn_once(cast):
    made = approve(request(cast), cast.approver)
    for who in (cast.outsider, cast.owner, cast.approver, cast.auditor):
        with pytest.raises(AccessDenied):
            withdraw(made, who)

    assert withdraw(made, cast.lead).withdrawn_at == AT
    with pytest.raises(Conflict):
        withdraw(made, cast.lead)


def test_the_database_refuses_an_approval_by_who_asked_and_by_nobody(cast):
    made = request(cast)
    with pytest.raises(IntegrityError):
        edited(made, "approved_at", AT)
    approve(made, cast.approver)
    with pytest.raises(IntegrityError):
        edited(made, "approved_by_id", cast.lead.pk)


def test_overrides_are_seen_within_the_unit_alone(cast):
    made = request(cast)
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    restricted = Actor(lead.ledger_name, lead.person_id, only=only, restricted_to="a:b")

    assert list(visible_overrides(factories.actor(cast.auditor), at=AT)) == [made]
    assert not visible_overrides(factories.actor(cast.outsider), at=AT)
    assert not visible_overrides(restricted, at=AT)
