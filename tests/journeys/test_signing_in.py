import factories
import pytest
from factories import PASSWORD
from journeys.world import World
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


def give(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_stranger_is_led_to_the_sign_in_page_and_back_to_where_they_wanted(
    page: Page, site: str, cast: factories.Cast
) -> None:
    page.goto(f"{site}/controls/TF-MON-01/")
    expect(page).to_have_url(f"{site}/sign-in/?next=/controls/TF-MON-01/")
    give(page, cast.lead.email, PASSWORD)
    expect(page).to_have_url(f"{site}/controls/TF-MON-01/")


def test_signing_out_ends_the_session(page: Page, site: str, cast: factories.Cast) -> None:
    page.goto(f"{site}/sign-in/")
    give(page, cast.lead.email, PASSWORD)
    page.locator("summary", has_text="Lead").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Twofold")).to_be_visible()
    page.goto(site)
    expect(page).to_have_url(f"{site}/sign-in/?next=/")


def test_wrong_password_says_no_more_than_that_the_pair_is_not_right(
    page: Page, site: str, cast: factories.Cast
) -> None:
    page.goto(f"{site}/sign-in/")
    give(page, cast.lead.email, "not the password")
    expect(page.get_by_role("alert")).to_have_text("The address or the password is not right.")
    page.goto(site)
    expect(page).to_have_url(f"{site}/sign-in/?next=/")


def test_keyboard_alone_signs_in_and_opens_a_page(
    page: Page, site: str, cast: factories.Cast
) -> None:
    page.goto(f"{site}/sign-in/")
    expect(page.get_by_label("E-mail address")).to_be_focused()
    page.keyboard.type(cast.lead.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Posture")).to_be_visible()

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    press_until(page, "Controls")
    assert ring_of_focus(page) == ("solid", "2px")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Controls")


def test_skip_link_leads_past_the_navigation(lead: Page, site: str, world: World) -> None:
    lead.goto(f"{site}/systems/")
    lead.keyboard.press("Tab")
    lead.keyboard.press("Enter")
    expect(lead.locator("#content")).to_be_focused()
    lead.keyboard.press("Tab")
    expect(lead.get_by_role("link", name="Register an AI system")).to_be_focused()


def press_until(page: Page, text: str) -> None:
    for _step in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            return
    raise AssertionError(f"{text} is not reached by the tab key")


def ring_of_focus(page: Page) -> tuple[str, str]:
    style, width = page.evaluate(
        """() => {
            const style = getComputedStyle(document.activeElement);
            return [style.outlineStyle, style.outlineWidth];
        }"""
    )
    return style, width
