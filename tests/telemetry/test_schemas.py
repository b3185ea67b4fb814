import factories
import pytest
from factories import AT, FIELDS

from twofold.ledger.queries import history
from twofold.people.errors import AccessDenied, InvalidInput, NotFound
from twofold.telemetry import actions, queries
from twofold.telemetry.models import EventSchema


def field(name="amount", type="number", role="feature"):  # noqa: A002 - the API's word
    return {"name": name, "type": type, "role": role}


def declare(system, cast, fields=FIELDS, *, version="1", by=None, at=AT):
    by = factories.actor(by or cast.engineer)
    return actions.declare_schema(system, version=version, fields=fields, by=by, at=at)


@pytest.fixture
def system(cast):
    return factories.system(cast, code="loans")


def test_a_declared_schema_stands_in_the_ledger(system, cast):
    schema = declare(system, cast)

    assert EventSchema.objects.get().fields == list(FIELDS)
    assert [line.entry.kind for line in history(schema.ledger_subject)] == [
        "telemetry.eventschema.declared"
    ]


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ([], "fields"),
        ([field(f"f{number}") for number in range(201)], "fields"),
        ([field(""), field()], "fields[0].name"),
        ([field(), field("Amount")], "fields[1].name"),
        ([field("a" * 61)], "fields[0].name"),
        ([{"type": "number", "role": "feature"}], "fields[0].name"),
        ([field(), field()], "fields[1].name"),
        ([field(type="text")], "fields[0].type"),
        ([field(role="target")], "fields[0].role"),
        ([{"name": "amount", "role": "feature"}], "fields[0].type"),
        ([field(type="number", role="prediction")], "fields[0].type"),
        ([field(type="category", role="label")], "fields[0].type"),
        ([field(type="boolean", role="score")], "fields[0].type"),
        ([field(type="number", role="protected")], "fields[0].type"),
        ([field(type="number", role="segment")], "fields[0].type"),
        ([field("a", "boolean", "label"), field("b", "boolean", "label")], "fields"),
    ],
)
def test_a_field_that_cannot_be_is_refused_by_name(system, cast, fields, place):
    with pytest.raises(InvalidInput) as refusal:
        declare(system, cast, fields)

    assert refusal.value.field == place
    assert refusal.value.message
    assert not EventSchema.objects.exists()


@pytest.mark.parametrize("version", ["", "  ", "v" * 41, "1\0"])
def test_a_version_that_cannot_be_is_refused(system, cast, version):
    with pytest.raises(InvalidInput) as refusal:
        declare(system, cast, version=version)

    assert refusal.value.field == "version"


@pytest.mark.parametrize("name", ["class", "from", "id", "values", "none"])
def test_any_word_may_name_a_field(system, cast, name):
    schema = declare(system, cast, [field(name)])

    body = factories.body([{"id": "a", "at": AT.isoformat(), "values": {name: 1.5}}])
    receipt = actions.accept_events(schema, body=body, by=factories.actor(cast.engineer), at=AT)

    assert receipt.accepted == 1
    assert actions.profile_pending(by=factories.actor(cast.engineer), at=AT) == 1
    assert queries.window_profile(schema, AT.date(), AT.date()).numbers[name].total == 1.5


def test_the_same_declaration_again_returns_what_stands(system, cast):
    first = declare(system, cast)
    again = declare(system, cast, version=" 1 ")

    assert again == first
    assert len(history(first.ledger_subject)) == 1


def test_a_version_cannot_be_declared_with_other_fields(system, cast):
    declare(system, cast)

    with pytest.raises(InvalidInput) as refusal:
        declare(system, cast, [field()])

    assert refusal.value.field == "version"


def test_the_newest_version_is_the_current_one(system, cast):
    first = declare(system, cast)
    second = declare(system, cast, [field()], version="2", at=AT.replace(day=21))

    assert queries.current_schema(system) == second
    assert queries.current_schema(system, "1") == first
    assert queries.newest_schemas([system]) == {system.pk: second}
    with pytest.raises(NotFound):
        queries.current_schema(system, "3")


def test_an_outsider_cannot_declare(system, cast):
    with pytest.raises(AccessDenied):
        declare(system, cast, by=cast.outsider)
