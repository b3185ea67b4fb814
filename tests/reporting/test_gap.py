"""Progress of the gap assessment and its estimate; the computed state is never moved by answers."""

from dataclasses import replace

import factories
import pytest
from factories import AT

from twofold.catalog.load import catalog
from twofold.controls.actions import GivenAnswer, take_stock
from twofold.controls.models import Answer
from twofold.domain.readiness import Status
from twofold.people.errors import AccessDenied
from twofold.reporting.gap import asked, by_area, gap_assessment
from twofold.reporting.standing import forget, standing_of

ROLES = "TF-ROL-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


def answer(cast, *given):
    return take_stock(given, unit=cast.root, by=factories.actor(cast.lead), at=AT)


def assessed(cast):
    return gap_assessment(cast.root, factories.actor(cast.lead), at=AT)


def met(posture):
    return posture.counts[Status.CONFORMING] + posture.counts[Status.EFFECTIVE]


def test_every_control_of_the_library_is_asked_once_and_in_an_area():
    areas = by_area(catalog().controls)
    members = [control.id for controls in areas.values() for control in controls]
    assert sorted(members) == sorted(control.id for control in catalog().controls)
    assert "" not in areas
    assert max(len(controls) for controls in areas.values()) <= 15
    assert next(iter(areas)) == "management"


def test_control_of_ones_own_comes_last():
    own = catalog().controls[0].__class__(**{**catalog().controls[0].__dict__, "area": ""})
    assert list(by_area([own, *catalog().controls]))[-1] == ""


def test_untouched_assessment_has_no_answer_and_begins_with_the_first_area(cast):
    found = assessed(cast)
    assert (found.answered, found.total) == (0, len(catalog().controls))
    assert found.next_area == "management"
    for entry in found.standards:
        assert entry.now == entry.estimate


def test_progress_counts_by_area_and_answer(cast):
    answer(cast, GivenAnswer(ROLES, Answer.MISSING), GivenAnswer("TF-POL-01", Answer.UNKNOWN))
    found = assessed(cast)
    (area,) = [entry for entry in found.areas if entry.answered]
    assert (area.area, area.answered) == (catalog().control_by_id[ROLES].area, 2)
    assert area.counts == {Answer.MISSING: 1, Answer.UNKNOWN: 1}


def test_what_is_done_moves_the_estimate_of_both_standards_and_not_what_is_computed(cast):
    before = assessed(cast)
    answer(cast, GivenAnswer(ROLES, Answer.DONE))
    after = assessed(cast)
    for then, now in zip(before.standards, after.standards, strict=True):
        assert met(now.now) == met(then.now) == 0
        assert met(now.estimate) > 0
    assert [entry.now.framework.id for entry in after.standards] == ["42001", "27001"]


def test_description_moves_the_computed_state_honestly(cast):
    answer(cast, GivenAnswer(ROLES, Answer.SHOWN, "Names stand in the chart."))
    for entry in assessed(cast).standards:
        assert met(entry.now) == 0
        assert met(entry.estimate) > 0


@pytest.mark.parametrize("said", [Answer.PARTLY, Answer.MISSING, Answer.UNKNOWN])
def test_what_is_not_done_wholly_is_not_estimated_to_be_met(cast, said):
    answer(cast, GivenAnswer(ROLES, said))
    for entry in assessed(cast).standards:
        assert met(entry.estimate) == 0


def test_partly_is_estimated_as_partial(cast):
    answer(cast, GivenAnswer(ROLES, Answer.PARTLY))
    for entry in assessed(cast).standards:
        partial = Status.PARTIAL
        assert entry.estimate.counts[partial] > entry.now.counts[partial]


def test_everything_answered_leaves_no_next_area_and_an_estimate_that_conforms(cast):
    answer(cast, *(GivenAnswer(control.id, Answer.SHOWN) for control in catalog().controls))
    found = assessed(cast)
    assert found.answered == found.total
    assert found.next_area is None
    for entry in found.standards:
        assert met(entry.estimate) == entry.estimate.total
        assert met(entry.now) == 0


def test_controls_are_asked_with_what_is_known_of_them_in_the_unit(cast):
    answer(cast, GivenAnswer(ROLES, Answer.DONE, "Names stand in the chart.", cast.lead))
    control = catalog().control_by_id[ROLES]
    (there,) = asked([control], cast.root, factories.actor(cast.lead), at=AT)
    (elsewhere,) = asked([control], cast.unit, factories.actor(cast.lead), at=AT)
    assert (there.answer.answer, there.implementation.owner) == ("done", cast.lead)
    assert (elsewhere.answer, elsewhere.implementation) == (None, None)


def test_the_estimate_of_a_unit_lies_over_what_stands_in_that_unit_alone(cast):
    beside = replace(cast, unit=cast.elsewhere, owner=cast.outsider)
    run = factories.implementation(beside, control=ROLES, approved=False)
    lead = factories.actor(cast.lead)

    found = gap_assessment(cast.unit, lead, at=AT)
    there = gap_assessment(cast.elsewhere, lead, at=AT)

    served = {credit.requirement for credit in catalog().control_by_id[run.control].credits}
    for entry in found.standards:
        shown = {state.requirement.id: state.readiness for state in entry.now.states}
        told = standing_of(cast.unit, at=AT).readiness
        assert all(told[key] == readiness for key, readiness in shown.items())
    of_both = [
        {
            state.requirement.id: state.readiness
            for entry in one.standards
            for state in entry.now.states
        }
        for one in (found, there)
    ]
    assert any(of_both[0][key] != of_both[1][key] for key in served if key in of_both[0])


def test_answers_of_a_unit_move_its_estimate_whatever_is_run_beside_it(cast):
    beside = replace(cast, unit=cast.elsewhere, owner=cast.outsider)
    factories.implementation(beside, control=ROLES, approved=False)
    lead = factories.actor(cast.lead)
    take_stock([GivenAnswer(ROLES, Answer.DONE)], unit=cast.unit, by=lead, at=AT)

    found = gap_assessment(cast.unit, lead, at=AT)

    assert all(met(entry.estimate) > met(entry.now) for entry in found.standards)


def test_a_unit_that_may_not_be_read_has_no_estimate(cast):
    with pytest.raises(AccessDenied):
        gap_assessment(cast.root, factories.actor(cast.outsider), at=AT)
