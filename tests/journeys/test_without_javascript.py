import re
from typing import Any

import pytest
from factories import PASSWORD
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import expect

pytestmark = pytest.mark.journey


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "java_script_enabled": False}


def test_everything_works_by_plain_pages_and_forms(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.lead)
    page.goto(f"{site}/requirements/")
    page.get_by_label("Framework").select_option(label="ISO/IEC 42001")
    page.get_by_label("Number or title").fill("A.6.2.6")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    page.get_by_role("link", name="A.6.2.6").click()
    page.get_by_role("textbox", name="Reason").fill("Two systems are in operation.")
    page.get_by_role("button", name="Record the decision").click()
    expect(page.get_by_text("Two systems are in operation.").first).to_be_visible()

    page.goto(f"{site}/controls/")
    page.get_by_role("button", name="Accept").first.click()
    expect(page.get_by_text("The claim is accepted.")).to_be_visible()

    page.goto(f"{site}/alerts/{world.alert.pk}/")
    page.get_by_text("Table", exact=True).first.click()
    expect(page.get_by_role("columnheader", name="Verdict")).to_be_visible()
    page.get_by_label("What was found").fill("Labels came twice.")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("The alert is acknowledged.")).to_be_visible()

    page.goto(f"{site}/integrity/")
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integrity")
    expect(page.locator("#report")).to_contain_text("Sound")

    page.locator("summary", has_text="Lead").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site}/sign-in/")


def test_explorer_searches_and_narrows_by_plain_forms(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.lead)
    page.goto(f"{site}/overlap/")
    page.get_by_label("Requirement or control").fill("TF-MON-01")
    page.get_by_role("button", name="Filter").click()
    page.locator("#found").get_by_role("link", name="TF-MON-01").click()
    expect(page.get_by_text("The control does just this").first).to_be_visible()

    page.goto(f"{site}/overlap/?view=chart")
    page.locator("#matrix summary").click()
    expect(page.locator("#matrix tbody tr")).to_have_count(11)

    page.goto(f"{site}/crosswalk/")
    page.get_by_label("Relation").select_option(label="no counterpart")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("#rows tbody tr").first).to_contain_text("no counterpart")


def test_evidence_is_found_chosen_and_claimed_by_plain_links(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/implementations/{world.implementation.pk}/")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("checks ran.")).to_be_visible()
    page.get_by_role("link", name=re.compile(r"Claim evidence\s*: Monitoring report")).click()
    page.get_by_role("searchbox").fill(world.item.title)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=re.compile(rf"Choose\s*: {world.item.title}, version 1")).click()
    page.get_by_label("What it shows").fill("Reports are part of the plan.")
    page.get_by_role("button", name="Record the claim").click()
    expect(page.get_by_text("Reports are part of the plan.", exact=True)).to_be_visible()


def test_a_person_is_added_given_a_role_and_signs_in_by_plain_forms(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.administrator)
    page.goto(site)
    page.locator("summary", has_text="Administrator").click()
    page.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill("Eve")
    page.get_by_label("E-mail address").fill("eve@acme.example")
    page.get_by_label("First role").select_option(label="Auditor")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_text("Eve can sign in.")).to_be_visible()
    page.get_by_label("Role", exact=True).select_option(label="Reader")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("The role is given.")).to_be_visible()

    page.locator("summary", has_text="Administrator").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("eve@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Posture")
