"""A look at a past day of an organisation that has been on record for some days."""

from dataclasses import dataclass
from datetime import timedelta

import factories
import pytest
from journeys.themes import sound
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


@dataclass(frozen=True)
class Early:
    """The people alone, employed three days ago."""

    cast: factories.Cast


@pytest.fixture
def world(recording_db: None) -> Early:
    return Early(factories.cast(factories.now() - timedelta(days=3)))


def test_day_is_chosen_in_the_header_and_kept_until_today_is_wanted(lead: Page, site: str) -> None:
    day = (factories.now() - timedelta(days=1)).date()
    lead.goto(f"{site}/requirements/?framework=27001")
    lead.get_by_label("As of").fill(day.isoformat())
    lead.get_by_role("button", name="Show").click()
    banner = f"As of {day.day} {day:%b %Y}, from the record."
    expect(lead.get_by_text(banner)).to_be_visible()
    sound(lead)
    lead.get_by_label("Number or title").fill("A.8.16")
    expect(lead.locator("#rows tbody tr")).to_have_count(1)
    lead.get_by_role("link", name="A.8.16").click()
    expect(lead.get_by_text(banner)).to_be_visible()
    expect(lead.get_by_role("button", name="Record the decision")).to_have_count(0)
    sound(lead)
    lead.get_by_role("link", name="Posture").click()
    expect(lead.get_by_text(banner)).to_be_visible()
    sound(lead)
    lead.get_by_role("link", name="Back to today").click()
    expect(lead.get_by_text("from the record.")).to_have_count(0)
    lead.goto(f"{site}/?as_of=2999-01-01")
    expect(lead.get_by_text("That day lies ahead")).to_be_visible()
    sound(lead)
