import pytest
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.inventory.models import AISystem

pytestmark = pytest.mark.journey


def fill(page: Page, *, name: str, code: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Code").fill(code)
    page.get_by_label("Unit").select_option(label="Lending")
    page.get_by_label("Owner").select_option(label="Owner")
    page.get_by_label("Purpose").fill("Suggests a price to the sales desk.")
    page.get_by_label("Risk tier").select_option(label="Limited")


def test_owner_registers_a_system_and_finds_it(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/systems/")
    page.get_by_role("link", name="Register an AI system").click()
    fill(page, name="Price adviser", code="price-adviser")
    page.get_by_role("button", name="Register").click()
    expect(page).to_have_url(f"{site}/systems/price-adviser/")
    expect(page.get_by_role("status").filter(has_text="is registered")).to_be_visible()
    expect(page.get_by_text('client.system("price-adviser")')).to_be_visible()

    page.goto(f"{site}/systems/")
    page.get_by_label("Name, code or owner").fill("price")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody tr")).to_have_count(1)


def test_taken_code_is_refused_beside_its_field_and_nothing_is_saved(
    signed_in: SignedIn, site: str, world: World
) -> None:
    before = AISystem.objects.count()
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/systems/register/")
    fill(page, name="Another one", code=world.system.code)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("alert")).to_be_visible()
    code = page.get_by_label("Code")
    expect(code).to_have_accessible_description(
        "Short name in addresses and in the SDK. It never changes. "
        "There is an AI system with this code already."
    )
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Name")).to_have_value("Another one")
    assert AISystem.objects.count() == before


def test_reader_is_offered_no_button_and_the_form_is_closed_to_them(
    signed_in: SignedIn, site: str, world: World
) -> None:
    page = signed_in(world.cast.reviewer)
    page.goto(f"{site}/systems/")
    expect(page.get_by_role("link", name="Register an AI system")).to_have_count(0)
    page.goto(f"{site}/systems/register/")
    expect(page.get_by_role("heading", level=1)).to_have_text("This is not open to you")
