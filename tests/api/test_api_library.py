import json

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from factories import governed
from factories.programs import Caller
from problems import faults, problem

from twofold.catalog.load import catalog
from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import library
from twofold.ledger.queries import history
from twofold.people.access import Permission

WHY = {"reason": "The organisation wants it so."}
FRAMEWORK = """\
[[framework]]
id = "house"
title = "House rules"
short_title = "House"
edition = "1"

[[requirement]]
id = "house:1"
title = "Doors"
kind = "control"
auditable = true
summary = "Doors are shut."
evidence = ["A door", "A lock"]
questions = ["Which door?", "Whose lock?"]
"""


@pytest.fixture
def keeper(cast, client):
    secret = factories.token(cast.lead, cast, Permission.READ, Permission.KEEP_LIBRARY)
    return Caller(client, secret)


@pytest.fixture
def given(keeper):
    """A control as it is read, in the form in which it is adapted."""
    told = keeper.ask("GET", "/library/TF-MON-01").json()
    parts = ("title", "purpose", "activities", "owner_role", "evidence", "requirement", "check")
    control = {name: told[name] for name in parts}
    control["check"] = [
        {key: value for key, value in check.items() if value is not None} for check in told["check"]
    ]
    return control


def send(caller, content=FRAMEWORK, *, name="house.toml", **form):
    data = content if isinstance(content, bytes) else content.encode()
    return caller.client.post(
        "/api/v1/frameworks",
        {"file": SimpleUploadedFile(name, data), **form},
        headers={"Authorization": f"Bearer {caller.secret}"},
    )


def test_controls_are_listed_in_parts_and_narrowed(keeper):
    first = keeper.ask("GET", "/library").json()
    rest = keeper.ask("GET", "/library?offset=100").json()
    some = keeper.ask("GET", "/library?area=access&framework=27001&change=shipped&q=priv").json()

    assert [row["id"] for row in first + rest] == [entry.id for entry in catalog().controls]
    assert some == [
        {
            "id": "TF-PAM-01",
            "title": "Privileged access",
            "area": "access",
            "owner_role": "Chief information security officer",
            "change": "shipped",
        }
    ]


@pytest.mark.parametrize("query", ["change=gone", "offset=-1", "area=%00"])
def test_a_filter_without_sense_is_refused(keeper, query):
    problem(keeper.ask("GET", f"/library?{query}"), 422)


def test_a_control_is_adapted_and_read_back(keeper, given):
    given["title"] = "Watching"
    given["evidence"][0]["period_days"] = 7

    answer = keeper.ask("PUT", "/library/TF-MON-01", {"control": given, **WHY})

    assert answer.status_code == 200, answer.content
    assert (answer.json()["title"], answer.json()["change"]) == ("Watching", "adapted")
    assert answer.json()["reason"] == WHY["reason"]
    control = library().control_by_id["TF-MON-01"]
    shipped = catalog().control_by_id["TF-MON-01"]
    assert (control.title, control.evidence[0].period_days) == ("Watching", 7)
    assert (control.credits, control.checks) == (shipped.credits, shipped.checks)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"control.title"}),
        ({"title": "x" * 301}, {"control.title"}),
        (
            {"evidence": [{"kind": "kept", "title": "x" * 201, "period_days": 7}], "check": []},
            {"control.evidence.0.title"},
        ),
        (
            {"check": [{"id": "c", "title": "x" * 301, "kind": "count", "of": "alerts"}]},
            {"control.check.0.title"},
        ),
        ({"activities": ["One."]}, {"control.activities"}),
        ({"id": "TF-OTHER-01"}, {"control.id"}),
        ({"evidence": []}, {"control.evidence"}),
        ({"owner_role": "a\0b"}, {"control.owner_role"}),
        (
            {"requirement": [{"id": "x:1", "relation": "equal", "strength": 9, "rationale": "R"}]},
            {"control"},
        ),
        ({"check": [{"id": "c", "title": "T", "kind": "count", "of": "alerts"}]}, {"control"}),
        (
            {
                "check": [
                    {"id": "c", "title": "T", "kind": "count", "of": "alerts", "at_most": 1e300}
                ]
            },
            {"control.check.0.at_most"},
        ),
    ],
    ids=range(11),
)
def test_a_bad_wording_is_refused_with_the_field(keeper, given, changes, fields):
    answer = keeper.ask("PUT", "/library/TF-MON-01", {"control": {**given, **changes}, **WHY})

    assert faults(answer) == fields
    assert not LibraryEntry.objects.exists()


def test_controls_are_added_retired_and_restored(keeper):
    added = keeper.ask("POST", "/library", {"toml": governed.OWN_CONTROL, **WHY})
    again = keeper.ask("POST", "/library", {"toml": governed.OWN_CONTROL, **WHY})
    retired = keeper.ask("POST", "/library/OWN-BAK-01/retire", WHY)
    restored = keeper.ask("POST", "/library/OWN-BAK-01/restore", WHY)

    assert added.status_code == 201, added.content
    assert [row["id"] for row in added.json()] == ["OWN-BAK-01"]
    assert added.json()[0]["check"][0]["at_least"] == 0.5
    assert problem(again, 409)["errors"][0]["field"] == "file"
    assert (retired.json()["change"], restored.json()["change"]) == ("retired", "added")


def test_a_faulty_text_names_the_line(keeper):
    text = governed.OWN_CONTROL.replace("strength = 4", "strength = 40")

    answer = keeper.ask("POST", "/library", {"toml": text, "file_name": "own.toml", **WHY})

    assert faults(answer) == {"file"}
    assert "own.toml, line" in answer.json()["detail"]
    assert not LibraryEntry.objects.exists()


def test_an_unknown_control_is_not_found(keeper, given):
    problem(keeper.ask("GET", "/library/TF-NONE-01"), 404)
    problem(keeper.ask("PUT", "/library/TF-NONE-01", {"control": given, **WHY}), 404)
    problem(keeper.ask("POST", "/library/TF-NONE-01/retire", WHY), 404)
    problem(keeper.ask("POST", "/library/TF-MON-01/restore", WHY), 404)


def test_a_framework_is_imported_and_its_requirements_are_listed(keeper):
    made = send(keeper)
    listed = keeper.ask("GET", "/frameworks")
    requirements = keeper.ask("GET", "/frameworks/house/requirements")

    assert made.status_code == 201, made.content
    assert listed.json() == [made.json()]
    assert made.json()["requirements"] == 1
    assert made.json()["sha256"] == ImportedFramework.objects.get().sha256
    assert requirements.json() == [
        {
            "id": "house:1",
            "title": "Doors",
            "parent": "",
            "auditable": True,
            "summary": "Doors are shut.",
        }
    ]
    assert keeper.ask("GET", "/frameworks/house/requirements?offset=1").json() == []
    state = keeper.ask("GET", "/requirements/house:1").json()
    assert (state["status"], state["score"]) == ("unknown", None)
    told = {row["id"]: row for row in keeper.ask("GET", "/posture").json()["frameworks"]}
    assert (told["house"]["total"], told["house"]["score"]) == (1, None)


def test_a_catalogue_of_oscal_is_imported_under_a_code(keeper):
    document = {
        "catalog": {
            "metadata": {"title": "Shop", "version": "1", "oscal-version": "1.1.2"},
            "controls": [{"id": "s-1", "title": "Till"}],
        }
    }
    made = send(keeper, json.dumps(document), name="shop.json", code="SHOP")

    assert made.status_code == 201, made.content
    assert (made.json()["code"], made.json()["format"]) == ("SHOP", "oscal")


@pytest.mark.parametrize(
    ("content", "form", "fields"),
    [
        ("{}", {"code": "X"}, {"file"}),
        ("{}", {}, {"code"}),
        (FRAMEWORK, {"code": "other"}, {"code"}),
        (FRAMEWORK, {"code": "x" * 21}, {"code"}),
        (FRAMEWORK.replace('edition = "1"', ""), {}, {"file"}),
        (b"\xff", {}, {"file"}),
        (b" " * (5 * 1024**2 + 1), {}, {"file"}),
    ],
    ids=range(7),
)
def test_a_faulty_framework_is_refused_with_the_field(keeper, content, form, fields):
    assert faults(send(keeper, content, **form)) == fields
    assert not ImportedFramework.objects.exists()


def test_a_code_that_is_taken_is_in_conflict(keeper):
    send(keeper)
    assert problem(send(keeper), 409)["errors"][0]["field"] == "code"


def test_an_unknown_framework_is_not_found(keeper):
    problem(keeper.ask("GET", "/frameworks/27001/requirements"), 404)


def test_who_only_reads_keeps_nothing(cast, client):
    reader = Caller(client, factories.token(cast.lead, cast, Permission.READ))

    assert reader.ask("GET", "/library").status_code == 200
    problem(reader.ask("POST", "/library", {"toml": governed.OWN_CONTROL, **WHY}), 403)
    problem(reader.ask("POST", "/library/TF-MON-01/retire", WHY), 403)
    problem(send(reader), 403)


def test_a_token_for_one_record_sees_no_library(cast, client):
    system = factories.system(cast, at=factories.now())
    secret = factories.token(
        cast.lead,
        cast,
        Permission.READ,
        Permission.KEEP_LIBRARY,
        restricted_to=system.ledger_subject,
    )
    bound = Caller(client, secret)

    problem(bound.ask("GET", "/library"), 403)
    problem(bound.ask("GET", "/frameworks"), 403)
    problem(bound.ask("POST", "/library/TF-MON-01/retire", WHY), 403)


def test_a_framework_is_withdrawn_when_nothing_bears_on_it(keeper, cast):
    send(keeper)
    found = governed.finding(cast, requirement="house:1", at=factories.now())
    held = problem(keeper.ask("POST", "/frameworks/house/withdraw", WHY), 409)
    send(keeper, FRAMEWORK.replace("house", "barn"), name="barn.toml")

    withdrawn = keeper.ask("POST", "/frameworks/barn/withdraw", WHY)

    assert str(found) in held["detail"]
    assert (withdrawn.json()["code"], withdrawn.json()["reason"]) == ("barn", WHY["reason"])
    assert withdrawn.json()["withdrawn_at"]
    assert [row["code"] for row in keeper.ask("GET", "/frameworks").json()] == ["house"]
    problem(keeper.ask("GET", "/frameworks/barn/requirements"), 404)
    problem(keeper.ask("POST", "/frameworks/barn/withdraw", WHY), 404)
    row = ImportedFramework.objects.get(code="barn")
    kinds = [line.entry.kind for line in history(row.ledger_subject)]
    assert kinds[0] == "controls.importedframework.withdrawn"


def test_a_framework_is_not_withdrawn_without_reason_or_right(keeper, cast, client):
    send(keeper)
    reader = Caller(client, factories.token(cast.lead, cast, Permission.READ))

    assert faults(keeper.ask("POST", "/frameworks/house/withdraw", {"reason": ""})) == {"reason"}
    problem(reader.ask("POST", "/frameworks/house/withdraw", WHY), 403)
    assert ImportedFramework.objects.get().withdrawn_at is None
