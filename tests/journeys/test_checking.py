"""A control as it is run: its checks are run and adapted, a claim is rejected, it is ended."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.controls.models import CheckResult, Implementation
from twofold.controls.queries import checks_of

pytestmark = pytest.mark.journey


def test_checks_are_run_and_what_speaks_against_one_is_opened(
    lead: Page, site: str, world: World
) -> None:
    lead.goto(f"{site}/controls/TF-MON-01/")
    lead.get_by_role("link", name=re.compile(rf"Open\s*: {world.system.name}")).click()
    expect(lead.get_by_text("Not run")).to_have_count(len(checks_of(world.implementation)))
    lead.get_by_role("button", name="Run now").click()
    expect(lead.get_by_role("status").filter(has_text="checks ran")).to_be_visible()
    card = lead.locator("#checks")
    for word in ("Passes", "Fails"):
        expect(card.get_by_text(word, exact=True)).not_to_have_count(0)
    assert CheckResult.objects.filter(implementation=world.implementation).count() == len(
        checks_of(world.implementation)
    )
    assert faults(lead) == []


def test_a_failing_check_leads_to_the_record_and_back(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/implementations/{world.implementation.pk}/checks/")
    alerts = page.get_by_role("group", name="Alerts (state waiting)")
    alerts.get_by_label("At most").fill("-1")
    alerts.get_by_label("What it says when it passes").fill("No alert waits at all")
    page.get_by_role("button", name="Record the checks").click()
    expect(page.get_by_text("Awaits a second person")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    check = page.get_by_role("listitem").filter(has_text="No alert waits at all").last
    check.get_by_text("1 record speaks against it").click()
    check.get_by_role("link", name="Alert of").click()
    expect(page).to_have_url(f"{site}/alerts/{world.alert.pk}/")


def test_a_claim_is_rejected_and_the_reason_stands_beside_it(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.approver)
    page.goto(f"{site}/implementations/{world.implementation.pk}/")
    page.get_by_role("link", name=re.compile(rf"Reject\s*: {world.claim.statement}")).click()
    page.get_by_role("button", name="Reject the claim").click()
    expect(page.get_by_label("Why it does not show this")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Why it does not show this").fill("It speaks of another system.")
    page.get_by_role("button", name="Reject the claim").click()
    expect(page.get_by_text("It speaks of another system.")).to_be_visible()
    expect(page.get_by_text("Rejected by Approver")).to_be_visible()


def test_evidence_is_asked_for_more_often_and_the_control_is_ended(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/implementations/{world.implementation.pk}/")
    page.get_by_role("link", name="Adapt what is asked for").click()
    page.get_by_label("Renewed after days").first.fill("0")
    page.get_by_role("button", name="Record what is asked for").click()
    expect(page.get_by_label("Renewed after days").first).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Renewed after days").first.fill("14")
    page.get_by_role("button", name="Record what is asked for").click()
    expect(page.get_by_text("every 14 days")).to_be_visible()

    page.get_by_role("link", name="End how it is run").click()
    page.get_by_label("Why it is no longer run").fill("The system is switched off.")
    page.get_by_role("button", name="Ask that it ends").click()
    expect(page.get_by_text("The system is switched off.")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm that it ends")).to_have_count(0)
    page = signed_in(world.cast.approver)
    page.goto(f"{site}/implementations/{world.implementation.pk}/")
    page.get_by_role("button", name="Confirm that it ends").click()
    expect(page.get_by_text("confirmed by Approver")).to_be_visible()
    expect(page.get_by_role("link", name="Claim evidence")).to_have_count(0)
    row = Implementation.objects.get(pk=world.implementation.pk)
    assert (row.retirement_asked_by, row.retired_by) == (world.cast.owner, world.cast.approver)


def faults(page: Page) -> list[str]:
    return [rule["id"] for rule in Axe().run(page).response["violations"]]
