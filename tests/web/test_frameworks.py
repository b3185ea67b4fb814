"""A framework that an organisation brings along: imported by form, shown, decided on, credited."""

import json

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from factories import governed

from twofold.controls.models import ImportedFramework

WHY = {"reason": "The organisation wants it so."}
FRAMEWORK = """\
[[framework]]
id = "house"
title = "House rules"
short_title = "House"
edition = "1"

[[framework.group]]
id = "house:D"
title = "Doors and windows"

[[requirement]]
id = "house:1"
title = "Doors"
kind = "control"
parent = "house:D"
auditable = true
summary = "Doors are shut."
evidence = ["A door", "A lock"]
questions = ["Which door?", "Whose lock?"]

[[requirement]]
id = "house:1.1"
title = "Hinges"
kind = "clause"
parent = "house:1"
auditable = false
"""


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


def file(content, name="given.toml"):
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


def text(response, status=200):
    assert response.status_code == status
    return response.content.decode()


def test_a_framework_is_imported_and_its_requirements_stand_beside_the_others(lead):
    answer = lead.post("/frameworks/import/", {"file": file(FRAMEWORK), "code": ""})

    assert answer.status_code == 302, answer.content
    assert answer["Location"] == "/frameworks/house/"
    page = text(lead.get("/frameworks/house/"))
    for words in ("House rules", "Doors and windows", "Hinges", "Asks nothing", "given.toml"):
        assert words in page
    assert page.count("Doors and windows") == 2
    assert "House rules" in text(lead.get("/library/"))
    assert "none of 1 requirements can be scored yet" in text(lead.get("/"))
    listed = text(lead.get("/requirements/?framework=house"))
    assert "1 requirement<" in listed
    assert "0 %" not in listed
    requirement = text(lead.get("/requirements/house:1/"))
    assert "Doors are shut." in requirement
    assert "No control serves it yet" in requirement
    assert "House" in text(lead.get("/controls/"))


def test_a_requirement_of_an_imported_framework_is_decided_on_and_credited(lead, cast):
    lead.post("/frameworks/import/", {"file": file(FRAMEWORK)})
    lead.post("/requirements/house:1/", {"applicable": "yes", "reason": "We have doors."})
    own = governed.OWN_CONTROL.replace("27001:A.8.30", "house:1")
    assert lead.post("/library/add/", {"toml": own, **WHY}).status_code == 302
    at = factories.now()
    factories.implementation(cast, control="OWN-BAK-01", at=at)

    page = text(lead.get("/requirements/house:1/"))
    assert "Escrow of source code" in page
    assert "We have doors." in page
    assert "OWN-BAK-01" in text(lead.get("/frameworks/house/"))
    assert "house" in text(lead.get("/controls/OWN-BAK-01/")).lower()
    found = lead.get("/requirements/?framework=house").context["rows"][0]
    assert found["state"] not in {"unknown", "not_applicable"}


def test_long_statements_of_a_requirement_are_shown_whole_below_a_short_lead(lead):
    parts = [
        {
            "name": "item",
            "props": [{"name": "label", "value": f"{n}."}],
            "prose": "Do it well. " * 5,
        }
        for n in range(12)
    ]
    objectives = [
        {"name": "assessment-objective", "prose": f"it is done {n} times"} for n in range(12)
    ]
    document = {
        "catalog": {
            "metadata": {"title": "Shop", "version": "1", "oscal-version": "1.1.2"},
            "controls": [
                {
                    "id": "s-1",
                    "title": "Till",
                    "parts": [{"name": "statement", "parts": parts}, *objectives],
                }
            ],
        }
    }
    sent = {"file": file(json.dumps(document), "shop.json"), "code": "SHOP"}
    assert lead.post("/frameworks/import/", sent).status_code == 302

    page = text(lead.get("/requirements/SHOP:S-1/"))
    assert "What it asks" in page
    assert "11. Do it well." in page
    assert "It is done 11 times" in page
    assert "4 more" in page
    assert "What good evidence looks like" not in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"code": "X"}, "This field is required."),
        ({"file": "{}", "code": ""}, "A code has 1 to 20 letters"),
        ({"file": "{}", "code": "X"}, "$: Object missing required field `catalog`"),
        ({"file": FRAMEWORK, "code": "other"}, "The file names the framework house"),
        ({"file": FRAMEWORK.replace("house", "27001")}, "A framework 27001 stands already."),
        ({"file": b" " * (5 * 1024**2 + 1)}, "at most 5 MB"),
        ({"file": ""}, "The submitted file is empty."),
    ],
    ids=range(7),
)
def test_a_faulty_framework_is_shown_again_with_the_fault(lead, given, words):
    sent = {**given, "file": file(given["file"])} if "file" in given else given
    answer = lead.post("/frameworks/import/", sent)

    assert words in text(answer, 422)
    assert not ImportedFramework.objects.exists()


def test_requirements_of_a_framework_are_searched(lead):
    lead.post("/frameworks/import/", {"file": file(FRAMEWORK)})
    assert "Hinges" not in text(lead.get("/frameworks/house/?q=doors"))
    assert "No requirement fits" in text(lead.get("/frameworks/house/?q=windows-that-are-not"))


def test_a_framework_that_was_not_imported_has_no_such_page(lead):
    assert lead.get("/frameworks/27001/").status_code == 404


def test_a_framework_is_withdrawn_when_nothing_bears_on_it(lead, cast, client):
    lead.post("/frameworks/import/", {"file": file(FRAMEWORK)})
    address = "/frameworks/house/withdraw/"
    found = governed.finding(cast, requirement="house:1", at=factories.now())

    assert address in text(lead.get("/frameworks/house/"))
    assert str(found) in text(lead.post(address, WHY), 422)
    barn = FRAMEWORK.replace("house", "barn")
    lead.post("/frameworks/import/", {"file": file(barn, "barn.toml")})
    assert text(lead.get("/frameworks/barn/withdraw/"))
    assert lead.post("/frameworks/barn/withdraw/", {"reason": ""}).status_code == 422
    assert lead.post("/frameworks/barn/withdraw/", WHY)["Location"] == "/library/"

    assert lead.get("/frameworks/barn/").status_code == 404
    assert lead.get("/requirements/barn:1/").status_code == 404
    client.force_login(cast.owner)
    assert address not in text(client.get("/frameworks/house/"))
    assert client.post(address, WHY).status_code == 403
