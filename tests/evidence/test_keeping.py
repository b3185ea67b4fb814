from datetime import date

import factories
import pytest
from factories import AT, actor

from twofold.evidence import actions, keeping
from twofold.evidence.keeping import Description
from twofold.evidence.models import Classification, EvidenceItem
from twofold.ledger.queries import history, revision_of
from twofold.people import accounts
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, Outdated

KINDS = "evidence.evidenceitem."


def description(**changed):
    given = {
        "title": " Minutes of the review ",
        "kind": " minutes ",
        "classification": Classification.CONFIDENTIAL,
        "owner": None,
        "retain_until": date(2029, 12, 31),
    }
    return Description(**(given | changed))


def told(item):
    return [line.entry.kind.removeprefix(KINDS) for line in history(item.ledger_subject)]


def erased(item):
    EvidenceItem.objects.filter(pk=item.pk).update(erased_at=AT)
    return item


def test_what_is_said_of_an_item_is_changed_and_recorded(cast):
    item = factories.evidence_item(cast)
    seen = revision_of(item.ledger_subject)

    keeping.describe(
        item, description(owner=cast.engineer), by=actor(cast.owner), at=AT, expected=seen
    )

    item.refresh_from_db()
    assert (item.title, item.kind) == ("Minutes of the review", "minutes")
    assert (item.classification, item.owner) == ("confidential", cast.engineer)
    assert item.retain_until == date(2029, 12, 31)
    assert told(item)[0] == "described"


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\0"}, "title"),
        ({"kind": ""}, "kind"),
        ({"kind": "x" * 61}, "kind"),
    ],
)
def test_a_description_that_does_not_fit_changes_nothing(cast, changed, place):
    item = factories.evidence_item(cast)

    with pytest.raises(InvalidInput) as refusal:
        keeping.describe(item, description(**changed), by=actor(cast.owner), at=AT)

    assert refusal.value.field == place
    assert EvidenceItem.objects.get().kind == item.kind
    assert told(item) == ["added"]


def test_nobody_who_left_keeps_an_item(cast):
    item = factories.evidence_item(cast)
    accounts.deactivate(cast.engineer, by=actor(cast.administrator), at=AT)
    cast.engineer.refresh_from_db()

    with pytest.raises(InvalidInput) as refusal:
        keeping.describe(item, description(owner=cast.engineer), by=actor(cast.owner), at=AT)

    assert refusal.value.field == "owner"


def test_what_was_changed_since_it_was_seen_is_looked_at_again(cast):
    item = factories.evidence_item(cast)
    seen = revision_of(item.ledger_subject)
    keeping.describe(item, description(), by=actor(cast.owner), at=AT)

    with pytest.raises(Outdated):
        keeping.describe(
            item, description(title="Other"), by=actor(cast.owner), at=AT, expected=seen
        )

    assert EvidenceItem.objects.get().title == "Minutes of the review"


def test_a_hold_stands_until_somebody_ends_it_with_a_reason(cast):
    item = factories.evidence_item(cast)
    by = actor(cast.lead)

    keeping.hold(item, reason=" Dispute with a customer ", by=by, at=AT)
    assert EvidenceItem.objects.get().hold_reason == "Dispute with a customer"
    with pytest.raises(Conflict, match="held already"):
        keeping.hold(item, reason="Again", by=by, at=AT)
    keeping.end_hold(item, reason="Settled", by=by, at=AT)

    assert not EvidenceItem.objects.get().hold_reason
    assert told(item)[:2] == ["released", "held"]
    assert history(item.ledger_subject)[0].entry.body["reason"] == "Settled"
    with pytest.raises(Conflict, match="not held"):
        keeping.end_hold(item, reason="Again", by=by, at=AT)


@pytest.mark.parametrize("reason", ["", " ", "x" * 301, "a\0"])
def test_a_hold_is_begun_and_ended_for_a_reason_alone(cast, reason):
    item = factories.evidence_item(cast)
    by = actor(cast.lead)

    with pytest.raises(InvalidInput) as begun:
        keeping.hold(item, reason=reason, by=by, at=AT)
    keeping.hold(item, reason="Dispute", by=by, at=AT)
    with pytest.raises(InvalidInput) as ended:
        keeping.end_hold(item, reason=reason, by=by, at=AT)

    assert (begun.value.field, ended.value.field) == ("reason", "reason")
    assert EvidenceItem.objects.get().hold_reason == "Dispute"


@pytest.mark.parametrize("who", ["owner", "engineer", "approver", "auditor", "outsider"])
def test_who_does_not_lead_holds_nothing(cast, who):
    item = factories.evidence_item(cast)
    by = actor(getattr(cast, who))

    with pytest.raises(AccessDenied):
        keeping.hold(item, reason="Dispute", by=by, at=AT)
    keeping.hold(item, reason="Dispute", by=actor(cast.lead), at=AT)
    with pytest.raises(AccessDenied):
        keeping.end_hold(item, reason="Settled", by=by, at=AT)


@pytest.mark.parametrize("who", ["approver", "auditor", "reviewer", "outsider"])
def test_who_adds_no_evidence_describes_none(cast, who):
    item = factories.evidence_item(cast)

    with pytest.raises(AccessDenied):
        keeping.describe(item, description(), by=actor(getattr(cast, who)), at=AT)

    assert told(item) == ["added"]


def test_a_token_for_another_record_describes_nothing(cast):
    item = factories.evidence_item(cast)
    owner = actor(cast.owner)
    only = frozenset({Permission.ADD_EVIDENCE})
    token = Actor("token:x", owner.person_id, only=only, restricted_to="inventory.aisystem:x")

    with pytest.raises(AccessDenied):
        keeping.describe(item, description(), by=token, at=AT)


def test_nothing_of_an_erased_item_can_be_changed(cast):
    item = erased(factories.evidence_item(cast))
    lead = actor(cast.lead)

    for act in (
        lambda: keeping.describe(item, description(), by=lead, at=AT),
        lambda: keeping.hold(item, reason="Dispute", by=lead, at=AT),
        lambda: keeping.end_hold(item, reason="Settled", by=lead, at=AT),
        lambda: actions.add_version(item, content=factories.content(), by=lead, at=AT),
    ):
        with pytest.raises(Conflict, match="erased"):
            act()
