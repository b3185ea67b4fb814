from dataclasses import replace

import factories
import pytest
from factories import AT

from twofold.inventory import actions
from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.inventory.queries import matching, system_for, systems_in_reach, visible_systems
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, InvalidInput, NotFound


def described(cast, **changes):
    given = actions.SystemDescription(
        name="Loans",
        owner=cast.owner,
        purpose="Suggests which applications to approve.",
        role=SystemRole.DEPLOYER,
        stage=Stage.OPERATION,
        risk_tier=RiskTier.HIGH,
    )
    return replace(given, **changes)


def register(cast, code="loans", *, by=None, **changes):
    by = factories.actor(by or cast.owner)
    return actions.register(
        code, unit=cast.unit, description=described(cast, **changes), by=by, at=AT
    )


def restricted(person, to):
    by = factories.actor(person)
    return Actor(by.ledger_name, by.person_id, only=frozenset({Permission.READ}), restricted_to=to)


def test_a_system_stands_in_the_register_and_in_the_ledger(cast):
    system = register(cast, name=" Loans ")

    assert AISystem.objects.get() == system
    assert (system.name, str(system)) == ("Loans", "Loans")
    assert [line.entry.kind for line in history(system.ledger_subject)] == [
        "inventory.aisystem.registered"
    ]


@pytest.mark.parametrize("code", ["a", "loans-2026", "0-0", "x" * 60])
def test_a_code_is_of_small_letters_digits_and_single_hyphens(cast, code):
    assert register(cast, code).code == code


@pytest.mark.parametrize(
    "code", ["", "Loans", "lo ans", "-a", "a-", "a--b", "l\u00f6ans", "a_b", "a\n", "x" * 61]
)
def test_another_code_is_refused(cast, code):
    with pytest.raises(InvalidInput) as refusal:
        register(cast, code)

    assert refusal.value.field == "code"
    assert not AISystem.objects.exists()


def test_a_code_is_taken_once_in_the_whole_organisation(cast):
    register(cast)

    with pytest.raises(InvalidInput) as refusal:
        actions.register(
            "loans",
            unit=cast.elsewhere,
            description=described(cast),
            by=factories.actor(cast.outsider),
            at=AT,
        )

    assert refusal.value.field == "code"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"name": "a\0"}, "name"),
        ({"purpose": " \n"}, "purpose"),
        ({"purpose": "x" * 2001}, "purpose"),
    ],
)
def test_a_text_that_cannot_be_is_refused_by_field(cast, changes, place):
    system = register(cast, "stands")

    with pytest.raises(InvalidInput) as refusal:
        register(cast, **changes)
    with pytest.raises(InvalidInput):
        actions.change(
            system, description=described(cast, **changes), by=factories.actor(cast.owner), at=AT
        )

    assert refusal.value.field == place
    assert AISystem.objects.get().name == "Loans"


def test_a_change_is_a_revision_and_the_code_stays(cast):
    system = register(cast)
    changed = actions.change(
        system,
        description=described(cast, stage=Stage.RETIREMENT, owner=cast.lead, name="Old loans"),
        by=factories.actor(cast.lead),
        at=AT,
    )

    system.refresh_from_db()
    assert (system.code, system.name, system.stage) == ("loans", "Old loans", "retirement")
    assert changed.owner == system.owner == cast.lead
    assert [line.entry.kind for line in history(system.ledger_subject)] == [
        "inventory.aisystem.changed",
        "inventory.aisystem.registered",
    ]


@pytest.mark.parametrize("who", ["outsider", "engineer", "approver", "auditor", "administrator"])
def test_who_owns_no_systems_there_registers_and_changes_none(cast, who):
    system = register(cast, "stands")
    by = getattr(cast, who)

    with pytest.raises(AccessDenied):
        register(cast, by=by)
    with pytest.raises(AccessDenied):
        actions.change(system, description=described(cast), by=factories.actor(by), at=AT)


def test_a_system_out_of_reach_is_told_like_one_that_is_not_there(cast):
    register(cast)

    def asked(code, by, permission=Permission.READ):
        with pytest.raises(NotFound) as refusal:
            system_for(code, permission=permission, by=by, at=AT)
        return refusal.value.message, refusal.value.field

    forbidden = asked("loans", factories.actor(cast.outsider))
    unknown = asked("none", factories.actor(cast.owner))
    assert forbidden == ("There is no AI system loans.", "system")
    assert unknown == ("There is no AI system none.", "system")
    assert asked("loans", factories.actor(cast.auditor), Permission.SEND_TELEMETRY) == forbidden


def test_systems_are_seen_within_the_unit_alone(cast):
    loans, other = register(cast), register(cast, "other", name="Other")

    assert list(visible_systems(factories.actor(cast.auditor), at=AT)) == [loans, other]
    assert not visible_systems(factories.actor(cast.outsider), at=AT)


@pytest.mark.parametrize("garbage", ["inventory.aisystem:none", "people.unit:none", "none"])
def test_a_restricted_actor_reaches_its_own_system_alone(cast, garbage):
    loans, _other = register(cast), register(cast, "other")
    token = restricted(cast.owner, loans.ledger_subject)

    assert list(visible_systems(token, at=AT)) == [loans]
    assert system_for("loans", permission=Permission.READ, by=token, at=AT) == loans
    with pytest.raises(NotFound):
        system_for("other", permission=Permission.READ, by=token, at=AT)
    assert not systems_in_reach(restricted(cast.owner, garbage), at=AT)


def test_systems_are_found_by_name_code_and_purpose(cast):
    loans = register(cast, "one", name="Credit", purpose="Suggests approvals.")
    register(cast, "two", name="Other", purpose="Other.")
    systems = visible_systems(factories.actor(cast.auditor), at=AT)

    assert list(matching(systems, "CREDIT")) == list(matching(systems, "one")) == [loans]
    assert list(matching(systems, "approvals")) == [loans]
    assert matching(systems, "").count() == 2
