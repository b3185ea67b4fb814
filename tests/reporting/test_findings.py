"""What a finding holds back, with it and without it."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.catalog.load import catalog
from twofold.domain.readiness import Status
from twofold.findings.models import Grade
from twofold.reporting.findings import held_back


@pytest.fixture
def run(cast):
    return factories.implementation(cast)


def held(finding, cast, *, at=AT):
    return held_back(finding, factories.actor(cast.lead), at=at)


def test_a_finding_against_a_control_holds_back_requirements_of_both_standards(cast, run):
    finding = governed.finding(cast, about=run, grade=Grade.MAJOR)
    for requirement in ("42001:A.6.2.6", "27001:A.8.16"):
        governed.decision(cast, requirement)

    found = {entry.requirement.id: entry for entry in held(finding, cast)}

    credited = {credit.requirement for credit in catalog().control_by_id[run.control].credits}
    assert found.keys() == credited
    assert {key.partition(":")[0] for key in found} >= {"42001", "27001"}
    covered = found["42001:A.6.2.6"]
    assert (covered.now.status, covered.without.status) == (Status.GAP, Status.PARTIAL)


def test_a_finding_against_a_requirement_holds_back_that_one(cast):
    finding = governed.finding(cast)

    assert [entry.requirement.id for entry in held(finding, cast)] == [governed.LOGGING]


def test_where_another_reason_stands_the_state_stays_the_same(cast, run):
    first = governed.finding(cast, about=run, grade=Grade.MAJOR)
    governed.finding(cast, about=run, grade=Grade.MAJOR)
    governed.decision(cast, "42001:A.6.2.6")

    found = {entry.requirement.id: entry for entry in held(first, cast)}

    covered = found["42001:A.6.2.6"]
    assert covered.now.status is covered.without.status is Status.GAP


def test_what_weighs_nothing_holds_nothing_back(cast, run):
    improvement = governed.finding(cast, about=run, grade=Grade.IMPROVEMENT)
    closed = governed.closed(governed.answered(governed.finding(cast, about=run), cast), cast)

    assert held(improvement, cast) == held(closed, cast) == []


def test_what_the_reader_may_not_see_is_left_out(cast, run):
    finding = governed.finding(cast, about=run)

    assert held_back(finding, factories.actor(cast.outsider), at=AT) == []


def test_a_late_action_is_held_against_it_until_it_closes(cast, run):
    finding = governed.answered(governed.finding(cast, about=run), cast, days=1)
    governed.decision(cast, "42001:A.6.2.6")

    entry = next(
        entry
        for entry in held(finding, cast, at=AT + timedelta(days=3))
        if entry.requirement.id == "42001:A.6.2.6"
    )

    assert {reason.record for reason in entry.now.reasons} >= {finding.ledger_subject}
    assert finding.ledger_subject not in {reason.record for reason in entry.without.reasons}
