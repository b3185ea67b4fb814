"""Two persons bring both Statements of Applicability from nothing to sealed, by pages alone."""

import factories
import pytest
from axe_playwright_python.sync_playwright import Axe
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.controls.models import Applicability, Statement
from twofold.people import actions as people
from twofold.people.models import Role

pytestmark = pytest.mark.journey
STANDARDS = {"42001": "ISO/IEC 42001:2023", "27001": "ISO/IEC 27001:2022"}


@pytest.fixture
def second(world: World) -> None:
    """Let the approver act for the whole organisation, as the statements are the organisation's."""
    people.assign_role(
        world.cast.approver,
        role=Role.APPROVER,
        unit=world.cast.root,
        from_date=factories.now().date(),
        by=factories.actor(world.cast.administrator),
        at=factories.now(),
    )


def fault_free(page: Page) -> None:
    """Hold a page against the rules of accessibility in both themes, and a telephone's width."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", theme)
        found = Axe().run(page).response["violations"]
        assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found] == []
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wider)
    page.set_viewport_size({"width": 1280, "height": 720})


def decide(page: Page, site: str, framework: str, *, excluded: str) -> None:
    page.goto(f"{site}/statements/")
    page.locator(f"#s-{framework}").get_by_role("link", name="Decide").click()
    page.get_by_label(f"Applies ({excluded})").select_option(label="No")
    page.get_by_label(f"Justification ({excluded})").fill("Nothing of the kind is done here.")
    page.get_by_label("Include every control below that is left undecided").check()
    page.get_by_label("Justification optional", exact=True).fill("Part of what we promise.")
    page.get_by_label("Grounds for inclusion optional", exact=True).fill("risk: R-1 Wrong refusals")
    fault_free(page)
    page.get_by_role("button", name="Record the decisions").click()
    expect(page.get_by_role("status").filter(has_text="decisions are recorded")).to_be_visible()


def test_both_statements_are_decided_prepared_and_sealed_by_two_persons(
    signed_in: SignedIn, site: str, world: World, second: None
) -> None:
    page = signed_in(world.cast.lead)
    decide(page, site, "42001", excluded="A.10.2")
    decide(page, site, "27001", excluded="A.8.30")
    assert Applicability.objects.filter(applicable=False).count() == 2
    fault_free(page)
    for framework, name in STANDARDS.items():
        page.goto(f"{site}/statements/")
        page.locator(f"#s-{framework}").get_by_role("link", name="Prepare a version").click()
        page.get_by_label("What changed").fill("The first version.")
        fault_free(page)
        page.get_by_role("button", name="Prepare the draft").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        expect(page.get_by_role("link", name="Approve", exact=True)).to_have_count(0)

    page = signed_in(world.cast.approver)
    for framework in STANDARDS:
        page.goto(f"{site}/statements/")
        card = page.locator(f"#s-{framework}")
        card.get_by_role("link", name="Draft of version 1").click()
        # Scripts that answer to a choice must be there before it is made.
        page.wait_for_load_state("networkidle")
        page.get_by_label("Applicability").select_option(label="Excluded")
        expect(page.locator("#rows tbody tr")).to_have_count(1)
        expect(page.locator("#rows")).to_contain_text("Nothing of the kind is done here.")
        fault_free(page)
        page.get_by_role("link", name="Approve", exact=True).click()
        fault_free(page)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("The version is approved and sealed.")).to_be_visible()

    sealed = Statement.objects.exclude(approved_at=None)
    assert {row.framework for row in sealed} == set(STANDARDS)
    assert {row.prepared_by for row in sealed} == {world.cast.lead}
    assert {row.approved_by for row in sealed} == {world.cast.approver}
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Workbook (XLSX)").click()
    assert waiting.value.suggested_filename == "soa-27001-v1.xlsx"
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_text("Both say the same")).to_be_visible()
    fault_free(page)
