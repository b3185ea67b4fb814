"""Findings over the API: the same actions, refusals by field."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed
from factories.programs import Caller
from problems import faults, problem

from twofold.findings.models import Finding
from twofold.ledger.queries import history
from twofold.people.access import Permission

GIVEN = {
    "requirement": "27001:A.8.15",
    "grade": "minor",
    "title": "No logs",
    "statement": "Two of eight servers send none.",
}
NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"


@pytest.fixture
def lead(cast, client):
    secret = factories.token(
        cast.lead, cast, Permission.READ, Permission.RAISE_FINDING,
        Permission.ANSWER_FINDING, Permission.CLOSE_FINDING,
    )  # fmt: skip
    return Caller(client, secret)


@pytest.fixture
def auditor(cast, client):
    return Caller(
        client, factories.token(cast.auditor, cast, Permission.READ, Permission.CLOSE_FINDING)
    )


@pytest.fixture
def answer(cast):
    return {
        "cause": "Haste.",
        "action": "Slow down.",
        "owner": cast.lead.email,
        "due_date": (factories.now() + timedelta(days=30)).date().isoformat(),
    }


def raised(cast, **given):
    return governed.finding(cast, at=factories.now(), **given)


def test_a_finding_is_raised_answered_and_closed(cast, lead, auditor, answer):
    made = lead.ask("POST", "/findings", GIVEN)
    address = f"/findings/{made.json()['id']}"
    answered = lead.ask("POST", f"{address}/answer", answer)
    own = lead.ask("POST", f"{address}/close", {"effectiveness": "It works."})
    closed = auditor.ask("POST", f"{address}/close", {"effectiveness": "It works."})

    assert (made.status_code, made.json()["name"], made.json()["state"]) == (201, "F-1", "open")
    assert (made.json()["unit"], made.json()["raised_by"]) == ("Acme", cast.lead.email)
    assert (answered.json()["owner"], answered.json()["due_date"]) == (
        cast.lead.email, answer["due_date"],
    )  # fmt: skip
    assert problem(own, 403)["type"].endswith("separation-of-duties")
    assert (closed.json()["state"], closed.json()["closed_by"]) == ("closed", cast.auditor.email)
    assert closed.json() == auditor.ask("GET", address).json()
    problem(auditor.ask("POST", f"{address}/close", {"effectiveness": "Again."}), 409)
    assert len(history(Finding.objects.get().ledger_subject)) == 3


def test_a_finding_against_a_control_stands_where_it_is_run(cast, lead):
    run = factories.implementation(cast, at=factories.now())
    given = {**GIVEN, "requirement": "", "implementation": str(run.pk)}

    answer = lead.ask("POST", "/findings", given).json()

    assert (answer["implementation"], answer["control"]) == (str(run.pk), run.control)
    assert (answer["unit"], answer["scope"]) == ("Lending", "Lending")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"requirement": ""}, {"requirement"}),
        ({"requirement": "27001:Z"}, {"requirement"}),
        ({"grade": "huge"}, {"grade"}),
        ({"title": " "}, {"title"}),
        ({"title": "x" * 201, "statement": ""}, {"title", "statement"}),
        ({"statement": "a\x00b"}, {"statement"}),
        ({"implementation": NOWHERE}, {"implementation"}),
        ({"implementation": "x"}, {"implementation"}),
        ({"unit": "Nowhere"}, {"unit"}),
        ({"colour": "red"}, {"colour"}),
    ],
)
def test_a_bad_finding_is_refused_by_field_and_not_raised(lead, changes, fields):
    assert faults(lead.ask("POST", "/findings", {**GIVEN, **changes})) == fields
    assert not Finding.objects.exists()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"owner": "nobody@acme.example"}, {"owner"}),
        ({"due_date": "2001-01-01"}, {"due_date"}),
        ({"due_date": "soon"}, {"due_date"}),
        ({"cause": ""}, {"cause"}),
    ],
)
def test_a_bad_answer_is_refused_by_field(cast, lead, answer, changes, fields):
    made = raised(cast)

    refused = lead.ask("POST", f"/findings/{made.pk}/answer", {**answer, **changes})

    assert faults(refused) == fields
    made.refresh_from_db()
    assert made.action == ""


def test_what_the_token_does_not_carry_is_refused(cast, auditor, answer):
    made = raised(cast)

    problem(auditor.ask("POST", "/findings", GIVEN), 403)
    problem(auditor.ask("POST", f"/findings/{made.pk}/answer", answer), 403)


def test_findings_out_of_reach_are_not_found(cast, client):
    made = raised(cast)
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.READ))
    loans = factories.system(cast, at=factories.now())
    restricted = Caller(
        client,
        factories.token(cast.lead, cast, Permission.READ, restricted_to=loans.ledger_subject),
    )

    for caller in (outsider, restricted):
        assert caller.ask("GET", "/findings").json() == []
        problem(caller.ask("GET", f"/findings/{made.pk}"), 404)
    problem(outsider.ask("GET", f"/findings/{NOWHERE}"), 404)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["F-2", "F-1", "F-3"]),
        ("?state=open", ["F-2", "F-1"]),
        ("?state=closed", ["F-3"]),
        ("?state=overdue", []),
        ("?grade=major", ["F-2"]),
        ("?q=F-1", ["F-1"]),
        ("?offset=2", ["F-3"]),
    ],
)
def test_findings_are_listed_and_narrowed(cast, lead, query, names):
    raised(cast)
    raised(cast, grade=governed.Grade.MAJOR)
    governed.closed(
        governed.answered(raised(cast), cast, at=factories.now()), cast, at=factories.now()
    )

    assert [entry["name"] for entry in lead.ask("GET", f"/findings{query}").json()] == names


@pytest.mark.parametrize("query", ["state=strange", "grade=huge", "offset=-1"])
def test_a_strange_filter_is_refused(lead, query):
    assert faults(lead.ask("GET", f"/findings?{query}")) == {query.partition("=")[0]}


def test_many_findings_cost_what_one_costs(cast, lead):
    counts, at = [], factories.now()
    for more in (1, 5):
        for _number in range(more):
            run = factories.implementation(cast, of=factories.system(cast, at=at), at=at)
            governed.answered(raised(cast, about=run), cast, at=at)
        with CaptureQueriesContext(connection) as queries:
            lead.ask("GET", "/findings")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_finding_that_was_changed_since_it_was_read_is_neither_answered_nor_closed(
    cast, lead, auditor, answer
):
    row = raised(cast)
    address = f"/findings/{row.pk}"
    seen = lead.ask("GET", address).json()["revision"]
    (listed,) = lead.ask("GET", "/findings").json()
    answered = lead.ask("POST", f"{address}/answer", {**answer, "expected": seen})

    again = lead.ask("POST", f"{address}/answer", {**answer, "expected": seen})
    close = {"effectiveness": "It works.", "expected": seen}
    closed = auditor.ask("POST", f"{address}/close", close)

    assert (seen, listed["revision"], answered.json()["revision"]) == (1, 1, 2)
    for refused in (again, closed):
        assert problem(refused, 409)["type"].endswith("outdated")
    row.refresh_from_db()
    assert row.closed_at is None
    assert auditor.ask("POST", f"{address}/close", {**close, "expected": 2}).status_code == 200
