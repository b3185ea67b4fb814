"""The founding page: open with the set-up code while nothing stands, and gone afterwards."""

from pathlib import Path

import factories
import pytest
from django.test import Client

from twofold.ledger.models import LedgerEntry
from twofold.people import throttle
from twofold.people.founding import set_up_code
from twofold.people.models import Person, Role, RoleAssignment, Unit

PATH = "/found/"


def given(**changes):
    wanted = {
        "name": "Acme",
        "administrator": "Ada",
        "email": "ada@acme.example",
        "password": factories.PASSWORD,
        "again": factories.PASSWORD,
        "code": set_up_code(),
    }
    return {**wanted, **changes}


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def nothing_stands():
    return not (Unit.objects.exists() or Person.objects.exists() or LedgerEntry.objects.exists())


def test_signing_in_leads_to_the_founding_while_nothing_stands(client, db):
    assert client.get("/", follow=True).redirect_chain[-1] == (PATH, 302)
    assert client.post("/sign-in/", {"email": "a@b.example"})["Location"] == PATH
    page = text_of(client.get(PATH))
    assert 'name="code"' in page
    assert set_up_code() not in page
    assert factories.PASSWORD not in text_of(client.post(PATH, given(code="wrong")), 422)


def test_the_page_makes_the_code_where_the_server_did_not(client, db, settings):
    assert not Path(settings.SETUP_CODE).exists()

    client.get(PATH)

    assert Path(settings.SETUP_CODE).exists()


def test_founding_signs_the_administrator_in_and_leads_to_the_people(
    client, db, settings, django_capture_on_commit_callbacks
):
    wanted = given()
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(PATH, wanted)

    assert (response.status_code, response["Location"]) == (302, "/people/")
    person = Person.objects.get()
    assert client.session["_auth_user_id"] == str(person.pk)
    assert (Unit.objects.get().name, person.name) == ("Acme", "Ada")
    assert person.check_password(factories.PASSWORD)
    assert [row.role for row in RoleAssignment.objects.all()] == [Role.ADMINISTRATOR]
    assert not Path(settings.SETUP_CODE).exists()
    page = text_of(client.get("/people/"))
    assert "Acme stands, and you administer it." in page
    assert "Two persons are needed for whatever counts" in page


def test_the_founder_may_lead_the_governance_of_ai_too(client, db):
    client.post(PATH, given(leads="on"))

    held = {row.role for row in RoleAssignment.objects.all()}
    assert held == {Role.ADMINISTRATOR, Role.GOVERNANCE_LEAD}


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": " "}, "name", "This field is required."),
        ({"name": "x" * 121}, "name", "at most 120 characters"),
        ({"name": "A\x00"}, "name", "Null characters are not allowed."),
        ({"administrator": ""}, "administrator", "This field is required."),
        ({"email": "no address"}, "email", "Enter a valid email address."),
        ({"password": "short", "again": "short"}, "password", "too short"),
        ({"password": "password1234", "again": "password1234"}, "password", "too common"),
        ({"password": ""}, "password", "This field is required."),
        ({"again": "another passphrase of tests"}, "again", "are not the same"),
        ({"code": ""}, "code", "This field is required."),
        ({"code": "ABCD-EFGH-JKMN-PQRS"}, "code", "not the code that the server printed"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_is_founded(
    client, db, changes, field, reason
):
    page = text_of(client.post(PATH, given(**changes)), 422)

    fault = page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    assert reason in fault
    assert nothing_stands()
    assert "_auth_user_id" not in client.session


def test_guessing_the_code_pauses_even_for_the_right_one(client, db):
    for _attempt in range(throttle.HERE):
        text_of(client.post(PATH, given(code="wrong")), 422)

    closed = client.post(PATH, given())

    assert "A wrong code was given too often" in text_of(closed, 429)
    assert closed["Retry-After"] == "900"
    assert nothing_stands()
    assert Client(REMOTE_ADDR="192.0.2.7").post(PATH, given()).status_code == 302


def test_many_addresses_do_not_get_around_the_limit(client, db):
    for number in range(throttle.EVERYWHERE):
        text_of(Client(REMOTE_ADDR=f"192.0.2.{number}").post(PATH, given(code="wrong")), 422)

    text_of(client.post(PATH, given()), 429)

    assert nothing_stands()


def test_a_slip_in_another_field_is_no_wrong_code(client, db):
    for _attempt in range(throttle.HERE + 1):
        text_of(client.post(PATH, given(again="a slip of the finger")), 422)

    assert client.post(PATH, given()).status_code == 302


def test_the_page_is_gone_when_something_stands(client, db):
    wanted = given()
    factories.cast(factories.now())
    before = LedgerEntry.objects.count()

    assert client.get(PATH)["Location"] == "/"
    assert client.post(PATH, wanted)["Location"] == "/"
    assert LedgerEntry.objects.count() == before
    assert "_auth_user_id" not in client.session
    assert 'name="password"' in text_of(client.get("/sign-in/"))


def test_a_post_without_the_token_of_the_form_founds_nothing(db):
    response = Client(enforce_csrf_checks=True).post(PATH, given())

    assert response.status_code == 403
    assert nothing_stands()


def test_a_code_that_cannot_be_kept_is_told_in_a_sentence(client, db, settings, tmp_path):
    settings.SETUP_CODE = tmp_path / "missing" / "setup.code"

    assert "out of reach: No such file or directory" in text_of(client.get(PATH), 400)
