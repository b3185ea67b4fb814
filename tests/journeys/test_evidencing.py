import re
from pathlib import Path

import pytest
from journeys.conftest import SignedIn
from journeys.world import World
from playwright.sync_api import Page, expect

from twofold.controls.models import EvidenceClaim
from twofold.evidence.models import EvidenceItem

pytestmark = pytest.mark.journey


def test_owner_adds_evidence_claims_it_and_another_person_accepts(
    signed_in: SignedIn, site: str, world: World, tmp_path: Path
) -> None:
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/evidence/")
    page.get_by_role("link", name="Add evidence").click()
    describe_file(page, tmp_path)
    page.get_by_role("button", name="Add evidence").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Plan of operation")
    expect(page.get_by_text("owner: the desk")).to_be_visible()

    page.goto(f"{site}/implementations/{world.implementation.pk}/")
    page.get_by_role("link", name=re.compile(r"Claim evidence\s*: Approved operating plan")).click()
    page.get_by_role("searchbox").fill("plan of operation")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("link", name=re.compile(r"Choose\s*: Plan of operation, version 1")).click()
    page.get_by_label("What it shows").fill("Limits and repair are laid down.")
    page.get_by_role("button", name="Record the claim").click()
    mine = page.locator(".tf-claim", has_text="Limits and repair are laid down.")
    expect(mine.get_by_text("Waits to be accepted")).to_be_visible()
    expect(mine.get_by_role("button", name="Accept")).to_have_count(0)

    signed_in(world.cast.approver)
    page.goto(f"{site}/controls/")
    waiting = page.get_by_role("listitem").filter(has_text="Limits and repair are laid down.")
    waiting.get_by_role("button", name="Accept").click()
    expect(page.get_by_role("status").filter(has_text="The claim is accepted.")).to_be_visible()
    assert (
        EvidenceClaim.objects.get(statement="Limits and repair are laid down.").accepted_by
        == world.cast.approver
    )


def test_author_who_forges_the_acceptance_is_refused(
    signed_in: SignedIn, site: str, world: World
) -> None:
    # The lead may accept claims, and has made this one: the page offers no button, so it is forged.
    EvidenceClaim.objects.filter(pk=world.claim.pk).update(claimed_by=world.cast.lead)
    page = signed_in(world.cast.lead)
    page.goto(f"{site}/controls/")
    page.evaluate(
        """(action) => {
            const token = document.querySelector("[name=csrfmiddlewaretoken]");
            const form = document.createElement("form");
            Object.assign(form, {method: "post", action});
            form.append(token.cloneNode());
            document.body.append(form);
            form.submit();
        }""",
        f"{site}/claims/{world.claim.pk}/accept/",
    )
    expect(page.get_by_text("Two persons are needed")).to_be_visible()
    world.claim.refresh_from_db()
    assert world.claim.accepted_at is None


def test_period_that_ends_before_it_begins_is_refused_and_nothing_is_kept(
    signed_in: SignedIn, site: str, world: World, tmp_path: Path
) -> None:
    before = EvidenceItem.objects.count()
    page = signed_in(world.cast.owner)
    page.goto(f"{site}/evidence/add/")
    describe_file(page, tmp_path)
    page.get_by_label("Period to").fill("2026-01-01")
    page.get_by_role("button", name="Add evidence").click()
    # Each file tells of its own refusal: of several, some may have been taken.
    refused = page.get_by_role("listitem").filter(has_text="plan.txt")
    expect(refused).to_contain_text("Period to: The period ends before it begins.")
    assert EvidenceItem.objects.count() == before


def test_evidence_opens_to_its_versions_credit_and_history(
    lead: Page, site: str, world: World
) -> None:
    lead.goto(f"{site}/evidence/{world.item.pk}/")
    credit = lead.get_by_role("region", name="Requirements that it is credited to")
    for framework in ("ISO/IEC 42001", "ISO/IEC 27001"):
        expect(credit.get_by_role("rowheader", name=framework)).to_be_visible()
    expect(lead.get_by_text("Version of evidence added")).to_be_visible()
    with lead.expect_download() as download:
        lead.get_by_role("link", name="seen.txt").click()
    assert Path(download.value.path()).read_bytes() == b"what was seen"


def describe_file(page: Page, folder: Path) -> None:
    file = folder / "plan.txt"
    file.write_text("owner: the desk\n")
    page.get_by_label("Title").fill("Plan of operation")
    page.get_by_label("Kind").select_option("operating-plan")
    page.get_by_label("Unit").select_option(label="Lending")
    page.get_by_label("File").set_input_files(file)
    page.get_by_label("Source").fill("Written by the owner")
    page.get_by_label("Period from").fill("2026-06-01")
    page.get_by_label("Period to").fill("2026-06-30")
    page.get_by_label("Valid until").fill("2046-06-30")
