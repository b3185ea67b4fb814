"""Pages of the control library: what they show, and what their forms do."""

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed

from twofold.catalog.load import catalog
from twofold.controls import actions
from twofold.controls.models import LibraryEntry
from twofold.controls.queries import control_values, library
from twofold.web.library import AREAS, area_name

WATCHING = "/library/TF-MON-01/"
WHY = {"reason": "The organisation wants it so."}


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


@pytest.fixture
def reader(cast, client):
    client.force_login(cast.auditor)
    return client


def file(content, name="given.toml"):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def typed(page, **changes):
    """Return what a browser would send from the page on which a control is adapted."""
    given = page.context["given"]
    fields = {}
    for form in (given.form, *given.evidence, *given.credits):
        for bound in form:
            value = bound.value()
            if value not in {None, False}:
                fields[bound.html_name] = value
    for formset in (given.evidence, given.credits):
        for bound in formset.management_form:
            fields[bound.html_name] = bound.value()
    return {**fields, **WHY, **changes}


def test_the_library_lists_every_control_with_what_was_done_to_it(lead, cast):
    at, by = factories.now(), factories.actor(cast.lead)
    governed.own_control(cast, at=at)
    actions.retire_control("TF-PAM-01", reason="No such thing.", by=by, at=at)

    assert f"{len(catalog().controls) + 1} controls" in text(lead.get("/library/"))
    assert "Privileged access" in text(lead.get("/library/?change=retired"))
    added = text(lead.get("/library/?change=added"))
    assert "1 control<" in added
    assert "Escrow of source code" in added
    assert "Own controls" in added
    assert "Lead," in added


@pytest.mark.parametrize(
    ("query", "there", "not_there"),
    [
        ("area=access", "TF-ACC-01", "TF-MON-01"),
        ("framework=airmf&q=tf-mon", "TF-MON-01", "TF-ACC-01"),
        ("q=data+steward", "TF-DAT-01", "TF-MON-01"),
        ("area=nowhere", "No control fits", "TF-MON-01"),
        ("change=nothing", "No control fits", "TF-MON-01"),
        ("page=999", "TF-", "No control fits"),
    ],
)
def test_the_library_is_narrowed(lead, query, there, not_there):
    page = text(lead.get(f"/library/?{query}"))
    assert there in page
    assert not_there not in page


def test_every_area_of_the_shipped_library_has_a_name():
    assert {control.area for control in catalog().controls} == set(AREAS)
    assert area_name("unheard-of") == "unheard-of"


def test_the_library_costs_as_many_queries_for_many_changes_as_for_one(lead, cast):
    at, by = factories.now(), factories.actor(cast.lead)

    def queries(address):
        # What was changed is read once, by whoever comes first.
        text(lead.get(address))
        with CaptureQueriesContext(connection) as captured:
            text(lead.get(address))
        return len(captured)

    actions.retire_control("TF-PAM-01", reason="x", by=by, at=at)
    governed.imported_framework(cast, code="first", at=at)
    few = [queries("/library/"), queries("/frameworks/first/")]
    for control in catalog().controls[3:12]:
        actions.adapt_control(
            control.id, {**control_values(control), "title": "T"}, reason="x", by=by, at=at
        )
    governed.imported_framework(cast, code="second", at=at)
    assert [queries("/library/"), queries("/frameworks/first/")] == few


def test_a_control_is_adapted_and_what_differs_is_shown(lead):
    page = lead.get(f"{WATCHING}adapt/")
    text(page)
    credits_ = page.context["given"].credits
    blank = credits_.total_form_count() - 1
    changes = {
        "title": "Watching",
        "activities": "Look.\r\n\r\nLook again.\r\n",
        "check": "",
        "evidence-0-period_days": "7",
        "evidence-1-DELETE": "on",
        f"credit-{blank}-id": "27001:A.8.30",
        f"credit-{blank}-relation": "subset",
        f"credit-{blank}-strength": "3",
        f"credit-{blank}-rationale": "Both watch what others run.",
    }
    answer = lead.post(f"{WATCHING}adapt/", typed(page, **changes))

    assert answer.status_code == 302, answer.content
    assert answer["Location"] == WATCHING
    control = library().control_by_id["TF-MON-01"]
    shipped = catalog().control_by_id["TF-MON-01"]
    assert (control.title, control.activities) == ("Watching", ("Look.", "Look again."))
    assert (len(control.evidence), control.evidence[0].period_days) == (
        len(shipped.evidence) - 1,
        7,
    )
    assert control.credits[:-1] == shipped.credits
    assert control.credits[-1].requirement == "27001:A.8.30"
    assert control.checks == ()
    shown = text(lead.get(WATCHING))
    for words in (
        "Monitoring of AI systems in operation",
        "Watching",
        "every 7 days",
        "Does a part of it, 3 of 10: Both watch what others run.",
        "Taken away",
        "Not there",
        "Control of the library adapted",
        WHY["reason"],
    ):
        assert words in shown
    assert "Where it is run" in shown


def test_a_control_that_is_sent_as_it_was_shown_is_as_shipped(lead):
    page = lead.get(f"{WATCHING}adapt/")
    assert lead.post(f"{WATCHING}adapt/", typed(page)).status_code == 302
    assert library().control_by_id["TF-MON-01"] == catalog().control_by_id["TF-MON-01"]
    assert "it says what the product ships" in text(lead.get(WATCHING))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "This field is required."),
        ({"reason": " "}, "This field is required."),
        ({"activities": "One."}, "Give at least two activities"),
        ({"check": "[[check]"}, "Checks, line 1: is no TOML"),
        ({"check": '[[check]]\nid = "x"'}, "kind must be one of freshness"),
        ({"check": "colour = 1"}, "unknown key"),
        ({"evidence-0-period_days": "0"}, "greater than or equal to 1"),
        ({"evidence-0-DELETE": "on", "evidence-1-DELETE": "on"}, "evidence must hold at least 1"),
        ({"credit-0-id": "27001:A.99"}, "there is no auditable requirement"),
        ({"credit-0-rationale": ""}, "This field is required."),
        ({"credit-0-relation": "friend"}, "Select a valid choice"),
        ({"credit-0-strength": "11"}, "less than or equal to 10"),
        ({"credit-TOTAL_FORMS": "x"}, "ManagementForm data is missing"),
    ],
)
def test_a_bad_wording_is_shown_again_with_the_fault(lead, changes, words):
    page = lead.get(f"{WATCHING}adapt/")
    answer = lead.post(f"{WATCHING}adapt/", typed(page, **changes))

    assert words in text(answer, 422).replace("&#x27;", "'")
    assert not LibraryEntry.objects.exists()


def test_a_control_is_retired_restored_and_taken_back(lead, cast):
    page = lead.get(f"{WATCHING}adapt/")
    lead.post(f"{WATCHING}adapt/", typed(page, title="Watching"))

    assert "Retire: Watching" in text(lead.get(f"{WATCHING}retire/"))
    assert lead.post(f"{WATCHING}retire/", WHY)["Location"] == WATCHING
    assert "TF-MON-01" not in library().control_by_id
    shown = text(lead.get(WATCHING))
    assert "Retired" in shown
    assert "Where it is run" not in shown
    assert lead.get(f"{WATCHING}adapt/").status_code == 404

    assert lead.post(f"{WATCHING}restore/", WHY)["Location"] == WATCHING
    assert library().control_by_id["TF-MON-01"].title == "Watching"
    assert lead.post(f"{WATCHING}reset/", WHY)["Location"] == WATCHING
    assert library().control_by_id["TF-MON-01"] == catalog().control_by_id["TF-MON-01"]


def test_what_cannot_be_done_is_said_on_the_page(lead, cast):
    factories.implementation(cast, at=factories.now())
    governed.own_control(cast, at=factories.now())

    assert "is run in 1 scopes" in text(lead.post(f"{WATCHING}retire/", WHY), 422)
    assert "This field is required." in text(lead.post(f"{WATCHING}retire/", {"reason": ""}), 422)
    assert "No control TF-MON-01 is retired" in text(lead.post(f"{WATCHING}restore/", WHY), 422)
    assert "no control of the product" in text(lead.post("/library/OWN-BAK-01/reset/", WHY), 422)
    assert lead.get("/library/TF-NONE-01/").status_code == 404


@pytest.mark.parametrize("way", ["file", "toml"])
def test_controls_are_added_by_file_or_text(lead, way):
    given = {"file": file(governed.OWN_CONTROL), "toml": governed.OWN_CONTROL}
    answer = lead.post("/library/add/", {way: given[way], **WHY})

    assert answer.status_code == 302, answer.content
    assert library().control_by_id["OWN-BAK-01"].title == "Escrow of source code"
    assert "OWN-BAK-01" in text(lead.get("/library/?change=added"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Give a file or a text, and not both."),
        ({"file": governed.OWN_CONTROL, "toml": "x"}, "Give a file or a text, and not both."),
        ({"toml": "[[control]"}, "controls.toml, line 1: is no TOML"),
        (
            {"file": governed.OWN_CONTROL.replace("= 4", "= 40")},
            "given.toml, line 12: strength must be an integer",
        ),
        ({"file": b"\xff"}, "given.toml, line 1: is not UTF-8"),
        ({"file": b" " * (5 * 1024**2 + 1)}, "at most 5 MB"),
        ({"toml": governed.OWN_CONTROL, "reason": ""}, "This field is required."),
    ],
    ids=range(7),
)
def test_faulty_controls_are_shown_again_with_the_fault(lead, given, words):
    sent = {**WHY, **given}
    if "file" in sent:
        sent["file"] = file(sent["file"])
    answer = lead.post("/library/add/", sent)

    assert words in text(answer, 422)
    assert not LibraryEntry.objects.exists()


def test_who_only_reads_is_shown_the_library_and_keeps_nothing(reader, cast):
    governed.imported_framework(cast, at=factories.now())
    page = text(reader.get("/library/"))
    assert "Add controls" not in page
    assert "Adapt" not in text(reader.get(WATCHING))
    assert reader.get("/frameworks/own/").status_code == 200
    for address in (
        "/library/add/",
        f"{WATCHING}adapt/",
        f"{WATCHING}retire/",
        f"{WATCHING}restore/",
        f"{WATCHING}reset/",
        "/frameworks/import/",
    ):
        assert reader.get(address).status_code == 403
        assert reader.post(address, WHY).status_code == 403
    assert not LibraryEntry.objects.exists()


def test_records_of_the_library_lead_to_their_pages(lead, cast):
    entry = governed.own_control(cast, at=factories.now())
    imported = governed.imported_framework(cast, at=factories.now())
    nowhere = "controls.libraryentry:7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"

    assert lead.get(f"/records/{entry.ledger_subject}/")["Location"] == "/library/OWN-BAK-01/"
    assert lead.get(f"/records/{imported.ledger_subject}/")["Location"] == "/frameworks/own/"
    assert lead.get(f"/records/{nowhere}/").status_code == 404
    assert (
        lead.get(f"/records/{nowhere.replace('libraryentry', 'importedframework')}/").status_code
        == 404
    )


def test_who_changes_a_control_is_told_which_approvals_end(lead, cast):
    for address in (f"{WATCHING}adapt/", f"{WATCHING}reset/"):
        assert "Approvals end" not in text(lead.get(address))

    factories.implementation(cast, at=factories.now())
    factories.implementation(
        cast, at=factories.now(), of=factories.system(cast, at=factories.now())
    )
    for address in (f"{WATCHING}adapt/", f"{WATCHING}reset/"):
        assert "run in 2 scopes where it is approved" in text(lead.get(address))
    assert "Approvals end" not in text(lead.get(f"{WATCHING}retire/"))


def test_who_leads_one_unit_alone_is_offered_no_change_of_the_library(cast, client):
    client.force_login(cast.outsider)

    assert "Add controls" not in text(client.get("/library/"))
    assert client.get(f"{WATCHING}adapt/").status_code == 403
    assert client.get("/frameworks/import/").status_code == 403
