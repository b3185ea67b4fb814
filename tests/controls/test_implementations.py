from datetime import timedelta

import factories
import pytest
from django.db import IntegrityError, connection, transaction
from factories import AT

from twofold.controls.actions import approve_implementation, implement
from twofold.controls.models import Implementation, LibraryEntry
from twofold.controls.queries import library, one_reading, visible_implementations
from twofold.ledger.queries import history
from twofold.people import actions as people
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties
from twofold.people.models import Role

NEXT_YEAR = (AT + timedelta(days=365)).date()


def describe(cast, *, control="TF-MON-01", by=None, unit=None, system=None, text="Weekly."):
    return implement(
        control,
        unit=unit or cast.unit,
        system=system,
        owner=cast.owner,
        description=text,
        by=by or factories.actor(cast.lead),
        at=AT,
    )


def approve(row, by, *, due=NEXT_YEAR):
    return approve_implementation(row, review_due_date=due, by=factories.actor(by), at=AT)


def test_a_control_is_described_and_approved_by_another(cast):
    row = describe(cast, by=factories.actor(cast.owner))
    approve(row, cast.approver)

    row.refresh_from_db()
    assert (row.described_by, row.approved_by, row.review_due_date) == (
        cast.owner,
        cast.approver,
        NEXT_YEAR,
    )
    assert [line.entry.kind for line in history(row.ledger_subject)] == [
        "controls.implementation.approved",
        "controls.implementation.described",
    ]
    assert str(row) == "TF-MON-01"


def test_a_control_is_run_once_in_each_scope(cast):
    first, second = factories.system(cast), factories.system(cast)
    describe(cast)
    describe(cast, system=first)
    describe(cast, system=second)

    for scope in (None, first):
        with pytest.raises(Conflict):
            describe(cast, system=scope)
    assert Implementation.objects.count() == 3


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"control": "TF-NONE-01"}, "control"),
        ({"text": ""}, "description"),
        ({"text": "x" * 4001}, "description"),
        ({"text": "a\0"}, "description"),
    ],
)
def test_a_description_that_cannot_be_is_refused_by_field(cast, given, place):
    with pytest.raises(InvalidInput) as refusal:
        describe(cast, **given)

    assert refusal.value.field == place
    assert not Implementation.objects.exists()


def test_a_system_of_another_unit_is_refused(cast):
    with pytest.raises(InvalidInput) as refusal:
        describe(cast, unit=cast.root, system=factories.system(cast))

    assert refusal.value.field == "system"


@pytest.mark.parametrize("who", ["outsider", "approver", "engineer", "auditor"])
def test_who_runs_no_controls_there_describes_none(cast, who):
    with pytest.raises(AccessDenied):
        describe(cast, by=factories.actor(getattr(cast, who)))


def test_no_part_of_the_product_describes_a_control(cast):
    with pytest.raises(AccessDenied):
        describe(cast, by=part_of_product("worker"))


def test_a_restricted_token_describes_its_own_system_alone(cast):
    mine, other = factories.system(cast), factories.system(cast)
    owner = factories.actor(cast.owner)
    token = Actor(
        owner.ledger_name,
        owner.person_id,
        only=frozenset({Permission.IMPLEMENT_CONTROL}),
        restricted_to=mine.ledger_subject,
    )

    describe(cast, by=token, system=mine)
    for scope in (other, None):
        with pytest.raises(AccessDenied):
            describe(cast, by=token, system=scope)


def test_who_described_a_control_cannot_approve_it(cast):
    row = describe(cast)

    with pytest.raises(SeparationOfDuties):
        approve(row, cast.lead)
    row.refresh_from_db()
    assert row.approved_at is None


def test_who_owns_a_control_cannot_approve_it(cast):
    by = factories.actor(cast.administrator)
    given = {"unit": cast.unit, "from_date": AT.date(), "by": by, "at": AT}
    people.assign_role(cast.owner, role=Role.APPROVER, **given)
    row = describe(cast)

    with pytest.raises(SeparationOfDuties):
        approve(row, cast.owner)


def test_no_part_of_the_product_approves_a_control(cast):
    row = describe(cast)

    with pytest.raises(SeparationOfDuties):
        approve_implementation(row, review_due_date=NEXT_YEAR, by=part_of_product("worker"), at=AT)


@pytest.mark.parametrize("who", ["outsider", "engineer", "auditor"])
def test_who_approves_nothing_there_cannot_approve(cast, who):
    with pytest.raises(AccessDenied):
        approve(describe(cast), getattr(cast, who))


def test_the_next_review_lies_ahead(cast):
    with pytest.raises(InvalidInput) as refusal:
        approve(describe(cast), cast.approver, due=AT.date())

    assert refusal.value.field == "review_due_date"


def test_the_next_review_is_not_further_off_than_three_years(cast):
    row = describe(cast)
    with pytest.raises(InvalidInput, match="within 1100 days") as refusal:
        approve(row, cast.approver, due=AT.date() + timedelta(days=1101))

    assert refusal.value.field == "review_due_date"
    last = AT.date() + timedelta(days=1100)
    assert approve(row, cast.approver, due=last).review_due_date == last


def test_a_control_that_was_retired_meanwhile_is_not_run(cast):
    with one_reading():
        library()
        # Another process took it out after this one had looked.
        LibraryEntry.objects.create(
            control="TF-MON-01", change="retired", reason="x", changed_by=cast.lead, changed_at=AT
        )
        with pytest.raises(InvalidInput) as refusal:
            describe(cast)

    assert refusal.value.field == "control"


def edited(row, column, value):
    """Write to the table as somebody with the database would."""
    table = connection.ops.quote_name(row._meta.db_table)
    key = row._meta.pk.get_db_prep_value(row.pk, connection)
    if column.endswith("_id"):
        value = row._meta.pk.get_db_prep_value(value, connection)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, key])  # noqa: S608


@pytest.mark.parametrize("who", ["lead", "owner"])
def test_the_database_refuses_an_approval_by_who_described_or_owns_it(cast, who):
    row = approve(describe(cast), cast.approver)

    with pytest.raises(IntegrityError):
        edited(row, "approved_by_id", getattr(cast, who).pk)


def test_the_database_refuses_an_approval_by_nobody(cast):
    row = describe(cast)

    with pytest.raises(IntegrityError):
        edited(row, "approved_at", AT)
    with pytest.raises(IntegrityError):
        edited(row, "approved_by_id", cast.approver.pk)


def test_the_database_refuses_a_second_implementation_in_a_scope(cast):
    row = describe(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        Implementation.objects.create(
            control=row.control,
            unit=cast.unit,
            owner=cast.owner,
            description="Again.",
            described_by=cast.lead,
            started_at=AT,
        )


def test_implementations_are_seen_within_the_unit_alone(cast):
    system = factories.system(cast)
    of_unit, of_system = describe(cast), describe(cast, system=system)
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    token = Actor(lead.ledger_name, lead.person_id, only=only, restricted_to=system.ledger_subject)

    assert set(visible_implementations(factories.actor(cast.auditor), at=AT)) == {
        of_unit,
        of_system,
    }
    assert not visible_implementations(factories.actor(cast.outsider), at=AT)
    assert list(visible_implementations(token, at=AT)) == [of_system]
