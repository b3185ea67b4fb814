"""What adapting a control does to approvals, who keeps the library, and who comes first."""

from datetime import timedelta

import factories
import pytest
from controls.test_implementations import approve
from factories import AT, governed

from twofold.catalog.model import ControlCheck, EvidenceNeed
from twofold.controls import actions
from twofold.controls.models import Implementation, ImportedFramework, LibraryEntry
from twofold.controls.queries import (
    control_values,
    framework_values,
    library,
    may_keep_library,
    one_reading,
)
from twofold.domain.checks import CheckKind, Rule
from twofold.ledger.queries import history
from twofold.people import actions as people
from twofold.people.access import Permission
from twofold.people.errors import AccessDenied, Conflict, NotFound, SeparationOfDuties
from twofold.people.models import Role
from twofold.people.queries import actor_for_secret
from twofold.reporting.history import told

WATCHING = "TF-MON-01"
LATER = AT + timedelta(days=1)
NEED = EvidenceNeed("own-report", "Our own report", 31)
CHECK = ControlCheck("few", "Few alerts are raised", Rule(CheckKind.COUNT, "alerts", at_most=2.5))


def values(**changes):
    return {**control_values(library().control_by_id[WATCHING]), **changes}


def fewer_needs():
    return values(evidence=values()["evidence"][:1])


def no_checks():
    return values(check=[])


def fewer_credits():
    return values(requirement=values()["requirement"][:1])


def adapt(cast, given, *, by=None):
    by = by or factories.actor(cast.lead)
    return actions.adapt_control(WATCHING, given, reason="Ours.", by=by, at=LATER)


def with_own_needs(run, cast):
    actions.require_evidence(run, [NEED], by=factories.actor(cast.owner), at=AT)


def with_own_checks(run, cast):
    actions.set_checks(run, [CHECK], by=factories.actor(cast.owner), at=AT)


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


@pytest.mark.parametrize("change", [fewer_needs, no_checks, fewer_credits])
def test_approvals_end_when_what_a_control_asks_for_changes(cast, change):
    run = factories.implementation(cast)
    adapt(cast, change())

    row = Implementation.objects.get()
    assert (row.approved_by, row.approved_at, row.review_due_date) == (None, None, None)
    assert row.contributors == [str(cast.lead.pk)]
    assert row.described_by == cast.owner
    assert kinds(run) == ["approval_ended", "approved", "described"]
    assert "Approval ended" in told(history(run.ledger_subject))[0].text
    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)
    assert approve(row, cast.approver).approved_by_id == cast.approver.pk


def test_approvals_stay_when_the_words_of_a_control_change(cast):
    run = factories.implementation(cast)
    adapt(cast, values(title="Watching", activities=["Look.", "Look again."]))

    assert Implementation.objects.get().approved_by == cast.approver
    assert kinds(run) == ["approved", "described"]


@pytest.mark.parametrize(
    ("own", "change"), [(with_own_needs, fewer_needs), (with_own_checks, no_checks)]
)
def test_approvals_stay_where_a_control_is_run_on_terms_of_its_own(cast, own, change):
    run = factories.implementation(cast)
    own(run, cast)
    approve(run, cast.approver)
    adapt(cast, change())

    assert Implementation.objects.get().approved_by == cast.approver


def test_approvals_of_other_and_of_retired_controls_stay(cast):
    other = factories.implementation(cast, control="TF-ACC-01")
    over = factories.implementation(cast)
    factories.retire(over, reason="x", by=factories.actor(cast.owner), at=AT)
    adapt(cast, no_checks())

    for row in (other, over):
        row.refresh_from_db()
        assert row.approved_by == cast.approver


def test_who_adapted_a_control_cannot_approve_what_waited_for_an_approval(cast):
    run = factories.implementation(cast, approved=False)
    adapt(cast, no_checks())

    assert kinds(run) == ["terms_changed", "described"]
    assert "library" in told(history(run.ledger_subject))[0].text
    with pytest.raises(SeparationOfDuties):
        approve(run, cast.lead)


def test_approvals_end_when_the_shipped_wording_is_taken_back(cast):
    shipped = values()
    adapt(cast, no_checks())
    run = factories.implementation(cast)
    adapt(cast, shipped)

    assert kinds(run)[0] == "approval_ended"


def test_who_leads_a_unit_alone_does_not_keep_the_library_of_all(cast):
    outsider = factories.actor(cast.outsider)
    with pytest.raises(AccessDenied):
        adapt(cast, no_checks(), by=outsider)
    with pytest.raises(AccessDenied):
        actions.retire_control(WATCHING, reason="x", by=outsider, at=AT)
    with pytest.raises(AccessDenied):
        actions.add_controls(governed.OWN_CONTROL, file_name="", reason="x", by=outsider, at=AT)
    with pytest.raises(AccessDenied):
        actions.import_framework_file(b"", file_name="a.toml", code="", by=outsider, at=AT)

    assert not LibraryEntry.objects.exists()
    assert not may_keep_library(outsider, at=AT)
    assert may_keep_library(factories.actor(cast.lead), at=AT)


def test_a_restricted_token_may_not_keep_the_library(cast):
    system = factories.system(cast)
    secret = factories.token(
        cast.lead, cast, Permission.KEEP_LIBRARY, restricted_to=system.ledger_subject, at=AT
    )
    assert not may_keep_library(actor_for_secret(secret, at=AT), at=AT)


def test_a_control_that_another_added_meanwhile_is_a_conflict(cast):
    with one_reading():
        library()
        added_elsewhere(cast, "OWN-BAK-01")
        with pytest.raises(Conflict):
            governed.own_control(cast)


def test_a_framework_that_another_imported_meanwhile_is_a_conflict(cast):
    framework = governed.framework()
    with one_reading():
        library()
        ImportedFramework.objects.create(
            code=framework.id,
            title=framework.title,
            content=framework_values(framework),
            requirement_count=1,
            format="toml",
            file_name="x",
            sha256="0" * 64,
            imported_by=cast.lead,
            imported_at=AT,
        )
        with pytest.raises(Conflict):
            governed.imported_framework(cast)


def test_a_control_that_another_retired_meanwhile_is_not_found(cast):
    with one_reading():
        library()
        added_elsewhere(cast, WATCHING, change="retired")
        with pytest.raises(NotFound):
            actions.retire_control(WATCHING, reason="x", by=factories.actor(cast.lead), at=AT)
        with pytest.raises(NotFound):
            adapt(cast, values_of_shipped())


def values_of_shipped():
    return {"id": WATCHING}


def added_elsewhere(cast, control, *, change="added"):
    """Write what another process wrote after this one looked the library up."""
    return LibraryEntry.objects.create(
        control=control,
        change=change,
        content=None,
        reason="x",
        changed_by=cast.lead,
        changed_at=AT,
    )


def test_a_lead_of_the_whole_organisation_keeps_the_library(cast):
    by = factories.actor(cast.administrator)
    given = {"unit": cast.root, "from_date": AT.date(), "by": by, "at": AT}
    people.assign_role(cast.owner, role=Role.SECURITY_LEAD, **given)

    assert adapt(cast, no_checks(), by=factories.actor(cast.owner)).change == "adapted"
