import hashlib
import json
from datetime import timedelta

import factories
import pytest
from controls.test_implementations import edited
from django.db import IntegrityError, connection
from factories import AT, governed

from twofold.controls.actions import approve_statement, prepare_statement
from twofold.controls.models import Statement
from twofold.controls.queries import visible_statements
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission, part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties

CONTENT = governed.statement_content()
TOMORROW = AT + timedelta(days=1)


def prepare(cast, content=CONTENT, *, framework="27001", by=None, unit=None, note="", at=AT):
    return prepare_statement(
        framework,
        lambda: content,
        unit=unit or cast.root,
        change_note=note,
        by=by or factories.actor(cast.lead),
        at=at,
    )


def approve(cast, made, by=None, *, content=CONTENT, effective=None, at=AT):
    return approve_statement(
        made,
        content_now=lambda _row: content,
        effective_date=effective or at.date(),
        by=by or factories.actor(cast.approver),
        at=at,
    )


@pytest.fixture
def made(cast):
    """A draft for the unit of the approver."""
    return prepare(cast, unit=cast.unit)


def test_a_version_is_prepared_by_one_and_approved_by_another(cast, made):
    approve(cast, made, effective=TOMORROW.date())

    row = Statement.objects.get()
    assert (row.number, row.prepared_by, row.approved_by, row.approved_at) == (
        1,
        cast.lead,
        cast.approver,
        AT,
    )
    assert row.effective_date == TOMORROW.date()
    assert [line.entry.kind for line in history(row.ledger_subject)] == [
        "controls.statement.approved",
        "controls.statement.prepared",
    ]
    assert str(row) == "27001 version 1"


def test_the_content_is_kept_with_its_hash_whatever_the_order_of_its_keys(cast):
    first = prepare(cast, {"rows": [], "framework": "Ö"})
    second = prepare(cast, {"framework": "Ö", "rows": []}, unit=cast.unit)

    assert first.content == second.content
    assert json.loads(first.content) == {"framework": "Ö", "rows": []}
    assert first.sha256 == hashlib.sha256(first.content.encode()).hexdigest()


def test_a_draft_that_nobody_approved_is_replaced(cast, made):
    again = prepare(cast, governed.statement_content(status="partial"), unit=cast.unit, note=" N ")

    assert (again.pk, again.number, again.change_note) == (made.pk, 1, "N")
    assert again.sha256 != made.sha256
    assert Statement.objects.count() == 1


def test_what_was_approved_is_sealed_and_the_next_version_stands_beside_it(cast, made):
    sealed = approve(cast, made)
    before = Statement.objects.values().get()

    later = prepare(cast, governed.statement_content(status="partial"), unit=cast.unit, at=TOMORROW)

    assert (later.number, later.approved_at) == (2, None)
    assert Statement.objects.filter(pk=sealed.pk).values().get() == before


def test_each_unit_and_each_standard_counts_its_own_versions(cast, made):
    approve(cast, made)

    assert prepare(cast, unit=cast.unit).number == 2
    assert prepare(cast, framework="42001", unit=cast.unit).number == 1
    assert prepare(cast).number == 1


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"framework": "airmf"}, "framework"),
        ({"framework": "9001"}, "framework"),
        ({"note": "x" * 501}, "change_note"),
        ({"note": "a\0"}, "change_note"),
    ],
)
def test_what_cannot_be_prepared_is_refused_by_field(cast, given, place):
    with pytest.raises(InvalidInput) as refusal:
        prepare(cast, **given)

    assert refusal.value.field == place
    assert not Statement.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "owner", "approver", "auditor", "administrator"])
def test_only_a_lead_of_the_unit_prepares(cast, who):
    with pytest.raises(AccessDenied):
        prepare(cast, by=factories.actor(getattr(cast, who)))


def test_no_part_of_the_product_prepares_or_approves(cast, made):
    with pytest.raises(AccessDenied):
        prepare(cast, by=part_of_product("worker"))
    with pytest.raises(SeparationOfDuties):
        approve(cast, made, part_of_product("worker"))


def test_who_prepared_it_cannot_approve_it(cast, made):
    with pytest.raises(SeparationOfDuties):
        approve(cast, made, factories.actor(cast.lead))

    made.refresh_from_db()
    assert made.approved_at is None


def test_who_prepared_it_last_cannot_approve_it(cast):
    """A lead beside the first one prepared it anew: then the first one may approve."""
    made = prepare(cast, unit=cast.elsewhere)
    prepare(cast, unit=cast.elsewhere, by=factories.actor(cast.outsider))

    with pytest.raises(SeparationOfDuties):
        approve(cast, made, factories.actor(cast.outsider))
    assert approve(cast, made, factories.actor(cast.lead)).approved_by_id == cast.lead.pk


@pytest.mark.parametrize("who", ["outsider", "owner", "auditor", "administrator"])
def test_who_approves_nothing_there_cannot_approve(cast, made, who):
    with pytest.raises(AccessDenied):
        approve(cast, made, factories.actor(getattr(cast, who)))


def test_it_is_approved_once(cast, made):
    approve(cast, made)

    with pytest.raises(Conflict):
        approve(cast, made, at=TOMORROW)
    made.refresh_from_db()
    assert made.approved_at == AT


def test_it_takes_effect_today_at_the_earliest(cast, made):
    with pytest.raises(InvalidInput) as refusal:
        approve(cast, made, effective=AT.date() - timedelta(days=1))

    assert refusal.value.field == "effective_date"
    assert approve(cast, made, effective=AT.date())


@pytest.mark.parametrize(
    "row",
    [
        {"applicable": None},
        {"applicable": True, "grounds": []},
    ],
)
def test_an_open_point_is_named_and_nothing_is_approved(cast, row):
    content = governed.statement_content(**row)
    made = prepare(cast, content, unit=cast.unit)

    with pytest.raises(Conflict, match=r"27001:A\.8\.15"):
        approve(cast, made, content=content)
    made.refresh_from_db()
    assert made.approved_at is None


def test_what_is_excluded_needs_no_ground(cast):
    content = governed.statement_content(applicable=False, grounds=[])

    assert approve(cast, prepare(cast, content, unit=cast.unit), content=content).approved_at


def test_of_many_open_points_five_are_named_and_the_rest_counted(cast):
    rows = [{"id": f"27001:A.5.{n}", "applicable": None, "grounds": []} for n in range(1, 9)]
    content = {"framework": "27001", "rows": rows}
    made = prepare(cast, content, unit=cast.unit)

    with pytest.raises(Conflict, match=r"A\.5\.1, .*A\.5\.5 and 3 more"):
        approve(cast, made, content=content)


def test_when_the_facts_have_changed_it_is_prepared_again(cast, made):
    changed = governed.statement_content(status="partial")
    with pytest.raises(Conflict, match="prepare it again"):
        approve(cast, made, content=changed)

    again = prepare(cast, changed, unit=cast.unit)
    assert approve(cast, again, content=changed).approved_at == AT


def test_the_database_refuses_an_approval_by_who_prepared_it_and_a_second_draft(cast, made):
    with pytest.raises(IntegrityError):
        edited(made, "approved_at", AT)
    later = approve(cast, made)
    with pytest.raises(IntegrityError):
        edited(later, "approved_by_id", cast.lead.pk)
    prepare(cast, unit=cast.unit)
    third = prepare(cast)
    with pytest.raises(IntegrityError):
        edited(third, "unit_id", cast.unit.pk)


def test_statements_are_seen_within_the_unit_alone(cast, made):
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    restricted = Actor(lead.ledger_name, lead.person_id, only=only, restricted_to="a:b")

    assert list(visible_statements(factories.actor(cast.owner), at=AT)) == [made]
    assert not visible_statements(factories.actor(cast.outsider), at=AT)
    assert not visible_statements(restricted, at=AT)


def test_what_is_sealed_is_computed_while_the_version_is_locked(cast, made):
    prepare(cast, governed.statement_content(status="partial"), unit=cast.unit)
    depth, asked = len(connection.savepoint_ids), []

    def now(row):
        asked.append((len(connection.savepoint_ids) - depth, json.loads(row.content)))
        return governed.statement_content(status="partial")

    # The version that the approver holds is older than the one that is locked.
    sealed = approve_statement(
        made,
        content_now=now,
        effective_date=AT.date(),
        by=factories.actor(cast.approver),
        at=AT,
    )

    assert asked == [(1, json.loads(sealed.content))]


def test_what_is_prepared_is_computed_after_every_refusal_and_within_the_change(cast):
    depth, asked = len(connection.savepoint_ids), []

    def now():
        asked.append(len(connection.savepoint_ids) - depth)
        return CONTENT

    for given in ({"framework": "9001"}, {"by": factories.actor(cast.auditor)}):
        with pytest.raises((InvalidInput, AccessDenied)):
            prepare_statement(
                given.get("framework", "27001"),
                now,
                unit=cast.unit,
                by=given.get("by") or factories.actor(cast.lead),
                at=AT,
            )
    assert asked == []
    prepare_statement("27001", now, unit=cast.unit, by=factories.actor(cast.lead), at=AT)
    assert asked == [1]
