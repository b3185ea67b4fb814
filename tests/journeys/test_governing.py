import pytest
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.cli.worker import drain
from twofold.controls.models import Applicability
from twofold.inventory.models import AISystem

pytestmark = pytest.mark.journey


def test_lead_decides_applicability_and_the_state_follows(lead: Page, site: str) -> None:
    lead.goto(f"{site}/requirements/27001:A.8.30/")
    expect(lead.get_by_text("Nobody has decided whether it applies.")).to_be_visible()
    lead.get_by_label("Decision").select_option(label="It does not apply")
    lead.get_by_role("textbox", name="Reason").fill("All code is written by our own people.")
    lead.get_by_role("button", name="Record the decision").click()
    expect(lead.locator(".tf-verdict-state")).to_have_text("Not applicable")
    assert not Applicability.objects.get(requirement="27001:A.8.30").applicable


def test_decision_without_a_reason_is_refused(lead: Page, site: str) -> None:
    lead.goto(f"{site}/requirements/27001:A.8.30/")
    lead.get_by_role("button", name="Record the decision").click()
    expect(lead.get_by_role("textbox", name="Reason")).to_have_attribute("aria-invalid", "true")
    assert not Applicability.objects.exists()


def test_requirements_are_narrowed_without_loading_the_page_again(lead: Page, site: str) -> None:
    lead.goto(f"{site}/requirements/")
    lead.evaluate("window.stillThere = true")
    lead.get_by_label("Framework").select_option(label="ISO/IEC 27001")
    expect(lead.locator("#rows")).to_contain_text("123 requirements")
    lead.get_by_label("Number or title").fill("A.8.16")
    expect(lead.locator("#rows tbody tr")).to_have_count(1)
    expect(lead).to_have_url(f"{site}/requirements/?q=A.8.16&framework=27001&state=&by_hand=")
    assert lead.evaluate("window.stillThere")
    lead.reload()
    expect(lead.locator("#rows tbody tr")).to_have_count(1)


def test_breach_is_followed_from_the_posture_to_its_requirement_and_acknowledged(
    lead: Page, site: str, world: World
) -> None:
    lead.goto(site)
    lead.get_by_role("link", name="Accuracy", exact=True).click()
    expect(lead.get_by_text("breach below 70")).not_to_have_count(0)
    touched = lead.get_by_role("region", name="Requirements that it touches")
    expect(touched.get_by_role("link", name="A.6.2.6")).to_be_visible()
    lead.get_by_label("What was found").fill("A feed sent labels twice.")
    lead.get_by_role("button", name="Acknowledge").click()
    expect(lead.get_by_role("status").filter(has_text="acknowledged")).to_be_visible()
    world.alert.refresh_from_db()
    assert (world.alert.acknowledged_by, world.alert.note) == (
        world.cast.lead,
        "A feed sent labels twice.",
    )


def test_reason_of_a_requirement_opens_the_record_it_rests_on(
    lead: Page, site: str, world: World
) -> None:
    lead.goto(f"{site}/requirements/42001:9.1/")
    reason = lead.get_by_role("listitem").filter(has_text="is in breach")
    reason.get_by_role("link", name="Open the record").first.click()
    expect(lead).to_have_url(f"{site}/alerts/{world.alert.pk}/")


def test_distribution_of_a_chosen_field_is_shown(lead: Page, site: str, world: World) -> None:
    lead.goto(f"{site}/systems/{world.system.code}/")
    lead.get_by_label("Field").select_option("sex")
    lead.get_by_role("button", name="Show").click()
    chart = lead.get_by_role("figure", name="Distribution of sex")
    chart.get_by_text("Table").click()
    expect(chart.get_by_role("rowheader", name="m", exact=True)).to_be_visible()
    expect(chart.locator("svg[role=img], .tf-plot svg").first).to_be_visible()


def test_record_is_verified_in_place_and_an_edit_behind_the_ledger_is_named(
    lead: Page, site: str, world: World
) -> None:
    drain()
    lead.goto(f"{site}/integrity/")
    lead.get_by_role("button", name="Verify now").click()
    expect(lead.locator("#report")).to_contain_text("Sound")
    expect(lead).to_have_url(f"{site}/integrity/")

    AISystem.objects.filter(pk=world.system.pk).update(risk_tier="minimal")
    lead.get_by_role("button", name="Verify now").click()
    expect(lead.locator("#report")).to_contain_text("Tampered with")
    expect(lead.locator("#report")).to_contain_text(world.system.ledger_subject)
