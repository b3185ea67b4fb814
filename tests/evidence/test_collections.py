from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest
from django.db import IntegrityError, transaction
from factories import AT, actor, repository

from twofold.evidence import collections
from twofold.evidence.contents import handed_out
from twofold.evidence.models import CollectionRun, EvidenceCollection, EvidenceItem
from twofold.evidence.queries import versions_of
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput

COLLECTOR = part_of_product("collector")
DUE = AT.replace(hour=6, minute=0)
Outcome = CollectionRun.Outcome
#: The last time before AT that it was 9:31.
DAY_BEFORE = AT - timedelta(hours=23, minutes=59)


def fetched(data=b"all backups ran"):
    return collections.Fetched(
        chunks=[data],
        sha256=sha256(data).hexdigest(),
        file_name="backups.txt",
        media_type="text/plain",
        note="backups/backups.txt",
    )


def bring(collection, data=b"all backups ran", *, due_at=DUE, at=AT):
    return collections.bring(collection, fetched(data), due_at=due_at, by=COLLECTOR, at=at)


def told(collection):
    return [line.entry.kind.rpartition(".")[2] for line in history(collection.ledger_subject)]


def test_the_first_run_begins_an_item_and_the_next_adds_a_version(cast):
    collection = repository.collection(cast)

    first = bring(collection)
    second = bring(collection, b"one failed", due_at=DUE + timedelta(days=7), at=AT)

    item = EvidenceItem.objects.get()
    collection.refresh_from_db()
    assert (item.title, item.kind, item.unit) == (collection.title, "backup-report", cast.unit)
    assert (collection.item, first.version.item) == (item, item)
    assert (first.outcome, second.version.number) == (Outcome.ADDED, 2)
    newest = versions_of(item)[0]
    assert (newest.period_from, newest.period_to) == (date(2026, 11, 14), date(2026, 11, 20))
    assert newest.valid_until == date(2026, 12, 20)
    assert (newest.author, newest.source) == ("system:collector", "backups/backups.txt")
    assert b"".join(handed_out(newest)) == b"one failed"
    assert told(collection) == ["begun", "planned"]
    assert str(first) == f"{collection.pk} due {DUE}"


def test_what_is_there_already_is_no_new_version(cast):
    collection = repository.collection(cast)
    bring(collection)

    run = bring(collection, due_at=DUE + timedelta(days=7))

    assert (run.outcome, run.version) == (Outcome.UNCHANGED, None)
    assert versions_of(EvidenceItem.objects.get()).count() == 1


def test_a_first_run_that_was_cut_off_is_taken_up_again(cast):
    collection = repository.collection(cast)
    bring(collection)
    CollectionRun.objects.all().delete()
    EvidenceCollection.objects.update(item=None)
    collection.refresh_from_db()

    assert bring(collection).outcome == Outcome.UNCHANGED
    assert bring(collection, b"other", due_at=DUE + timedelta(days=7)).outcome == Outcome.ADDED
    collection.refresh_from_db()
    assert collection.item == EvidenceItem.objects.get()


def test_a_run_is_entered_once_and_none_after_the_end(cast):
    collection = repository.collection(cast)
    bring(collection)

    with pytest.raises(Conflict, match="already"):
        bring(collection, b"other")
    collections.end(collection, by=actor(cast.engineer), at=AT)
    with pytest.raises(Conflict, match="ended"):
        bring(collection, b"other", due_at=DUE + timedelta(days=7))
    with pytest.raises(Conflict, match="ended"):
        collections.end(collection, by=actor(cast.owner), at=AT)

    assert versions_of(EvidenceItem.objects.get()).count() == 1
    assert told(collection)[0] == "ended"
    assert str(collection) == "Report of the backups"


def test_an_erased_item_is_not_filled_again(cast):
    collection = repository.collection(cast)
    bring(collection)
    EvidenceItem.objects.update(erased_at=AT)

    for data in (b"all backups ran", b"other"):
        with pytest.raises(Conflict, match="erased"):
            bring(collection, data, due_at=DUE + timedelta(days=7))


def test_what_cannot_be_evidence_is_refused_and_no_run_is_entered(cast):
    collection = repository.collection(cast)

    with pytest.raises(InvalidInput):
        bring(collection, b"")

    assert not CollectionRun.objects.exists()
    assert not EvidenceItem.objects.exists()


def test_a_run_that_failed_says_why(cast):
    collection = repository.collection(cast)

    run = collections.enter_run(collection, Outcome.FAILED, message="x" * 400, due_at=DUE, at=AT)
    again = collections.enter_run(collection, Outcome.FAILED, message="Gone.", due_at=DUE, at=AT)

    assert run == again == CollectionRun.objects.get()
    assert (run.outcome, run.message) == ("failed", "x" * 300)


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": ""}, "kind"),
        ({"locator": ""}, "locator"),
        ({"locator": "x" * 501}, "locator"),
        ({"schedule": ""}, "schedule"),
        ({"schedule": "weekly"}, "schedule"),
        ({"schedule": "0 0 30 2 *"}, "schedule"),
        ({"schedule": "0 0 6 * * 1"}, "schedule"),
        ({"schedule": "*/30 * * * *"}, "schedule"),
        ({"schedule": "0,40 6 * * *"}, "schedule"),
        ({"schedule": "0 6 * * " + ",".join(["1"] * 60)}, "schedule"),
        ({"period_days": 0}, "period_days"),
        ({"period_days": 3661}, "period_days"),
        ({"valid_days": 0}, "valid_days"),
        ({"valid_days": 3661}, "valid_days"),
    ],
)
def test_what_cannot_be_planned_is_refused_by_field(cast, changed, place):
    with pytest.raises(InvalidInput) as refusal:
        repository.collection(cast, **changed)

    assert refusal.value.field == place
    assert not EvidenceCollection.objects.exists()


@pytest.mark.parametrize("who", ["approver", "reviewer", "auditor", "outsider"])
def test_who_may_not_collect_neither_plans_nor_ends(cast, who):
    by = actor(getattr(cast, who))
    collection = repository.collection(cast)

    with pytest.raises(AccessDenied):
        collections.plan(cast.unit, repository.plan(), by=by, at=AT)
    with pytest.raises(AccessDenied):
        collections.end(collection, by=by, at=AT)
    with pytest.raises(AccessDenied):
        collections.bring(collection, fetched(), due_at=DUE, by=by, at=AT)


@pytest.mark.parametrize(
    ("schedule", "after", "until", "due"),
    [
        ("0 6 * * 1", AT, AT + timedelta(days=1), None),
        ("0 6 * * 1", AT, AT + timedelta(days=30), datetime(2026, 12, 14, 6, tzinfo=UTC)),
        ("30 9 * * *", AT - timedelta(days=1), AT, AT),
        ("30 9 * * *", AT, AT, None),
        ("31 9 * * *", AT - timedelta(days=1), AT + timedelta(seconds=59), DAY_BEFORE),
        ("5 * * * *", AT - timedelta(minutes=40), AT, AT.replace(minute=5)),
    ],
)
def test_what_was_missed_is_due_once(schedule, after, until, due):
    assert collections.newest_due(schedule, after=after, until=until) == due


@pytest.mark.parametrize("changes", [{"period_days": 0}, {"valid_days": 0}])
def test_the_database_refuses_no_days(cast, changes):
    repository.collection(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceCollection.objects.update(**changes)
