"""The pages of getting in: one's own password, and letting somebody in no longer."""

import factories
import pytest
from django.core.cache import cache
from django.test import Client

from twofold.ledger.models import LedgerEntry
from twofold.people import throttle
from twofold.people.models import Person, Role, RoleAssignment

NEW = "another sound passphrase"
GIVEN = {"current": factories.PASSWORD, "password": NEW, "again": NEW}
NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def fresh(person):
    return Person.objects.get(pk=person.pk)


def test_the_password_is_changed_and_other_browsers_sign_in_again(cast):
    here, there = browser(cast.owner), browser(cast.owner)
    assert "/password/" in text_of(here.get("/"))

    answer = here.post("/password/", GIVEN)

    assert answer.status_code == 302
    assert "The password is changed." in text_of(here.get("/password/"))
    assert there.get("/").status_code == 302
    assert fresh(cast.owner).check_password(NEW)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"current": "wrong"}, "This is not your password."),
        ({"current": ""}, "This field is required."),
        ({"again": "another"}, "The two passwords are not the same."),
        ({"password": "short", "again": "short"}, "too short"),
    ],
)
def test_a_password_that_cannot_be_is_refused_beside_its_field(cast, changes, told):
    assert told in text_of(browser(cast.owner).post("/password/", {**GIVEN, **changes}), 422)
    assert fresh(cast.owner).check_password(factories.PASSWORD)


def test_guessing_by_page_is_stopped(cast):
    client = browser(cast.owner)
    for _attempt in range(throttle.HERE):
        client.post("/password/", {**GIVEN, "current": "wrong"})

    assert "too often" in text_of(client.post("/password/", GIVEN), 422)
    assert fresh(cast.owner).check_password(factories.PASSWORD)


def test_a_person_is_deactivated_signed_out_and_reactivated(cast):
    manager, theirs = browser(cast.administrator), browser(cast.owner)
    page = f"/people/{cast.owner.pk}/"
    assert f"{page}deactivate/" in text_of(manager.get(page))
    assert text_of(manager.get(f"{page}deactivate/"))

    assert manager.post(f"{page}deactivate/").status_code == 302
    assert theirs.get("/").status_code == 302
    told = text_of(manager.get(page))
    assert "cannot sign in" in told
    assert "Give a role" not in told
    assert "Person deactivated" in told
    assert "Owner" not in text_of(manager.get("/people/"))
    assert "Owner" in text_of(manager.get("/people/?state=deactivated"))
    assert manager.post(f"{page}reactivate/").status_code == 302

    assert fresh(cast.owner).is_active
    kinds = LedgerEntry.objects.filter(subject=cast.owner.ledger_subject).count()
    assert kinds == 3


def test_a_deactivated_person_does_not_sign_in(cast):
    browser(cast.administrator).post(f"/people/{cast.owner.pk}/deactivate/")

    given = {"email": cast.owner.email, "password": factories.PASSWORD}
    assert "is not right" in text_of(Client().post("/sign-in/", given), 422)


def test_the_last_administrator_is_told_why_they_stay(cast):
    address = f"/people/{cast.administrator.pk}/deactivate/"
    client = browser(cast.administrator)

    assert "This is you" in text_of(client.get(address))
    assert "Nobody would administer" in text_of(client.post(address), 422)
    assert fresh(cast.administrator).is_active


def test_an_act_that_is_done_already_is_told(cast):
    manager = browser(cast.administrator)

    assert "not deactivated" in text_of(manager.post(f"/people/{cast.owner.pk}/reactivate/"), 422)


def test_others_let_nobody_out_and_are_not_offered_it(cast):
    lead = browser(cast.lead)
    page = f"/people/{cast.owner.pk}/"

    assert "deactivate/" not in text_of(lead.get(page))
    for what in ("deactivate", "reactivate"):
        text_of(lead.get(f"{page}{what}/"), 403)
        text_of(lead.post(f"{page}{what}/"), 403)
    text_of(lead.get(f"/people/{NOWHERE}/deactivate/"), 404)
    assert fresh(cast.owner).is_active


def test_nobody_outside_sees_who_is_deactivated(cast):
    browser(cast.administrator).post(f"/people/{cast.owner.pk}/deactivate/")
    lead = browser(cast.lead)

    assert "Owner" not in text_of(lead.get("/people/?state=deactivated"))
    text_of(lead.get(f"/people/{cast.owner.pk}/"), 404)
    assert RoleAssignment.objects.filter(person=cast.owner, role=Role.SYSTEM_OWNER).exists()
