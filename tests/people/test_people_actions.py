import threading
from datetime import timedelta

import factories
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.db import connection
from factories import AT, PASSWORD

from twofold.ledger.models import LedgerEntry
from twofold.ledger.queries import history
from twofold.people import access, actions, queries
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound, SeparationOfDuties
from twofold.people.models import Person, Role, RoleAssignment, Unit

FOUNDING = {
    "administrator": "Ada",
    "email": "ada@acme.example",
    "password": PASSWORD,
    "by": access.part_of_product("installation"),
    "at": AT,
}


def manager(cast):
    return factories.actor(cast.administrator)


def entries():
    return LedgerEntry.objects.count()


def test_an_organisation_is_founded_with_its_administrator(db):
    unit, person = actions.found_organisation("Acme", **FOUNDING)

    assert queries.root_unit() == unit
    assert unit.path == f"/{unit.pk}/"
    assert (str(unit), str(person)) == ("Acme", "Ada")
    assignment = RoleAssignment.objects.get()
    assert (assignment.person, assignment.unit, assignment.role) == (person, unit, "administrator")
    assert str(assignment) == f"administrator of {unit.pk}"
    assert [history(row.ledger_subject)[0].entry.actor for row in (unit, person, assignment)] == [
        "system:installation"
    ] * 3


def test_an_organisation_is_founded_once_only(cast):
    before = entries()

    with pytest.raises(Conflict, match="stands already"):
        actions.found_organisation("Another", **FOUNDING)

    assert entries() == before
    assert Unit.objects.filter(parent=None).count() == 1


def test_of_two_foundings_at_once_one_is_refused(recording_db):
    outcomes = []

    def found():
        try:
            outcomes.append(actions.found_organisation("Acme", **FOUNDING))
        except Conflict as refusal:
            outcomes.append(refusal)
        finally:
            connection.close()

    threads = [threading.Thread(target=found) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [False, True]
    assert Unit.objects.count() == Person.objects.count() == 1


def test_nothing_of_a_refused_founding_stays(db):
    with pytest.raises(InvalidInput):
        actions.found_organisation("Acme", **{**FOUNDING, "password": "short"})

    assert not Unit.objects.exists()
    assert entries() == 0
    assert queries.root_unit() is None


def test_units_form_a_tree_of_paths(cast):
    below = actions.add_unit("Mortgages", parent=cast.unit, by=manager(cast), at=AT)

    assert below.path == f"{cast.unit.path}{below.pk}/"
    assert queries.units().first() == cast.root
    assert history(below.ledger_subject)[0].entry.kind == "people.unit.added"


def test_a_name_is_taken_only_below_the_same_parent(cast):
    with pytest.raises(InvalidInput, match="already") as refusal:
        actions.add_unit("Lending", parent=cast.root, by=manager(cast), at=AT)
    assert refusal.value.field == "name"

    actions.add_unit("Lending", parent=cast.elsewhere, by=manager(cast), at=AT)

    with pytest.raises(InvalidInput, match="no single unit"):
        queries.unit_by_name("Lending")


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_has_1_to_120_characters(cast, name):
    for add in (
        lambda: actions.add_unit(name, parent=cast.root, by=manager(cast), at=AT),
        lambda: actions.add_person(
            name, email="n@x.example", password=None, unit=cast.root, by=manager(cast), at=AT
        ),
    ):
        with pytest.raises(InvalidInput) as refusal:
            add()
        assert refusal.value.field == "name"


def test_only_who_manages_people_adds_units_persons_and_roles(cast):
    by, before = factories.actor(cast.lead), entries()

    with pytest.raises(AccessDenied):
        actions.add_unit("New", parent=cast.root, by=by, at=AT)
    with pytest.raises(AccessDenied):
        factories.person("new", by=by, unit=cast.root)
    with pytest.raises(AccessDenied):
        actions.assign_role(
            cast.owner, role=Role.READER, unit=cast.root, from_date=AT.date(), by=by, at=AT
        )

    assert entries() == before


@pytest.mark.parametrize(
    ("email", "password", "field"),
    [
        ("no address", PASSWORD, "email"),
        ("OWNER@acme.example", PASSWORD, "email"),
        ("new@acme.example", "short", "password"),
        ("new@acme.example", "password1234", "password"),
        ("quitelongname@acme.example", "quitelongname", "password"),
    ],
)
def test_a_person_needs_an_address_of_their_own_and_a_sound_password(cast, email, password, field):
    with pytest.raises(InvalidInput) as refusal:
        actions.add_person(
            "New", email=email, password=password, unit=cast.root, by=manager(cast), at=AT
        )
    assert refusal.value.field == field


def test_a_person_without_password_cannot_sign_in(cast):
    person = actions.add_person(
        "Robot", email="robot@acme.example", password=None, unit=cast.root, by=manager(cast), at=AT
    )

    assert not person.has_usable_password()
    assert not person.check_password("")


def test_nobody_gives_a_role_to_themselves(cast):
    before = entries()

    with pytest.raises(SeparationOfDuties):
        actions.assign_role(
            cast.administrator,
            role=Role.APPROVER,
            unit=cast.root,
            from_date=AT.date(),
            by=manager(cast),
            at=AT,
        )

    assert entries() == before


def test_a_role_does_not_end_before_it_begins(cast):
    day = AT.date()

    with pytest.raises(InvalidInput) as refusal:
        actions.assign_role(
            cast.owner,
            role=Role.READER,
            unit=cast.root,
            from_date=day,
            until_date=day - timedelta(days=1),
            by=manager(cast),
            at=AT,
        )

    assert refusal.value.field == "until_date"


def test_checking_a_password_never_writes(cast, settings, django_assert_num_queries):
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    old = PBKDF2PasswordHasher().encode(PASSWORD, "salt" * 6, iterations=1000)
    for stored in (make_password(PASSWORD, hasher="md5"), old):
        Person.objects.filter(pk=cast.owner.pk).update(password=stored)
        person = Person.objects.get(pk=cast.owner.pk)
        with django_assert_num_queries(0):
            assert person.check_password(PASSWORD)
            assert not person.check_password("another passphrase")
        assert person.password == stored


def test_signing_in_changes_no_record(cast, client):
    before = list(Person.objects.values().order_by("pk"))

    assert client.login(username="OWNER@acme.example", password=PASSWORD)

    assert list(Person.objects.values().order_by("pk")) == before


def test_persons_and_units_are_found_by_what_people_call_them(cast):
    assert queries.person_by_email("Owner@Acme.example", field="owner") == cast.owner
    assert queries.unit_by_name("Lending") == cast.unit
    assert queries.unit_by_name("") == cast.root
    names = [person.name for person in queries.persons()]
    assert names == sorted(names)
    with pytest.raises(InvalidInput, match="no single unit"):
        queries.unit_by_name("Nowhere")


def test_an_inactive_person_is_not_found(cast):
    Person.objects.filter(pk=cast.owner.pk).update(is_active=False)

    with pytest.raises(InvalidInput) as refusal:
        queries.person_by_email(cast.owner.email, field="owner")

    assert refusal.value.field == "owner"
    assert cast.owner not in queries.persons()


def test_a_token_that_is_not_there_is_not_found(cast):
    with pytest.raises(NotFound):
        queries.token_named("none", cast.owner)
