"""Persons, roles, units and passwords over the API."""

from datetime import timedelta

import factories
import pytest
from django.core.cache import cache
from factories.programs import Caller
from problems import faults, problem

from twofold.ledger.queries import history
from twofold.people.access import Permission
from twofold.people.models import Person, RoleAssignment, Unit

KEY = "00000000-0000-4000-8000-000000000000"
NEW = "another sound passphrase"
EVE = {"name": "Eve", "email": "eve@acme.example", "password": factories.PASSWORD}


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


@pytest.fixture
def manager(cast, client):
    carried = (Permission.READ, Permission.MANAGE_PEOPLE)
    return Caller(client, factories.token(cast.administrator, cast, *carried))


@pytest.fixture
def reader(cast, client):
    return Caller(client, factories.token(cast.owner, cast, Permission.READ))


def kinds(row):
    return [line.entry.kind for line in history(row.ledger_subject)]


def test_a_person_is_added_with_a_first_role(cast, manager):
    made = manager.ask("POST", "/people", {**EVE, "role": "auditor", "unit": "Lending"})

    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["name"], told["email"], told["active"]) == ("Eve", "eve@acme.example", True)
    assert [(role["role"], role["unit"]) for role in told["roles"]] == [("auditor", "Lending")]
    row = Person.objects.get(email="eve@acme.example")
    assert row.check_password(factories.PASSWORD)
    assert kinds(row) == ["people.person.added"]
    assert manager.ask("GET", f"/people/{row.pk}").json() == told


def test_a_person_without_a_password_cannot_sign_in(cast, manager):
    made = manager.ask("POST", "/people", {"name": "Bot", "email": "bot@acme.example"})

    assert (made.status_code, made.json()["roles"]) == (201, [])
    assert not Person.objects.get(email="bot@acme.example").has_usable_password()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": ""}, {"name"}),
        ({"name": " "}, {"name"}),
        ({"email": "eve"}, {"email"}),
        ({"email": "lead@acme.example"}, {"email"}),
        ({"password": "short"}, {"password"}),
        ({"role": "king"}, {"role"}),
        ({"unit": "Nowhere"}, {"unit"}),
        ({"strange": 1}, {"strange"}),
    ],
)
def test_a_bad_person_is_refused_by_field(cast, manager, changes, fields):
    before = Person.objects.count()

    assert faults(manager.ask("POST", "/people", {**EVE, **changes})) == fields
    assert Person.objects.count() == before


def test_a_role_is_given_and_ended(cast, manager):
    today = factories.now().date()
    last = (today + timedelta(days=9)).isoformat()
    given = manager.ask(
        "POST", f"/people/{cast.owner.pk}/roles", {"role": "auditor", "until_date": last}
    )
    ended = manager.ask(
        "POST", f"/people/roles/{given.json()['id']}/end", {"last_date": today.isoformat()}
    )

    assert given.status_code == 201
    assert (given.json()["unit"], given.json()["until_date"]) == ("Acme", last)
    assert ended.json()["until_date"] == today.isoformat()
    row = RoleAssignment.objects.get(pk=given.json()["id"])
    assert kinds(row) == ["people.roleassignment.ended", "people.roleassignment.assigned"]


def test_a_role_that_cannot_be_is_refused(cast, manager):
    own = f"/people/{cast.administrator.pk}/roles"
    (held,) = RoleAssignment.objects.filter(person=cast.administrator)
    today = factories.now().date().isoformat()

    assert problem(manager.ask("POST", own, {"role": "auditor"}), 403)["type"].endswith(
        "separation-of-duties"
    )
    problem(manager.ask("POST", f"/people/roles/{held.pk}/end", {"last_date": today}), 409)
    problem(manager.ask("POST", f"/people/roles/{KEY}/end", {"last_date": today}), 404)
    problem(manager.ask("POST", f"/people/{KEY}/roles", {"role": "auditor"}), 404)
    late = {"role": "auditor", "until_date": "2001-01-01"}
    assert faults(manager.ask("POST", f"/people/{cast.owner.pk}/roles", late)) == {"until_date"}


def test_people_are_listed_narrowed_and_counted_in_few_queries(
    cast, manager, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        everybody = manager.ask("GET", "/people").json()

    def names(query):
        return [entry["name"] for entry in manager.ask("GET", f"/people?{query}").json()]

    assert len(everybody) == Person.objects.count()
    assert names("role=auditor") == ["Auditor"]
    assert names("q=engineer@") == ["Engineer"]
    assert names("offset=1")[0] == everybody[1]["name"]
    assert names("active=false") == []
    assert faults(manager.ask("GET", "/people?role=king")) == {"role"}


def test_addresses_are_for_who_manages_people(cast, reader):
    told = reader.ask("GET", "/people").json()

    assert {entry["email"] for entry in told} == {""}
    assert reader.ask("GET", "/people?q=engineer@").json() == []
    assert "Outsider" not in {entry["name"] for entry in told}
    problem(reader.ask("GET", f"/people/{cast.outsider.pk}"), 404)


def test_a_person_is_deactivated_and_reactivated(cast, manager, client):
    program = Caller(client, factories.token(cast.owner, cast, Permission.READ))
    address = f"/people/{cast.owner.pk}"

    gone = manager.ask("POST", f"{address}/deactivate")
    refused = program.ask("GET", "/people")
    told = manager.ask("GET", "/people?active=false").json()
    again = manager.ask("POST", f"{address}/deactivate")
    back = manager.ask("POST", f"{address}/reactivate")

    assert gone.json() == {"id": str(cast.owner.pk), "active": False}
    problem(refused, 401)
    assert [entry["name"] for entry in told] == ["Owner"]
    problem(again, 409)
    assert back.json()["active"] is True
    assert program.ask("GET", "/people").status_code == 200
    assert kinds(cast.owner)[:2] == ["people.person.reactivated", "people.person.deactivated"]


def test_the_last_administrator_stays(cast, manager):
    problem(manager.ask("POST", f"/people/{cast.administrator.pk}/deactivate"), 409)
    assert Person.objects.get(pk=cast.administrator.pk).is_active


def test_one_changes_ones_own_password(cast, reader):
    given = {"current": factories.PASSWORD, "password": NEW}

    changed = reader.ask("POST", "/people/password", given)

    assert changed.json() == {"id": str(cast.owner.pk), "active": True}
    assert Person.objects.get(pk=cast.owner.pk).check_password(NEW)
    assert NEW not in changed.content.decode()
    assert faults(reader.ask("POST", "/people/password", given)) == {"current"}
    weak = {"current": NEW, "password": "short"}
    assert faults(reader.ask("POST", "/people/password", weak)) == {"password"}


def test_units_are_listed_and_added(cast, manager):
    made = manager.ask("POST", "/units", {"name": "Credit", "parent": "Lending"})

    assert (made.status_code, made.json()["parent"]) == (201, "Lending")
    assert Unit.objects.get(name="Credit").parent == cast.unit
    listed = [(unit["name"], unit["parent"]) for unit in manager.ask("GET", "/units").json()]
    assert listed[0] == ("Acme", "")
    assert ("Credit", "Lending") in listed
    assert faults(manager.ask("POST", "/units", {"name": "Travel"})) == {"name"}


@pytest.mark.parametrize(
    ("address", "document"),
    [
        ("/people", EVE),
        ("/units", {"name": "Credit"}),
        ("/people/{key}/roles", {"role": "auditor"}),
        ("/people/{key}/deactivate", None),
        ("/people/{key}/reactivate", None),
    ],
)
def test_people_are_managed_by_administrators_alone(cast, reader, address, document):
    before = (Person.objects.count(), Unit.objects.count(), RoleAssignment.objects.count())

    problem(reader.ask("POST", address.format(key=cast.engineer.pk), document), 403)

    after = (Person.objects.count(), Unit.objects.count(), RoleAssignment.objects.count())
    assert before == after
    assert Person.objects.get(pk=cast.engineer.pk).is_active


def test_a_token_for_one_record_reaches_no_person(cast, client):
    system = factories.system(cast, code="loans", at=factories.now())
    secret = factories.token(
        cast.administrator, cast, Permission.READ, Permission.MANAGE_PEOPLE,
        restricted_to=system.ledger_subject,
    )  # fmt: skip

    problem(Caller(client, secret).ask("GET", "/people"), 403)
    problem(Caller(client, secret).ask("POST", "/people", EVE), 403)
    problem(Caller(client, secret).ask("POST", f"/people/{cast.owner.pk}/deactivate"), 403)
