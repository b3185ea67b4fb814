"""What is asked of a control where it is run: its description, evidence, checks, and its end."""

from datetime import timedelta

import factories
import pytest
from controls.test_implementations import approve
from django.db import IntegrityError, transaction
from factories import AT

from twofold.catalog.model import ControlCheck, EvidenceNeed
from twofold.controls.actions import (
    ask_to_retire,
    confirm_retirement,
    implement,
    keep_running,
    require_evidence,
    revise_implementation,
    set_checks,
)
from twofold.controls.models import Implementation
from twofold.controls.queries import checks_of, library_control, needs_of
from twofold.domain.checks import CheckKind, Outcome, Rule
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties
from twofold.reporting.checks import found_on
from twofold.reporting.standing import standing

LATER = AT + timedelta(days=1)
NEED = EvidenceNeed("own-report", "Our own report", 31)
CHECK = ControlCheck("few", "Few alerts are raised", Rule(CheckKind.COUNT, "alerts", at_most=2.5))


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def revise(row, by, *, owner=None, text="Daily."):
    return revise_implementation(row, owner=owner, description=text, by=by, at=LATER)


def retire(row, by, *, reason="Moved to another unit."):
    return factories.retire(row, reason=reason, by=by, at=LATER)


def ask(row, by, *needs):
    return require_evidence(row, needs or [NEED], by=by, at=LATER)


def choose(row, by, *checks):
    return set_checks(row, checks or [CHECK], by=by, at=LATER)


CHANGES = [revise, retire, ask, choose]
#: Changes after which somebody must approve again.
TERMS = {revise: "described", ask: "evidence_required", choose: "checks_set"}


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


@pytest.mark.parametrize("change", TERMS)
def test_the_approval_ends_and_another_than_who_changed_it_approves_again(cast, run, change):
    change(run, factories.actor(cast.lead))

    row = Implementation.objects.get()
    assert (row.approved_by, row.approved_at, row.review_due_date) == (None, None, None)
    assert row.described_by == (cast.lead if change is revise else cast.owner)
    assert row.contributors == [str(cast.lead.pk)]
    assert kinds(row) == [TERMS[change], "approved", "described"]
    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)
    assert approve(row, cast.approver).approved_by_id == cast.approver.pk


@pytest.mark.parametrize("change", TERMS)
def test_who_described_cannot_approve_after_another_changed_something(cast, change):
    row = described_by_lead(cast)
    change(row, factories.actor(cast.owner))

    row = Implementation.objects.get()
    assert set(row.contributors) == {str(cast.lead.pk), str(cast.owner.pk)}
    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)
    assert approve(row, cast.approver).approved_by_id == cast.approver.pk
    assert Implementation.objects.get().contributors == []


def test_who_changed_something_before_another_did_cannot_approve(cast, run):
    ask(run, factories.actor(cast.lead))
    revise(run, factories.actor(cast.owner))

    with pytest.raises(SeparationOfDuties):
        approve(run, cast.lead)


def test_who_described_before_contributors_were_kept_cannot_approve(cast):
    row = described_by_lead(cast)
    Implementation.objects.update(contributors=[])
    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)

    revise(row, factories.actor(cast.owner))
    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)


def described_by_lead(cast):
    """Return what the lead described, that nobody owns or approved."""
    return implement(
        "TF-MON-01",
        unit=cast.unit,
        owner=None,
        description="Weekly.",
        by=factories.actor(cast.lead),
        at=AT,
    )


def test_a_revised_description_may_have_another_owner_or_none(cast, run):
    owner = factories.actor(cast.owner)
    revise(run, owner, owner=cast.engineer, text=" Hourly. ")
    row = Implementation.objects.get()
    assert (row.description, row.owner) == ("Hourly.", cast.engineer)

    revise(run, owner)
    assert Implementation.objects.get().owner is None


@pytest.mark.parametrize("text", ["", " ", "x" * 4001, "a\0"])
def test_a_description_that_says_nothing_leaves_the_approval(cast, run, text):
    with pytest.raises(InvalidInput) as refusal:
        revise(run, factories.actor(cast.owner), text=text)

    assert refusal.value.field == "description"
    assert Implementation.objects.get().approved_at == AT


def test_evidence_asked_for_here_replaces_what_the_control_says(cast, run):
    control = library_control(run.control)
    assert needs_of(run) == control.evidence

    ask(run, factories.actor(cast.owner))

    assert needs_of(Implementation.objects.get()) == (NEED,)
    assert library_control(run.control).evidence == control.evidence


@pytest.mark.parametrize(
    "needs",
    [
        [NEED, NEED],
        [EvidenceNeed(f"kind-{number}", "Of many", 31) for number in range(21)],
        [EvidenceNeed("", "Without a kind", 31)],
        [EvidenceNeed("x" * 61, "Long", 31)],
        [EvidenceNeed("kind", " ", 31)],
        [EvidenceNeed("kind", "x" * 201, 31)],
        [EvidenceNeed("kind", "Never", 0)],
        [EvidenceNeed("kind", "Hardly ever", 1101)],
    ],
)
def test_evidence_that_cannot_be_asked_for_is_refused(cast, run, needs):
    with pytest.raises(InvalidInput) as refusal:
        ask(run, factories.actor(cast.owner), *needs)

    assert refusal.value.field == "needs"
    assert Implementation.objects.get().needs is None


def test_a_control_without_any_evidence_could_show_nothing(cast, run):
    with pytest.raises(InvalidInput):
        require_evidence(run, [], by=factories.actor(cast.owner), at=LATER)


def test_checks_chosen_here_replace_those_the_control_suggests(cast, run):
    suggested = library_control(run.control).checks
    assert checks_of(run) == suggested

    choose(run, factories.actor(cast.owner), CHECK, suggested[0])
    assert checks_of(Implementation.objects.get()) == (CHECK, suggested[0])
    set_checks(run, [], by=factories.actor(cast.owner), at=LATER)
    assert checks_of(Implementation.objects.get()) == ()


@pytest.mark.parametrize(
    "checks",
    [
        [CHECK, CHECK],
        [ControlCheck(f"check-{number}", "Of many", CHECK.rule) for number in range(21)],
        [ControlCheck("", "Without an id", CHECK.rule)],
        [ControlCheck("x" * 61, "Long", CHECK.rule)],
        [ControlCheck("few", " ", CHECK.rule)],
        [ControlCheck("few", "x" * 301, CHECK.rule)],
        [ControlCheck("few", "Few claims", Rule(CheckKind.COUNT, "claims", at_most=3))],
    ],
)
def test_checks_that_cannot_be_chosen_are_refused(cast, run, checks):
    with pytest.raises(InvalidInput) as refusal:
        choose(run, factories.actor(cast.owner), *checks)

    assert refusal.value.field == "checks"
    assert Implementation.objects.get().checks is None


def test_a_check_that_more_evidence_could_break_is_refused_with_its_field_and_reason(cast, run):
    waiting = Rule(CheckKind.THRESHOLD, "claims", measure="age_days", at_most=30)
    with pytest.raises(InvalidInput, match="own: kind must be freshness or count over claims"):
        choose(run, factories.actor(cast.owner), ControlCheck("own", "None waits", waiting))


def test_a_check_kept_from_before_that_more_evidence_could_break_says_nothing(cast, run):
    waiting = {"kind": "threshold", "of": "claims", "measure": "age_days", "at_most": 30}
    Implementation.objects.update(checks=[{"id": "own", "title": "None waits", "rule": waiting}])
    factories.claim(run, factories.evidence_item(cast), cast)
    (found,) = found_on(
        Implementation.objects.select_related("unit"), on=AT.date() + timedelta(days=99)
    )
    assert found.result.outcome is Outcome.NOT_RUN


def test_a_retired_control_stays_on_record_and_may_be_run_again(cast, run):
    made = factories.claim(run, factories.evidence_item(cast), cast)
    retire(run, factories.actor(cast.owner))

    row = Implementation.objects.get()
    assert (row.retirement_asked_by, row.retirement_asked_at) == (cast.owner, LATER)
    assert (row.retired_by, row.retired_at) == (cast.approver, LATER)
    assert row.retirement == "Moved to another unit."
    assert row.approved_at == AT
    assert row.claims.get() == made
    assert kinds(row)[:2] == ["retired", "retirement_asked"]
    again = factories.implementation(cast)
    assert again.pk != row.pk


def test_a_control_ends_by_two_persons_and_is_run_until_then(cast, run):
    lead = factories.actor(cast.lead)
    with pytest.raises(Conflict):
        confirm_retirement(run, by=lead, at=LATER)
    ask_to_retire(run, reason="Moved.", by=lead, at=LATER)

    with pytest.raises(Conflict):
        ask_to_retire(run, reason="Moved.", by=lead, at=LATER)
    with pytest.raises(SeparationOfDuties):
        confirm_retirement(run, by=lead, at=LATER)
    with pytest.raises(AccessDenied):
        confirm_retirement(run, by=factories.actor(cast.auditor), at=LATER)
    assert Implementation.objects.get().retired_at is None
    assert standing(lead, at=LATER).control(run.control).scopes == 1
    confirm_retirement(run, by=factories.actor(cast.approver), at=LATER)
    assert standing(lead, at=LATER).control(run.control).scopes == 0


def test_that_a_control_ends_is_taken_back(cast, run):
    owner = factories.actor(cast.owner)
    with pytest.raises(Conflict):
        keep_running(run, by=owner, at=LATER)
    ask_to_retire(run, reason="Moved.", by=owner, at=LATER)
    with pytest.raises(AccessDenied):
        keep_running(run, by=factories.actor(cast.auditor), at=LATER)
    keep_running(run, by=owner, at=LATER)

    row = Implementation.objects.get()
    assert (row.retirement_asked_by, row.retirement_asked_at, row.retirement) == (None, None, "")
    assert row.approved_at == AT
    assert kinds(row)[0] == "retirement_dropped"


def test_the_database_refuses_an_end_by_who_asked_for_it(cast, run):
    ask_to_retire(run, reason="Moved.", by=factories.actor(cast.lead), at=LATER)
    with pytest.raises(IntegrityError), transaction.atomic():
        Implementation.objects.update(retired_by=cast.lead, retired_at=LATER)


@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\0"])
def test_retiring_has_a_reason(cast, run, reason):
    with pytest.raises(InvalidInput) as refusal:
        retire(run, factories.actor(cast.owner), reason=reason)

    assert refusal.value.field == "reason"
    assert Implementation.objects.get().retired_at is None


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_of_a_retired_control_changes_any_more(cast, run, change):
    item = factories.evidence_item(cast)
    retire(run, factories.actor(cast.owner))
    before = Implementation.objects.values().get()

    with pytest.raises(Conflict):
        change(run, factories.actor(cast.owner))
    with pytest.raises(Conflict):
        approve(run, cast.approver)
    with pytest.raises(Conflict):
        factories.claim(run, item, cast)
    assert Implementation.objects.values().get() == before


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["outsider", "approver", "engineer", "auditor"])
def test_who_runs_no_controls_there_changes_none(cast, run, change, who):
    with pytest.raises(AccessDenied):
        change(run, factories.actor(getattr(cast, who)))


@pytest.mark.parametrize("change", CHANGES)
def test_no_part_of_the_product_changes_how_a_control_is_run(cast, run, change):
    with pytest.raises(AccessDenied):
        change(run, part_of_product("worker"))


@pytest.mark.parametrize("change", CHANGES)
def test_a_restricted_token_changes_its_own_system_alone(cast, change):
    mine, other = factories.system(cast), factories.system(cast)
    runs = [factories.implementation(cast, of=of) for of in (mine, other)]
    owner = factories.actor(cast.owner)
    token = Actor(
        owner.ledger_name,
        owner.person_id,
        only=frozenset({Permission.IMPLEMENT_CONTROL}),
        restricted_to=mine.ledger_subject,
    )

    change(runs[0], token)
    with pytest.raises(AccessDenied):
        change(runs[1], token)
