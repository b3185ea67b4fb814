"""Findings, decisions, statements and the ledger as checks see them."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed, whole_record
from factories.checked import seen

from twofold.controls import actions as controls
from twofold.findings.models import Grade
from twofold.people import actions as people
from twofold.people.models import Role

TODAY = (AT + timedelta(days=40)).date()


@pytest.fixture
def system(cast):
    return factories.system(cast)


@pytest.fixture
def of_system(cast, system):
    return factories.implementation(cast, of=system)


@pytest.fixture
def of_unit(cast):
    return factories.implementation(cast)


@pytest.fixture
def outside(cast):
    return controls.implement(
        "TF-MON-01", unit=cast.elsewhere, owner=None, description="Over there.",
        by=factories.actor(cast.outsider), at=AT,
    )  # fmt: skip


def test_a_finding_is_open_until_somebody_closed_it(cast, of_unit):
    row = governed.finding(cast)
    before = seen("findings", of_unit, on=TODAY)[row.ledger_subject]
    governed.answered(row, cast, days=30)
    late = seen("findings", of_unit, on=TODAY)[row.ledger_subject]
    governed.closed(row, cast, at=AT + timedelta(days=33))
    after = seen("findings", of_unit, on=TODAY)[row.ledger_subject]

    assert before.labels == late.labels == {"state": "open", "grade": "minor"}
    assert (before.on, before.actors) == (
        AT.date(),
        {"raised_by": f"person:{cast.auditor.pk}", "owner": "", "closed_by": ""},
    )
    # Nobody has said yet by when: it is not late.
    assert before.measures == {"age_days": 40, "overdue_days": 0}
    assert late.measures == {"age_days": 40, "overdue_days": 10}
    assert late.actors["owner"] == f"person:{cast.owner.pk}"
    assert (after.labels["state"], after.measures["overdue_days"]) == ("closed", 3)
    assert after.actors["closed_by"] == f"person:{cast.auditor.pk}"


def test_what_is_in_time_is_late_by_nothing(cast, of_unit):
    row = governed.answered(governed.finding(cast), cast, days=90)
    idea = governed.finding(cast, grade=Grade.IMPROVEMENT)

    found = seen("findings", of_unit, on=TODAY)

    assert found[row.ledger_subject].measures["overdue_days"] == 0
    assert found[idea.ledger_subject].measures["overdue_days"] == 0


def test_findings_of_a_system_are_about_controls_run_for_it(cast, of_unit, of_system, outside):
    of_the_unit = governed.finding(cast)
    about_it = governed.finding(cast, about=of_system)
    far = governed.finding(cast, unit=cast.elsewhere)
    together = (of_unit, of_system, outside)

    assert set(seen("findings", of_system, also=together[::2], on=TODAY)) == {
        about_it.ledger_subject
    }
    assert set(seen("findings", of_unit, also=together[1:], on=TODAY)) == {
        of_the_unit.ledger_subject,
        about_it.ledger_subject,
    }
    assert set(seen("findings", outside, also=together[:2], on=TODAY)) == {far.ledger_subject}


def test_decisions_of_the_organisation_hold_in_its_units(cast, of_unit, of_system, outside):
    whole = governed.decision(cast)
    own = governed.decision(cast, "42001:A.6.2.8", applicable=False, unit=cast.unit)

    found = seen("decisions", of_system, also=(outside,), on=TODAY)

    assert set(found) == {whole.ledger_subject, own.ledger_subject}
    assert set(seen("decisions", outside, also=(of_unit,), on=TODAY)) == {whole.ledger_subject}
    entry = found[own.ledger_subject]
    assert entry.labels == {"framework": "42001", "applicable": "no"}
    assert (entry.measures, entry.on) == ({"age_days": 40}, AT.date())
    assert entry.actors == {"decided_by": f"person:{cast.lead.pk}"}
    assert found[whole.ledger_subject].labels == {"framework": "27001", "applicable": "yes"}


def test_only_statements_that_were_approved_are_seen(cast, of_unit):
    draft = governed.statement(cast, framework="42001")
    row = governed.statement(cast)
    later = AT + timedelta(days=4)
    controls.approve_statement(
        row, content_now=lambda _row: governed.statement_content(), effective_date=later.date(),
        by=factories.actor(second_lead(cast)), at=later,
    )  # fmt: skip

    found = seen("statements", of_unit, on=TODAY)

    assert draft.ledger_subject not in found
    entry = found[row.ledger_subject]
    assert (entry.labels, entry.measures) == ({"framework": "27001"}, {"age_days": 36})
    assert entry.actors["prepared_by"] == f"person:{cast.lead.pk}"
    assert entry.actors["approved_by"] not in {"", entry.actors["prepared_by"]}
    assert not seen("statements", of_unit, on=AT.date())


def second_lead(cast):
    """Return somebody who may approve for the whole organisation and prepared nothing."""
    by = factories.actor(cast.administrator)
    second = factories.person("second", by=by, unit=cast.root)
    people.assign_role(
        second, role=Role.SECURITY_LEAD, unit=cast.root, from_date=AT.date(), by=by, at=AT
    )
    return second


def test_checkpoints_are_those_of_the_ledger(cast, of_unit, outside):
    assert not seen("checkpoints", of_unit, on=TODAY)
    whole_record.sequence(AT)
    factories.system(cast, at=AT + timedelta(days=3))
    whole_record.sequence(AT + timedelta(days=3))

    found = seen("checkpoints", of_unit, also=(outside,), on=TODAY)

    assert found.keys() == seen("checkpoints", outside, on=TODAY).keys()
    assert sorted(entry.measures["age_days"] for entry in found.values()) == [37, 40]
    assert len(seen("checkpoints", of_unit, on=AT.date())) == 1
