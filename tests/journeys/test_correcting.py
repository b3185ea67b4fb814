"""A finding from its raising to its closing, and a status that is set by hand."""

import re
from datetime import timedelta

import factories
import pytest
from factories import governed
from journeys.conftest import SignedIn
from journeys.themes import sound
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.controls.actions import Decision, decide_applicability
from twofold.controls.models import Override
from twofold.findings.models import Finding

pytestmark = pytest.mark.journey

#: A requirement of each standard that the control serves; the first it covers wholly.
SERVED = ("42001:A.6.2.6", "27001:A.8.16")
SOON = (factories.now() + timedelta(days=30)).date().isoformat()


@pytest.fixture
def decided(world: World) -> None:
    decide_applicability(
        [Decision(key, applicable=True, reason="Systems are in operation.") for key in SERVED],
        unit=world.cast.root,
        by=factories.actor(world.cast.lead),
        at=factories.now(),
    )


def state_of(page: Page, site: str, requirement: str) -> str:
    page.goto(f"{site}/requirements/{requirement}/")
    return page.locator(".tf-verdict-state").inner_text().strip()


def reasons(page: Page) -> str:
    return page.get_by_role("list", name="Reasons", exact=True).inner_text()


def raise_finding(page: Page) -> str:
    """Raise a major finding from the requirement that is shown; return the finding's address."""
    page.get_by_role("link", name=re.compile("Raise a finding ?: TF-MON-01")).first.click()
    expect(page.get_by_label("Requirement")).to_have_value(SERVED[0])
    page.get_by_label("Grade").select_option(label="Major nonconformity")
    page.get_by_label("Title").fill("Breaches are not looked at")
    page.get_by_label("What was found").fill("Two breaches of May were never acknowledged.")
    sound(page)
    page.get_by_role("button", name="Raise the finding").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("F-1 Breaches are not looked at")
    held = page.get_by_role("region", name="What it holds back")
    for requirement in SERVED:
        expect(held.get_by_role("link", name=requirement)).to_be_visible()
    expect(page.get_by_text("It can be closed once something was done")).to_be_visible()
    sound(page)
    return page.url


def answer_finding(page: Page) -> None:
    """Answer the finding that is shown, at first with a date that cannot be."""
    page.get_by_label("Cause").fill("Nobody was named for the weekends.")
    page.get_by_label("Corrective action").fill("Name a deputy.")
    page.get_by_label("Owner").select_option(label="Owner")
    page.get_by_label("Due").fill("2001-01-01")
    page.get_by_role("button", name="Record the action").click()
    expect(page.get_by_label("Due")).to_have_accessible_description(
        "The action cannot be due in the past."
    )
    page.get_by_label("Due").fill(SOON)
    page.get_by_role("button", name="Record the action").click()
    told = page.get_by_role("status").filter(has_text="The corrective action is recorded.")
    expect(told).to_be_visible()
    expect(page.get_by_role("button", name="Close the finding")).to_have_count(0)


def close_finding(page: Page) -> None:
    page.get_by_label("How it shows that it works").fill("All breaches of June were answered.")
    page.get_by_role("button", name="Close the finding").click()
    expect(page.get_by_role("status").filter(has_text="F-1 is closed.")).to_be_visible()
    expect(page.get_by_text("Nothing any more")).to_be_visible()
    for words in ("Finding raised", "Corrective action recorded", "Finding closed"):
        expect(page.get_by_text(words, exact=True)).to_be_visible()
    sound(page)


def test_finding_turns_both_standards_is_answered_and_closed_by_a_second_person(
    signed_in: SignedIn, site: str, world: World, decided: None
) -> None:
    page = signed_in(world.cast.auditor)
    assert state_of(page, site, SERVED[0]) == "Partial"
    finding = raise_finding(page)
    for requirement in SERVED:
        state_of(page, site, requirement)
        assert "Major nonconformity since" in reasons(page)
    assert state_of(page, site, SERVED[0]) == "Gap"
    reason = page.get_by_role("listitem").filter(has_text="Major nonconformity since").first
    reason.get_by_role("link", name="Open the record").click()
    expect(page).to_have_url(finding)

    signed_in(world.cast.owner)
    page.reload()
    answer_finding(page)
    signed_in(world.cast.auditor)
    page.goto(finding)
    close_finding(page)

    assert Finding.objects.get().closed_by == world.cast.auditor
    assert state_of(page, site, SERVED[0]) == "Partial"
    for requirement in SERVED:
        state_of(page, site, requirement)
        assert "Major nonconformity" not in reasons(page)


def test_findings_are_narrowed_to_those_that_are_closed(
    lead: Page, site: str, world: World
) -> None:
    at = factories.now()
    governed.finding(world.cast, at=at)
    answered = governed.answered(governed.finding(world.cast, at=at), world.cast, at=at)
    governed.closed(answered, world.cast, at=at)
    lead.goto(f"{site}/findings/")
    sound(lead)
    lead.get_by_label("State").select_option(label="Closed")
    lead.get_by_role("button", name="Filter").click()
    expect(lead.get_by_role("rowheader", name="F-2")).to_be_visible()
    expect(lead.get_by_role("rowheader")).to_have_count(1)


def test_status_is_set_by_hand_by_two_persons_and_the_computed_one_stays_in_sight(
    signed_in: SignedIn, site: str, world: World, decided: None
) -> None:
    page = signed_in(world.cast.lead)
    page.goto(f"{site}/requirements/{SERVED[1]}/")
    page.get_by_text("Ask for another status").click()
    page.get_by_label("Status to show").select_option(label="Conforming")
    page.get_by_label("Until").fill(SOON)
    page.get_by_label("Unit").select_option(label="Lending")
    page.get_by_label("Why the facts do not tell it").fill("The old archive shows it.")
    page.get_by_role("button", name="Ask for approval").click()
    expect(page.get_by_text("Waits for approval")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    expect(page.locator(".tf-verdict-state")).to_have_text("Partial")
    sound(page)

    signed_in(world.cast.approver)
    page.goto(f"{site}/overrides/")
    sound(page)
    page.get_by_role("button", name=re.compile(f"Approve ?: {SERVED[1]}")).click()
    expect(page.get_by_role("row", name=SERVED[1]).get_by_text("Stands")).to_be_visible()
    page.goto(f"{site}/requirements/{SERVED[1]}/")
    verdict = page.locator(".tf-verdict")
    expect(verdict.locator(".tf-verdict-state")).to_have_text("Conforming")
    expect(verdict.locator(".tf-verdict-computed")).to_contain_text("Partial")
    expect(page.locator("#override")).to_contain_text("The old archive shows it.")
    sound(page)
    assert Override.objects.get().approved_by == world.cast.approver
    page.goto(site)
    page.get_by_role("link", name="1 of them set by hand").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    expect(page.locator("#rows tbody tr")).to_contain_text("Set by hand")
    sound(page)
