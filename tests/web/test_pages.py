"""Pages by themselves, without a browser: how many queries they cost, and where records lead."""

from collections.abc import Callable
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from twofold.catalog.load import catalog
from twofold.evidence.models import EvidenceItem
from twofold.inventory.models import AISystem
from twofold.reporting.standing import forget
from twofold.web.records import has_page

#: A key that no record has.
NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"
PAGES: dict[str, Callable[[AISystem, EvidenceItem], str]] = {
    "posture": lambda _s, _e: "/",
    "requirements": lambda _s, _e: "/requirements/",
    "requirement": lambda _s, _e: "/requirements/42001:A.6.2.6/",
    "systems": lambda _s, _e: "/systems/",
    "system": lambda s, _e: f"/systems/{s.code}/",
    "controls": lambda _s, _e: "/controls/",
    "control": lambda _s, _e: "/controls/TF-MON-01/",
    "evidence": lambda _s, _e: "/evidence/",
    "evidence item": lambda _s, e: f"/evidence/{e.pk}/",
    "alerts": lambda _s, _e: "/alerts/",
    "integrity": lambda _s, _e: "/integrity/",
}


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The cast, employed in real time: pages read the clock."""
    return factories.cast(factories.now())


@pytest.fixture
def browser(cast: factories.Cast, client: Client) -> Client:
    client.force_login(cast.lead)
    return client


def grow(cast: factories.Cast) -> tuple[AISystem, EvidenceItem]:
    """Add a system that runs a control, with a claim that waits."""
    at = factories.now()
    system = factories.system(cast, at=at)
    implementation = factories.implementation(cast, of=system, at=at)
    item = factories.evidence_item(cast, at=at)
    factories.claim(implementation, item, cast, at=at)
    return system, item


@pytest.mark.parametrize("name", PAGES)
def test_page_costs_as_many_queries_for_many_records_as_for_one(
    name: str, cast: factories.Cast, browser: Client
) -> None:
    address = PAGES[name](*grow(cast))
    # Read anew both times: what is kept in memory would hide what reading costs.
    forget()
    with CaptureQueriesContext(connection) as one:
        assert browser.get(address).status_code == 200
    for _count in range(4):
        grow(cast)
    forget()
    with CaptureQueriesContext(connection) as many:
        assert browser.get(address).status_code == 200
    assert len(many) == len(one)


@pytest.mark.parametrize(
    "requirement", [entry.id for entry in catalog().requirements.values()][::12]
)
def test_every_requirement_has_a_page(
    requirement: str, cast: factories.Cast, browser: Client
) -> None:
    # An article of guidance has its page beside the others.
    page = browser.get(f"/requirements/{requirement}/", follow=True)
    assert page.status_code == 200
    assert catalog().requirements[requirement].reference in page.content.decode()


def test_unknown_score_is_a_dash_and_a_word_and_never_zero(
    cast: factories.Cast, browser: Client
) -> None:
    page = browser.get("/requirements/?framework=27001&q=A.8.30").content.decode()
    assert "Nobody has decided whether it applies." in page
    assert "Not defined" in page
    assert "0 %" not in page


def test_fragment_is_given_to_htmx_and_the_page_to_everybody_else(
    cast: factories.Cast, browser: Client
) -> None:
    whole = browser.get("/requirements/")
    part = browser.get("/requirements/", headers={"HX-Request": "true"})
    restored = browser.get(
        "/requirements/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert b"<html" in restored.content
    assert "HX-Request" in whole.headers["Vary"]


def test_records_lead_to_the_page_that_shows_them(cast: factories.Cast, browser: Client) -> None:
    system, item = grow(cast)
    version = item.versions.get()
    implementation = system.implementations.get()
    claim = implementation.claims.get()
    expected = {
        system.ledger_subject: f"/systems/{system.code}/",
        item.ledger_subject: f"/evidence/{item.pk}/",
        version.ledger_subject: f"/evidence/{item.pk}/",
        claim.ledger_subject: f"/evidence/{item.pk}/",
        implementation.ledger_subject: f"/implementations/{implementation.pk}/",
    }
    found = {name: browser.get(f"/records/{name}/").headers.get("Location") for name in expected}
    assert found == expected


@pytest.mark.parametrize(
    "subject",
    [
        f"inventory.aisystem:{NOWHERE}",
        "inventory.aisystem:no-key",
        f"people.person:{NOWHERE}",
        "x",
    ],
)
def test_record_without_a_page_is_not_found(
    subject: str, cast: factories.Cast, browser: Client
) -> None:
    assert browser.get(f"/records/{subject}/").status_code == 404


def test_tokens_have_no_page() -> None:
    assert not has_page(f"people.apitoken:{NOWHERE}")


def test_outsider_is_not_shown_what_others_hold(cast: factories.Cast, client: Client) -> None:
    system, item = grow(cast)
    client.force_login(cast.outsider)
    for address in (f"/systems/{system.code}/", f"/evidence/{item.pk}/"):
        assert client.get(address).status_code in {403, 404}
    assert item.title not in client.get("/evidence/").content.decode()
    assert system.name not in client.get("/systems/").content.decode()


def test_first_use_shows_where_to_begin(cast: factories.Cast, browser: Client) -> None:
    assert "Where to begin" in browser.get("/").content.decode()
    grow(cast)
    assert "Where to begin" not in browser.get("/").content.decode()


def test_expired_evidence_is_said_to_be_expired(cast: factories.Cast, browser: Client) -> None:
    at = factories.now()
    item = factories.evidence_item(cast, at=at)
    long_ago = (at - timedelta(days=3)).date()
    item.versions.update(
        period_from=long_ago - timedelta(days=9), period_to=long_ago, valid_until=long_ago
    )
    assert "Expired" in browser.get("/evidence/").content.decode()


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:1"])
def test_accepting_leads_nowhere_else(address: str, cast: factories.Cast, browser: Client) -> None:
    system, _item = grow(cast)
    claim = system.implementations.get().claims.get()
    answer = browser.post(f"/claims/{claim.pk}/accept/", {"next": address})
    assert answer.headers["Location"] == f"/implementations/{claim.implementation_id}/"


def test_unknown_address_gets_a_page_of_ours(cast: factories.Cast, browser: Client) -> None:
    page = browser.get("/nowhere/")
    assert page.status_code == 404
    assert "There is no page at this address." in page.content.decode()
