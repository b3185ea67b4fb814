import hashlib
import hmac
import json
import math
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import factories
import pytest
from django.db import connection, models, transaction
from factories import AT, whole_record
from hypothesis import given
from hypothesis import strategies as st

from twofold.evidence.models import EvidenceVersion
from twofold.ledger import states
from twofold.ledger.forms import form_of, octets
from twofold.ledger.models import LedgerEntry, LedgerRevision, LedgerSalt
from twofold.ledger.recorded import recorded_models
from twofold.ledger.states import read_states
from twofold.monitoring.models import Alert
from twofold.people.models import Person, Unit
from twofold.reporting.integrity import verify_record

MODELS = list(recorded_models())
OTHER_KEY = "0f0f0f0f-0f0f-4f0f-8f0f-0f0f0f0f0f0f"


def loosen(model):
    """Let any value into the table, as somebody can who owns the database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # Checks are off; constraints of keys are only looked at when a transaction ends.
            cursor.execute("PRAGMA ignore_check_constraints = ON")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'",
                [model._meta.db_table],
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {model._meta.db_table} DROP CONSTRAINT "{name}"')


@pytest.fixture
def tightened(db):
    yield
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def other_key(_value):
    return OTHER_KEY if connection.vendor == "postgresql" else OTHER_KEY.replace("-", "")


def other_text(value):
    return value[:-1] + ("y" if value.endswith("x") else "x")


OTHER = {
    "UUIDField": other_key,
    "DateTimeField": lambda value: (value or AT) + timedelta(microseconds=1),
    "DateField": lambda value: (value or AT.date()) + timedelta(days=1),
    "BooleanField": lambda value: not value,
    "FloatField": lambda value: 0.25 if value is None else math.nextafter(value, math.inf),
    "BinaryField": lambda value: bytes(value)[:-1] + b"!",
    "JSONField": lambda value: json.dumps([*(value or ()), "more"]),
    "CharField": other_text,
    "TextField": other_text,
    "SlugField": other_text,
}


def other_value(field, value):
    """Return a value that the column can hold and does not."""
    kind = (field.target_field if field.remote_field else field).get_internal_type()
    return OTHER.get(kind, lambda number: number + 1)(value)


def edit(model, key, column, value):
    field = model._meta.get_field(column) if isinstance(column, str) else column
    pk = model._meta.pk.get_db_prep_value(key, connection)
    if isinstance(value, datetime | date):
        value = field.get_db_prep_value(value, connection)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {model._meta.db_table} SET "{field.column}" = %s '  # noqa: S608
            f'WHERE "{model._meta.pk.column}" = %s',
            [value, pk],
        )
        assert cursor.rowcount == 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_an_edit_of_any_column_names_the_record(tightened, model):
    whole_record.make()
    assert verify_record().problems == ()
    loosen(model)
    row = model.objects.order_by("pk").first()

    for field in model._meta.concrete_fields:
        with transaction.atomic():
            edit(model, row.pk, field, other_value(field, getattr(row, field.attname)))
            report = verify_record()
            transaction.set_rollback(True)
        assert report.exit_status == 1, field.attname
        named = [problem.record for problem in report.problems]
        assert any(name.startswith(row.ledger_subject) for name in named), field.attname
    assert verify_record().problems == ()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_emptying_or_filling_an_empty_column_names_the_record(tightened, model):
    whole_record.make()
    loosen(model)
    row = model.objects.order_by("pk").first()

    for field in model._meta.concrete_fields:
        if field.null:
            kept = getattr(row, field.attname)
            value = None if kept is not None else other_value(field, kept)
            with transaction.atomic():
                edit(model, row.pk, field, value)
                report = verify_record()
                transaction.set_rollback(True)
            named = [problem.record for problem in report.problems]
            assert any(name.startswith(row.ledger_subject) for name in named), field.attname


@pytest.mark.parametrize("garbage", ["no such value", b"\x00\xff", "2026-13-45 25:61:00", 10**12])
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_values_that_a_column_cannot_hold_name_the_record_and_stop_nothing(
    tightened, model, garbage
):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL refuses a value of another type")
    whole_record.make()
    loosen(model)
    row = model.objects.order_by("pk").first()

    for field in model._meta.concrete_fields:
        if field.get_internal_type() == "BinaryField" and isinstance(garbage, bytes):
            continue
        with transaction.atomic():
            edit(model, row.pk, field, garbage)
            report = verify_record()
            transaction.set_rollback(True)
        named = [problem.record for problem in report.problems]
        assert any(name.startswith(row.ledger_subject) for name in named), field.attname


def test_no_personal_column_stands_in_an_entry_or_a_kept_state(db):
    whole_record.make()
    texts = [bytes(data).decode() for data in LedgerEntry.objects.values_list("data", flat=True)]
    texts += LedgerRevision.objects.values_list("state", flat=True)

    for person in Person.objects.all():
        for attname in Person.personal:
            value = getattr(person, attname)
            assert value
            assert not [text for text in texts if value in text], attname
    assert not [text for text in texts if "@acme.example" in text]


def test_a_commitment_is_an_hmac_with_the_salt_of_the_subject(cast):
    person = cast.owner
    salt = bytes(LedgerSalt.objects.get(subject=person.ledger_subject).salt)
    message = f'email="{person.email}"'.encode()
    # RFC 2104, spelt out.
    block = salt.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + message).digest()
    expected = hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()

    assert str(LedgerSalt.objects.get(salt=salt)) == f"salt of {person.ledger_subject}"
    states = dict(read_states(Person, salts={person.ledger_subject: salt}, keys=[person.pk]))

    assert json.loads(states[person.ledger_subject])["email"] == f"commitment:{expected}"


def test_a_person_without_salt_fits_no_entry(cast):
    LedgerSalt.objects.filter(subject=cast.owner.ledger_subject).delete()

    report = verify_record()

    assert [p.record for p in report.problems if p.severity == "tampered"] == [
        f"{cast.owner.ledger_subject} revision 1"
    ]


def test_an_empty_personal_column_shows_as_empty(db, monkeypatch):
    whole_record.make()
    monkeypatch.setattr(Alert, "personal", frozenset({"acknowledged_at"}))
    states._layout_of.cache_clear()  # noqa: SLF001
    alert = Alert.objects.get()

    ((_subject, text),) = read_states(Alert, salts={alert.ledger_subject: b"salt"})

    states._layout_of.cache_clear()  # noqa: SLF001
    assert json.loads(text)["acknowledged_at"] is None


def test_the_state_of_a_version_is_the_same_text_on_every_database(cast):
    item = factories.evidence_item(cast)
    version = item.versions.get()

    salt = b"s" * 32

    states = dict(read_states(EvidenceVersion, salts={version.ledger_subject: salt}))

    def committed(column, value):
        # HMAC-SHA-256 (RFC 2104) of the column and its canonical form.
        message = f'{column}="{value}"'.encode()
        return f'"commitment:{hmac.new(salt, message, "sha256").hexdigest()}"'

    content = hashlib.sha256(b"what was seen").hexdigest()
    assert states == {
        version.ledger_subject: (
            '{"added_at":"2026-11-20T09:30:00.000000+00:00",'
            f'"author":"person:{cast.owner.pk}","encrypted":{json.dumps(version.encrypted)},'
            f'"file_name":{committed("file_name", "seen.txt")},"id":"{version.pk}",'
            f'"item_id":"{item.pk}","media_type":"text/plain","number":1,'
            '"period_from":"2026-11-01","period_to":"2026-11-15","quarantine":"",'
            f'"sha256":{committed("sha256", content)},"size":13,'
            f'"source":{committed("source", "a test")},'
            f'"stored_sha256":"{version.stored_sha256}","stored_size":{version.stored_size},'
            '"valid_until":"2026-12-31"}'
        )
    }


def test_text_of_any_script_and_with_any_sign_is_read_back(cast):
    for name in ('"quoted" \\ and \n', "Ärger 漢字 🦊", "100 %s %(x)s"):
        Unit.objects.filter(pk=cast.unit.pk).update(name=name)
        states = dict(read_states(Unit, salts={}, keys=[cast.unit.pk]))
        assert json.loads(states[cast.unit.ledger_subject])["name"] == name


@pytest.mark.parametrize(
    ("field", "sqlite", "postgresql", "expected"),
    [
        (models.BooleanField(), 1, True, "true"),
        (models.BooleanField(), 0, False, "false"),
        (models.IntegerField(), 7, 7, "7"),
        (models.FloatField(), 0.1, 0.1, '"0.1"'),
        (models.DateField(), "2026-11-20", date(2026, 11, 20), '"2026-11-20"'),
        (
            models.DateTimeField(),
            "2026-11-20 09:30:00",
            datetime(2026, 11, 20, 10, 30, tzinfo=timezone(timedelta(hours=1))),
            '"2026-11-20T09:30:00.000000+00:00"',
        ),
        (
            models.DateTimeField(),
            "2026-11-20 09:30:00.000001",
            datetime(2026, 11, 20, 9, 30, 0, 1, tzinfo=UTC),
            '"2026-11-20T09:30:00.000001+00:00"',
        ),
        (models.UUIDField(), OTHER_KEY.replace("-", ""), UUID(OTHER_KEY), f'"{OTHER_KEY}"'),
        (models.JSONField(), '{"b": 1, "a": [0.50]}', '{"a":[0.5],"b":1}', '{"a":["0.5"],"b":1}'),
        (
            models.BinaryField(),
            b"abc",
            memoryview(b"abc"),
            # FIPS 180-2, appendix B.1
            '"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"',
        ),
    ],
)
def test_both_databases_give_the_same_form(field, sqlite, postgresql, expected):
    form = form_of(field)

    assert form(sqlite) == expected
    assert form(postgresql) == expected


@pytest.mark.parametrize(
    "field",
    [
        models.BooleanField(),
        models.CharField(),
        models.DateField(),
        models.DateTimeField(),
        models.FloatField(),
        models.IntegerField(),
        models.JSONField(),
        models.UUIDField(),
        models.BinaryField(),
    ],
    ids=lambda field: field.get_internal_type(),
)
def test_a_value_of_another_type_has_a_form_of_its_own(field):
    form = form_of(field)
    foreign = 7.5 if not isinstance(field, models.FloatField) else "7.5"

    assert json.loads(form(foreign)) == f"{type(foreign).__name__} {foreign!r}"


@given(st.text(min_size=19, max_size=32))
def test_no_text_in_a_time_or_key_column_is_taken_for_another(text):
    for field in (models.DateTimeField(), models.UUIDField(), models.JSONField()):
        json.loads(form_of(field)(text))


def test_a_type_without_form_is_refused():
    with pytest.raises(TypeError, match="DecimalField"):
        form_of(models.DecimalField(max_digits=5, decimal_places=2))


def test_octets_are_the_bytes_of_whatever_stands_there():
    assert octets(memoryview(b"ab")) == b"ab"
    assert octets("é") == "é".encode()
