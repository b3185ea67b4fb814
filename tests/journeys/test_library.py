import json
import re
from pathlib import Path

import pytest
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import library

pytestmark = pytest.mark.journey

CATALOGUE = {
    "catalog": {
        "uuid": "5b1c3a36-9d0d-4e8e-9a58-6f2f9b1a0c11",
        "metadata": {"title": "Rules of the workshop", "version": "3", "oscal-version": "1.1.2"},
        "groups": [
            {
                "id": "ky",
                "title": "Keys",
                "controls": [
                    {
                        "id": "ky-1",
                        "title": "Lending of keys",
                        "params": [{"id": "ky-1_a", "label": "a time"}],
                        "props": [{"name": "label", "value": "KY-1"}],
                        "parts": [
                            {
                                "name": "statement",
                                "prose": "Take keys back within {{ insert: param, ky-1_a }}.",
                            }
                        ],
                    }
                ],
            }
        ],
    }
}


def test_lead_imports_a_catalogue_and_adapts_a_control_to_serve_it(
    lead: Page, site: str, world: World, tmp_path: Path
) -> None:
    file = tmp_path / "workshop.json"
    file.write_text(json.dumps(CATALOGUE))
    lead.goto(f"{site}/controls/")
    lead.get_by_role("link", name="Keep the library").click()
    lead.get_by_role("link", name="Import a framework").click()
    lead.get_by_label("File").set_input_files(file)
    lead.get_by_role("button", name="Import the framework").click()
    expect(lead.get_by_label("Code")).to_have_accessible_description(
        re.compile("A code has 1 to 20 letters")
    )
    lead.get_by_label("File").set_input_files(file)
    lead.get_by_label("Code").fill("WS")
    lead.get_by_role("button", name="Import the framework").click()
    expect(lead.get_by_role("heading", level=1)).to_have_text("Rules of the workshop")
    lead.get_by_role("link", name="KY-1").click()
    expect(lead.get_by_text("Take keys back within [a time].")).to_be_visible()
    expect(lead.locator(".tf-verdict-state")).to_have_text("Unknown")

    lead.goto(f"{site}/library/?q=TF-MON-01")
    lead.get_by_role("link", name="Monitoring of AI systems in operation").click()
    lead.get_by_role("link", name="Adapt").click()
    lead.get_by_label("Title", exact=True).fill("Watching of AI systems")
    credit = lead.get_by_role("group", name="Credit").last
    credit.get_by_label("Requirement").fill("WS:KY-1")
    credit.get_by_label("The control").select_option(label="Does a part of it")
    credit.get_by_label("Strength, 1 to 10").fill("3")
    credit.get_by_label("Reason for the credit").fill("Keys are watched like systems.")
    lead.get_by_label("Why").fill("The workshop asks for it.")
    lead.get_by_role("button", name="Adapt the control").click()

    differs = lead.get_by_role("region", name="What differs from the shipped wording")
    title = differs.get_by_role("row", name="Title")
    expect(title).to_contain_text("Monitoring of AI systems in operation")
    expect(title).to_contain_text("Watching of AI systems")
    expect(differs.get_by_role("row", name="Credit")).to_contain_text("WS:KY-1")
    assert LibraryEntry.objects.get().changed_by == world.cast.lead
    assert [entry.id for entry in library().controls_of["WS:KY-1"]] == ["TF-MON-01"]

    lead.goto(f"{site}/requirements/WS:KY-1/")
    lead.get_by_role("textbox", name="Reason").fill("We lend keys.")
    lead.get_by_role("button", name="Record the decision").click()
    expect(lead.locator(".tf-verdict-state")).not_to_have_text("Unknown")


def test_control_that_is_run_is_not_retired_and_one_that_is_not_comes_back(
    lead: Page, site: str, world: World
) -> None:
    lead.goto(f"{site}/library/TF-MON-01/retire/")
    lead.get_by_label("Why").fill("No need.")
    lead.get_by_role("button", name="Retire the control").click()
    expect(lead.get_by_role("alert")).to_contain_text("end that first")

    lead.goto(f"{site}/library/TF-VUL-01/")
    lead.get_by_role("link", name="Retire").click()
    lead.get_by_label("Why").fill("No need.")
    lead.get_by_role("button", name="Retire the control").click()
    expect(lead.get_by_role("status").filter(has_text="The control is retired.")).to_be_visible()
    assert "TF-VUL-01" not in library().control_by_id
    lead.get_by_role("link", name="Restore").click()
    lead.get_by_label("Why").fill("Needed after all.")
    lead.get_by_role("button", name="Restore the control").click()
    expect(lead.get_by_role("link", name="Adapt")).to_be_visible()
    assert "TF-VUL-01" in library().control_by_id


def test_auditor_reads_the_library_and_is_offered_no_change(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.auditor)
    page.goto(f"{site}/library/")
    expect(page.get_by_role("link", name="Add controls")).to_have_count(0)
    page.goto(f"{site}/library/TF-MON-01/")
    expect(page.get_by_role("link", name="Adapt")).to_have_count(0)
    expect(page.get_by_role("region", name="As TOML")).to_contain_text('id = "TF-MON-01"')
    assert not ImportedFramework.objects.exists()
