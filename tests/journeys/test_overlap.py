import csv
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.catalog.load import catalog

pytestmark = pytest.mark.journey


def test_lead_finds_what_a_requirement_serves_and_what_remains(lead: Page, site: str) -> None:
    lead.goto(site)
    lead.get_by_role("link", name="Overlap", exact=True).first.click()
    expect(lead.get_by_role("heading", level=1)).to_have_text("Overlap")
    lead.evaluate("window.stillThere = true")
    lead.get_by_label("Requirement or control").fill("A.6.2.6")
    lead.locator("#found").get_by_role("link", name="AI system operation").wait_for()
    assert lead.evaluate("window.stillThere")
    lead.locator("#found").get_by_role("link", name="AI system operation").click()

    row = lead.get_by_role("row", name=re.compile("A.8.16 Monitoring activities"))
    expect(row).to_contain_text("This one overlaps with it")
    expect(row).to_contain_text("once run")
    row.get_by_role("link", name=re.compile("^TF-")).first.click()
    expect(lead).to_have_url(re.compile("/controls/TF-"))
    expect(lead.get_by_text("What it is credited to", exact=True)).to_be_visible()


def test_matrix_leads_to_the_pairs_behind_a_count_and_to_the_file(lead: Page, site: str) -> None:
    lead.goto(f"{site}/overlap/?first=42001&second=27001")
    cell = lead.get_by_role("link", name="4, 4: ")
    count = int(re.findall(r"\d+$", cell.inner_text())[0])
    cell.click()
    expect(lead.locator("#rows tbody tr")).to_have_count(count)
    # Scripts that answer to a choice must be there before it is made.
    lead.wait_for_load_state("networkidle")
    lead.get_by_label("Strength").select_option(label="8 and more")
    expect(lead).to_have_url(re.compile(r"strength=8"))
    expect(lead.locator("#rows")).to_contain_text("4 Context of the organization")
    with lead.expect_download() as waiting:
        lead.get_by_role("link", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text("utf-8"))))
    assert rows
    assert all(int(row["strength"]) >= 8 for row in rows)


def test_matrix_is_drawn_and_its_table_holds_the_same(lead: Page, site: str) -> None:
    lead.goto(f"{site}/overlap/")
    lead.get_by_role("link", name="Chart", exact=True).click()
    expect(lead.locator("#matrix [data-chart] svg")).to_be_visible()
    lead.locator("#matrix summary").click()
    expect(lead.locator("#matrix tbody tr")).to_have_count(11)


def test_guidance_is_read_and_never_assessed(lead: Page, site: str) -> None:
    lead.goto(f"{site}/guidance/")
    expect(lead.get_by_text("Guidance, not legal advice")).to_be_visible()
    lead.get_by_label("When").select_option(label="Applies later")
    lead.get_by_role("button", name="Filter").click()
    lead.get_by_role("link", name="Art. 9 Risk management system").click()
    expect(lead.get_by_text("Applies from 2 Dec 2027")).to_be_visible()
    lead.get_by_role("link", name="6.1.2 AI risk assessment").click()
    expect(lead).to_have_url(f"{site}/requirements/42001:6.1.2/")
    expect(lead.get_by_text("guidance, not assessed by itself")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_the_search_brings_in_keeps_the_rules_of_accessibility(
    theme: str, lead: Page, site: str
) -> None:
    lead.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    lead.goto(f"{site}/overlap/")
    lead.locator("summary", has_text="How these figures are computed").click()
    lead.get_by_label("Requirement or control").fill("monitoring")
    expect(lead.locator("#found li").first).to_be_visible()
    assert Axe().run(lead).response["violations"] == []


def test_outsider_sees_the_library_and_nothing_that_others_run(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.outsider)
    page.goto(f"{site}/overlap/TF-MON-01/")
    expect(page.locator("tbody tr").nth(1)).to_contain_text("0 % today")
    assert len(catalog().control_by_id["TF-MON-01"].credits) <= page.locator("tbody tr").count()
    expect(page.get_by_text(world.system.name)).to_have_count(0)
