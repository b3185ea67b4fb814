"""Imported frameworks that are followed no longer: only when nothing names their requirements."""

import factories
import pytest
from factories import AT, governed

from twofold.controls import actions as controls
from twofold.controls.models import ImportedFramework
from twofold.controls.queries import (
    imported_framework,
    imported_frameworks,
    library,
    library_row,
    library_rows,
)
from twofold.findings.actions import withdraw_framework
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.reporting.standing import forget, standing

LATER = AT.replace(day=22)
OWN = "OWN-BAK-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


@pytest.fixture
def imported(cast):
    return governed.imported_framework(cast)


def withdraw(cast, code="own", *, by=None, reason="We follow it no longer."):
    return withdraw_framework(code, reason=reason, by=by or factories.actor(cast.lead), at=LATER)


def credited(cast):
    toml = governed.OWN_CONTROL.replace("27001:A.8.30", "own:1.1")
    by = factories.actor(cast.lead)
    controls.add_controls(toml, file_name="own.toml", reason="Ours.", by=by, at=AT)


def refused(cast, words):
    before = len(history(ImportedFramework.objects.get().ledger_subject))
    with pytest.raises(Conflict, match=words) as refusal:
        withdraw(cast)
    row = ImportedFramework.objects.get()
    assert row.withdrawn_at is None
    assert len(history(row.ledger_subject)) == before
    assert "own:1.1" in library().requirements
    return refusal.value.message


def test_it_leaves_the_library_and_stays_on_record(imported, cast):
    withdraw(cast)

    row = ImportedFramework.objects.get()
    assert (row.withdrawn_by, row.withdrawn_at) == (cast.lead, LATER)
    assert row.withdrawal == "We follow it no longer."
    assert "own" not in {entry.id for entry in library().frameworks}
    assert not imported_frameworks().exists()
    with pytest.raises(NotFound):
        imported_framework("own")
    newest = history(row.ledger_subject)[0].entry
    assert newest.kind == "controls.importedframework.withdrawn"
    assert newest.actor == f"person:{cast.lead.pk}"


def test_past_days_show_it_as_it_was(imported, cast):
    lead = factories.actor(cast.lead)
    before = standing(lead, at=LATER).readiness
    withdraw(cast)

    assert "own:1.1" in before
    assert "own:1.1" not in standing(lead, at=LATER).readiness
    assert "own:1.1" in standing(lead, at=LATER, on=AT.date()).readiness


def test_its_code_is_free_again(imported, cast):
    withdraw(cast)

    again = governed.imported_framework(cast, at=LATER)

    assert imported_framework("own")[0] == again
    assert ImportedFramework.objects.count() == 2


def test_a_control_that_is_credited_to_it_holds_it(imported, cast):
    credited(cast)

    assert OWN in refused(cast, "credited to it")

    factories.implementation(cast, control=OWN)
    assert "run in 1 scope" in refused(cast, OWN)


def test_a_retired_control_holds_nothing_and_can_be_read_still(imported, cast):
    credited(cast)
    by = factories.actor(cast.lead)
    controls.retire_control(OWN, reason="Not ours.", by=by, at=AT)
    withdraw(cast)

    assert [row.control.id for row in library_rows(change="retired")] == [OWN]
    assert library_row(OWN).control.credits[0].requirement == "own:1.1"
    with pytest.raises(InvalidInput, match=r"own:1\.1"):
        controls.restore_control(OWN, reason="Ours again.", by=by, at=LATER)


def test_a_finding_holds_it_also_when_it_is_closed(imported, cast):
    found = governed.finding(cast, requirement="own:1.1")
    assert str(found) in refused(cast, "findings name it")

    governed.closed(governed.answered(found, cast), cast)
    assert str(found) in refused(cast, "findings name it")


def test_a_decision_and_an_override_hold_it(imported, cast):
    governed.decision(cast, requirement="own:A.1")
    governed.override(cast, requirement="own:1.1")

    told = refused(cast, "is used by")
    assert "1 decision whether a requirement applies" in told
    assert "1 status set by hand" in told


def test_a_statement_that_names_it_holds_it(imported, cast):
    made = governed.statement(cast, requirement="own:A.1")

    assert f"27001 {made.number}" in refused(cast, "statements")


def test_another_framework_whose_code_begins_alike_holds_nothing(imported, cast):
    governed.imported_framework(cast, code="own2")
    governed.finding(cast, requirement="own2:1.1")

    assert withdraw(cast).withdrawn_at == LATER


@pytest.mark.parametrize("code", ["27001", "nothing"])
def test_what_was_not_imported_is_not_withdrawn(imported, cast, code):
    with pytest.raises(NotFound):
        withdraw(cast, code)


def test_it_is_withdrawn_once(imported, cast):
    withdraw(cast)

    with pytest.raises(NotFound):
        withdraw(cast)


@pytest.mark.parametrize("who", ["owner", "approver", "administrator", "outsider"])
def test_who_does_not_keep_the_library_withdraws_nothing(imported, cast, who):
    with pytest.raises(AccessDenied):
        withdraw(cast, by=factories.actor(getattr(cast, who)))
    with pytest.raises(AccessDenied):
        withdraw(cast, by=part_of_product("worker"))

    assert ImportedFramework.objects.get().withdrawn_at is None


def test_a_reason_is_asked_for(imported, cast):
    with pytest.raises(InvalidInput) as refusal:
        withdraw(cast, reason=" ")

    assert refusal.value.field == "reason"
