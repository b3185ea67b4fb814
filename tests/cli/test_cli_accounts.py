import json

import factories
import pytest
from django.core.cache import cache

from twofold.ledger.queries import position
from twofold.people.models import Person

ADMINISTRATOR = ("--as", "administrator@acme.example")
LEAD = ("--as", "lead@acme.example")
NEW = "another sound passphrase"


@pytest.fixture(autouse=True)
def nothing_counted(db):
    cache.clear()


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_people_are_listed_with_their_roles(run, cast):
    lines = run("person", "list", *ADMINISTRATOR).out.splitlines()
    told = json.loads(run("person", "list", "--role", "auditor", "--json", *ADMINISTRATOR).out)

    assert len(lines) == Person.objects.count()
    assert any("engineer@acme.example" in line and "engineer in Lending" in line for line in lines)
    assert [(entry["name"], entry["roles"][0]["role"]) for entry in told] == [
        ("Auditor", "auditor")
    ]


def test_addresses_are_for_who_manages_people(run, cast):
    assert "engineer@acme.example" not in run("person", "list", *LEAD).out


def test_a_person_is_deactivated_and_reactivated(run, cast):
    gone = run("person", "deactivate", "owner@acme.example", *ADMINISTRATOR)
    acting = run("person", "list", "--as", "owner@acme.example")
    listed = run("person", "list", "--deactivated", *ADMINISTRATOR)
    back = run("person", "reactivate", "owner@acme.example", *ADMINISTRATOR)

    assert gone.out == "owner@acme.example is let in no longer.\n"
    refused(acting, "There is no person owner@acme.example.")
    assert [line.split()[0] for line in listed.out.splitlines()] == ["Owner"]
    assert back.out == "owner@acme.example can sign in again.\n"
    assert Person.objects.get(pk=cast.owner.pk).is_active
    assert position().waiting == 0 < position().size


def test_who_must_stay_stays(run, cast):
    refused(
        run("person", "deactivate", "administrator@acme.example", *ADMINISTRATOR),
        "Nobody would administer the organisation any more.",
    )
    refused(run("person", "deactivate", "owner@acme.example", *LEAD), "You hold no role")
    refused(run("person", "reactivate", "owner@acme.example", *ADMINISTRATOR), "There is no person")
    assert not Person.objects.filter(is_active=False).exists()


def test_one_changes_ones_own_password(run, cast):
    own = ("person", "password", *LEAD)
    wrong = run(*own, "--current", "wrong", "--password", NEW)
    weak = run(*own, "--current", factories.PASSWORD, "--password", "short")
    changed = run(*own, "--current", factories.PASSWORD, "--password", NEW)

    refused(wrong, "This is not your password.")
    refused(weak, "This password is too short")
    assert changed.out == "The password is changed.\n"
    assert Person.objects.get(pk=cast.lead.pk).check_password(NEW)
