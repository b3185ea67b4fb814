from datetime import timedelta

import factories
import pytest
from django.conf import settings as installed
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client

from twofold.people import throttle

PATH = "/sign-in/"


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


def sign_in(client, *, email="lead@acme.example", password=factories.PASSWORD, path=PATH, **given):
    return client.post(path, {"email": email, "password": password, **given})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_the_right_password_signs_in_under_a_new_session(client, cast):
    first = client.get("/").headers["Location"]
    response = sign_in(client, email="LEAD@acme.example")

    assert first == "/sign-in/?next=/"
    assert (response.status_code, response["Location"]) == (302, "/")
    assert is_signed_in(client)
    cookie = response.cookies[installed.SESSION_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert 0 < cookie["max-age"] <= timedelta(hours=12).total_seconds()


def test_the_session_is_another_one_after_signing_in(client, cast):
    session = client.session
    session["planted"] = 1
    session.save()
    planted = session.session_key
    client.cookies[installed.SESSION_COOKIE_NAME] = planted

    sign_in(client)

    assert client.session.session_key != planted
    assert not Session.objects.filter(pk=planted).exists()


@pytest.mark.parametrize(
    "given",
    [
        {"password": "a wrong passphrase of tests"},
        {"email": "nobody@acme.example"},
        {"password": ""},
        {"email": "no address"},
        {"email": "lead\x00@acme.example"},
        {"password": "\x00"},
    ],
)
def test_what_is_not_right_signs_nobody_in(client, cast, given):
    response = sign_in(client, **given)

    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode() or "error" in response.content.decode()
    assert not is_signed_in(client)


def test_a_wrong_password_and_an_unknown_person_are_told_alike(client, cast):
    told = [
        sign_in(client, **given).content.decode().count("The address or the password is not right.")
        for given in ({"password": "a wrong passphrase"}, {"email": "nobody@acme.example"})
    ]

    assert told == [1, 1]


def test_who_has_left_cannot_sign_in_and_is_signed_out(client, cast):
    client.force_login(cast.lead)
    cast.lead.is_active = False
    cast.lead.save()

    assert client.get("/").status_code == 302
    assert sign_in(Client()).status_code == 422


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [
        ("/systems/?q=a", "/systems/?q=a"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("posture", "/"),
        ("nothing", "/"),
        ("", "/"),
    ],
)
def test_signing_in_leads_to_pages_of_ours_alone(cast, wanted, reached):
    by_form = sign_in(Client(), next=wanted)
    by_address = sign_in(Client(), path=f"{PATH}?next={wanted}")

    assert by_form["Location"] == by_address["Location"] == reached


def test_the_wanted_page_is_escaped_in_the_form(client, cast):
    page = client.get(PATH, {"next": '"><script>alert(1)</script>'}).content.decode()

    assert 'name="next"' in page
    assert "<script>alert(1)" not in page


def test_signing_out_ends_the_session_and_needs_a_post(client, cast):
    client.force_login(cast.lead)
    key = client.session.session_key

    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == PATH
    assert not Session.objects.filter(pk=key).exists()
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("path", [PATH, "/sign-out/", "/systems/register/", "/integrity/verify/"])
def test_a_post_without_the_token_of_the_form_is_refused(cast, path):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.lead)

    assert client.post(path, {"email": "x"}).status_code == 403


def test_guessing_pauses_even_for_the_right_password(client, cast):
    for _attempt in range(throttle.HERE):
        assert sign_in(client, password="a wrong passphrase").status_code == 422

    closed = sign_in(client)

    assert closed.status_code == 429
    assert closed["Retry-After"] == "900"
    assert "Signing in failed too often" in closed.content.decode()
    assert not is_signed_in(client)
    assert sign_in(client, email="auditor@acme.example").status_code == 302
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_a_pause_ends(client, cast):
    for _attempt in range(throttle.HERE):
        throttle.count_failure("lead@acme.example", "127.0.0.1")
    assert sign_in(client).status_code == 429

    cache.clear()

    assert sign_in(client).status_code == 302


def test_signing_in_begins_the_count_again(client, cast):
    for _attempt in range(throttle.HERE - 1):
        throttle.count_failure("lead@acme.example", "127.0.0.1")
    sign_in(client)

    assert sign_in(Client(), password="a wrong passphrase").status_code == 422
    assert sign_in(Client()).status_code == 302


def test_many_addresses_do_not_get_around_the_limit_of_one_person(client, cast):
    for number in range(throttle.EVERYWHERE):
        throttle.count_failure("Lead@acme.example", f"192.0.2.{number}")

    assert sign_in(client).status_code == 429


def test_one_address_does_not_try_every_person(client, cast):
    for number in range(throttle.ADDRESS):
        throttle.count_failure(f"person-{number}@acme.example", "127.0.0.1")

    assert sign_in(client).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 302


def test_what_a_program_says_of_its_own_address_is_not_heard(cast):
    for _attempt in range(throttle.HERE):
        throttle.count_failure("lead@acme.example", "127.0.0.1")
    client = Client(headers={"X-Forwarded-For": "192.0.2.7", "X-Real-Ip": "192.0.2.7"})

    assert sign_in(client).status_code == 429
