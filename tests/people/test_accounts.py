"""Getting in: one's own password, and persons who are let in no longer."""

from datetime import timedelta

import factories
import pytest
from django.core.cache import cache
from factories import AT

from twofold.ledger.queries import history
from twofold.people import access, actions, throttle
from twofold.people.access import Permission, part_of_product
from twofold.people.accounts import change_password, deactivate, may_let_in, reactivate
from twofold.people.errors import AccessDenied, Conflict, InvalidInput
from twofold.people.models import Person, Role, RoleAssignment
from twofold.people.queries import actor_for_secret, person_by_email, visible_persons

NEW = "another sound passphrase"


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


@pytest.fixture
def manager(cast):
    return factories.actor(cast.administrator)


def kinds(row):
    return [line.entry.kind for line in history(row.ledger_subject)]


def fresh(person):
    return Person.objects.get(pk=person.pk)


def change(person, *, current=factories.PASSWORD, new=NEW):
    return change_password(current=current, new=new, by=factories.actor(person), at=AT)


def give(cast, person, role, unit, *, until=None):
    return actions.assign_role(
        person,
        role=role,
        unit=unit,
        from_date=AT.date(),
        until_date=until,
        by=factories.actor(cast.administrator),
        at=AT,
    )


def test_one_changes_ones_own_password(cast):
    change(cast.owner)

    assert fresh(cast.owner).check_password(NEW)
    assert not fresh(cast.owner).check_password(factories.PASSWORD)
    assert kinds(cast.owner)[0] == "people.person.password_changed"
    entry = history(cast.owner.ledger_subject)[0].entry
    assert entry.actor == f"person:{cast.owner.pk}"
    assert NEW not in str(entry)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"current": "wrong"}, "current"),
        ({"current": ""}, "current"),
        ({"new": "short"}, "password"),
        ({"new": "password1234"}, "password"),
        ({"new": factories.PASSWORD}, "password"),
    ],
)
def test_a_password_that_cannot_be_is_refused_by_field(cast, given, field):
    with pytest.raises(InvalidInput) as refusal:
        change(cast.owner, **given)

    assert refusal.value.field == field
    assert fresh(cast.owner).check_password(factories.PASSWORD)
    assert kinds(cast.owner) == ["people.person.added"]


def test_guessing_a_password_is_stopped(cast):
    for _attempt in range(throttle.HERE):
        with pytest.raises(InvalidInput):
            change(cast.owner, current="wrong")

    with pytest.raises(Conflict, match="too often"):
        change(cast.owner)
    assert fresh(change(cast.lead)).check_password(NEW)


def test_a_part_of_the_product_has_no_password(cast):
    with pytest.raises(AccessDenied):
        change_password(current="x", new=NEW, by=part_of_product("worker"), at=AT)


def test_whoever_is_deactivated_is_let_in_no_longer(cast, manager):
    secret = factories.token(cast.engineer, cast, Permission.READ, at=AT)

    deactivate(cast.engineer, by=manager, at=AT)

    assert not fresh(cast.engineer).is_active
    assert actor_for_secret(secret, at=AT) is None
    assert not access.may(factories.actor(cast.engineer), Permission.READ, unit=cast.unit, at=AT)
    with pytest.raises(InvalidInput):
        person_by_email(cast.engineer.email, field="as")
    assert kinds(cast.engineer) == ["people.person.deactivated", "people.person.added"]
    assert RoleAssignment.objects.filter(person=cast.engineer, until_date=None).exists()


def test_whoever_is_reactivated_has_what_they_had(cast, manager):
    secret = factories.token(cast.engineer, cast, Permission.READ, at=AT)
    deactivate(cast.engineer, by=manager, at=AT)

    reactivate(fresh(cast.engineer), by=manager, at=AT)

    assert fresh(cast.engineer).is_active
    assert actor_for_secret(secret, at=AT) is not None
    assert kinds(cast.engineer)[0] == "people.person.reactivated"


def test_nothing_is_done_twice(cast, manager):
    with pytest.raises(Conflict, match="not deactivated"):
        reactivate(cast.owner, by=manager, at=AT)
    deactivate(cast.owner, by=manager, at=AT)
    with pytest.raises(Conflict, match="already"):
        deactivate(cast.owner, by=manager, at=AT)


def test_the_last_administrator_stays(cast, manager):
    give(cast, cast.owner, Role.ADMINISTRATOR, cast.root, until=AT.date() + timedelta(days=30))

    with pytest.raises(Conflict, match="Nobody would administer"):
        deactivate(cast.administrator, by=manager, at=AT)
    with pytest.raises(Conflict, match="Nobody would administer"):
        deactivate(cast.administrator, by=factories.actor(cast.owner), at=AT)
    assert fresh(cast.administrator).is_active
    assert kinds(cast.administrator) == ["people.person.added"]


def test_one_of_two_administrators_goes_and_the_other_stays(cast, manager):
    give(cast, cast.owner, Role.ADMINISTRATOR, cast.root)

    deactivate(cast.administrator, by=manager, at=AT)

    with pytest.raises(Conflict, match="Nobody would administer"):
        deactivate(cast.owner, by=factories.actor(cast.owner), at=AT)


@pytest.mark.parametrize("who", ["lead", "owner", "auditor"])
def test_who_does_not_manage_people_lets_nobody_out_or_in(cast, who):
    by = factories.actor(getattr(cast, who))

    for act in (deactivate, reactivate):
        with pytest.raises(AccessDenied):
            act(cast.engineer, by=by, at=AT)
    assert not may_let_in(cast.engineer, by, at=AT)
    assert fresh(cast.engineer).is_active


def test_a_manager_of_a_unit_reaches_nobody_with_a_role_beyond_it(cast):
    give(cast, cast.owner, Role.ADMINISTRATOR, cast.unit)
    by = factories.actor(cast.owner)

    for somebody in (cast.lead, cast.outsider, cast.administrator):
        with pytest.raises(AccessDenied):
            deactivate(somebody, by=by, at=AT)
    assert may_let_in(cast.engineer, by, at=AT)
    deactivate(cast.engineer, by=by, at=AT)
    assert not fresh(cast.engineer).is_active


def test_a_person_without_a_role_is_the_organisations(cast, manager):
    nobody = factories.person("nobody", by=manager, unit=cast.root)
    give(cast, cast.owner, Role.ADMINISTRATOR, cast.unit)

    with pytest.raises(AccessDenied):
        deactivate(nobody, by=factories.actor(cast.owner), at=AT)
    deactivate(nobody, by=manager, at=AT)


def test_a_deactivated_person_is_given_no_role(cast, manager):
    gone = deactivate(cast.engineer, by=manager, at=AT)

    with pytest.raises(Conflict):
        actions.assign_role(
            gone, role=Role.READER, unit=cast.unit, from_date=AT.date(), by=manager, at=AT
        )


def test_only_who_manages_people_sees_the_deactivated(cast, manager):
    deactivate(cast.engineer, by=manager, at=AT)

    def seen(somebody, active):
        return cast.engineer in visible_persons(factories.actor(somebody), at=AT, active=active)

    assert [seen(cast.administrator, active) for active in (True, False, None)] == [
        False, True, True,
    ]  # fmt: skip
    assert not any(seen(cast.lead, active) for active in (True, False, None))
