"""What differs between two wordings of a control."""

from dataclasses import replace

from twofold.catalog.difference import Difference, Part, differences
from twofold.catalog.load import catalog
from twofold.catalog.model import EvidenceNeed

CONTROL = catalog().control_by_id["TF-MON-01"]


def test_a_control_does_not_differ_from_itself_wherever_it_stands() -> None:
    assert differences(CONTROL, CONTROL) == ()
    assert differences(CONTROL, replace(CONTROL, area="")) == ()


def test_texts_that_differ_are_told_with_both_sides() -> None:
    other = replace(CONTROL, title="Watching", owner_role="Porter", purpose="To see.")
    assert differences(CONTROL, other) == (
        Difference(Part.TITLE, "", CONTROL.title, "Watching"),
        Difference(Part.PURPOSE, "", CONTROL.purpose, "To see."),
        Difference(Part.OWNER_ROLE, "", CONTROL.owner_role, "Porter"),
    )


def test_activities_are_compared_line_by_line() -> None:
    first, second, *rest = CONTROL.activities
    other = replace(CONTROL, activities=("Look.", second, *rest, "Look again."))
    assert differences(CONTROL, other) == (
        Difference(Part.ACTIVITY, "", first, "Look."),
        Difference(Part.ACTIVITY, "", None, "Look again."),
    )
    assert differences(CONTROL, replace(CONTROL, activities=(first, *rest))) == (
        Difference(Part.ACTIVITY, "", second, None),
    )


def test_evidence_credits_and_checks_are_compared_by_their_names() -> None:
    need = CONTROL.evidence[0]
    slower = replace(need, period_days=need.period_days + 1)
    new = EvidenceNeed("photograph", "A photograph", 31)
    other = replace(
        CONTROL,
        evidence=(slower, *CONTROL.evidence[1:], new),
        credits=CONTROL.credits[1:],
        checks=CONTROL.checks[1:],
    )
    credit, check = CONTROL.credits[0], CONTROL.checks[0]
    assert differences(CONTROL, other) == (
        Difference(Part.EVIDENCE, need.kind, need, slower),
        Difference(Part.EVIDENCE, "photograph", None, new),
        Difference(Part.CREDIT, credit.requirement, credit, None),
        Difference(Part.CHECK, check.id, check, None),
    )
