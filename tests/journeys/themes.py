"""A look at a page in both themes, by axe's rules."""

from typing import Literal

from journeys.test_accessibility import violations
from playwright.sync_api import Page, expect

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def sound(page: Page) -> None:
    """See that the page keeps the rules of accessibility in both themes."""
    for scheme in THEMES:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        faults = violations(page)
        assert not faults, f"{page.url}: {faults}"
