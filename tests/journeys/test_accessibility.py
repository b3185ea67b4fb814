"""Every page in both themes by axe's rules, and at the width of a telephone."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from journeys.world import World
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.journey

PAGES: dict[str, Callable[[World], str]] = {
    "posture": lambda _w: "/",
    "requirements": lambda _w: "/requirements/",
    "no requirement fits": lambda _w: "/requirements/?q=nothing-is-called-so",
    "requirement in breach": lambda _w: "/requirements/42001:A.6.2.6/",
    "heading": lambda _w: "/requirements/42001:6.1/",
    "systems": lambda _w: "/systems/",
    "system": lambda w: f"/systems/{w.system.code}/",
    "system without schema": lambda w: f"/systems/{w.silent.code}/",
    "registering": lambda _w: "/systems/register/",
    "controls": lambda _w: "/controls/",
    "control": lambda _w: "/controls/TF-MON-01/",
    "control that is not run": lambda _w: "/controls/TF-VUL-01/",
    "implementing": lambda _w: "/controls/TF-VUL-01/implement/",
    "approving": lambda w: f"/implementations/{w.implementation.pk}/approve/",
    "implementation": lambda w: f"/implementations/{w.implementation.pk}/",
    "revising": lambda w: f"/implementations/{w.implementation.pk}/revise/",
    "adapting evidence": lambda w: f"/implementations/{w.implementation.pk}/needs/",
    "adapting checks": lambda w: f"/implementations/{w.implementation.pk}/checks/",
    "ending": lambda w: f"/implementations/{w.implementation.pk}/retire/",
    "choosing evidence": lambda w: f"/implementations/{w.implementation.pk}/claim/",
    "claiming": lambda w: (
        f"/implementations/{w.implementation.pk}/claim/?evidence={w.item.versions.get().pk}"
    ),
    "rejecting a claim": lambda w: f"/claims/{w.claim.pk}/reject/",
    "overlap": lambda _w: "/overlap/",
    "overlap as chart, searched": lambda _w: "/overlap/?view=chart&q=logging",
    "what remains": lambda _w: "/overlap/remaining/",
    "overlap of a requirement": lambda _w: "/overlap/42001:A.6.2.6/",
    "overlap of a control": lambda _w: "/overlap/TF-MON-01/",
    "requirement without counterpart": lambda _w: "/overlap/27001:A.5.13/",
    "crosswalk": lambda _w: "/crosswalk/?framework=42001&other=27001&group=42001:4",
    "guidance": lambda _w: "/guidance/",
    "article": lambda _w: "/guidance/euaia:Art. 9/",
    "library": lambda _w: "/library/",
    "control of the library": lambda _w: "/library/TF-MON-01/",
    "adapting a control": lambda _w: "/library/TF-VUL-01/adapt/",
    "retiring a control": lambda _w: "/library/TF-VUL-01/retire/",
    "adding controls": lambda _w: "/library/add/",
    "importing a framework": lambda _w: "/frameworks/import/",
    "evidence": lambda _w: "/evidence/",
    "evidence item": lambda w: f"/evidence/{w.item.pk}/",
    "evidence searched": lambda _w: "/evidence/?q=report",
    "evidence searched in vain": lambda _w: "/evidence/?q=nothing-is-called-so",
    "adding evidence": lambda _w: "/evidence/add/",
    "adding a version": lambda w: f"/evidence/{w.item.pk}/version/",
    "describing evidence": lambda w: f"/evidence/{w.item.pk}/describe/",
    "linking evidence": lambda w: f"/evidence/{w.item.pk}/link/",
    "evidence of a record": lambda w: f"/evidence/link/{w.system.ledger_subject}/",
    "requests for evidence": lambda _w: "/evidence/requests/",
    "asking for evidence": lambda _w: "/evidence/requests/new/",
    "freshness calendar": lambda _w: "/evidence/calendar/?in=later",
    "retention": lambda _w: "/evidence/retention/",
    "collections": lambda _w: "/evidence/collections/",
    "planning a collection": lambda _w: "/evidence/collections/plan/",
    "findings": lambda _w: "/findings/",
    "raising a finding": lambda _w: "/findings/raise/?requirement=42001:A.6.2.6",
    "set by hand": lambda _w: "/overrides/",
    "people": lambda _w: "/people/",
    "person": lambda w: f"/people/{w.cast.owner.pk}/",
    "statements": lambda _w: "/statements/",
    "preparing a statement": lambda _w: "/statements/42001/prepare/",
    "deciding on an annex": lambda _w: "/statements/27001/decide/",
    "alerts": lambda _w: "/alerts/",
    "alert": lambda w: f"/alerts/{w.alert.pk}/",
    "integrity": lambda _w: "/integrity/",
    "kept checkpoint": lambda _w: "/integrity/kept/",
    "time stamps": lambda _w: "/integrity/stamps/",
    "entries of a record": lambda w: f"/integrity/entries/?q={w.system.ledger_subject}",
    "entry of the log": lambda _w: "/integrity/entries/2/",
    "kit": lambda _w: "/kit/",
    "page that is not there": lambda _w: "/nowhere/",
}
#: A share of the pages per test: making the organisation costs more than looking at a page.
SHARES = [list(PAGES)[start::4] for start in range(4)]


@pytest.mark.parametrize("names", SHARES, ids=lambda names: names[0])
def test_pages_keep_the_rules_of_accessibility_in_both_themes(
    names: list[str], lead: Page, site: str, world: World
) -> None:
    found: dict[str, list[str]] = {}
    for name in names:
        lead.emulate_media(color_scheme="light")
        lead.goto(site + PAGES[name](world))
        found[f"{name}, light"] = violations(lead)
        lead.emulate_media(color_scheme="dark")
        expect(lead.locator("html")).to_have_attribute("data-bs-theme", "dark")
        found[f"{name}, dark"] = violations(lead)
    assert {page: faults for page, faults in found.items() if faults} == {}


def test_no_page_scrolls_sideways_on_a_telephone(lead: Page, site: str, world: World) -> None:
    lead.set_viewport_size({"width": 390, "height": 844})
    wider = {}
    for name, path in PAGES.items():
        lead.goto(site + path(world))
        wider[name] = lead.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    assert {name: pixels for name, pixels in wider.items() if pixels} == {}


def test_sign_in_page_keeps_the_rules_too(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in/")
    assert violations(page) == []


def test_axe_finds_what_offends(page: Page, site: str) -> None:
    page.goto(f"{site}/sign-in/")
    page.evaluate("document.querySelector('label').remove()")
    assert any(fault.startswith("label:") for fault in violations(page))


def violations(page: Page) -> list[str]:
    results: dict[str, Any] = Axe().run(page).response
    return [
        f"{rule['id']}: {node['html'][:120]}"
        for rule in results["violations"]
        for node in rule["nodes"]
    ]
