import uuid
from datetime import timedelta

import factories
import pytest
from factories import AT

from twofold.people import access, actions
from twofold.people.access import PERMISSIONS, Permission
from twofold.people.errors import AccessDenied, SeparationOfDuties
from twofold.people.models import Role, Unit

P = Permission
CHANGING = set(Permission) - {P.READ}


def test_every_role_has_its_permissions_and_every_permission_a_role():
    assert set(PERMISSIONS) == set(Role)
    assert set().union(*PERMISSIONS.values()) == set(Permission)


def test_who_manages_people_changes_no_record_of_the_systems():
    managing = [role for role, held in PERMISSIONS.items() if P.MANAGE_PEOPLE in held]

    assert managing == [Role.ADMINISTRATOR]
    assert PERMISSIONS[Role.ADMINISTRATOR] & CHANGING == {
        P.MANAGE_PEOPLE,
        P.ERASE_PERSON,
        P.EXPORT_RECORD,
        P.ROTATE_KEY,
    }


@pytest.mark.parametrize("role", [Role.READER, Role.REVIEWER])
def test_who_looks_on_changes_nothing(role):
    assert not PERMISSIONS[role] & CHANGING


def test_an_auditor_asks_and_finds_and_changes_nothing_else():
    assert PERMISSIONS[Role.AUDITOR] & CHANGING == {
        P.ASK_EVIDENCE,
        P.RUN_CHECKS,
        P.RAISE_FINDING,
        P.CLOSE_FINDING,
        P.EXPORT_RECORD,
    }


def test_who_only_sends_reads_nothing():
    assert PERMISSIONS[Role.SENDER] == {P.SEND_TELEMETRY}


def test_an_owner_approves_and_accepts_nothing():
    judging = {
        P.APPROVE_CONTROL,
        P.ACCEPT_CLAIM,
        P.DECIDE_APPLICABILITY,
        P.OVERRIDE,
        P.APPROVE_OVERRIDE,
        P.PREPARE_STATEMENT,
        P.APPROVE_STATEMENT,
        P.CLOSE_FINDING,
        P.HOLD_EVIDENCE,
        P.ERASE_EVIDENCE,
    }

    assert not PERMISSIONS[Role.SYSTEM_OWNER] & judging
    assert not PERMISSIONS[Role.ENGINEER] & judging


def test_an_approver_makes_nothing_that_waits_for_an_approval():
    making = {P.IMPLEMENT_CONTROL, P.CLAIM, P.OVERRIDE, P.PREPARE_STATEMENT, P.ANSWER_FINDING}

    assert not PERMISSIONS[Role.APPROVER] & making


def test_only_leads_keep_the_library():
    assert {role for role, held in PERMISSIONS.items() if P.KEEP_LIBRARY in held} == {
        Role.GOVERNANCE_LEAD,
        Role.SECURITY_LEAD,
    }


def test_everybody_but_a_sender_reads():
    assert {role for role, held in PERMISSIONS.items() if P.READ not in held} == {Role.SENDER}


def test_a_role_holds_in_its_unit_and_everything_below_it(cast):
    manager = factories.actor(cast.administrator)
    below = actions.add_unit("Mortgages", parent=cast.unit, by=manager, at=AT)
    owner, lead = factories.actor(cast.owner), factories.actor(cast.lead)

    def allowed(by, *units):
        return [access.may(by, P.REGISTER_SYSTEM, unit=unit, at=AT) for unit in units]

    places = (cast.root, cast.unit, below, cast.elsewhere)
    assert allowed(owner, *places) == [False, True, True, False]
    assert allowed(lead, *places) == [True, True, True, True]
    within = access.permitted_units(owner, P.REGISTER_SYSTEM, at=AT)
    assert set(within) == {cast.unit, below}
    assert not access.permitted_units(owner, P.MANAGE_PEOPLE, at=AT).exists()


def test_a_unit_whose_name_begins_alike_is_another(cast):
    manager = factories.actor(cast.administrator)
    unit = actions.add_unit("Lending abroad", parent=cast.root, by=manager, at=AT)

    assert not access.may(factories.actor(cast.owner), P.READ, unit=unit, at=AT)


@pytest.mark.parametrize(
    ("days", "allowed"), [(-1, False), (0, True), (3, True), (5, True), (6, False)]
)
def test_a_role_counts_from_its_first_to_its_last_day(cast, days, allowed):
    actions.assign_role(
        cast.outsider,
        role=Role.READER,
        unit=cast.unit,
        from_date=AT.date(),
        until_date=AT.date() + timedelta(days=5),
        by=factories.actor(cast.administrator),
        at=AT,
    )
    moment = AT + timedelta(days=days)

    assert access.may(factories.actor(cast.outsider), P.READ, unit=cast.unit, at=moment) is allowed


def test_an_inactive_person_may_nothing(cast):
    cast.owner.is_active = False
    cast.owner.save()

    with pytest.raises(AccessDenied):
        access.require(factories.actor(cast.owner), P.READ, unit=cast.unit, at=AT)
    with pytest.raises(AccessDenied):
        access.require_anywhere(factories.actor(cast.owner), P.READ, at=AT)


def test_a_refusal_names_the_unit_and_the_permission(cast):
    with pytest.raises(AccessDenied, match=r"Lending.*people\.manage") as refusal:
        access.require(factories.actor(cast.owner), P.MANAGE_PEOPLE, unit=cast.unit, at=AT)

    assert refusal.value.code == "access-denied"


def test_a_permission_anywhere_is_enough_where_no_unit_is_meant(cast):
    access.require_anywhere(factories.actor(cast.outsider), P.READ, at=AT)
    with pytest.raises(AccessDenied, match=r"people\.manage"):
        access.require_anywhere(factories.actor(cast.outsider), P.MANAGE_PEOPLE, at=AT)


def test_a_part_of_the_product_may_do_its_work(cast):
    part = access.part_of_product("worker")

    access.require(part, P.MANAGE_PEOPLE, unit=cast.unit, at=AT)
    access.require_anywhere(part, P.EXPORT_RECORD, at=AT)
    assert access.may(part, P.READ, unit=cast.elsewhere, at=AT)
    assert set(access.permitted_units(part, P.READ, at=AT)) == set(Unit.objects.all())
    assert part.ledger_name == "system:worker"


def test_an_actor_behind_whom_nobody_stands_may_nothing(cast):
    nobody = access.Actor("person:nobody")

    assert not access.may(nobody, P.READ, unit=cast.unit, at=AT)
    assert not access.permitted_units(nobody, P.READ, at=AT).exists()


def test_the_second_person_is_not_the_first(cast):
    approver = factories.actor(cast.approver)

    access.require_another(approver, than=[cast.owner.pk, None], what="it")
    with pytest.raises(SeparationOfDuties, match="somebody else") as refusal:
        access.require_another(approver, than=[cast.owner.pk, cast.approver.pk], what="it")
    assert refusal.value.code == "separation-of-duties"
    with pytest.raises(SeparationOfDuties):
        access.require_another(access.part_of_product("worker"), than=[], what="it")


@pytest.mark.parametrize("name", ["owner", "outsider"])
def test_the_roles_of_an_actor_are_read_once(cast, name, django_assert_num_queries):
    actor = factories.actor(getattr(cast, name))

    with django_assert_num_queries(1):
        for permission in Permission:
            for unit in (cast.root, cast.unit, cast.elsewhere):
                access.may(actor, permission, unit=unit, at=AT)


def test_that_an_actor_has_no_role_is_read_once(cast, django_assert_num_queries):
    manager = factories.actor(cast.administrator)
    newcomer = factories.actor(factories.person("newcomer", by=manager, unit=cast.root))

    with django_assert_num_queries(1):
        for unit in (cast.root, cast.unit, cast.elsewhere):
            assert not access.may(newcomer, P.READ, unit=unit, at=AT)


def test_another_day_is_looked_at_anew(cast):
    actor = factories.actor(cast.owner)

    assert access.may(actor, P.READ, unit=cast.unit, at=AT)
    assert not access.may(actor, P.READ, unit=cast.unit, at=AT - timedelta(days=1))


def test_an_actor_of_a_token_carries_the_lesser_of_both(cast):
    token = access.Actor(
        f"token:{uuid.uuid4()}",
        person_id=cast.owner.pk,
        only=frozenset({P.READ, P.MANAGE_PEOPLE}),
    )

    assert access.may(token, P.READ, unit=cast.unit, at=AT)
    assert not access.may(token, P.REGISTER_SYSTEM, unit=cast.unit, at=AT)
    assert not access.may(token, P.MANAGE_PEOPLE, unit=cast.unit, at=AT)
