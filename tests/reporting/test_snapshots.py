"""Past days that are rolled forward, against each of them read by itself."""

from datetime import timedelta

import factories
from factories import AT

from twofold.controls import actions as controls
from twofold.controls.actions import Decision
from twofold.findings import actions as findings
from twofold.findings.actions import Answer, Observed
from twofold.findings.models import Grade
from twofold.reporting import standing as module
from twofold.reporting.recent import Recent
from twofold.reporting.standing import snapshots, standing


def day(number):
    return AT + timedelta(days=number)


def live(cast):
    """Let something happen on each of eight days."""
    system = factories.system(cast)
    run = factories.implementation(cast, of=system, approved=False, at=day(1))
    controls.approve_implementation(
        run,
        review_due_date=day(6).date(),
        by=factories.actor(cast.approver),
        at=day(2),
    )
    made = factories.claim(run, factories.evidence_item(cast), cast, at=day(3))
    controls.accept_claim(made, by=factories.actor(cast.approver), at=day(4))
    controls.decide_applicability(
        [Decision("27001:A.8.15", applicable=False, reason="Not here.")],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=day(4),
    )
    found = findings.raise_finding(
        Observed("It fails", "It was seen.", Grade.MAJOR, implementation=run),
        unit=cast.unit,
        by=factories.actor(cast.auditor),
        at=day(5),
    )
    answer = Answer("Nobody looked.", "Somebody looks.", day(9).date(), cast.owner)
    findings.answer_finding(found, answer, by=factories.actor(cast.owner), at=day(6))
    findings.close_finding(
        found, effectiveness="It holds.", by=factories.actor(cast.approver), at=day(7)
    )


def test_days_rolled_forward_equal_days_read_by_themselves(cast):
    live(cast)
    days = [day(number).date() for number in (1, 2, 3, 4, 5, 6, 7)]

    for person in (cast.lead, cast.outsider):
        by = factories.actor(person)
        rolled = snapshots(by, days, at=day(8))
        module.forget()
        for found in rolled:
            assert found.readiness == standing(by, at=day(8), on=found.on).readiness
    assert len({str(found.readiness) for found in rolled}) > 1


def test_a_history_that_was_computed_is_kept_until_its_last_day_changes(cast, monkeypatch):
    live(cast)
    days = [day(number).date() for number in (2, 5)]
    by = factories.actor(cast.lead)
    monkeypatch.setattr(module, "_series", Recent(1))
    first = snapshots(by, days, at=day(8))

    assert snapshots(by, days, at=day(8)) is first
    assert snapshots(by, days[:1], at=day(8)) == first[:1]
    assert snapshots(by, days, at=day(8)) is not first
    assert snapshots(by, [], at=day(8)) == []
