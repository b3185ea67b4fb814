"""From an empty organisation over the gap assessment to the roadmap, and what if."""

import re

import factories
import pytest
from journeys.conftest import SignedIn
from journeys.test_accessibility import violations
from playwright.sync_api import Page, expect

from twofold.controls.models import GapAnswer, Implementation
from twofold.reporting.standing import forget

pytestmark = pytest.mark.journey


@pytest.fixture
def empty(recording_db: None) -> factories.Cast:
    """An organisation that was founded, with its people and nothing else."""
    forget()
    return factories.cast(factories.now())


@pytest.fixture
def world(empty: factories.Cast) -> object:
    """The browser's fixtures ask for a world; this one is empty."""
    return type("Empty", (), {"cast": empty})()


def test_first_use_leads_over_the_assessment_to_the_roadmap(
    signed_in: SignedIn, empty: factories.Cast, site: str
) -> None:
    page = signed_in(empty.lead)
    page.goto(site)
    page.get_by_role("link", name="Begin with the gap assessment").click()
    expect(page.get_by_text("0 of 102 controls answered")).to_be_visible()
    page.get_by_role("link", name="Governance of AI").click()

    roles = page.get_by_role("group", name="Roles, authorities and reporting lines")
    roles.get_by_label("Done, hardly written down").check()
    roles.get_by_label("How it is done today").fill("Names stand in the chart.")
    roles.get_by_label("Who answers for it").select_option(label="Owner")
    page.get_by_role("button", name="Save and go on to Assurance").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Assurance")
    expect(page.get_by_text("1 answer is recorded.")).to_be_visible()
    expect(page.get_by_text("1 of 102 controls answered")).to_be_visible()
    assert GapAnswer.objects.get().answer == "done"
    assert Implementation.objects.get().approved_at is None

    standards = page.get_by_role("heading", name="Both standards").locator("../..")
    expect(standards).to_contain_text("0 of 70 met")
    expect(standards).to_contain_text(re.compile(r"[1-9] of 70 met"))

    page.get_by_role("link", name="Gap assessment").first.click()
    page.get_by_role("link", name="Open the roadmap").click()
    expect(page.get_by_role("link", name="Decide which controls of ISO/IEC 27001")).to_be_visible()
    page.get_by_role("link", name="Approve", exact=True).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Approve: Roles").click()
    expect(page.get_by_text("Awaits approval by a second person")).to_be_visible()


def test_what_if_is_asked_from_the_certification_page(
    signed_in: SignedIn, empty: factories.Cast, site: str
) -> None:
    page = signed_in(empty.lead)
    page.goto(f"{site}/certification/")
    expect(page.get_by_text("No forecast: the record tells of 0 days").first).to_be_visible()
    page.get_by_role("link", name="ISO/IEC 27001").click()
    expect(page.locator("#S2-06")).to_contain_text("Access: who came, moved and left")
    page.get_by_role("link", name="Suppose a change").click()
    page.get_by_label("This control is implemented and shown").select_option("TF-ROL-01")
    page.get_by_role("button", name="See what turns").click()
    row = page.get_by_role("row").filter(has_text="Organizational roles")
    expect(row).to_contain_text("Gap")
    expect(row).to_contain_text("Conforming")
    assert not Implementation.objects.exists()


PAGES = (
    "/certification/",
    "/certification/what-if/?shown=TF-ROL-01&raised=42001:9.1",
    "/gap/",
    "/gap/areas/ai-governance/",
    "/gap/requirements/42001:5.3/",
    "/gap/roadmap/",
)


def test_pages_keep_the_rules_in_both_themes_and_fit_a_telephone(
    signed_in: SignedIn, empty: factories.Cast, site: str
) -> None:
    page = signed_in(empty.lead)
    faults = {}
    for path in PAGES:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme="light" if scheme == "light" else "dark")
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(site + path)
            expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            faults[f"{path}, {scheme}"] = violations(page)
        faults[f"{path}, telephone"] = wider_than_a_telephone(page, site + path)
    assert {name: found for name, found in faults.items() if found} == {}


def wider_than_a_telephone(page: Page, address: str) -> list[str]:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address)
    pixels = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [f"{pixels} pixels too wide"] if pixels else []
