"""What requirements, controls and standards serve besides, from records that actions wrote."""

from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import monitored
from factories.monitored import on

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.domain.readiness import Status
from twofold.evidence import actions as evidence
from twofold.people.errors import InvalidInput
from twofold.reporting.overlap import (
    Basis,
    basis,
    compared,
    control_overlap,
    library_basis,
    requirement_overlap,
    standard_overlap,
)

#: The library as it is shipped, without an organisation.
SHIPPED = Basis(catalog(), {}, None)
CONTROL = "TF-MON-01"
#: Credited to the control wholly; and in part, in the other standard.
WHOLLY, PARTLY = "42001:A.6.2.6", "27001:A.8.16"


@pytest.fixture
def cast(db):
    return monitored.early_cast()


@pytest.fixture
def lead(cast):
    return factories.actor(cast.lead)


@pytest.fixture
def shown(cast):
    """The monitoring control as it is run, with every need met until the 20th."""
    run = factories.implementation(cast, at=on(2))
    for need in catalog().control_by_id[CONTROL].evidence:
        item = evidence.add_item(
            need.title,
            kind=need.kind,
            unit=cast.unit,
            content=factories.content(period_from=on(2).date(), period_to=on(8).date(),
                                      valid_until=on(20).date()),
            by=factories.actor(cast.engineer),
            at=on(9),
        )  # fmt: skip
        made = factories.claim(run, item, cast, at=on(9))
        controls.accept_claim(made, by=factories.actor(cast.approver), at=on(9))
    return run


def way(found, first="27001", second="42001"):
    return standard_overlap(found, *compared(found, first, second))


def decide(cast, requirements, *, applicable, at):
    controls.decide_applicability(
        [controls.Decision(key, applicable=applicable, reason="Decided.") for key in requirements],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )


def work_for(found, requirement):
    return next(entry for entry in found.counterparts if entry.requirement.id == requirement)


def test_the_library_pays_for_a_part_of_each_standard_and_says_so_without_an_organisation():
    for first, second in (("27001", "42001"), ("42001", "27001")):
        found = way(SHIPPED, first, second)
        asked = [entry for entry in catalog().framework(second).requirements if entry.auditable]

        assert 0 < found.least < found.most < 1
        assert found.least == found.wholly / found.applicable
        assert found.most <= (found.wholly + found.partly / 2) / found.applicable
        assert found.applicable == len(asked)
        assert (found.shown, found.running) == (None, None)
        assert len(found.remaining) == found.partly + found.not_at_all
        assert all(entry.asked < 1 for entry in found.remaining)


def test_the_library_of_an_organisation_that_changed_nothing_is_the_shipped_one(db):
    assert library_basis() == SHIPPED


def test_the_library_names_a_control_that_closes_whatever_remains():
    for first, second in (("27001", "42001"), ("42001", "27001")):
        assert all(entry.work.closing for entry in way(SHIPPED, first, second).remaining)


def test_the_figure_rests_on_the_pairs_of_the_standards_and_on_no_control():
    bare = replace(SHIPPED, catalog=replace(catalog(), controls_of={}))
    for first, second in (("27001", "42001"), ("42001", "27001")):
        told, without = way(SHIPPED, first, second), way(bare, first, second)
        assert (told.wholly, told.partly, told.least, told.most) == (
            without.wholly,
            without.partly,
            without.least,
            without.most,
        )


def test_a_requirement_is_met_wholly_only_in_the_direction_in_which_all_of_it_is_asked():
    reached = {}
    for pair in catalog().pairs:
        for source, target, relation in (
            (pair.source, pair.target, pair.relation),
            (pair.target, pair.source, pair.relation.turned),
        ):
            if source.startswith("27001:") and target.startswith("42001:"):
                reached[target] = reached.get(target, False) or relation.covers_wholly
    found = way(SHIPPED)

    assert found.wholly == sum(reached.values())
    assert found.wholly + found.partly == len(reached)


def test_what_the_first_standard_excludes_is_no_work_for_the_second(cast, lead):
    before = way(basis(lead, at=on(1)), "42001", "27001")
    excluded = [entry.id for entry in before.first.requirements if entry.excludable]
    decide(cast, excluded, applicable=False, at=on(2))
    after = way(basis(lead, at=on(3)), "42001", "27001")

    assert after.applicable == before.applicable
    assert after.most < before.most


def test_nothing_is_shown_before_anything_is_run_and_some_of_it_afterwards(lead, shown):
    before = way(basis(lead, at=on(1)), "42001", "27001")
    after = way(basis(lead, at=on(10)), "42001", "27001")

    assert (before.shown, before.running) == (0, 0)
    assert after.running == 1
    assert 0 < after.shown < 1
    assert (after.least, after.most) == (before.least, before.most)


def test_what_is_shown_falls_on_the_day_after_the_evidence_expires(lead, shown):
    last, first_without = on(20), on(20) + timedelta(days=1)
    assert way(basis(lead, at=last), "42001", "27001").shown > 0
    assert way(basis(lead, at=first_without), "42001", "27001").shown == 0


def test_a_reader_elsewhere_is_not_shown_what_others_run(cast, shown):
    found = way(basis(factories.actor(cast.outsider), at=on(10)), "42001", "27001")
    assert (found.shown, found.running) == (0, 0)


def test_excluded_requirements_count_neither_as_asked_nor_as_work(cast, lead):
    before = way(basis(lead, at=on(1)))
    unserved = next(entry for entry in before.remaining if entry.requirement.excludable)
    decide(cast, [unserved.requirement.id], applicable=False, at=on(2))
    after = way(basis(lead, at=on(3)))

    assert (before.excluded, after.excluded) == (0, 1)
    assert after.applicable == before.applicable - 1
    assert unserved.asked < before.most < after.most
    assert unserved.requirement not in [entry.requirement for entry in after.remaining]


def test_where_no_requirement_applies_there_is_no_figure(lead):
    found = basis(lead, at=on(1))
    one, other = compared(found, "27001", "42001")
    none = standard_overlap(found, one, replace(other, requirements=()))

    assert (none.least, none.most, none.shown) == (None, None, None)
    assert (none.applicable, none.remaining) == (0, ())


def test_frameworks_that_nothing_pairs_have_no_figure_by_their_wording():
    found = way(replace(SHIPPED, catalog=replace(catalog(), pairs_of={})))
    assert (found.least, found.most) == (None, None)
    assert found.not_at_all == found.applicable


def test_the_standards_that_are_certified_against_are_compared_unless_others_are_named():
    def ids(first, second):
        return tuple(framework.id for framework in compared(SHIPPED, first, second))

    assert ids("", "") == ("27001", "42001")
    assert ids("42001", "") == ("42001", "27001")
    assert ids("", "27001") == ("42001", "27001")
    assert ids("airmf", "42001") == ("airmf", "42001")


@pytest.mark.parametrize(
    ("first", "second", "field"),
    [("9001", "42001", "first"), ("27001", "euaia", "second"), ("27001", "27001", "second")],
)
def test_frameworks_that_cannot_be_compared_are_refused(first, second, field):
    with pytest.raises(InvalidInput) as refusal:
        compared(SHIPPED, first, second)
    assert refusal.value.field == field


def test_a_requirement_tells_its_counterparts_with_the_relation_read_from_both_ends():
    requirements = catalog().requirements
    for pair in catalog().pairs:
        there = requirement_overlap(SHIPPED, requirements[pair.source])
        back = requirement_overlap(SHIPPED, requirements[pair.target])
        ahead, behind = work_for(there, pair.target), work_for(back, pair.source)
        assert (ahead.code, behind.code) == (pair.relation, pair.relation.turned)
        assert (ahead.relation, ahead.back) == (behind.back, behind.relation)
        assert ahead.rationale == behind.rationale == pair.rationale


def test_a_counterpart_tells_what_is_served_and_what_closes_the_rest(lead, shown):
    found = requirement_overlap(basis(lead, at=on(10)), catalog().requirements[WHOLLY])
    served = work_for(found, PARTLY)

    assert CONTROL in [control.id for control in found.controls]
    assert served.readiness.status is Status.UNKNOWN
    assert 0 < served.work.shown <= served.work.potential < 1
    assert CONTROL in [control.id for control in served.work.by]
    assert CONTROL not in [control.id for control in served.work.closing]


def test_a_requirement_without_counterpart_tells_the_reason():
    found = requirement_overlap(SHIPPED, catalog().requirements["27001:A.5.13"])
    assert [framework.id for framework, _entry in found.none] == ["42001"]
    assert all(entry.rationale for _framework, entry in found.none)


def test_guidance_is_neither_assessed_nor_worked_for(lead, shown):
    found = basis(lead, at=on(10))
    answered = requirement_overlap(found, catalog().requirements["euaia:Art. 4"])
    assert answered.readiness is None
    assert all(entry.readiness for entry in answered.counterparts)
    guided = requirement_overlap(found, catalog().requirements["42001:7.3"])
    articles = [entry for entry in guided.counterparts if entry.framework.guidance]
    assert articles
    assert {(entry.readiness, entry.work) for entry in articles} == {(None, None)}


def test_a_control_tells_what_it_serves_and_how_far_by_itself(lead, shown):
    found = control_overlap(basis(lead, at=on(10)), catalog().control_by_id[CONTROL])
    wholly, partly = work_for(found, WHOLLY), work_for(found, PARTLY)

    assert (found.shown, wholly.work.shown, wholly.work.potential) == (1, 1, 1)
    assert partly.work.potential == min(partly.strength / 10, 0.5)
    assert len(found.counterparts) == len(found.control.credits)
    assert wholly.back != partly.back


def test_a_control_that_is_not_run_shows_nothing_known(lead):
    found = control_overlap(basis(lead, at=on(1)), catalog().control_by_id[CONTROL])
    assert found.shown is None
    assert {entry.work.shown for entry in found.counterparts} == {0}


def test_overlap_costs_as_many_queries_for_many_records_as_for_none(cast, lead):
    way(basis(lead, at=on(1)))
    with CaptureQueriesContext(connection) as none:
        way(basis(factories.actor(cast.lead), at=on(1)))
    for _count in range(3):
        factories.implementation(cast, of=factories.system(cast, at=on(2)), at=on(2))
    way(basis(factories.actor(cast.lead), at=on(3)))
    with CaptureQueriesContext(connection) as many:
        way(basis(factories.actor(cast.lead), at=on(3)))
    assert len(many) == len(none)
