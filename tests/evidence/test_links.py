import factories
import pytest
from django.db import IntegrityError, transaction
from factories import AT, actor, repository

from twofold.evidence import links
from twofold.evidence.models import EvidenceItem, EvidenceLink
from twofold.evidence.queries import items_linked_to, links_of
from twofold.ledger.queries import history
from twofold.people.errors import AccessDenied, Conflict, InvalidInput

NOWHERE = "inventory.aisystem:00000000-0000-4000-8000-000000000000"


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast)


@pytest.fixture
def system(cast):
    return factories.system(cast)


def told(link):
    return [line.entry.kind.rpartition(".")[2] for line in history(link.ledger_subject)]


def test_a_link_is_made_seen_from_both_ends_and_taken_away(cast, item, system):
    made = links.link(
        item, system.ledger_subject, purpose=" Shows it. ", by=actor(cast.owner), at=AT
    )

    assert (made.purpose, made.made_by) == ("Shows it.", actor(cast.owner).ledger_name)
    assert list(links_of(item)) == [made]
    auditor = actor(cast.auditor)
    assert list(items_linked_to(system.ledger_subject, auditor, at=AT)) == [made]

    links.unlink(made, by=actor(cast.engineer), at=AT)

    made.refresh_from_db()
    assert (made.removed_by, made.removed_at) == (actor(cast.engineer).ledger_name, AT)
    assert list(links_of(item)) == [made]
    assert not items_linked_to(system.ledger_subject, auditor, at=AT)
    assert told(made) == ["unlinked", "linked"]
    assert str(made) == f"{item.pk} for {system.ledger_subject}"


def test_a_record_is_linked_once_and_again_after_it_was_unlinked(cast, item, system):
    first = repository.link(item, system, cast)
    with pytest.raises(Conflict) as refusal:
        repository.link(item, system, cast)
    links.unlink(first, by=actor(cast.owner), at=AT)
    second = repository.link(item, system, cast)

    assert refusal.value.field == "target"
    with pytest.raises(Conflict, match="already"):
        links.unlink(first, by=actor(cast.owner), at=AT)
    assert list(links_of(item)) == [second, first]


@pytest.mark.parametrize("target", ["", "nothing", NOWHERE, "inventory.aisystem:x", "a\0b"])
def test_there_must_be_something_to_link_to(cast, item, target):
    with pytest.raises(InvalidInput) as refusal:
        links.link(item, target, by=actor(cast.owner), at=AT)

    assert refusal.value.field == "target"
    assert not EvidenceLink.objects.exists()


def test_an_item_is_not_linked_to_itself(cast, item):
    with pytest.raises(InvalidInput):
        links.link(item, item.ledger_subject, by=actor(cast.owner), at=AT)


@pytest.mark.parametrize("purpose", ["x" * 301, "a\0"])
def test_a_purpose_that_does_not_fit_is_refused(cast, item, system, purpose):
    with pytest.raises(InvalidInput) as refusal:
        links.link(item, system.ledger_subject, purpose=purpose, by=actor(cast.owner), at=AT)

    assert refusal.value.field == "purpose"


@pytest.mark.parametrize("who", ["approver", "auditor", "reviewer", "outsider"])
def test_who_adds_no_evidence_links_and_unlinks_none(cast, item, system, who):
    by = actor(getattr(cast, who))
    made = repository.link(item, system, cast)

    with pytest.raises(AccessDenied):
        links.link(item, cast.unit.ledger_subject, by=by, at=AT)
    with pytest.raises(AccessDenied):
        links.unlink(made, by=by, at=AT)

    assert EvidenceLink.objects.get().removed_at is None


def test_an_erased_item_is_linked_to_nothing(cast, item, system):
    EvidenceItem.objects.update(erased_at=AT)

    with pytest.raises(Conflict, match="erased"):
        repository.link(item, system, cast)


def test_links_to_items_elsewhere_are_not_shown(cast, item, system):
    repository.link(item, system, cast)

    assert not items_linked_to(system.ledger_subject, actor(cast.outsider), at=AT)


@pytest.mark.parametrize("changes", [{"removed_at": AT}, {"removed_by": "person:x"}])
def test_the_database_refuses_a_link_that_nobody_took_away(cast, item, system, changes):
    repository.link(item, system, cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceLink.objects.update(**changes)
