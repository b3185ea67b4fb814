"""The pages of the log as an auditor walks them, with outsiders and with one that objects."""

import re
from typing import Any

import factories
import pytest
from factories import vouched
from journeys.conftest import SignedIn
from journeys.themes import sound
from journeys.world import World
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey


@pytest.fixture
def auditor(signed_in: SignedIn, world: World, settings: Any) -> Page:
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY
    return signed_in(world.cast.auditor)


def test_a_kept_checkpoint_and_the_proof_of_an_entry_are_checked_by_hand(
    auditor: Page, site: str, world: World, tmp_path: Any
) -> None:
    auditor.goto(f"{site}/integrity/")
    with auditor.expect_download() as kept:
        auditor.get_by_role("link", name="Download the checkpoint to keep").click()
    kept.value.save_as(tmp_path / "kept.txt")
    vouched.grow(factories.now())

    auditor.get_by_role("link", name="Compare a checkpoint").click()
    auditor.get_by_role("button", name="Compare").click()
    expect(auditor.get_by_text("Paste a checkpoint or choose its file")).to_be_visible()
    sound(auditor)
    auditor.get_by_label("Or choose its file").set_input_files(tmp_path / "kept.txt")
    auditor.get_by_role("button", name="Compare").click()
    expect(auditor.get_by_text("The log continues it")).to_be_visible()
    sound(auditor)

    auditor.goto(f"{site}/integrity/")
    auditor.get_by_label("Ledger name or index").fill(world.system.ledger_subject)
    auditor.get_by_role("button", name="Look up").click()
    auditor.get_by_role("link", name=re.compile(r"Proof\s*: entry")).last.click()
    expect(auditor.get_by_text("The entry is in the log")).to_be_visible()
    sound(auditor)


@pytest.mark.parametrize("state", ["behind", "refuses"])
def test_what_outsiders_say_is_readable_in_both_themes_and_on_a_telephone(
    auditor: Page, site: str, state: str
) -> None:
    now = factories.now()
    last = vouched.grow(now)
    vouched.stamp(last, now)
    vouched.cosign(last, now)
    vouched.trouble(
        "witness", now, alarm=state == "refuses", message="It said something longer than a line."
    )
    vouched.grow(now)

    for path in ("/integrity/", "/", "/integrity/stamps/"):
        auditor.goto(site + path)
        sound(auditor)
        auditor.set_viewport_size({"width": 390, "height": 844})
        assert not auditor.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        auditor.set_viewport_size({"width": 1440, "height": 900})
