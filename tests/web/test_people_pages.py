"""The pages of people: who sees what, who adds persons and units, gives roles and ends them."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from twofold.ledger.models import LedgerEntry
from twofold.people import actions
from twofold.people.models import Person, Role, RoleAssignment, Unit

NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def signed_in(client):
    def _signed_in(somebody):
        client.force_login(somebody)
        return client

    return _signed_in


@pytest.fixture
def manager(cast, signed_in):
    return signed_in(cast.administrator)


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def today(days=0):
    return (factories.now() + timedelta(days=days)).date()


def wanted(cast, **changes):
    return {
        "name": "Eve",
        "email": "eve@acme.example",
        "role": "auditor",
        "unit": cast.root.pk,
        "password": factories.PASSWORD,
        "again": factories.PASSWORD,
        **changes,
    }


def role_of(person):
    return RoleAssignment.objects.get(person=person)


def counts():
    return (
        Person.objects.count(),
        Unit.objects.count(),
        RoleAssignment.objects.count(),
        LedgerEntry.objects.count(),
    )


def fault_at(page, field):
    return page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]


def test_the_list_shows_persons_with_their_roles_of_today(manager, cast):
    actions.end_role(
        role_of(cast.lead), last_date=today(), by=factories.actor(cast.administrator),
        at=factories.now(),
    )  # fmt: skip
    row = role_of(cast.engineer)
    row.from_date = today(3)
    row.save()

    page = text_of(manager.get("/people/"))

    assert "8 persons" in page
    assert "owner@acme.example" in page
    assert f"/people/{cast.owner.pk}/" in page
    engineer = page.partition(f"/people/{cast.engineer.pk}/")[2].partition("</tr>")[0]
    assert "None" in engineer
    lead = page.partition(f"/people/{cast.lead.pk}/")[2].partition("</tr>")[0]
    assert "AI governance lead" in lead
    assert 'href="/people/add/"' in page
    assert "Two persons are needed" not in page


def test_who_only_reads_sees_names_and_roles_but_no_address(signed_in, cast):
    client = signed_in(cast.owner)
    pages = [
        text_of(client.get(path))
        for path in ("/people/", f"/people/{cast.lead.pk}/", "/people/?q=lead@acme")
    ]

    for page in pages:
        assert "@acme.example" not in page
        assert 'href="/people/add/"' not in page
        assert "Give a role" not in page
        assert "/end/" not in page
    assert "AI governance lead" in pages[0]
    assert "Outsider" not in pages[0]
    assert "Nobody fits" in pages[2]
    assert client.get(f"/people/{cast.outsider.pk}/").status_code == 404


def test_the_menu_of_the_person_leads_to_the_people(manager):
    assert 'class="tf-menu-item" href="/people/"' in text_of(manager.get("/people/"))


def test_persons_are_found_by_name_address_and_role(manager, cast):
    def found(query):
        page = text_of(manager.get(f"/people/?{query}"))
        return {name for name in ("Owner", "Lead", "Auditor") if f">{name}</a>" in page}

    assert found("q=own") == {"Owner"}
    assert found("q=LEAD@acme") == {"Lead"}
    assert found("role=auditor") == {"Auditor"}
    assert found("q=own&role=auditor") == set()
    assert found("role=nothing&q=%00") == {"Owner", "Lead", "Auditor"}


def test_the_list_costs_the_same_for_many(manager, cast):
    def cost():
        with CaptureQueriesContext(
            connection,
        ) as seen:
            page = text_of(manager.get("/people/"))
        return len(seen), page.count('class="tf-cell-title"')

    few, _rows = cost()
    people = Person.objects.bulk_create(
        Person(name=f"P {number:03}", email=f"p{number}@acme.example") for number in range(60)
    )
    RoleAssignment.objects.bulk_create(
        RoleAssignment(person=person, role=role, unit=cast.unit, from_date=today())
        for person in people
        for role in (Role.READER, Role.AUDITOR)
    )

    assert cost() == (few, 20)


def test_a_person_is_added_with_a_first_role_and_can_sign_in(manager, cast):
    response = manager.post("/people/add/", wanted(cast, unit=cast.unit.pk))

    made = Person.objects.get(email="eve@acme.example")
    assert response["Location"] == f"/people/{made.pk}/"
    role = role_of(made)
    assert (role.role, role.unit, role.from_date) == (Role.AUDITOR, cast.unit, today())
    page = text_of(manager.get(response["Location"]))
    assert "Eve can sign in." in page
    assert "Person added" in page
    assert "Role assigned" in page
    assert manager.login(username="eve@acme.example", password=factories.PASSWORD)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"email": "OWNER@acme.example"}, "email", "a person with this address already"),
        ({"email": "no address"}, "email", "Enter a valid email address."),
        ({"password": "short", "again": "short"}, "password", "too short"),
        ({"again": "another passphrase"}, "again", "are not the same"),
        ({"again": ""}, "again", "This field is required."),
        ({"role": ""}, "role", "This field is required."),
        ({"role": "king"}, "role", "is not one of the available choices"),
        ({"unit": NOWHERE}, "unit", "is not one of the available choices"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nobody_is_added(
    manager, cast, changes, field, reason
):
    before = counts()

    page = text_of(manager.post("/people/add/", wanted(cast, **changes)), 422)

    assert reason in fault_at(page, field)
    assert factories.PASSWORD not in page
    assert counts() == before


def test_a_role_is_given_from_a_day_until_a_day(manager, cast):
    path = f"/people/{cast.reviewer.pk}/"
    given = {
        "role": "approver",
        "unit": cast.root.pk,
        "from_date": today(2),
        "until_date": today(9),
    }

    response = manager.post(f"{path}roles/", given)

    assert response["Location"] == path
    made = RoleAssignment.objects.get(person=cast.reviewer, role=Role.APPROVER)
    assert (made.unit, made.from_date, made.until_date) == (cast.root, today(2), today(9))
    page = text_of(manager.get(path))
    assert "Comes" in page
    assert "Holds" in page


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"until_date": "2020-01-01"}, "until_date", "The last day lies before the first."),
        ({"from_date": "some day"}, "from_date", "Enter a valid date."),
        ({"role": ""}, "role", "This field is required."),
        ({"unit": NOWHERE}, "unit", "is not one of the available choices"),
    ],
)
def test_a_role_that_cannot_be_given_says_why(manager, cast, changes, field, reason):
    before = counts()
    given = {"role": "approver", "unit": cast.root.pk, "from_date": today(), **changes}

    page = text_of(manager.post(f"/people/{cast.reviewer.pk}/roles/", given), 422)

    assert reason in fault_at(page, field)
    assert counts() == before


def test_nobody_gives_a_role_to_themselves(manager, cast):
    before = counts()
    path = f"/people/{cast.administrator.pk}/"
    given = {"role": "approver", "unit": cast.root.pk, "from_date": today()}

    assert "Nobody gives a role to themselves" in text_of(manager.get(path))
    page = text_of(manager.post(f"{path}roles/", given), 403)

    assert "Two persons are needed: a role of one&#x27;s own" in page
    assert counts() == before


def test_a_role_is_ended(manager, cast):
    row = role_of(cast.owner)
    page = text_of(manager.get(f"/people/{cast.owner.pk}/"))
    assert f"/people/roles/{row.pk}/end/" in page
    assert f'value="{today()}"' in text_of(manager.get(f"/people/roles/{row.pk}/end/"))

    response = manager.post(f"/people/roles/{row.pk}/end/", {"until_date": today(5)})

    assert response["Location"] == f"/people/{cast.owner.pk}/"
    assert role_of(cast.owner).until_date == today(5)
    assert "End of a role set" in text_of(manager.get(response["Location"]))


def test_a_role_that_has_ended_is_shown_as_ended_and_ends_no_more(manager, cast):
    RoleAssignment.objects.filter(person=cast.owner).update(
        from_date=today(-9), until_date=today(-1)
    )

    page = text_of(manager.get(f"/people/{cast.owner.pk}/"))

    assert "Ended" in page
    assert "/end/" not in page


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (-1, "The last day lies before the first."),
        (None, "This field is required."),
    ],
)
def test_an_end_that_cannot_be_says_why(manager, cast, last, reason):
    row, before = role_of(cast.owner), counts()
    given = {} if last is None else {"until_date": today(last)}

    page = text_of(manager.post(f"/people/roles/{row.pk}/end/", {"x": "", **given}), 422)

    assert reason in fault_at(page, "until_date")
    assert role_of(cast.owner).until_date is None
    assert counts() == before


def test_the_last_administrator_cannot_go(manager, cast):
    row = role_of(cast.administrator)

    page = text_of(manager.post(f"/people/roles/{row.pk}/end/", {"until_date": today()}), 422)

    assert "Nobody would administer the organisation any more." in page
    assert role_of(cast.administrator).until_date is None


def test_a_unit_is_added_below_another(manager, cast):
    response = manager.post("/people/units/", {"name": "Mortgages", "parent": cast.unit.pk})

    assert response["Location"] == "/people/units/"
    assert Unit.objects.get(name="Mortgages").parent == cast.unit
    page = text_of(manager.get("/people/units/"))
    assert "Mortgages stands." in page
    assert "The organisation itself" in page


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "Lending"}, "name", "There is a unit of this name already."),
        ({"parent": NOWHERE}, "parent", "is not one of the available choices"),
    ],
)
def test_a_unit_that_cannot_be_added_says_why(manager, cast, changes, field, reason):
    before = counts()

    page = text_of(
        manager.post("/people/units/", {"name": "New", "parent": cast.root.pk, **changes}), 422
    )

    assert reason in fault_at(page, field)
    assert counts() == before


def test_only_who_manages_people_changes_anything(signed_in, cast):
    client, before = signed_in(cast.lead), counts()
    row = role_of(cast.owner)
    given = {"role": "approver", "unit": cast.root.pk, "from_date": today()}

    for path, body in {
        "/people/add/": wanted(cast),
        "/people/units/": {"name": "New", "parent": cast.root.pk},
        f"/people/{cast.reviewer.pk}/roles/": given,
        f"/people/roles/{row.pk}/end/": {"until_date": today()},
    }.items():
        assert client.post(path, body).status_code == 403, path
    for path in ("/people/add/", "/people/units/", f"/people/roles/{row.pk}/end/"):
        assert client.get(path).status_code == 403, path
    assert counts() == before


def test_an_administrator_of_a_part_adds_to_that_part_alone(signed_in, cast):
    actions.assign_role(
        cast.reviewer, role=Role.ADMINISTRATOR, unit=cast.unit, from_date=today(),
        by=factories.actor(cast.administrator), at=factories.now(),
    )  # fmt: skip
    client = signed_in(cast.reviewer)

    assert str(cast.root.pk) not in text_of(client.get("/people/add/"))
    page = text_of(client.post("/people/add/", wanted(cast)), 422)
    assert "is not one of the available choices" in fault_at(page, "unit")
    assert client.get(f"/people/roles/{role_of(cast.lead).pk}/end/").status_code == 403
    assert client.post("/people/add/", wanted(cast, unit=cast.unit.pk)).status_code == 302


def test_who_holds_no_role_sees_no_page_of_people(signed_in, cast):
    RoleAssignment.objects.filter(person=cast.reviewer).update(role=Role.SENDER)
    client = signed_in(cast.reviewer)

    assert client.get("/people/").status_code == 403
    assert client.get(f"/people/{cast.lead.pk}/").status_code == 403


@pytest.mark.parametrize("path", ["/people/", "/people/add/", "/people/units/"])
def test_who_is_not_signed_in_is_led_to_sign_in(client, cast, path):
    assert client.get(path)["Location"] == f"/sign-in/?next={path}"


def test_records_of_the_ledger_lead_to_the_person(signed_in, cast):
    client, page = signed_in(cast.owner), f"/people/{cast.lead.pk}/"

    assert client.get(f"/records/{cast.lead.ledger_subject}/")["Location"] == page
    assert client.get(f"/records/{role_of(cast.lead).ledger_subject}/")["Location"] == page
    assert client.get(f"/records/{cast.outsider.ledger_subject}/").status_code == 404
    assert client.get(f"/records/{role_of(cast.outsider).ledger_subject}/").status_code == 404


def test_a_person_that_is_not_there_is_not_found(manager):
    assert manager.get(f"/people/{NOWHERE}/").status_code == 404
    assert manager.get(f"/people/roles/{NOWHERE}/end/").status_code == 404
