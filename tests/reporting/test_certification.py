"""What auditors expect, who owes what is missing, and the history that the forecast rests on."""

from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, decide_applicability, prepare_statement
from twofold.controls.models import Implementation, Statement
from twofold.domain.certification import PredicateState
from twofold.domain.forecast import Forecast, NoForecast
from twofold.domain.readiness import Cause
from twofold.evidence import actions as evidence
from twofold.people.access import part_of_product
from twofold.reporting.certification import certification
from twofold.reporting.forecasts import WEEKS, forecast_text, method_text
from twofold.reporting.soa.content import content
from twofold.reporting.standing import forget
from twofold.reporting.words import reason_text

#: A Thursday; the organisation was founded on a Thursday six weeks earlier.
AT = factories.AT.replace(month=11, day=19)
FOUNDED = AT - timedelta(weeks=6)
ROLES, AUDIT = "TF-ROL-01", "TF-AUD-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


@pytest.fixture
def cast(db):
    return factories.cast(at=FOUNDED)


def view(cast, *, standard="42001", at=AT, by=None):
    found = certification(factories.actor(by or cast.lead), at=at)
    return next(entry for entry in found.standards if entry.framework.id == standard)


def predicates(cast, **asked):
    return {
        entry.predicate.id: entry
        for stage in view(cast, **asked).stages
        for entry in stage.predicates
    }


def applies(cast, *requirements, at=FOUNDED):
    decide_applicability(
        [Decision(key, applicable=True, reason="We do this.") for key in requirements],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )


def show(cast, control, *, at):
    """Describe a control, have it approved, and have evidence of each need accepted."""
    run = factories.implementation(cast, control=control, at=at)
    evidence_of(cast, run, at=at)
    return run


def sealed(cast, standard):
    """Approve a statement of what is decided in the whole organisation."""
    draft = prepare_statement(
        standard,
        lambda: content(standard, unit=cast.root, by=factories.actor(cast.lead), at=AT),
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=AT,
    )
    return Statement.objects.filter(pk=draft.pk).update(
        approved_by=cast.approver, approved_at=AT, effective_date=AT.date()
    )


def evidence_of(cast, run, *, at):
    """Have evidence of each need accepted."""
    day = at.date()
    for need in catalog().control_by_id[run.control].evidence:
        item = evidence.add_item(
            need.title[:80],
            kind=need.kind,
            unit=cast.unit,
            content=factories.content(
                period_from=day - timedelta(days=20),
                period_to=day - timedelta(days=1),
                valid_until=day + timedelta(days=300),
            ),
            by=factories.actor(cast.owner),
            at=at,
        )
        made = factories.claim(run, item, cast, at=at)
        controls.accept_claim(made, by=factories.actor(cast.approver), at=at)


def test_every_predicate_is_told_of_each_standard_that_it_rests_on(cast):
    for standard in ("42001", "27001"):
        found = view(cast, standard=standard)
        wanted = [
            entry.id
            for entry in catalog().predicates
            if any(key.startswith(standard) for key in entry.requirements)
        ]
        told = [entry.predicate.id for stage in found.stages for entry in stage.predicates]
        assert sorted(told) == sorted(wanted)
        assert [stage.total for stage in found.stages] == [
            len(stage.predicates) for stage in found.stages
        ]


def test_nothing_is_met_in_an_empty_organisation_and_what_is_missing_names_a_usual_owner(cast):
    found = predicates(cast)

    assert {entry.state for entry in found.values()} <= {
        PredicateState.NOT_MET,
        PredicateState.UNKNOWN,
    }
    first = found["S1-04"].owed[0]
    assert (first.reason.cause, first.owner) == (Cause.NOT_IMPLEMENTED, "")
    assert first.role == catalog().control_by_id[ROLES].owner_role


def test_what_the_product_does_not_keep_is_unknown_and_never_met(cast):
    for control in ("TF-RSK-01", "TF-IMP-01"):
        show(cast, control, at=AT)
    for standard in ("42001", "27001"):
        sealed(cast, standard)

    found = predicates(cast)["S1-06"]
    assert found.state is PredicateState.UNKNOWN
    assert [(owed.reason.cause, owed.reason.detail) for owed in found.owed] == [
        (Cause.NOT_KEPT, "risk register"),
        (Cause.NOT_KEPT, "register of impact assessments"),
    ]
    assert "no risk register is kept here" in reason_text(found.owed[0].reason)


def test_statements_are_approved_and_say_what_is_decided_today(cast):
    def lacking():
        return {
            (owed.reason.cause, owed.reason.about)
            for owed in predicates(cast)["S1-06"].owed
            if owed.reason.cause in {Cause.NO_STATEMENT, Cause.STATEMENT_OUTRUN}
        }

    assert lacking() == {(Cause.NO_STATEMENT, "42001"), (Cause.NO_STATEMENT, "27001")}
    sealed(cast, "42001")
    assert lacking() == {(Cause.NO_STATEMENT, "27001")}
    applies(cast, "42001:A.3.2")
    assert lacking() == {(Cause.STATEMENT_OUTRUN, "42001"), (Cause.NO_STATEMENT, "27001")}


def test_who_sees_a_unit_below_is_told_of_the_statement_that_holds_there(cast):
    sealed(cast, "42001")
    told = [
        owed.reason.about
        for owed in predicates(cast, by=cast.owner)["S1-06"].owed
        if owed.reason.cause is Cause.NO_STATEMENT
    ]
    assert told == ["27001"]


def test_objectives_are_met_once_first_figures_were_accepted(cast):
    for control in ("TF-OBJ-01", "TF-KPI-01"):
        factories.implementation(cast, control=control, at=FOUNDED)
    waiting = predicates(cast)["S1-07"]
    assert waiting.state is PredicateState.NOT_MET
    assert {owed.reason.detail for owed in waiting.owed} >= {"objective-reading"}
    for run in Implementation.objects.all():
        evidence_of(cast, run, at=AT)
    assert predicates(cast)["S1-07"].state is PredicateState.MET


def test_roles_are_designed_once_they_are_described_and_approved(cast):
    applies(cast, "42001:A.3.2")
    run = factories.implementation(cast, control=ROLES, approved=False, at=FOUNDED)
    waiting = predicates(cast)["S1-04"]
    assert waiting.state is PredicateState.NOT_MET
    assert {(owed.reason.cause, owed.owner, owed.second) for owed in waiting.owed} == {
        (Cause.NOT_APPROVED, "Owner", True),
        (Cause.NO_EVIDENCE, "Owner", False),
    }

    controls.approve_implementation(
        run, review_due_date=date(2027, 6, 1), by=factories.actor(cast.approver), at=AT
    )
    described = predicates(cast)["S1-04"]
    assert described.state is PredicateState.NOT_MET
    assert {owed.reason.detail for owed in described.owed} == {"raci-matrix", "role-appointment"}
    evidence_of(cast, run, at=AT)
    met = predicates(cast)["S1-04"]
    assert met.state is PredicateState.MET
    assert {entry.id for entry in met.met} == {"42001:5.3", "42001:A.3.2"}


def test_an_audit_must_have_been_held_by_the_first_stage(cast):
    run = factories.implementation(cast, control=AUDIT, at=FOUNDED)
    found = predicates(cast)["S1-09"]
    assert found.state is PredicateState.NOT_MET
    assert {owed.reason.cause for owed in found.owed} == {Cause.NO_EVIDENCE}
    assert {owed.owner for owed in found.owed} == {"Owner"}
    assert {owed.reason.record for owed in found.owed} == {run.ledger_subject}


def test_history_begins_with_the_first_sunday_of_the_record_and_ends_today(cast):
    points = view(cast).history

    assert [point.on for point in points] == [
        *(date(2026, 10, 11) + timedelta(weeks=week) for week in range(6)),
        AT.date(),
    ]
    assert {point.open for point in points} == {points[0].open}
    assert sum(point.closed for point in points) == 0


def test_history_counts_what_was_closed_between_two_sundays(cast):
    before = view(cast).history[0].open
    applies(cast, "42001:A.3.2")
    show(cast, ROLES, at=FOUNDED + timedelta(weeks=3))
    points = view(cast).history

    closed = {point.on: point.closed for point in points if point.closed}
    assert list(closed) == [date(2026, 11, 1)]
    (count,) = closed.values()
    assert count > 0
    assert (points[0].open, points[-1].open) == (before, before - count)


def test_past_points_are_unchanged_by_what_is_done_today(cast):
    points = view(cast).history
    show(cast, ROLES, at=AT)
    assert view(cast).history[:-1] == points[:-1]


def test_no_more_than_twelve_past_weeks_are_told(db):
    cast = factories.cast(at=AT - timedelta(weeks=30))
    assert len(view(cast).history) == WEEKS + 1


def test_forecast_needs_four_weeks(db):
    cast = factories.cast(at=AT - timedelta(weeks=3))
    found = view(cast).forecast
    assert found.why_not is NoForecast.SHORT_HISTORY
    assert "28 are needed" in forecast_text(found)


def test_forecast_follows_from_the_rate_of_closing(cast):
    show(cast, ROLES, at=FOUNDED + timedelta(weeks=3))
    found = view(cast).forecast

    assert found.closed > 0
    assert found.expected is not None
    assert str(found.expected.year) in forecast_text(found)
    assert f"{found.closed} requirements were closed" in method_text(found)


def test_empty_ledger_has_no_history(db):
    found = certification(part_of_product("test"), at=AT)
    assert [len(entry.history) for entry in found.standards] == [1, 1]
    assert method_text(found.standards[0].forecast) == ""


@pytest.mark.parametrize("reason", NoForecast)
def test_each_reason_has_a_sentence(reason):
    text = forecast_text(Forecast(open=4, days=42, closed=3, opened=9, why_not=reason))
    assert text.endswith(".")


def test_equal_pace_and_batches_have_words_of_their_own():
    equal = Forecast(open=4, days=42, closed=3, opened=3, why_not=NoForecast.OUTRUN)
    assert "as many" in forecast_text(equal)
    day = date(2027, 1, 1)
    batches = Forecast(4, 42, 9, 3, dispersion=3.0, expected=day, earliest=day)
    assert "the end is not known" in forecast_text(batches)
    assert "batches" in method_text(batches)


def test_an_outsider_sees_nothing_of_what_others_have_done(cast):
    applies(cast, "42001:A.3.2")
    factories.implementation(cast, control=ROLES, at=FOUNDED)
    found = predicates(cast, by=cast.outsider)["S1-04"]
    assert {owed.reason.cause for owed in found.owed} >= {Cause.NOT_IMPLEMENTED}
    assert {owed.owner for owed in found.owed} == {""}


def test_it_costs_as_many_queries_for_many_records_as_for_one(cast):
    def cost():
        forget()
        with CaptureQueriesContext(connection) as captured:
            view(cast)
        return len(captured)

    show(cast, ROLES, at=FOUNDED)
    one = cost()
    for control in (AUDIT, "TF-DOC-01", "TF-RSK-01"):
        show(cast, control, at=FOUNDED)
    assert cost() == one
