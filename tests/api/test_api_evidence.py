"""The repository of evidence over the API: keeping, links, requests, collections, calendar."""

from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import repository
from factories.programs import Caller
from problems import faults, problem

from twofold.evidence import collections
from twofold.evidence.models import (
    CollectionRun,
    EvidenceCollection,
    EvidenceItem,
    EvidenceLink,
    EvidenceRequest,
)
from twofold.people.access import Permission

KEY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def lead(cast, client):
    return Caller(
        client,
        factories.token(
            cast.lead,
            cast,
            Permission.READ,
            Permission.ADD_EVIDENCE,
            Permission.ASK_EVIDENCE,
            Permission.COLLECT_EVIDENCE,
            Permission.HOLD_EVIDENCE,
        ),
    )


@pytest.fixture
def reader(cast, client):
    return Caller(client, factories.token(cast.auditor, cast, Permission.READ))


@pytest.fixture
def outsider(cast, client):
    return Caller(client, factories.token(cast.outsider, cast, Permission.READ))


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


def description(item, **changed):
    given = {"title": "Minutes", "kind": item.kind, "classification": "internal"}
    return given | changed


def test_an_item_is_listed_described_held_and_released(lead, cast, item):
    listed = lead.ask("GET", "/evidence").json()
    assert [(row["id"], row["version"]) for row in listed] == [(str(item.pk), 1)]
    assert lead.ask("GET", "/evidence?q=zzz").json() == []
    address = f"/evidence/{item.pk}"
    before = lead.ask("GET", address).json()
    assert (before["unit"], before["owner"], before["valid_until"]) == (
        "Lending",
        "",
        "2026-12-31",
    )

    given = description(
        item, owner=cast.owner.email, retain_until="2030-01-31", expected=before["revision"]
    )
    described = lead.ask("PUT", f"{address}/description", given)
    outdated = lead.ask("PUT", f"{address}/description", given)
    held = lead.ask("POST", f"{address}/hold", {"reason": "A dispute"})
    released = lead.ask("POST", f"{address}/end-hold", {"reason": "Settled"})

    told = described.json()
    assert (told["title"], told["owner"], told["retain_until"]) == (
        "Minutes",
        cast.owner.email,
        "2030-01-31",
    )
    problem(outdated, 409)
    assert held.json()["hold"] == "A dispute"
    assert released.json()["hold"] == ""


def test_an_erased_item_has_no_version(lead, item):
    EvidenceItem.objects.update(erased_at=factories.now())

    told = lead.ask("GET", f"/evidence/{item.pk}").json()

    assert (told["version"], told["valid_until"]) == (None, None)
    problem(lead.ask("PUT", f"/evidence/{item.pk}/description", description(item)), 409)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"title": ""}, "title"),
        ({"owner": "nobody@acme.example"}, "owner"),
        ({"classification": "secret"}, "classification"),
        ({"retain_until": "soon"}, "retain_until"),
        ({"more": 1}, "more"),
    ],
)
def test_a_description_is_refused_by_field(lead, item, changed, field):
    response = lead.ask("PUT", f"/evidence/{item.pk}/description", description(item, **changed))

    assert field in str(faults(response))


def test_links_are_made_seen_from_both_ends_and_taken_away(lead, cast, item):
    system = factories.system(cast, at=factories.now())
    given = {"target": system.ledger_subject, "purpose": "Shows it."}
    address = f"/evidence/{item.pk}/links"

    made = lead.ask("POST", address, given)
    twice = lead.ask("POST", address, given)
    nothing = lead.ask("POST", address, {"target": f"inventory.aisystem:{KEY}"})

    assert (made.status_code, made.json()["title"]) == (201, item.title)
    problem(twice, 409)
    problem(nothing, 422)
    linked = lead.ask("GET", f"/evidence/linked?target={system.ledger_subject}").json()
    assert [row["id"] for row in linked] == [made.json()["id"]]
    removed = lead.ask("POST", f"/evidence/links/{made.json()['id']}/remove")
    assert removed.json()["removed_at"]
    assert [row["removed_by"] != "" for row in lead.ask("GET", address).json()] == [True]
    assert lead.ask("GET", f"/evidence/linked?target={system.ledger_subject}").json() == []


def asked(cast, **changed):
    given = {
        "title": "Backup report",
        "kind": "backup-report",
        "unit": "Lending",
        "owner": cast.owner.email,
        "due_date": (factories.now() + timedelta(days=7)).date().isoformat(),
    }
    return given | changed


def test_a_request_is_made_listed_answered_and_another_taken_back(lead, cast, item, client):
    made = lead.ask("POST", "/evidence/requests", asked(cast)).json()
    other = lead.ask("POST", "/evidence/requests", asked(cast)).json()
    owner = Caller(
        client, factories.token(cast.owner, cast, Permission.READ, Permission.ADD_EVIDENCE)
    )
    assert len(owner.ask("GET", "/evidence/requests?mine=true").json()) == 2
    assert lead.ask("GET", "/evidence/requests?mine=true").json() == []

    answer = {"evidence": str(item.pk), "version": 1}
    answered = owner.ask("POST", f"/evidence/requests/{made['id']}/answer", answer)
    again = owner.ask("POST", f"/evidence/requests/{made['id']}/answer", answer)
    missing = owner.ask("POST", f"/evidence/requests/{other['id']}/answer", {"evidence": KEY})
    why = {"reason": "Found it."}
    refused = owner.ask("POST", f"/evidence/requests/{other['id']}/withdraw", why)
    withdrawn = lead.ask("POST", f"/evidence/requests/{other['id']}/withdraw", why)

    assert (answered.json()["state"], answered.json()["evidence"]) == ("answered", str(item.pk))
    problem(again, 409)
    problem(missing, 404)
    problem(refused, 403)
    assert (withdrawn.json()["state"], withdrawn.json()["withdrawal"]) == ("withdrawn", "Found it.")
    states = lead.ask("GET", "/evidence/requests?state=withdrawn").json()
    assert [row["id"] for row in states] == [other["id"]]


def test_a_request_that_was_not_answered_in_time_is_overdue(lead, cast):
    repository.request(cast, at=factories.now())
    EvidenceRequest.objects.update(due_date=date(2026, 1, 1))

    (told,) = lead.ask("GET", "/evidence/requests?state=overdue").json()

    assert told["state"] == "overdue"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"owner": "nobody@acme.example"}, "owner"),
        ({"owner": "reviewer@acme.example"}, "owner"),
        ({"due_date": "2020-01-01"}, "due_date"),
        ({"about": f"inventory.aisystem:{KEY}"}, "about"),
        ({"unit": "Nowhere"}, "unit"),
        ({"title": ""}, "title"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(lead, cast, changed, field):
    response = lead.ask("POST", "/evidence/requests", asked(cast, **changed))

    assert field in str(faults(response))
    assert not EvidenceRequest.objects.exists()


def planned(**changed):
    given = {
        "title": "Backups",
        "kind": "backup-report",
        "unit": "Lending",
        "source": "folder",
        "locator": "backups",
        "schedule": "0 6 * * 1",
        "period_days": 7,
        "valid_days": 30,
    }
    return given | changed


def test_a_collection_is_planned_listed_with_its_runs_and_ended(lead, settings, tmp_path):
    settings.COLLECT_FOLDER = tmp_path
    made = lead.ask("POST", "/evidence/collections", planned())
    address = f"/evidence/collections/{made.json()['id']}"
    row = EvidenceCollection.objects.get()
    at = factories.now()
    failed = CollectionRun.Outcome.FAILED
    collections.enter_run(row, failed, message="Gone.", due_at=at, at=at)

    runs = lead.ask("GET", f"{address}/runs").json()
    ended = lead.ask("POST", f"{address}/end")
    again = lead.ask("POST", f"{address}/end")

    assert made.status_code == 201
    assert [(run["outcome"], run["message"], run["version"]) for run in runs] == [
        ("failed", "Gone.", None)
    ]
    assert ended.json()["ended_at"]
    problem(again, 409)
    assert lead.ask("GET", address).json()["evidence"] is None
    assert len(lead.ask("GET", "/evidence/collections").json()) == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({}, "locator"),
        ({"source": "address", "locator": "http://169.254.169.254/"}, "locator"),
        ({"source": "elsewhere"}, "source"),
        ({"period_days": 0}, "period_days"),
    ],
)
def test_what_cannot_be_collected_is_refused_by_field(lead, changed, field):
    response = lead.ask("POST", "/evidence/collections", planned(**changed))

    assert field in str(faults(response))
    assert not EvidenceCollection.objects.exists()


def test_the_calendar_and_what_is_past_its_retention(lead, item):
    EvidenceItem.objects.update(retain_until=date(2026, 1, 1))

    spans = lead.ask("GET", "/evidence/calendar").json()["spans"]
    month = next(span["name"] for span in spans if span["count"])
    (ending,) = lead.ask("GET", f"/evidence/calendar?span={month}").json()["ending"]
    (past,) = lead.ask("GET", "/evidence/retention").json()

    assert (ending["evidence"], ending["lost"]) == (str(item.pk), [])
    assert (past["id"], past["retain_until"]) == (str(item.pk), "2026-01-01")


def test_who_only_reads_changes_nothing(reader, cast, item):
    system = factories.system(cast, at=factories.now())
    link = repository.link(item, system, cast, at=factories.now())
    made = repository.request(cast, at=factories.now())
    planned_already = repository.collection(cast, at=factories.now())

    for method, address, given in (
        ("PUT", f"/evidence/{item.pk}/description", description(item)),
        ("POST", f"/evidence/{item.pk}/hold", {"reason": "So."}),
        ("POST", f"/evidence/{item.pk}/end-hold", {"reason": "So."}),
        ("POST", f"/evidence/{item.pk}/links", {"target": system.ledger_subject}),
        ("POST", f"/evidence/links/{link.pk}/remove", None),
        ("POST", "/evidence/requests", asked(cast)),
        ("POST", f"/evidence/requests/{made.pk}/answer", {"evidence": str(item.pk)}),
        ("POST", f"/evidence/requests/{made.pk}/withdraw", {"reason": "So."}),
        ("POST", "/evidence/collections", planned()),
        ("POST", f"/evidence/collections/{planned_already.pk}/end", None),
    ):
        problem(reader.ask(method, address, given), 403)
    assert EvidenceLink.objects.get().removed_at is None


def test_what_lies_elsewhere_is_not_there(outsider, cast, item):
    made = repository.request(cast, at=factories.now())
    planned_already = repository.collection(cast, at=factories.now())

    for address in (
        f"/evidence/{item.pk}",
        f"/evidence/{item.pk}/links",
        f"/evidence/requests/{made.pk}",
        f"/evidence/collections/{planned_already.pk}",
        f"/evidence/collections/{planned_already.pk}/runs",
    ):
        problem(outsider.ask("GET", address), 404)
    for address in ("/evidence", "/evidence/requests", "/evidence/collections"):
        assert outsider.ask("GET", address).json() == []


@pytest.mark.parametrize(
    "address", ["/evidence", "/evidence/requests", "/evidence/collections", "/evidence/calendar"]
)
def test_lists_cost_the_same_for_many_as_for_one(lead, cast, address):
    def add():
        factories.evidence_item(cast, at=factories.now())
        repository.request(cast, at=factories.now())
        repository.collection(cast, at=factories.now())

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert lead.ask("GET", address).status_code == 200
        return len(queries)

    add()
    one = cost()
    for _ in range(4):
        add()

    assert cost() == one
