"""Giving a first role with the person, and ending roles."""

from datetime import date, timedelta

import factories
import pytest
from factories import AT

from twofold.ledger.models import LedgerEntry
from twofold.ledger.queries import history
from twofold.people import access, actions, queries
from twofold.people.access import Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.people.models import Person, Role, RoleAssignment

TODAY = AT.date()
YESTERDAY = TODAY - timedelta(days=1)


def manager(cast):
    return factories.actor(cast.administrator)


def role_of(person):
    return RoleAssignment.objects.select_related("unit").get(person=person)


def given(cast, person, role=Role.READER, **more):
    more = {"unit": cast.root, "from_date": TODAY - timedelta(days=30), **more}
    return actions.assign_role(person, role=role, by=manager(cast), at=AT, **more)


def end(cast, assignment, last=TODAY, by=None):
    return actions.end_role(assignment, last_date=last, by=by or manager(cast), at=AT)


def admitted(cast, **changes):
    wanted = {"email": "eve@acme.example", "password": factories.PASSWORD, "role": Role.AUDITOR}
    wanted |= {"unit": cast.root, "by": manager(cast), "at": AT}
    return actions.admit("Eve", **{**wanted, **changes})


def test_a_person_is_admitted_with_a_first_role(cast):
    person, role = admitted(cast)

    assert (role.person, role.role, role.from_date, role.until_date) == (
        person, Role.AUDITOR, TODAY, None,
    )  # fmt: skip
    assert history(person.ledger_subject)[0].entry.kind == "people.person.added"
    assert history(role.ledger_subject)[0].entry.kind == "people.roleassignment.assigned"


def test_who_does_not_manage_people_admits_nobody(cast):
    before = LedgerEntry.objects.count()

    with pytest.raises(AccessDenied):
        admitted(cast, by=factories.actor(cast.lead))

    assert not Person.objects.filter(email="eve@acme.example").exists()
    assert LedgerEntry.objects.count() == before


def test_a_role_that_ended_yesterday_permits_nothing_today(cast):
    row = given(cast, cast.reviewer, Role.GOVERNANCE_LEAD)

    ended = end(cast, row, YESTERDAY)

    assert ended.until_date == YESTERDAY
    by = factories.actor(cast.reviewer)
    assert not access.may(by, Permission.APPROVE_STATEMENT, unit=cast.root, at=AT)
    before = AT - timedelta(days=1)
    assert access.may(by, Permission.APPROVE_STATEMENT, unit=cast.root, at=before)
    newest = history(row.ledger_subject)[0].entry
    assert newest.kind == "people.roleassignment.ended"
    assert newest.actor == f"person:{cast.administrator.pk}"


def test_a_last_day_may_come_later_and_then_sooner_but_never_later_again(cast):
    row = role_of(cast.lead)
    far = TODAY + timedelta(days=90)
    end(cast, row, far)
    end(cast, row, TODAY)

    with pytest.raises(InvalidInput, match="ends by then already") as refusal:
        end(cast, row, far)

    assert refusal.value.field == "until_date"
    assert role_of(cast.lead).until_date == TODAY


@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        (TODAY, YESTERDAY, "before the first"),
        (TODAY - timedelta(days=9), YESTERDAY - timedelta(days=1), "yesterday at the earliest"),
    ],
)
def test_what_was_permitted_on_past_days_stays_so(cast, first: date, last: date, reason):
    row = given(cast, cast.reviewer, from_date=first)
    before = LedgerEntry.objects.count()

    with pytest.raises(InvalidInput, match=reason) as refusal:
        end(cast, row, last)

    assert refusal.value.field == "until_date"
    assert RoleAssignment.objects.get(pk=row.pk).until_date is None
    assert LedgerEntry.objects.count() == before


def test_only_who_manages_people_there_ends_a_role(cast):
    beside = given(cast, cast.reviewer, Role.ADMINISTRATOR, unit=cast.elsewhere)

    for by in (cast.lead, cast.reviewer):
        with pytest.raises(AccessDenied):
            end(cast, role_of(cast.owner), by=factories.actor(by))

    assert end(cast, beside).until_date == TODAY


def test_the_last_administrator_stays(cast):
    own = role_of(cast.administrator)

    with pytest.raises(Conflict, match="Nobody would administer"):
        end(cast, own)

    assert role_of(cast.administrator).until_date is None


@pytest.mark.parametrize(
    "second",
    [
        {"until_date": TODAY + timedelta(days=30)},
        {"from_date": TODAY + timedelta(days=2)},
        {"role": Role.GOVERNANCE_LEAD},
        {"unit": "elsewhere"},
        {"inactive": True},
    ],
)
def test_only_a_lasting_administrator_of_all_can_follow(cast, second):
    second = dict(second)
    inactive, unit = second.pop("inactive", False), second.pop("unit", "root")
    given(
        cast, cast.reviewer, **{"role": Role.ADMINISTRATOR, "unit": getattr(cast, unit), **second}
    )
    if inactive:
        Person.objects.filter(pk=cast.reviewer.pk).update(is_active=False)

    with pytest.raises(Conflict):
        end(cast, role_of(cast.administrator))


def test_an_administrator_may_go_when_another_stays(cast):
    given(cast, cast.reviewer, Role.ADMINISTRATOR, from_date=TODAY + timedelta(days=1))

    ended = end(cast, role_of(cast.administrator))

    assert ended.until_date == TODAY


def test_an_administrator_of_a_part_may_go(cast):
    row = given(cast, cast.reviewer, Role.ADMINISTRATOR, unit=cast.unit)

    assert end(cast, row).until_date == TODAY


def test_roles_are_seen_that_hold_in_what_one_reads(cast):
    by = factories.actor(cast.owner)

    seen = queries.visible_assignments(by, at=AT)

    assert role_of(cast.administrator) in seen
    assert role_of(cast.owner) in seen
    assert role_of(cast.outsider) not in seen
    assert cast.outsider not in queries.visible_persons(by, at=AT)
    with pytest.raises(NotFound):
        queries.person_for(cast.outsider.pk, by, at=AT)
    with pytest.raises(NotFound):
        queries.assignment_for(role_of(cast.outsider).pk, by, at=AT)
    assert queries.assignment_for(role_of(cast.owner).pk, by, at=AT).person == cast.owner


def test_who_manages_people_sees_those_without_a_role_too(cast):
    new = factories.person("new", by=manager(cast), unit=cast.root)

    assert new in queries.visible_persons(manager(cast), at=AT)
    assert new not in queries.visible_persons(factories.actor(cast.lead), at=AT)
    assert not queries.visible_persons(factories.actor(new), at=AT).exists()


def test_roles_hold_from_their_first_to_their_last_day(cast):
    row = given(cast, cast.reviewer, from_date=YESTERDAY, until_date=TODAY)
    rows = RoleAssignment.objects.filter(pk=row.pk)

    days = [TODAY + timedelta(days=number) for number in range(-2, 2)]
    assert [queries.holding(rows, on=on).exists() for on in days] == [False, True, True, False]
