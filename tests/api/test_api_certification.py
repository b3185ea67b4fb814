import factories
import pytest
from django.test import Client
from factories.programs import Caller

from twofold.catalog.load import catalog
from twofold.controls.models import GapAnswer, Implementation
from twofold.people.access import Permission
from twofold.reporting.standing import forget

ROLES = "TF-ROL-01"


@pytest.fixture(autouse=True)
def nothing_kept(db: None) -> None:
    forget()


@pytest.fixture
def implementer(cast: factories.Cast, client: Client) -> Caller:
    carried = (Permission.READ, Permission.IMPLEMENT_CONTROL)
    return Caller(client, factories.token(cast.lead, cast, *carried))


def test_certification_tells_predicates_history_and_forecast(caller: Caller) -> None:
    found = caller.ask("GET", "/certification").json()
    assert [entry["id"] for entry in found["standards"]] == ["42001", "27001"]
    for standard in found["standards"]:
        told = {entry["id"] for entry in standard["predicates"]}
        assert told <= {entry.id for entry in catalog().predicates}
        assert standard["forecast"]["why_not"] == "short_history"
        assert standard["forecast"]["expected"] is None
        assert standard["history"][-1]["on"] == found["on"]
    missing = found["standards"][0]["predicates"][0]["missing"][0]
    assert {"requirement", "cause", "action", "owner", "usual_role"} <= set(missing)


def test_roadmap_is_told_step_by_step(caller: Caller) -> None:
    steps = caller.ask("GET", "/roadmap").json()
    assert [step["number"] for step in steps] == list(range(1, len(steps) + 1))
    roles = next(step for step in steps if step["control"] == ROLES)
    assert "42001:5.3" in roles["unlocks"]["42001"]
    rest = caller.ask("GET", "/roadmap?offset=5").json()
    assert rest[0] == steps[5]


def test_answers_are_posted_and_told_with_the_estimate(
    implementer: Caller, cast: factories.Cast
) -> None:
    answered = implementer.ask(
        "POST",
        "/gap",
        {
            "unit": "Lending",
            "answers": [
                {
                    "control": ROLES,
                    "answer": "done",
                    "note": "Names stand in the chart.",
                    "owner": cast.owner.email,
                },
                {"control": "TF-POL-01", "answer": "missing"},
            ],
        },
    )
    assert answered.status_code == 200
    found = answered.json()
    assert (found["unit"], found["answered"]) == ("Lending", 2)
    assert [row["control"] for row in found["answers"]] == ["TF-POL-01", ROLES]
    assert all(entry["estimated_met"] > entry["met"] == 0 for entry in found["standards"])
    assert Implementation.objects.get().owner == cast.owner
    assert implementer.ask("GET", "/gap?unit=Lending").json() == found
    assert implementer.ask("GET", "/gap").json()["unit"] == "Acme"


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"answers": []}, "answers"),
        ({"answers": [{"control": ROLES, "answer": "yes"}]}, "answers.0.answer"),
        ({"answers": [{"control": ROLES, "answer": "done", "by": "me"}]}, "answers.0.by"),
        ({"answers": [{"control": "TF-NO-99", "answer": "done"}]}, "control"),
        ({"unit": "Nowhere", "answers": [{"control": ROLES, "answer": "done"}]}, "unit"),
        (
            {"answers": [{"control": ROLES, "answer": "done", "owner": "x@acme.example"}]},
            "owner",
        ),
    ],
)
def test_faulty_answers_are_refused_by_field(
    implementer: Caller, document: dict[str, object], field: str
) -> None:
    refused = implementer.ask("POST", "/gap", document)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == field
    assert not GapAnswer.objects.exists()


@pytest.mark.parametrize("path", ["/certification", "/roadmap", "/gap"])
def test_what_is_read_needs_the_permission_to_read(sender: Caller, path: str) -> None:
    assert sender.ask("GET", path).status_code == 403


def test_token_that_does_not_carry_it_answers_nothing(caller: Caller) -> None:
    document = {"answers": [{"control": ROLES, "answer": "done"}]}
    assert caller.ask("POST", "/gap", document).status_code == 403


def test_unit_out_of_reach_is_refused(cast: factories.Cast, client: Client) -> None:
    program = Caller(client, factories.token(cast.owner, cast, Permission.READ))
    assert program.ask("GET", "/gap?unit=Travel").status_code == 403
    assert program.ask("GET", "/gap").json()["unit"] == "Lending"
