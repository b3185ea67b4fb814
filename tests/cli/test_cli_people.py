import factories
import pytest

from twofold.ledger.queries import position
from twofold.people.access import Permission
from twofold.people.models import ApiToken, Person, RoleAssignment, Unit
from twofold.people.queries import actor_for_secret

LEAD = ("--as", "lead@acme.example")
ADMINISTRATOR = ("--as", "administrator@acme.example")
FOUND = ("found", "Acme", "--administrator", "Ada", "--email", "ada@acme.example", "--password")


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_an_organisation_is_founded_once(run, db):
    first = run(*FOUND, factories.PASSWORD)
    again = run(*FOUND, factories.PASSWORD)

    assert (first.status, first.out) == (0, "Acme stands. Sign in as ada@acme.example.\n")
    refused(again, "An organisation stands already")
    assert Person.objects.get().check_password(factories.PASSWORD)
    assert position().waiting == 0 < position().size


@pytest.mark.parametrize(
    ("password", "beginning"),
    [("short", "This password is too short"), ("password1234", "This password is too common"),
     ("ada@acme.example", "The password is too similar")],
)  # fmt: skip
def test_a_weak_password_founds_nothing(run, db, password, beginning):
    refused(run(*FOUND, password), beginning)

    assert not Unit.objects.exists()
    assert not Person.objects.exists()


def test_a_role_is_ended(run, cast):
    today = factories.now().date()
    ended = run("person", "end", "auditor@acme.example", "auditor", *ADMINISTRATOR)

    assert ended.out == f"auditor@acme.example is Auditor in Acme until {today}.\n"
    assert RoleAssignment.objects.get(person=cast.auditor).until_date == today


def test_a_role_that_is_not_held_is_not_ended(run, cast):
    absent = run("person", "end", "auditor@acme.example", "auditor", "--unit", "Lending",
                 *ADMINISTRATOR)  # fmt: skip
    forbidden = run("person", "end", "auditor@acme.example", "auditor", *LEAD)

    refused(absent, "Auditor does not hold this role in Lending.")
    refused(forbidden, "You hold no role in Acme that permits this")
    assert RoleAssignment.objects.get(person=cast.auditor).until_date is None


def test_a_person_is_added_and_given_a_role(run, cast):
    added = run("person", "add", "Eve", "--email", "eve@acme.example",
                "--password", factories.PASSWORD, *ADMINISTRATOR)  # fmt: skip
    given = run("person", "role", "eve@acme.example", "auditor", "--unit", "Lending",
                "--until", "2099-12-31", *ADMINISTRATOR)  # fmt: skip

    assert (added.status, given.status) == (0, 0)
    assert given.out == "eve@acme.example is Auditor in Lending.\n"
    role = RoleAssignment.objects.get(person__email="eve@acme.example")
    assert (role.role, role.unit, str(role.until_date)) == ("auditor", cast.unit, "2099-12-31")


def test_a_unit_is_added_below_another(run, cast):
    assert run("person", "unit", "Credit", "--parent", "Lending", *ADMINISTRATOR).status == 0

    assert Unit.objects.get(name="Credit").parent == cast.unit


@pytest.mark.parametrize(
    "arguments",
    [
        ("person", "add", "Eve", "--email", "eve@acme.example", "--password", factories.PASSWORD),
        ("person", "role", "owner@acme.example", "auditor"),
        ("person", "unit", "Credit"),
    ],
)
def test_people_are_managed_by_administrators_alone(run, cast, arguments):
    before = (Person.objects.count(), RoleAssignment.objects.count(), Unit.objects.count())

    refused(run(*arguments, *LEAD), "You hold no role")

    after = (Person.objects.count(), RoleAssignment.objects.count(), Unit.objects.count())
    assert before == after


def test_nobody_gives_a_role_to_themselves(run, cast):
    refused(
        run("person", "role", "administrator@acme.example", "auditor", *ADMINISTRATOR),
        "Two persons are needed",
    )


def test_an_unknown_role_is_a_fault_of_usage(run, cast):
    assert run("person", "role", "owner@acme.example", "king", *ADMINISTRATOR).status == 2


def test_a_token_is_issued_and_revoked(run, cast):
    system = factories.system(cast, code="loans", at=factories.now())

    issued = run("token", "issue", "ci", "--system", "loans", "--days", 7,
                 "--as", "engineer@acme.example")  # fmt: skip
    by = actor_for_secret(issued.out.strip(), at=factories.now())
    revoked = run("token", "revoke", "ci", "--as", "engineer@acme.example")

    assert by.only == {Permission.SEND_TELEMETRY}
    assert by.restricted_to == system.ledger_subject
    assert revoked.status == 0
    assert actor_for_secret(issued.out.strip(), at=factories.now()) is None
    refused(run("token", "revoke", "ci", "--as", "engineer@acme.example"), "There is no token ci")


def test_a_token_carries_no_more_than_its_person_may(run, cast):
    ended = run("token", "issue", "ci", "--permission", "people.manage",
                "--as", "engineer@acme.example")  # fmt: skip

    refused(ended, "The person does not hold people.manage")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("option", [("--days", 0), ("--days", 367), ("--permission", "all")])
def test_a_token_without_sense_is_a_fault_of_usage(run, cast, option):
    assert run("token", "issue", "ci", *option, *LEAD).status == 2
    assert not ApiToken.objects.exists()


def test_a_token_is_not_issued_for_a_system_out_of_reach(run, cast):
    factories.system(cast, code="loans", at=factories.now())

    ended = run("token", "issue", "ci", "--permission", "read", "--system", "loans",
                "--as", "outsider@acme.example")  # fmt: skip

    refused(ended, "There is no AI system loans")
