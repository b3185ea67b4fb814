import hashlib
from datetime import timedelta

import factories
import pytest
from factories import AT

from twofold.ledger.queries import history
from twofold.people import access, actions
from twofold.people.access import Permission
from twofold.people.errors import AccessDenied, InvalidInput, NotFound
from twofold.people.models import ApiToken, Person, RoleAssignment
from twofold.people.queries import actor_for_secret, token_named

P = Permission


def issue(cast, *permissions, by=None, person=None, **changes):
    return actions.issue_token(
        person or cast.owner,
        by=by or factories.actor(cast.owner),
        **{
            "name": "pipeline",
            "permissions": permissions or (P.READ,),
            "unit": cast.unit,
            "at": AT,
            **changes,
        },
    )


def test_only_the_digest_of_a_secret_is_kept(cast):
    issued = issue(cast)

    kept = ApiToken.objects.values().get()
    assert issued.secret.startswith("twofold_")
    assert kept["digest"] == hashlib.sha256(issued.secret.encode()).hexdigest()
    assert issued.secret not in str(kept)
    (line,) = history(issued.token.ledger_subject)
    assert line.entry.kind == "people.apitoken.issued"
    assert line.entry.actor == f"person:{cast.owner.pk}"
    assert str(issued.token) == "pipeline"


def test_two_secrets_are_never_the_same(cast):
    assert issue(cast).secret != issue(cast).secret


def test_the_secret_makes_an_actor_in_one_query(cast, django_assert_num_queries):
    issued = issue(cast, P.READ, P.CHANGE_SYSTEM, restricted_to="inventory.aisystem:1")

    with django_assert_num_queries(1):
        actor = actor_for_secret(issued.secret, at=AT)

    assert actor.ledger_name == f"token:{issued.token.pk}"
    assert actor.person_id == cast.owner.pk
    assert actor.only == {P.READ, P.CHANGE_SYSTEM}
    assert actor.restricted_to == "inventory.aisystem:1"
    assert not actor.system


@pytest.mark.parametrize("secret", ["", "twofold_", "twofold_wrong", "ä", "\ud800"])
def test_an_unknown_secret_makes_nobody(cast, secret):
    issue(cast)

    assert actor_for_secret(secret, at=AT) is None


def test_a_token_ends_with_its_last_day(cast):
    issued = issue(cast, days=2)
    last = AT + timedelta(days=2)

    assert actor_for_secret(issued.secret, at=last - timedelta(seconds=1))
    assert actor_for_secret(issued.secret, at=last) is None


def test_a_revoked_token_makes_nobody_and_stays_revoked(cast):
    issued, by = issue(cast), factories.actor(cast.owner)
    assert token_named("pipeline", cast.owner) == issued.token

    actions.revoke_token(issued.token, unit=cast.unit, by=by, at=AT)
    again = actions.revoke_token(issued.token, unit=cast.unit, by=by, at=AT + timedelta(days=1))

    assert actor_for_secret(issued.secret, at=AT) is None
    assert again.revoked_at == AT
    kinds = [line.entry.kind for line in history(issued.token.ledger_subject)]
    assert kinds == ["people.apitoken.revoked", "people.apitoken.issued"]
    with pytest.raises(NotFound):
        token_named("pipeline", cast.owner)


def test_a_token_that_another_has_revoked_meanwhile_is_revoked_once(cast):
    issued, by = issue(cast), factories.actor(cast.owner)
    seen_before = ApiToken.objects.get(pk=issued.token.pk)
    actions.revoke_token(issued.token, unit=cast.unit, by=by, at=AT)

    later = AT + timedelta(days=1)
    actions.revoke_token(seen_before, unit=cast.unit, by=by, at=later)

    assert ApiToken.objects.get(pk=issued.token.pk).revoked_at == AT


def test_who_manages_people_revokes_and_others_do_not(cast):
    issued = issue(cast)

    with pytest.raises(AccessDenied):
        actions.revoke_token(issued.token, unit=cast.unit, by=factories.actor(cast.lead), at=AT)
    actions.revoke_token(
        issued.token, unit=cast.unit, by=factories.actor(cast.administrator), at=AT
    )

    assert actor_for_secret(issued.secret, at=AT) is None


def test_a_token_of_an_inactive_person_makes_nobody(cast):
    issued = issue(cast)
    Person.objects.filter(pk=cast.owner.pk).update(is_active=False)

    assert actor_for_secret(issued.secret, at=AT) is None


def test_a_token_carries_nothing_that_its_person_does_not_hold(cast):
    with pytest.raises(AccessDenied, match=r"people\.manage"):
        issue(cast, P.MANAGE_PEOPLE)
    with pytest.raises(AccessDenied):
        issue(cast, P.MANAGE_PEOPLE, by=factories.actor(cast.administrator))

    assert not ApiToken.objects.exists()


def test_a_token_loses_what_its_person_loses(cast):
    secret = issue(cast, P.CHANGE_SYSTEM).secret
    actor = actor_for_secret(secret, at=AT)
    assert access.may(actor, P.CHANGE_SYSTEM, unit=cast.unit, at=AT)
    RoleAssignment.objects.filter(person=cast.owner).delete()

    later = actor_for_secret(secret, at=AT)

    assert not access.may(later, P.CHANGE_SYSTEM, unit=cast.unit, at=AT)


def test_a_restricted_token_acts_on_its_record_alone(cast):
    system, other = factories.system(cast), factories.system(cast)
    issued = issue(cast, P.CHANGE_SYSTEM, restricted_to=system.ledger_subject)
    actor = actor_for_secret(issued.secret, at=AT)

    def may(subject):
        return access.may(actor, P.CHANGE_SYSTEM, unit=cast.unit, at=AT, subject=subject)

    assert may(system.ledger_subject)
    assert not may(other.ledger_subject)
    assert not may("")


def test_a_token_issues_no_token(cast):
    actor = actor_for_secret(issue(cast).secret, at=AT)

    with pytest.raises(AccessDenied):
        issue(cast, by=actor)


def test_a_token_does_not_issue_tokens_even_of_an_administrator(cast):
    administrator = cast.administrator
    issued = issue(
        cast, P.READ, person=administrator, by=factories.actor(administrator), unit=cast.root
    )

    with pytest.raises(AccessDenied):
        issue(cast, person=administrator, by=actor_for_secret(issued.secret, at=AT))


def test_a_token_revokes_no_token(cast):
    issued = issue(cast)

    with pytest.raises(AccessDenied):
        actions.revoke_token(
            issued.token, unit=cast.unit, by=actor_for_secret(issued.secret, at=AT), at=AT
        )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"days": 0}, "days"),
        ({"days": 367}, "days"),
    ],
)
def test_a_token_has_a_name_and_an_end(cast, changes, field):
    with pytest.raises(InvalidInput) as refusal:
        issue(cast, **changes)

    assert refusal.value.field == field
