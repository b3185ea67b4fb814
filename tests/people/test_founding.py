"""The set-up code: made once, kept for the server's user alone, gone when something stands."""

import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import factories
import pytest

from twofold.ledger.queries import history
from twofold.people import access, actions, founding
from twofold.people.founding import SetUpCodeUnavailable, is_set_up_code, set_up_code
from twofold.people.models import Person, Role, RoleAssignment

FOUNDING = {
    "administrator": "Ada",
    "email": "ada@acme.example",
    "password": factories.PASSWORD,
    "by": access.part_of_product("installation"),
    "at": factories.AT,
}


@pytest.fixture
def path(settings):
    return Path(settings.SETUP_CODE)


def test_the_code_is_made_once_for_its_owner_alone(path):
    code = set_up_code()

    assert re.fullmatch(r"([2-9A-HJKMNP-Z]{4}-){3}[2-9A-HJKMNP-Z]{4}", code)
    assert set_up_code() == code
    assert path.read_text().strip() == code
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.glob("setup.code*")) == [path]


def test_two_installations_have_different_codes(path):
    first = set_up_code()
    founding.take_code_away()

    assert set_up_code() != first


def test_processes_that_start_at_once_agree_on_one_code(path):
    with ThreadPoolExecutor(8) as pool:
        codes = set(pool.map(lambda _number: set_up_code(), range(32)))

    assert codes == {path.read_text().strip()}


def test_the_code_may_be_typed_without_hyphens_and_in_small_letters(path):
    code = set_up_code()

    assert is_set_up_code(code)
    assert is_set_up_code(f" {code.lower().replace('-', ' ')} ")
    for wrong in ("", "-", code[:-1], f"{code}A", "ÄÖÜ", "\ud800"):
        assert not is_set_up_code(wrong)


def test_an_empty_file_opens_nothing(path):
    path.write_text("\n")

    with pytest.raises(SetUpCodeUnavailable, match=r"setup\.code is empty"):
        is_set_up_code("")


def test_a_file_out_of_reach_is_told_with_its_reason(settings, tmp_path):
    settings.SETUP_CODE = tmp_path / "missing" / "setup.code"

    with pytest.raises(SetUpCodeUnavailable, match="out of reach: No such file or directory"):
        set_up_code()


def test_taking_the_code_away_twice_is_no_fault(path):
    set_up_code()

    founding.take_code_away()
    founding.take_code_away()

    assert not path.exists()


def test_the_code_goes_with_the_founding_and_stays_after_a_refused_one(
    db, path, django_capture_on_commit_callbacks
):
    set_up_code()
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(Exception, match="short"):
        actions.found_organisation("Acme", **{**FOUNDING, "password": "short"})
    assert path.exists()

    with django_capture_on_commit_callbacks(execute=True):
        actions.found_organisation("Acme", **FOUNDING)
    assert not path.exists()


def test_a_founder_may_lead_too_and_that_is_recorded_of_the_installation(db):
    _unit, person = actions.found_organisation("Acme", **FOUNDING, leads=True)

    held = RoleAssignment.objects.filter(person=person)
    assert {row.role for row in held} == {Role.ADMINISTRATOR, Role.GOVERNANCE_LEAD}
    assert {history(row.ledger_subject)[0].entry.actor for row in held} == {"system:installation"}


def test_a_founder_without_a_name_is_told_of_the_right_field(db):
    with pytest.raises(Exception, match="Give 1 to 120") as refusal:
        actions.found_organisation("Acme", **{**FOUNDING, "administrator": " "})

    assert refusal.value.field == "administrator"
    assert not Person.objects.exists()
