"""Nobody approves or overwrites what they have not seen: a change in between is refused."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.controls import actions as controls
from twofold.controls.actions import Decision
from twofold.controls.models import Applicability
from twofold.controls.queries import needs_of
from twofold.findings import actions as findings
from twofold.ledger.queries import revision_of, revisions_of
from twofold.people.errors import Outdated

LATER = AT + timedelta(hours=1)
DUE = (AT + timedelta(days=90)).date()


def approve(run, cast, expected):
    return controls.approve_implementation(
        run, review_due_date=DUE, expected=expected, by=factories.actor(cast.approver), at=LATER
    )


def test_a_description_that_was_changed_meanwhile_is_not_approved(cast):
    run = factories.implementation(cast, approved=False)
    seen = revision_of(run.ledger_subject)
    controls.revise_implementation(
        run, owner=cast.owner, description="Otherwise.", by=factories.actor(cast.owner), at=AT
    )

    with pytest.raises(Outdated, match="changed"):
        approve(run, cast, seen)

    run.refresh_from_db()
    assert run.approved_at is None
    assert approve(run, cast, revision_of(run.ledger_subject)).approved_at == LATER


@pytest.mark.parametrize("change", ["require_evidence", "set_checks"])
def test_what_is_asked_for_cannot_change_under_an_approval(cast, change):
    run = factories.implementation(cast, approved=False)
    seen = revision_of(run.ledger_subject)
    given = needs_of(run)[:1] if change == "require_evidence" else []
    getattr(controls, change)(run, given, by=factories.actor(cast.owner), at=AT)

    with pytest.raises(Outdated, match="changed"):
        approve(run, cast, seen)


def test_an_action_that_was_changed_meanwhile_is_not_taken_for_effective(cast):
    row = governed.answered(governed.finding(cast), cast)
    seen = revision_of(row.ledger_subject)
    governed.answered(row, cast, days=60)

    def close(expected):
        return findings.close_finding(
            row,
            effectiveness="It works.",
            expected=expected,
            by=factories.actor(cast.auditor),
            at=LATER,
        )

    with pytest.raises(Outdated, match="changed"):
        close(seen)
    row.refresh_from_db()
    assert row.closed_at is None
    assert close(seen + 1).closed_at == LATER


def test_an_answer_does_not_overwrite_one_that_was_not_seen(cast):
    row = governed.finding(cast)
    seen = revision_of(row.ledger_subject)
    governed.answered(row, cast)
    answer = findings.Answer("Another cause.", "Another action.", DUE, cast.lead)

    with pytest.raises(Outdated, match="changed"):
        findings.answer_finding(row, answer, expected=seen, by=factories.actor(cast.lead), at=LATER)

    row.refresh_from_db()
    assert row.owner == cast.owner


def test_a_draft_that_was_prepared_anew_is_not_approved_unseen(cast):
    governed.approve_everywhere(cast)
    draft = governed.statement(cast)
    seen = revision_of(draft.ledger_subject)
    again = governed.statement(cast, status="partial")

    def seal(expected):
        return controls.approve_statement(
            draft,
            content_now=lambda _row: governed.statement_content(status="partial"),
            effective_date=AT.date(),
            expected=expected,
            by=factories.actor(cast.approver),
            at=LATER,
        )

    assert again.pk == draft.pk
    with pytest.raises(Outdated, match="changed"):
        seal(seen)
    draft.refresh_from_db()
    assert draft.approved_at is None
    assert seal(seen + 1).sha256 == again.sha256


def test_a_decision_does_not_replace_one_that_was_not_seen(cast):
    made = governed.decision(cast)

    def decide(expected):
        return controls.decide_applicability(
            [Decision(governed.LOGGING, applicable=False, reason="Not ours.", expected=expected)],
            unit=cast.root,
            by=factories.actor(cast.lead),
            at=LATER,
        )

    for stale in (0, 2):
        with pytest.raises(Outdated, match=governed.LOGGING):
            decide(stale)
    assert Applicability.objects.get().applicable
    assert decide(1)[0].pk == made.pk
    assert not Applicability.objects.get().applicable


def test_the_first_decision_expects_that_there_is_none(cast):
    first = Decision(governed.LOGGING, applicable=True, reason="Ours.", expected=0)
    by = factories.actor(cast.lead)

    assert controls.decide_applicability([first], unit=cast.root, by=by, at=AT)
    with pytest.raises(Outdated):
        controls.decide_applicability([first], unit=cast.root, by=by, at=AT)


def test_revisions_are_counted_by_record(cast):
    run, other = (factories.implementation(cast, control=key) for key in ("TF-MON-01", "TF-LOG-01"))
    controls.set_checks(other, [], by=factories.actor(cast.owner), at=AT)
    subjects = [run.ledger_subject, other.ledger_subject]

    assert revisions_of([*subjects, "a:b"]) == dict(zip(subjects, (2, 3), strict=True))
    assert revision_of("a:b") == 0
