"""From an empty installation to a first sealed pair of statements, through the pages alone."""

import re

import factories
import pytest
from journeys.test_statements import STANDARDS
from journeys.themes import sound
from playwright.sync_api import Page, expect

from twofold.controls.models import Applicability, GapAnswer, Statement
from twofold.people.founding import set_up_code
from twofold.people.models import Person, RoleAssignment, Unit
from twofold.reporting.standing import forget

pytestmark = pytest.mark.journey

PEOPLE = {
    "Grace Lead": "AI governance lead",
    "Sam Secure": "Information security lead",
    "Alex Approver": "Approver",
}


@pytest.fixture
def world(recording_db: None) -> None:
    """The browser's fixtures ask for a world; in this one there is no record at all."""
    forget()
    assert not Unit.objects.exists()
    assert not Person.objects.exists()


def address(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@acme.example"


def looked_at(page: Page) -> None:
    """Hold a page against the rules of accessibility in both themes, and a telephone's width."""
    sound(page)
    page.set_viewport_size({"width": 390, "height": 844})
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not page.evaluate(wider)
    page.set_viewport_size({"width": 1280, "height": 720})


def choose_password(page: Page) -> None:
    page.get_by_label("Password", exact=True).fill(factories.PASSWORD)
    page.get_by_label("Password again").fill(factories.PASSWORD)


def found(page: Page, site: str) -> None:
    page.goto(site)
    expect(page).to_have_url(f"{site}/found/")
    page.get_by_label("Organisation").fill("Acme")
    page.get_by_label("Your name").fill("Ada Founder")
    page.get_by_label("Your e-mail address").fill(address("Ada"))
    choose_password(page)
    page.get_by_label("Set-up code").fill("a wrong code")
    page.get_by_role("button", name="Found it").click()
    expect(page.get_by_text("This is not the code that the server printed.")).to_be_visible()
    looked_at(page)
    choose_password(page)
    page.get_by_label("Set-up code").fill(set_up_code().lower())
    page.get_by_role("button", name="Found it").click()
    expect(page.get_by_text("Acme stands, and you administer it.")).to_be_visible()


def add_person(page: Page, name: str, role: str) -> None:
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("E-mail address").fill(address(name))
    page.get_by_label("First role").select_option(label=role)
    choose_password(page)
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_role("region", name="Roles", exact=True)).to_contain_text(role)


def go_to_people(page: Page, of: str) -> None:
    page.locator("summary", has_text=of).click()
    page.get_by_role("banner").get_by_role("link", name="People").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("People")


def change_to(page: Page, name: str, *, was: str) -> None:
    page.locator("summary", has_text=was).click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill(address(name))
    page.get_by_label("Password").fill(factories.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Posture")


def answer_one_area(page: Page) -> None:
    page.get_by_role("link", name="Begin with the gap assessment").click()
    page.get_by_role("link", name="Governance of AI").click()
    roles = page.get_by_role("group", name="Roles, authorities and reporting lines")
    roles.get_by_label("Done, hardly written down").check()
    roles.get_by_label("How it is done today").fill("Names stand in the chart.")
    roles.get_by_label("Who answers for it").select_option(label="Sam Secure")
    page.get_by_role("button", name="Save and go on to Assurance").click()
    expect(page.get_by_text("1 answer is recorded.")).to_be_visible()


def go_to_statement(page: Page, framework: str, link: str) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Statements").click()
    page.locator(f"#s-{framework}").get_by_role("link", name=link).click()


def decide(page: Page, framework: str) -> None:
    go_to_statement(page, framework, "Decide")
    page.get_by_label("Include every control below that is left undecided").check()
    page.get_by_label("Justification optional", exact=True).fill("Part of what we promise.")
    page.get_by_label("Grounds for inclusion optional", exact=True).fill("risk: R-1 Wrong refusals")
    page.get_by_role("button", name="Record the decisions").click()
    expect(page.get_by_role("status").filter(has_text="decisions are recorded")).to_be_visible()


def prepare(page: Page, framework: str) -> None:
    go_to_statement(page, framework, "Prepare a version")
    page.get_by_label("What changed").fill("The first version.")
    page.get_by_role("button", name="Prepare the draft").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(STANDARDS[framework])


def approve(page: Page, framework: str) -> None:
    go_to_statement(page, framework, "Draft of version 1")
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The version is approved and sealed.")).to_be_visible()


def test_first_use_leads_from_nothing_to_both_statements_in_effect(page: Page, site: str) -> None:
    found(page, site)
    expect(page.get_by_text("Two persons are needed for whatever counts")).to_be_visible()
    looked_at(page)
    for name, role in PEOPLE.items():
        go_to_people(page, "Ada Founder")
        add_person(page, name, role)

    change_to(page, "Grace Lead", was="Ada Founder")
    answer_one_area(page)
    for framework in STANDARDS:
        decide(page, framework)
    for framework in STANDARDS:
        prepare(page, framework)

    change_to(page, "Alex Approver", was="Grace Lead")
    for framework in STANDARDS:
        approve(page, framework)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Statements").click()
    for framework in STANDARDS:
        expect(page.locator(f"#s-{framework}")).to_contain_text("In effect")

    assert GapAnswer.objects.get().answered_by.name == "Grace Lead"
    assert set(Applicability.objects.values_list("applicable", flat=True)) == {True}
    sealed = {row.framework: row for row in Statement.objects.exclude(approved_at=None)}
    assert set(sealed) == set(STANDARDS)
    for row in sealed.values():
        assert (row.prepared_by.name, row.approved_by.name) == ("Grace Lead", "Alex Approver")


def test_pages_of_people_keep_the_rules_in_both_themes_and_fit_a_telephone(
    page: Page, site: str
) -> None:
    found(page, site)
    page.get_by_role("link", name="Units").click()
    page.get_by_label("Name", exact=True).fill("Lending")
    page.get_by_role("button", name="Add the unit").click()
    expect(page.get_by_text("Lending stands.")).to_be_visible()
    looked_at(page)
    go_to_people(page, "Ada Founder")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_role("button", name="Add the person").click()
    expect(page.get_by_text("Correct the marked fields and try again.")).to_be_visible()
    looked_at(page)
    go_to_people(page, "Ada Founder")
    add_person(page, "Alex Approver", "Approver")

    page.get_by_label("Role", exact=True).select_option(label="Reader")
    page.get_by_label("Unit").select_option(label="Lending")
    page.get_by_role("button", name="Give the role").click()
    expect(page.get_by_text("The role is given.")).to_be_visible()
    looked_at(page)
    page.get_by_role("link", name=re.compile(r"End\s*: Reader, Lending")).click()
    looked_at(page)
    page.get_by_role("button", name="End the role").click()
    expect(page.get_by_text("The end of the role is recorded.")).to_be_visible()
    assert RoleAssignment.objects.get(role="reader").until_date == factories.now().date()
