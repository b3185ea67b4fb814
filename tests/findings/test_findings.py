from datetime import timedelta

import factories
import pytest
from controls.test_implementations import edited
from django.db import IntegrityError
from factories import AT, governed

from twofold.findings.actions import (
    Answer,
    Observed,
    answer_finding,
    close_finding,
    raise_finding,
)
from twofold.findings.models import Finding, Grade
from twofold.findings.queries import matching, visible_findings
from twofold.ledger.queries import history
from twofold.people import actions as people
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties
from twofold.people.models import Role

TODAY = AT.date()
LATER = AT + timedelta(days=1)


def observe(cast, *, by=None, unit=None, at=AT, **given):
    observed = {
        "title": "Logs of two servers are missing",
        "statement": "Of eight servers, two send none.",
        "grade": Grade.MINOR,
        "requirement": governed.LOGGING,
        **given,
    }
    return raise_finding(
        Observed(**observed),
        unit=unit or cast.unit,
        by=by or factories.actor(cast.auditor),
        at=at,
    )


def answer(cast, row, *, by=None, at=AT, **given):
    told = {
        "cause": "The image lacks the agent.",
        "action": "Put it in.",
        "due_date": (at + timedelta(days=30)).date(),
        "owner": cast.owner,
        **given,
    }
    return answer_finding(row, Answer(**told), by=by or factories.actor(cast.owner), at=at)


def close(cast, row, *, by=None, effectiveness="All ten send.", at=LATER):
    by = by or factories.actor(cast.auditor)
    return close_finding(row, effectiveness=effectiveness, by=by, at=at)


def kinds(row):
    return [line.entry.kind for line in history(row.ledger_subject)]


@pytest.fixture
def raised(cast):
    return observe(cast)


def test_a_finding_is_raised_answered_and_closed_by_another_than_who_acted(cast, raised):
    answer(cast, raised, cause=" The image lacks the agent. ")
    close(cast, raised)

    row = Finding.objects.get()
    assert (row.raised_by, row.raised_at, row.grade) == (cast.auditor, AT, "minor")
    assert (row.cause, row.action, row.owner) == (
        "The image lacks the agent.",
        "Put it in.",
        cast.owner,
    )
    assert (row.closed_by, row.closed_at, row.effectiveness) == (
        cast.auditor,
        LATER,
        "All ten send.",
    )
    assert kinds(row) == [
        "findings.finding.closed",
        "findings.finding.answered",
        "findings.finding.raised",
    ]
    assert str(row) == "F-1"


def test_findings_are_counted_up_over_the_organisation(cast):
    lead = factories.actor(cast.lead)
    rows = [observe(cast), observe(cast, unit=cast.elsewhere, by=lead), observe(cast)]

    assert [row.number for row in rows] == [1, 2, 3]


def test_a_finding_is_about_a_requirement_or_a_control_as_it_is_run_or_both(cast):
    run = factories.implementation(cast)

    against_control = observe(cast, requirement="", implementation=run)
    against_both = observe(cast, implementation=run)

    assert (against_control.requirement, against_control.implementation) == ("", run)
    assert (against_both.requirement, against_both.implementation) == (governed.LOGGING, run)


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"requirement": ""}, "requirement"),
        ({"requirement": "27001:A.99.1"}, "requirement"),
        ({"requirement": "27001:9"}, "requirement"),
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0"}, "title"),
        ({"statement": ""}, "statement"),
        ({"statement": "x" * 4001}, "statement"),
    ],
)
def test_what_cannot_be_found_is_refused_by_field(cast, given, place):
    with pytest.raises(InvalidInput) as refusal:
        observe(cast, **given)

    assert refusal.value.field == place
    assert not Finding.objects.exists()


def test_a_control_that_is_run_in_another_unit_is_refused(cast):
    run = factories.implementation(cast)
    with pytest.raises(InvalidInput) as refusal:
        observe(cast, implementation=run, unit=cast.root)

    assert refusal.value.field == "implementation"


def test_a_finding_stays_when_its_control_is_retired(cast):
    run = factories.implementation(cast)
    row = observe(cast, requirement="", implementation=run, grade=Grade.IMPROVEMENT)
    factories.retire(run, reason="Moved.", by=factories.actor(cast.owner), at=AT)

    answer(cast, row)
    assert close(cast, row).closed_at == LATER


@pytest.mark.parametrize("who", ["auditor", "lead", "owner", "approver"])
def test_who_may_raise_there_raises(cast, who):
    assert observe(cast, by=factories.actor(getattr(cast, who)))


@pytest.mark.parametrize("who", ["outsider", "engineer", "reviewer", "administrator"])
def test_who_raises_nothing_there_raises_nothing(cast, who):
    with pytest.raises(AccessDenied):
        observe(cast, by=factories.actor(getattr(cast, who)))
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"cause": ""}, "cause"),
        ({"cause": "x" * 4001}, "cause"),
        ({"action": " "}, "action"),
        ({"action": "a\0"}, "action"),
        ({"due_date": TODAY - timedelta(days=1)}, "due_date"),
        ({"due_date": TODAY + timedelta(days=366)}, "due_date"),
    ],
)
def test_an_answer_that_says_nothing_is_refused_by_field(cast, raised, given, place):
    with pytest.raises(InvalidInput) as refusal:
        answer(cast, raised, **given)

    assert refusal.value.field == place
    row = Finding.objects.get()
    assert (row.cause, row.action, row.due_date, row.owner) == ("", "", None, None)


def test_an_answer_may_be_due_today_and_replaced_by_another(cast, raised):
    answer(cast, raised, due_date=TODAY)
    answer(cast, raised, action="Replace the image.", owner=cast.engineer)

    row = Finding.objects.get()
    assert (row.action, row.owner) == ("Replace the image.", cast.engineer)
    assert kinds(row).count("findings.finding.answered") == 2


@pytest.mark.parametrize("who", ["outsider", "auditor", "approver", "engineer"])
def test_who_answers_nothing_there_answers_nothing(cast, raised, who):
    with pytest.raises(AccessDenied):
        answer(cast, raised, by=factories.actor(getattr(cast, who)))


def test_who_owns_the_action_cannot_close_the_finding(cast, raised):
    people.assign_role(
        cast.owner,
        role=Role.APPROVER,
        unit=cast.unit,
        from_date=TODAY,
        by=factories.actor(cast.administrator),
        at=AT,
    )
    answer(cast, raised)

    with pytest.raises(SeparationOfDuties):
        close(cast, raised, by=factories.actor(cast.owner))
    assert Finding.objects.get().closed_at is None


def test_who_answered_cannot_close_the_finding_though_another_owns_the_action(cast, raised):
    answer(cast, raised, by=factories.actor(cast.lead))

    row = Finding.objects.get()
    assert (row.answered_by, row.owner) == (cast.lead, cast.owner)
    with pytest.raises(SeparationOfDuties):
        close(cast, raised, by=factories.actor(cast.lead))
    assert close(cast, raised).closed_by_id == cast.auditor.pk


def test_an_action_is_due_within_a_year_of_its_answer(cast, raised):
    with pytest.raises(InvalidInput, match="due within 365 days"):
        answer(cast, raised, due_date=TODAY + timedelta(days=366))

    assert answer(cast, raised, due_date=TODAY + timedelta(days=365)).owner == cast.owner


@pytest.mark.parametrize("grade", [Grade.MAJOR, Grade.MINOR])
def test_a_nonconformity_that_nobody_answered_is_not_closed(cast, grade):
    row = observe(cast, grade=grade)

    with pytest.raises(Conflict):
        close(cast, row)
    assert Finding.objects.get().closed_at is None


def test_an_opportunity_for_improvement_needs_no_answer(cast):
    assert close(cast, observe(cast, grade=Grade.IMPROVEMENT)).closed_at == LATER


@pytest.mark.parametrize("effectiveness", ["", " ", "x" * 4001, "a\0"])
def test_closing_says_how_it_shows_that_the_action_works(cast, raised, effectiveness):
    answer(cast, raised)
    with pytest.raises(InvalidInput) as refusal:
        close(cast, raised, effectiveness=effectiveness)

    assert refusal.value.field == "effectiveness"
    assert Finding.objects.get().closed_at is None


@pytest.mark.parametrize("who", ["outsider", "owner", "engineer", "reviewer"])
def test_who_closes_nothing_there_closes_nothing(cast, raised, who):
    answer(cast, raised)
    with pytest.raises(AccessDenied):
        close(cast, raised, by=factories.actor(getattr(cast, who)))


def test_no_part_of_the_product_raises_or_closes(cast, raised):
    worker = part_of_product("worker")
    answer(cast, raised)
    with pytest.raises(AccessDenied):
        observe(cast, by=worker)
    with pytest.raises(SeparationOfDuties):
        close(cast, raised, by=worker)


def test_what_is_closed_stays_closed(cast, raised):
    answer(cast, raised)
    close(cast, raised)
    before = Finding.objects.values().get()

    with pytest.raises(Conflict):
        answer(cast, raised)
    with pytest.raises(Conflict):
        close(cast, raised, by=factories.actor(cast.lead))
    assert Finding.objects.values().get() == before


def test_the_database_refuses_a_closing_by_who_answered(cast, raised):
    answer(cast, raised, by=factories.actor(cast.lead))
    close(cast, raised)
    with pytest.raises(IntegrityError):
        edited(raised, "closed_by_id", cast.lead.pk)


def test_the_database_refuses_a_closing_by_the_owner_and_by_nobody(cast, raised):
    with pytest.raises(IntegrityError):
        edited(raised, "requirement", "")
    with pytest.raises(IntegrityError):
        edited(raised, "closed_at", AT)
    answer(cast, raised)
    close(cast, raised)
    with pytest.raises(IntegrityError):
        edited(raised, "closed_by_id", cast.owner.pk)


def test_findings_are_seen_within_the_unit_alone_the_open_ones_first(cast, raised):
    newer, elsewhere = observe(cast), observe(cast, unit=cast.elsewhere)
    answer(cast, newer)
    close(cast, newer)
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    restricted = Actor(lead.ledger_name, lead.person_id, only=only, restricted_to="a:b")

    assert list(visible_findings(factories.actor(cast.owner), at=AT)) == [raised, newer]
    assert list(visible_findings(lead, at=AT)) == [elsewhere, raised, newer]
    assert list(visible_findings(factories.actor(cast.outsider), at=AT)) == [elsewhere]
    assert not visible_findings(restricted, at=AT)


def test_findings_are_searched_by_title_statement_and_requirement(cast, raised):
    other = observe(cast, title="Badges", statement="Shared.", requirement="27001:A.7.2")
    rows = visible_findings(factories.actor(cast.lead), at=AT)

    assert list(matching(rows, "SHARED")) == list(matching(rows, "a.7.2")) == [other]
    assert list(matching(rows, "servers")) == [raised]
    assert len(matching(rows, "")) == 2
