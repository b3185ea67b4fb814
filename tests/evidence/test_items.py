from datetime import date, timedelta

import factories
import pytest
from django.db import IntegrityError, transaction
from factories import AT, content

from twofold.evidence import actions
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.queries import (
    matching,
    newest_versions,
    versions_of,
    visible_items,
    visible_versions,
)
from twofold.ledger.queries import history
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, InvalidInput


def add(cast, *, title="Report", kind="monitoring-report", by=None, about="", of=None):
    return actions.add_item(
        title,
        kind=kind,
        unit=cast.unit,
        content=of or content(),
        about=about,
        by=factories.actor(by or cast.owner),
        at=AT,
    )


def altered(**changes):
    given = content()
    return actions.Content(
        **{name: changes.get(name, getattr(given, name)) for name in given.__dataclass_fields__}
    )


def test_an_item_comes_with_its_first_version(cast):
    item = add(cast, title=" Report ")

    version = item.versions.get()
    assert (item.title, version.number, version.size) == ("Report", 1, 13)
    assert version.author == factories.actor(cast.owner).ledger_name
    (line,) = history(version.ledger_subject)
    assert [(blob.sha256, blob.size) for blob in line.entry.blobs] == [
        (version.stored_sha256, version.stored_size)
    ]
    assert version.stored_sha256 != version.sha256
    assert len(history(item.ledger_subject)) == 1
    assert (str(item), str(version)) == ("Report", f"{item.pk} version 1")


def test_versions_are_numbered_in_their_order(cast):
    item = add(cast)
    for text in (b"second", b"third"):
        actions.add_version(item, content=content(text), by=factories.actor(cast.owner), at=AT)

    assert [version.number for version in versions_of(item)] == [3, 2, 1]
    (seen,) = newest_versions(factories.actor(cast.auditor), at=AT)
    assert (seen.number, seen.valid_until) == (3, date(2026, 12, 31))


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0"}, "title"),
        ({"kind": " "}, "kind"),
        ({"kind": "x" * 61}, "kind"),
        ({"of": altered(period_from=date(2026, 11, 16))}, "period_to"),
        ({"of": altered(valid_until=date(2026, 11, 14))}, "valid_until"),
        ({"of": altered(file_name="")}, "file"),
        ({"of": altered(file_name="x" * 201)}, "file"),
        ({"of": altered(media_type="x" * 101)}, "media_type"),
        ({"of": altered(source="x" * 201)}, "source"),
        ({"of": altered(chunks=[])}, "file"),
        ({"of": altered(chunks=[b"x" * 11])}, "file"),
    ],
)
def test_what_cannot_be_evidence_is_refused_by_field_and_nothing_is_kept(
    cast, settings, given, place
):
    settings.MAXIMUM_UPLOAD_BYTES = 10
    given = {"of": content(b"small"), **given}

    with pytest.raises(InvalidInput) as refusal:
        add(cast, **given)

    assert refusal.value.field == place
    assert not EvidenceItem.objects.exists()
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


def test_evidence_of_one_day_may_count_for_that_day_alone(cast):
    day = date(2026, 11, 20)

    assert add(cast, of=content(period_from=day, period_to=day, valid_until=day))


def test_where_evidence_comes_from_may_be_left_unsaid(cast):
    assert add(cast, of=altered(source="")).versions.get().source == ""


@pytest.mark.parametrize("who", ["outsider", "approver", "auditor", "reviewer"])
def test_who_adds_no_evidence_there_adds_none(cast, settings, who):
    item = add(cast)
    stored = list(settings.BLOBS.rglob("*"))
    by = getattr(cast, who)

    with pytest.raises(AccessDenied):
        add(cast, by=by, of=content(b"other"))
    with pytest.raises(AccessDenied):
        actions.add_version(item, content=content(b"other"), by=factories.actor(by), at=AT)
    assert list(settings.BLOBS.rglob("*")) == stored


@pytest.mark.parametrize(
    "changes",
    [
        {"period_to": date(2026, 10, 31)},
        {"valid_until": date(2026, 11, 14)},
        {"number": 1},
    ],
)
def test_the_database_refuses_dates_out_of_order_and_a_number_twice(cast, changes):
    item = add(cast)
    actions.add_version(item, content=content(b"b"), by=factories.actor(cast.owner), at=AT)

    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceVersion.objects.filter(item=item, number=2).update(**changes)


def test_items_are_seen_within_the_unit_alone(cast):
    system = factories.system(cast)
    plain, about = add(cast), add(cast, title="Of a system", about=system.ledger_subject)
    owner = factories.actor(cast.owner)
    only = frozenset({Permission.READ})
    token = Actor(
        owner.ledger_name, owner.person_id, only=only, restricted_to=system.ledger_subject
    )

    def seen(by):
        items = {item.pk for item in visible_items(by, at=AT)}
        assert items == {version.item_id for version in visible_versions(by, at=AT)}
        return items

    assert seen(factories.actor(cast.auditor)) == {plain.pk, about.pk}
    assert seen(factories.actor(cast.outsider)) == set()
    assert seen(token) == {about.pk}
    assert not visible_items(factories.actor(cast.auditor), at=AT - timedelta(days=1))


def test_items_are_found_by_title_and_kind(cast):
    report, plan = add(cast, title="November"), add(cast, title="Plan", kind="operating-plan")
    versions = newest_versions(factories.actor(cast.auditor), at=AT)

    assert [version.item for version in matching(versions, "NOVEMBER")] == [report]
    assert [version.item for version in matching(versions, "operating")] == [plan]
    assert {version.item for version in matching(versions, "")} == {report, plan}
    assert not matching(versions, "none")
