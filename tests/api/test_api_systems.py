import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.inventory.models import AISystem
from twofold.ledger.queries import history
from twofold.people.access import Permission

GIVEN = {
    "code": "loans",
    "name": "Loans",
    "owner": "owner@acme.example",
    "unit": "Lending",
    "purpose": "Suggests which applications to approve.",
    "role": "deployer",
    "stage": "operation",
    "risk_tier": "high",
}


@pytest.fixture
def outsider(cast, client):
    return Caller(
        client,
        factories.token(
            cast.outsider,
            cast,
            Permission.READ,
            Permission.REGISTER_SYSTEM,
            Permission.ADD_EVIDENCE,
        ),
    )


def test_a_system_is_registered_and_read_back(caller, cast):
    response = caller.ask("POST", "/systems", GIVEN)

    assert response.status_code == 201
    assert {key: response.json()[key] for key in GIVEN} == GIVEN
    system = AISystem.objects.get(code="loans")
    assert history(system.ledger_subject)[0].entry.kind == "inventory.aisystem.registered"
    assert caller.ask("GET", "/systems/loans").json() == response.json()


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"code": None}, {"code"}),
        ({"code": "Not A Code"}, {"code"}),
        ({"code": "x" * 61}, {"code"}),
        ({"name": ""}, {"name"}),
        ({"name": "   "}, {"name"}),
        ({"name": "x" * 121}, {"name"}),
        ({"name": "with \x00 inside"}, {"name"}),
        ({"name": "\ud800"}, {"name"}),
        ({"purpose": "x" * 2001}, {"purpose"}),
        ({"owner": "nobody@acme.example"}, {"owner"}),
        ({"unit": "Nowhere"}, {"unit"}),
        ({"role": "king"}, {"role"}),
        ({"stage": "heaven", "risk_tier": 4}, {"stage", "risk_tier"}),
        ({"more": 1}, {"more"}),
        ({"\ud800": 1}, {"body"}),
    ],
)
def test_bad_input_is_refused_with_the_field_and_stores_nothing(caller, cast, changes, fields):
    response = caller.ask("POST", "/systems", {**GIVEN, **changes})

    assert faults(response) == fields
    assert not AISystem.objects.exists()


def test_each_missing_field_is_named(caller, cast):
    assert faults(caller.ask("POST", "/systems", {"unit": ""})) == set(GIVEN) - {"unit"}


@pytest.mark.parametrize(
    "body", [b"{", b"[1,", b"\xff\xfe\x00", b'{"code": NaN}', b"[" * 100_000, b"1" * 5000]
)
def test_what_is_no_json_is_refused(caller, cast, body):
    assert faults(caller.ask("POST", "/systems", body)) == {"body"}


@pytest.mark.parametrize("document", [b"", [], "text", 1, [GIVEN]])
def test_a_body_that_is_no_object_is_refused(caller, cast, document):
    assert faults(caller.ask("POST", "/systems", document)) == {"body"}


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_content_type_is_refused(caller, cast, content_type):
    response = caller.client.generic(
        "POST",
        "/api/v1/systems",
        data="{}",
        content_type=content_type,
        headers={"Authorization": f"Bearer {caller.secret}"},
    )

    assert problem(response, 415)["errors"][0]["field"] == "Content-Type"


def test_a_body_of_json_larger_than_the_limit_is_refused(caller, cast):
    body = b'{"code": "' + b"x" * (8 * 1024 * 1024) + b'"}'

    assert problem(caller.ask("POST", "/systems", body), 413)["errors"][0]["field"] == "body"


def test_a_code_stands_once(caller, cast):
    caller.ask("POST", "/systems", GIVEN)

    assert faults(caller.ask("POST", "/systems", GIVEN)) == {"code"}
    assert AISystem.objects.count() == 1


def test_who_holds_no_role_in_the_unit_registers_nothing_there(outsider, cast):
    problem(outsider.ask("POST", "/systems", GIVEN), 403)

    assert not AISystem.objects.exists()


def test_an_outsider_neither_sees_nor_finds_a_system(outsider, cast):
    factories.system(cast, code="loans", at=factories.now())

    assert outsider.ask("GET", "/systems").json() == []
    problem(outsider.ask("GET", "/systems/loans"), 404)


def test_a_token_that_carries_no_reading_lists_nothing(sender, cast):
    problem(sender.ask("GET", "/systems"), 403)


def test_a_token_for_one_system_lists_that_one_alone(cast, client):
    loans, _other = (factories.system(cast, code=code, at=factories.now()) for code in "ab")
    secret = factories.token(cast.lead, cast, Permission.READ, restricted_to=loans.ledger_subject)
    program = Caller(client, secret)

    assert [row["code"] for row in program.ask("GET", "/systems").json()] == ["a"]
    assert program.ask("GET", "/systems/a").status_code == 200
    problem(program.ask("GET", "/systems/b"), 404)


def test_a_list_is_given_in_pieces(caller, cast, monkeypatch):
    for code in ("a", "b", "c"):
        factories.system(cast, code=code, at=factories.now())
    monkeypatch.setattr("twofold.api.systems.ROWS", 2)

    pieces = [caller.ask("GET", f"/systems?offset={offset}").json() for offset in (0, 2, 1_000_000)]

    assert [[row["code"] for row in piece] for piece in pieces] == [["a", "b"], ["c"], []]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("offset=-1", "offset"),
        ("offset=1000001", "offset"),
        ("offset=many", "offset"),
        (f"q={'x' * 201}", "q"),
        ("q=%00", "q"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(caller, cast, query, field):
    assert faults(caller.ask("GET", f"/systems?{query}")) == {field}


@pytest.mark.parametrize(("q", "found"), [("%", 0), ("_", 0), ("'", 0), ("LOAN", 1)])
def test_a_search_is_literal(caller, cast, q, found):
    factories.system(cast, code="loans", at=factories.now())

    assert len(caller.ask("GET", "/systems?q=" + q.replace("%", "%25")).json()) == found
