"""Certification, what-if, gap assessment and roadmap as pages, without a browser."""

import csv
import io
from typing import Any

import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from twofold.catalog.load import catalog
from twofold.controls.models import Answer, GapAnswer, Implementation
from twofold.people.models import Role
from twofold.reporting.standing import forget

ROLES = "TF-ROL-01"
PAGES = {
    "certification": "/certification/",
    "other standard": "/certification/?standard=27001",
    "what if": "/certification/what-if/",
    "supposed": f"/certification/what-if/?shown={ROLES}&raised=42001:9.1",
    "gap": "/gap/",
    "area": "/gap/areas/management/",
    "requirement's controls": "/gap/requirements/42001:5.3/",
    "roadmap": "/gap/roadmap/",
    "phase": "/gap/roadmap/?phase=describe",
    "roadmap as CSV": "/gap/roadmap/csv/",
}
pages = pytest.mark.parametrize("address", PAGES.values(), ids=PAGES)


@pytest.fixture
def cast(db: None) -> factories.Cast:
    forget()
    return factories.cast(factories.now())


@pytest.fixture
def browser(cast: factories.Cast, client: Client) -> Client:
    client.force_login(cast.lead)
    return client


def grow(cast: factories.Cast) -> None:
    at = factories.now()
    run = factories.implementation(cast, of=factories.system(cast, at=at), at=at)
    factories.claim(run, factories.evidence_item(cast, at=at), cast, at=at)


@pages
def test_page_is_shown_in_an_empty_organisation(address: str, browser: Client) -> None:
    page = browser.get(address)
    assert page.status_code == 200
    assert "None" not in page.content.decode()


def test_a_history_of_one_day_says_when_its_chart_appears(browser: Client) -> None:
    page = browser.get("/certification/").content.decode()
    assert "No history yet" in page
    assert "The chart appears after the first Sunday on record." in page
    assert "closed window" not in page


@pages
def test_page_costs_as_many_queries_for_many_records_as_for_one(
    address: str, cast: factories.Cast, browser: Client
) -> None:
    grow(cast)
    assert browser.get(address).status_code == 200
    with CaptureQueriesContext(connection) as one:
        browser.get(address)
    for _count in range(4):
        grow(cast)
    assert browser.get(address).status_code == 200
    with CaptureQueriesContext(connection) as many:
        browser.get(address)
    assert len(many) == len(one) <= 30


@pages
def test_page_is_for_those_who_may_read(address: str, cast: factories.Cast, client: Client) -> None:
    assert client.get(address).status_code == 302
    by = factories.actor(cast.administrator)
    nobody = factories.person("nobody", by=by, unit=cast.root, at=factories.now())
    client.force_login(nobody)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/gap/areas/nowhere/",
        "/gap/areas/own/",
        "/gap/requirements/42001:99/",
        "/gap/requirements/42001:4/",
        "/gap/?unit=7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c",
        "/gap/?unit=x",
    ],
)
def test_what_is_not_there_is_not_found(address: str, browser: Client) -> None:
    assert browser.get(address).status_code == 404


def test_first_use_leads_who_may_answer_to_the_gap_assessment(
    cast: factories.Cast, client: Client
) -> None:
    client.force_login(cast.lead)
    assert 'href="/gap/"' in client.get("/").content.decode()
    client.force_login(cast.auditor)
    assert 'href="/gap/"' not in client.get("/").content.decode()


def test_certification_names_each_predicate_and_the_state(browser: Client) -> None:
    page = browser.get("/certification/").content.decode()
    for predicate in catalog().predicates:
        asked = any(key.startswith("42001:") for key in predicate.requirements)
        assert (f'id="{predicate.id}"' in page) is asked
    assert "No forecast: the record tells of 0 days, and 28 are needed." in page
    assert "nobody yet; usually: " in page


def test_what_if_refuses_what_is_not_offered(browser: Client) -> None:
    page = browser.get("/certification/what-if/?shown=TF-NO-99")
    assert page.status_code == 422
    assert "Select a valid choice" in page.content.decode()


def test_what_if_shows_what_turns(browser: Client) -> None:
    page = browser.get(f"/certification/what-if/?shown={ROLES}").content.decode()
    assert "Roles, responsibilities and authorities" in page
    assert not Implementation.objects.exists()


def given(control: str, answer: str = "", note: str = "", owner: str = "") -> dict[str, str]:
    return {
        f"{control}-answer": answer,
        f"{control}-note": note,
        f"{control}-owner": owner,
    }


def test_answers_of_an_area_are_saved_and_lead_to_the_next(
    cast: factories.Cast, browser: Client
) -> None:
    answered = browser.post(
        "/gap/areas/ai-governance/",
        {
            **given(ROLES, "done", "Names stand in the chart.", str(cast.owner.pk)),
            **given("TF-POL-01", "missing"),
        },
    )
    assert answered.status_code == 302
    assert answered.headers["Location"] == f"/gap/areas/assurance/?unit={cast.root.pk}"
    assert dict(GapAnswer.objects.values_list("control", "answer")) == {
        ROLES: "done",
        "TF-POL-01": "missing",
    }
    row = Implementation.objects.get()
    assert (row.control, row.owner, row.approved_at) == (ROLES, cast.owner, None)
    page = browser.get("/gap/areas/ai-governance/").content.decode()
    assert "Awaits approval" in page
    assert "Names stand in the chart." in page


def test_last_area_leads_back_to_the_overview(cast: factories.Cast, browser: Client) -> None:
    answered = browser.post("/gap/areas/ai-use/", given("TF-USR-01", "unknown"))
    assert answered.headers["Location"] == f"/gap/?unit={cast.root.pk}"


def test_text_without_an_answer_is_refused_and_nothing_is_recorded(browser: Client) -> None:
    page = browser.post(
        "/gap/areas/ai-governance/",
        {**given(ROLES, "", "Names stand."), **given("TF-POL-01", "missing")},
    )
    assert page.status_code == 422
    assert "Say whether it is done." in page.content.decode()
    assert not GapAnswer.objects.exists()


def test_unit_that_one_may_only_read_is_not_answered_for(
    cast: factories.Cast, client: Client
) -> None:
    client.force_login(cast.auditor)
    assert "Save and go on" not in client.get("/gap/areas/ai-governance/").content.decode()
    page = client.post("/gap/areas/ai-governance/", given(ROLES, "done"))
    assert page.status_code == 422
    assert "You hold no role" in page.content.decode()
    assert not GapAnswer.objects.exists()


def test_only_who_may_answer_is_offered_persons(cast: factories.Cast, client: Client) -> None:
    client.force_login(cast.auditor)
    page = client.get("/gap/areas/ai-governance/")
    told = given(ROLES, "done", owner=str(cast.owner.pk))
    refused = client.post("/gap/areas/ai-governance/", told)

    assert all(offered(question) == [""] for question in page.context["questions"])
    assert refused.status_code == 422
    assert "You hold no role" in refused.content.decode()
    assert all(offered(question) == [""] for question in refused.context["questions"])
    client.force_login(cast.lead)
    page = client.get("/gap/areas/ai-governance/")
    assert str(cast.owner.pk) in offered(page.context["questions"][0])


def offered(question: Any) -> list[str]:
    return [key for key, _name in question.form.fields["owner"].choices]


def test_unit_is_chosen_among_those_within_reach(cast: factories.Cast, client: Client) -> None:
    client.force_login(cast.owner)
    client.post("/gap/areas/ai-governance/", given(ROLES, "done"))
    assert GapAnswer.objects.get().unit == cast.unit
    assert client.get(f"/gap/?unit={cast.elsewhere.pk}").status_code == 404


def test_controls_of_a_requirement_stand_with_those_that_cover_it_first(browser: Client) -> None:
    page = browser.get("/gap/requirements/42001:5.3/").content.decode()
    places = [page.index(f'id="{control.id}"') for control in catalog().controls_of["42001:5.3"]]
    assert page.index(f'id="{ROLES}"') == min(places)
    back = browser.post("/gap/requirements/42001:5.3/", given(ROLES, "partly"))
    assert back.headers["Location"] == "/requirements/42001:5.3/"
    assert GapAnswer.objects.get().answer == Answer.PARTLY
    assert (
        "/gap/requirements/42001:5.3/" in browser.get("/requirements/42001:5.3/").content.decode()
    )


def test_roadmap_is_exported_row_by_row(browser: Client) -> None:
    answered = browser.get("/gap/roadmap/csv/")
    rows = list(csv.DictReader(io.StringIO(answered.content.decode())))
    assert answered.headers["Content-Type"].startswith("text/csv")
    assert [row["number"] for row in rows] == [str(place + 1) for place in range(len(rows))]
    assert {row["phase"] for row in rows} == {"decide", "describe"}
    roles = next(row for row in rows if row["control"] == ROLES)
    assert "42001:5.3" in roles["unlocks"].split()
    assert roles["link"].endswith(f"/controls/{ROLES}/implement/")


def test_reader_sees_the_assessment(cast: factories.Cast, client: Client) -> None:
    assert cast.reviewer.assignments.get().role == Role.REVIEWER
    client.force_login(cast.reviewer)
    assert client.get("/gap/areas/ai-governance/").status_code == 200
