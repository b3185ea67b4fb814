"""Roles and tokens as checks see them."""

from datetime import timedelta

import factories
import pytest
from factories import AT
from factories.checked import seen

from twofold.controls import actions as controls
from twofold.people import actions as people
from twofold.people.access import Permission
from twofold.people.models import ApiToken, Role, RoleAssignment

TODAY = (AT + timedelta(days=40)).date()


@pytest.fixture
def of_unit(cast):
    return factories.implementation(cast)


@pytest.fixture
def of_root(cast):
    return controls.implement(
        "TF-MON-01", unit=cast.root, owner=None, description="Everywhere.",
        by=factories.actor(cast.lead), at=AT,
    )  # fmt: skip


@pytest.fixture
def system(cast):
    return factories.system(cast)


@pytest.fixture
def of_system(cast, system):
    return factories.implementation(cast, of=system)


def assigned(cast, someone, role, *, first, last=None):
    return people.assign_role(
        someone, role=role, unit=cast.unit, from_date=first, until_date=last,
        by=factories.actor(cast.administrator), at=AT,
    )  # fmt: skip


def roles(found):
    return sorted(entry.labels["role"] for entry in found.values())


def test_roles_of_a_unit_are_those_held_in_it_or_below(cast, of_unit, of_root, of_system):
    own = ["approver", "engineer", "reviewer", "system_owner"]

    assert roles(seen("roles", of_unit, also=(of_root,), on=TODAY)) == own
    assert roles(seen("roles", of_system, also=(of_root,), on=TODAY)) == own
    assert roles(seen("roles", of_root, also=(of_unit,), on=TODAY)) == sorted(
        [*own, "administrator", "auditor", "governance_lead", "governance_lead"]
    )


def test_a_role_is_current_until_its_last_day(cast, of_unit):
    kept = assigned(cast, cast.reviewer, Role.AUDITOR, first=AT.date(), last=TODAY)
    ended = assigned(
        cast, cast.reviewer, Role.ENGINEER, first=AT.date(), last=TODAY - timedelta(days=1)
    )
    ahead = assigned(cast, cast.reviewer, Role.READER, first=TODAY + timedelta(days=1))

    found = seen("roles", of_unit, on=TODAY)

    assert found[kept.ledger_subject].labels == {"role": "auditor", "state": "current"}
    assert found[ended.ledger_subject].labels == {"role": "engineer", "state": "ended"}
    assert ahead.ledger_subject not in found
    entry = found[kept.ledger_subject]
    assert (entry.on, entry.measures) == (AT.date(), {"age_days": 40})
    assert entry.actors == {"person": f"person:{cast.reviewer.pk}"}


def test_who_cannot_sign_in_holds_no_role(cast, of_unit):
    row = RoleAssignment.objects.get(person=cast.reviewer)
    cast.reviewer.is_active = False
    cast.reviewer.save()

    assert seen("roles", of_unit, on=TODAY)[row.ledger_subject].labels["state"] == "ended"


def issued(cast, someone, *, days=90, restricted_to=""):
    return people.issue_token(
        someone, name="program", permissions=[Permission.READ], restricted_to=restricted_to,
        days=days, unit=cast.unit, by=factories.actor(someone), at=AT,
    ).token  # fmt: skip


def test_a_token_lives_until_it_expires_or_is_revoked(cast, of_unit):
    live, expired, revoked = (
        issued(cast, cast.owner),
        issued(cast, cast.owner, days=30),
        issued(cast, cast.owner),
    )
    people.revoke_token(
        revoked, unit=cast.unit, by=factories.actor(cast.owner), at=AT + timedelta(days=5)
    )

    found = seen("tokens", of_unit, on=TODAY)

    told = {row.pk: found[row.ledger_subject] for row in (live, expired, revoked)}
    assert [told[row.pk].labels["state"] for row in (live, expired, revoked)] == [
        "live", "expired", "revoked",
    ]  # fmt: skip
    assert [told[row.pk].measures["days_left"] for row in (live, expired, revoked)] == [
        50, -10, -35,
    ]  # fmt: skip
    assert {entry.measures["age_days"] for entry in told.values()} == {40}
    assert {entry.actors["person"] for entry in told.values()} == {f"person:{cast.owner.pk}"}
    assert {entry.on for entry in told.values()} == {AT.date()}


def test_tokens_are_where_their_person_holds_a_role(cast, of_unit, of_root, of_system, system):
    own = issued(cast, cast.engineer, restricted_to=system.ledger_subject)
    of_lead = issued(cast, cast.lead)
    of_outsider = issued(cast, cast.outsider)

    together = (of_unit, of_root, of_system)
    assert set(seen("tokens", of_unit, also=together[1:], on=TODAY)) == {own.ledger_subject}
    assert set(seen("tokens", of_system, also=together[:2], on=TODAY)) == {own.ledger_subject}
    assert set(seen("tokens", of_root, also=together[::2], on=TODAY)) == {
        row.ledger_subject for row in (own, of_lead, of_outsider)
    }
    assert ApiToken.objects.count() == 3


def test_a_token_of_somebody_with_two_roles_is_seen_once(cast, of_root):
    token = issued(cast, cast.owner)
    assigned(cast, cast.owner, Role.READER, first=AT.date())

    # `seen` refuses a record that stands twice.
    assert set(seen("tokens", of_root, on=TODAY)) == {token.ledger_subject}
