"""Erasing persons: by two others, for good, and with proofs that still verify."""

from datetime import timedelta

import factories
import pytest
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from factories import AT, whole_record

from twofold.ledger.queries import history
from twofold.people import actions, erasure
from twofold.people.access import Permission, actor_of
from twofold.people.accounts import reactivate
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound, SeparationOfDuties
from twofold.people.models import ApiToken, Erasure, Person, Role, RoleAssignment
from twofold.people.queries import (
    actor_for_secret,
    erasure_for,
    person_for,
    standing_erasure,
    visible_persons,
)
from twofold.reporting.history import names_of
from twofold.reporting.integrity import verify_record

REASON = "They left, and asked for it."


def ask(person, cast, *, by=None, reason=REASON):
    by = factories.actor(by or cast.administrator)
    return erasure.ask_to_erase(person, reason=reason, by=by, at=AT)


def erase(person, cast, *, by=None):
    request = ask(person, cast)
    return erasure.erase_person(request, by=factories.actor(by or cast.lead), at=AT)


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_name_address_password_and_access_go(cast):
    secret = factories.token(cast.owner, cast, Permission.READ)
    done = erase(cast.owner, cast)

    assert (done.name, done.email, done.password) == ("", "", "")
    assert (done.is_active, done.erased_at) == (False, AT)
    assert not done.check_password("")
    assert actor_for_secret(secret, at=factories.now()) is None
    assert ApiToken.objects.get().revoked_at == AT
    (role,) = RoleAssignment.objects.filter(person=done)
    assert role.until_date == AT.date()
    assert history(role.ledger_subject)[0].entry.kind == "people.roleassignment.ended"


def test_sessions_of_the_person_end_and_others_stay(cast):
    for person in (cast.owner, cast.lead):
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session.create()

    erase(cast.owner, cast)

    (left,) = Session.objects.all()
    assert left.get_decoded()[SESSION_KEY] == str(cast.lead.pk)


def test_the_record_verifies_and_says_why_by_whom(cast):
    subject = cast.owner.ledger_subject
    erase(cast.owner, cast)
    whole_record.sequence()

    line = history(subject)[0]
    assert (line.entry.kind, line.entry.actor) == (
        "people.person.erased",
        actor_of(cast.lead).ledger_name,
    )
    assert line.entry.body == {"reason": REASON, "asked_by": f"person:{cast.administrator.pk}"}
    assert verify_record().problems == ()
    with connection.cursor() as cursor:
        cursor.execute("SELECT subject FROM ledger_ledgersalt WHERE subject = %s", [subject])
        assert cursor.fetchall() == []


def test_two_erased_persons_have_no_address_together(cast):
    erase(cast.owner, cast)
    erase(cast.engineer, cast)
    again = factories.person("owner", by=factories.actor(cast.administrator), unit=cast.root)

    assert Person.objects.filter(email="").count() == 2
    assert again.email == "owner@acme.example"
    with pytest.raises(InvalidInput):
        factories.person("owner", by=factories.actor(cast.administrator), unit=cast.root)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.create(name="Other", email="OWNER@acme.example")


def test_an_erased_person_is_seen_nowhere_and_acts_are_told_without_a_name(cast):
    done = erase(cast.owner, cast)
    by = factories.actor(cast.administrator)

    assert done not in visible_persons(by, at=AT, active=None)
    with pytest.raises(NotFound):
        person_for(done.pk, by, at=AT)
    with pytest.raises(Conflict, match="was erased"):
        reactivate(done, by=by, at=AT)
    assert names_of([f"person:{done.pk}"]) == {f"person:{done.pk}": "Erased person"}
    token = ApiToken.objects.create(
        person=done, name="ci", digest="x", permissions=[], created_at=AT, expires_at=AT
    )
    assert names_of([f"token:{token.pk}"])[f"token:{token.pk}"] == "Erased person by token ci"


@pytest.mark.parametrize("who", ["owner", "approver", "auditor", "outsider"])
def test_who_may_not_erase_persons_neither_asks_nor_erases(cast, who):
    with pytest.raises(AccessDenied):
        ask(cast.engineer, cast, by=getattr(cast, who))
    request = ask(cast.engineer, cast)
    with pytest.raises(AccessDenied):
        erasure.erase_person(request, by=factories.actor(getattr(cast, who)), at=AT)
    with pytest.raises(AccessDenied):
        erasure.withdraw(request, reason="No.", by=factories.actor(getattr(cast, who)), at=AT)


def test_a_person_with_roles_elsewhere_is_erased_by_who_may_there(cast):
    actions.assign_role(
        cast.engineer,
        role=Role.READER,
        unit=cast.elsewhere,
        from_date=AT.date(),
        by=factories.actor(cast.administrator),
        at=AT,
    )
    assert erasure.may_erase(cast.engineer, factories.actor(cast.lead), at=AT)
    assert not erasure.may_erase(cast.engineer, factories.actor(cast.outsider), at=AT)
    assert ask(cast.engineer, cast).unit == cast.root


def test_two_others_are_needed(cast):
    request = ask(cast.lead, cast)

    with pytest.raises(SeparationOfDuties):
        erasure.erase_person(request, by=factories.actor(cast.administrator), at=AT)
    with pytest.raises(SeparationOfDuties, match="themselves"):
        erasure.erase_person(request, by=factories.actor(cast.lead), at=AT)
    assert fresh(cast.lead).erased_at is None


def test_the_last_administrator_cannot_be_erased(cast):
    with pytest.raises(Conflict, match="administer"):
        ask(cast.administrator, cast, by=cast.lead)
    assert not Erasure.objects.exists()


def test_an_administrator_who_became_the_last_meanwhile_cannot_be_erased(cast):
    actions.assign_role(
        cast.engineer,
        role=Role.ADMINISTRATOR,
        unit=cast.root,
        from_date=AT.date(),
        by=factories.actor(cast.administrator),
        at=AT,
    )
    request = ask(cast.administrator, cast, by=cast.engineer)
    other = RoleAssignment.objects.get(person=cast.engineer, role=Role.ADMINISTRATOR)
    actions.end_role(
        other,
        last_date=AT.date(),
        by=factories.actor(cast.administrator),
        at=AT,
    )

    with pytest.raises(Conflict, match="administer"):
        erasure.erase_person(request, by=factories.actor(cast.lead), at=AT)
    assert fresh(cast.administrator).erased_at is None


def test_a_person_is_erased_once(cast):
    done = erase(cast.owner, cast)

    with pytest.raises(Conflict, match="erased already"):
        ask(done, cast)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501])
def test_a_reason_is_needed(cast, reason):
    with pytest.raises(InvalidInput) as refusal:
        ask(cast.owner, cast, reason=reason)

    assert refusal.value.field == "reason"


def test_an_erasure_is_taken_back_with_a_reason(cast):
    request = ask(cast.owner, cast)
    with pytest.raises(InvalidInput):
        erasure.withdraw(request, reason="", by=factories.actor(cast.lead), at=AT)

    taken = erasure.withdraw(request, reason="They stay.", by=factories.actor(cast.lead), at=AT)

    assert history(taken.ledger_subject)[0].entry.kind == "people.erasure.withdrawn"
    assert standing_erasure(cast.owner.ledger_subject) is None
    assert str(taken) == f"erasure of {cast.owner.ledger_subject}"
    with pytest.raises(NotFound):
        erasure_for(taken.pk, factories.actor(cast.outsider), at=AT)


def test_roles_that_come_or_have_ended_are_left_in_order(cast):
    later = actions.assign_role(
        cast.engineer,
        role=Role.READER,
        unit=cast.unit,
        from_date=(AT + timedelta(days=10)).date(),
        by=factories.actor(cast.administrator),
        at=AT,
    )
    ended = actions.assign_role(
        cast.engineer,
        role=Role.READER,
        unit=cast.unit,
        from_date=(AT - timedelta(days=10)).date(),
        until_date=(AT - timedelta(days=5)).date(),
        by=factories.actor(cast.administrator),
        at=AT,
    )

    erase(cast.engineer, cast)

    assert fresh(later).until_date == later.from_date
    assert fresh(ended).until_date == ended.until_date
    assert len(history(ended.ledger_subject)) == 1


def test_the_database_refuses_an_erased_person_who_is_active(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=cast.owner.pk).update(erased_at=AT)
