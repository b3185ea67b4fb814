from datetime import timedelta

import factories
import pytest
from django.db import IntegrityError, transaction
from factories import AT, actor, repository

from twofold.evidence import requests
from twofold.evidence.models import EvidenceItem, EvidenceRequest, EvidenceVersion
from twofold.evidence.queries import requests_owed, visible_requests
from twofold.ledger.queries import history
from twofold.people import accounts
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput


def asked(cast, **changed):
    given = {
        "title": "Minutes",
        "details": "",
        "kind": "minutes",
        "about": "",
        "owner": cast.owner,
        "due_date": AT.date() + timedelta(days=7),
    }
    return requests.Asked(**(given | changed))


def ask(cast, *, by=None, **changed):
    return requests.ask(cast.unit, asked(cast, **changed), by=actor(by or cast.auditor), at=AT)


def version_of(item):
    return EvidenceVersion.objects.select_related("item__unit").get(item=item)


def told(request):
    return [line.entry.kind.rpartition(".")[2] for line in history(request.ledger_subject)]


def test_a_request_is_owed_until_it_is_answered(cast):
    made = ask(cast, title=" Minutes ", details=" Of May. ", kind=" minutes ")

    assert (made.title, made.details, made.kind) == ("Minutes", "Of May.", "minutes")
    assert made.asked_by == actor(cast.auditor).ledger_name
    assert list(requests_owed(cast.owner.pk)) == [made]
    assert str(made) == "Minutes"

    version = version_of(factories.evidence_item(cast))
    requests.answer(made, version=version, by=actor(cast.owner), at=AT)

    made.refresh_from_db()
    assert (made.answer, made.closed_at) == (version, AT)
    assert not requests_owed(cast.owner.pk)
    assert told(made) == ["answered", "asked"]


def test_a_request_is_taken_back_with_a_reason(cast):
    made = ask(cast)

    requests.withdraw(made, reason=" Found it. ", by=actor(cast.auditor), at=AT)

    made.refresh_from_db()
    assert (made.withdrawal, made.closed_at) == ("Found it.", AT)
    assert told(made) == ["withdrawn", "asked"]


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"kind": " "}, "kind"),
        ({"kind": "x" * 61}, "kind"),
        ({"details": "x" * 4001}, "details"),
        ({"details": "a\0"}, "details"),
        ({"due_date": AT.date() - timedelta(days=1)}, "due_date"),
        ({"about": "nothing"}, "about"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(cast, changed, place):
    with pytest.raises(InvalidInput) as refusal:
        ask(cast, **changed)

    assert refusal.value.field == place
    assert not EvidenceRequest.objects.exists()


def test_evidence_may_be_due_today(cast):
    assert ask(cast, due_date=AT.date()).due_date == AT.date()


@pytest.mark.parametrize("who", ["auditor", "reviewer", "outsider"])
def test_nobody_is_asked_who_could_not_answer(cast, who):
    with pytest.raises(InvalidInput, match="could not answer") as refusal:
        ask(cast, owner=getattr(cast, who))

    assert refusal.value.field == "owner"


def test_nobody_is_asked_who_left(cast):
    accounts.deactivate(cast.engineer, by=actor(cast.administrator), at=AT)
    cast.engineer.refresh_from_db()

    with pytest.raises(InvalidInput) as refusal:
        ask(cast, owner=cast.engineer)

    assert refusal.value.field == "owner"


@pytest.mark.parametrize("who", ["engineer", "approver", "reviewer", "outsider"])
def test_who_may_not_ask_neither_asks_nor_takes_back(cast, who):
    by = getattr(cast, who)
    made = ask(cast)

    with pytest.raises(AccessDenied):
        ask(cast, by=by)
    with pytest.raises(AccessDenied):
        requests.withdraw(made, reason="So.", by=actor(by), at=AT)

    assert EvidenceRequest.objects.get().closed_at is None


@pytest.mark.parametrize("who", ["auditor", "approver", "reviewer", "outsider"])
def test_who_adds_no_evidence_answers_nothing(cast, who):
    made = ask(cast)
    version = version_of(factories.evidence_item(cast))

    with pytest.raises(AccessDenied):
        requests.answer(made, version=version, by=actor(getattr(cast, who)), at=AT)


@pytest.mark.parametrize("reason", ["", " ", "x" * 301, "a\0"])
def test_a_request_is_not_taken_back_without_a_reason(cast, reason):
    made = ask(cast)

    with pytest.raises(InvalidInput) as refusal:
        requests.withdraw(made, reason=reason, by=actor(cast.auditor), at=AT)

    assert refusal.value.field == "reason"


def test_what_is_closed_stays_closed(cast):
    made = ask(cast)
    version = version_of(factories.evidence_item(cast))
    requests.answer(made, version=version, by=actor(cast.owner), at=AT)

    with pytest.raises(Conflict):
        requests.answer(made, version=version, by=actor(cast.owner), at=AT)
    with pytest.raises(Conflict):
        requests.withdraw(made, reason="So.", by=actor(cast.auditor), at=AT)


def test_an_answer_can_be_opened_and_lies_where_it_is_asked_for(cast):
    made = ask(cast)
    quarantined = version_of(factories.evidence_item(cast))
    EvidenceVersion.objects.filter(pk=quarantined.pk).update(quarantine="Eicar")
    gone = version_of(factories.evidence_item(cast))
    EvidenceItem.objects.filter(pk=gone.item_id).update(erased_at=AT)
    above = factories.evidence_item(cast, by=cast.lead)
    EvidenceItem.objects.filter(pk=above.pk).update(unit=cast.root)

    for version in (quarantined, gone, version_of(above)):
        with pytest.raises(InvalidInput) as refusal:
            requests.answer(made, version=version, by=actor(cast.owner), at=AT)
        assert refusal.value.field == "version"

    assert EvidenceRequest.objects.get().closed_at is None


def test_open_requests_come_first_and_those_elsewhere_not_at_all(cast):
    system = factories.system(cast)
    later = ask(cast, due_date=AT.date() + timedelta(days=9))
    sooner = ask(cast, about=system.ledger_subject)
    closed = ask(cast, due_date=AT.date())
    requests.withdraw(closed, reason="So.", by=actor(cast.auditor), at=AT)
    owner = actor(cast.owner)
    only = frozenset({Permission.READ})
    token = Actor("token:x", owner.person_id, only=only, restricted_to=system.ledger_subject)

    assert list(visible_requests(owner, at=AT)) == [sooner, later, closed]
    assert list(visible_requests(token, at=AT)) == [sooner]
    assert not visible_requests(actor(cast.outsider), at=AT)


@pytest.mark.parametrize(
    "changes", [{"closed_at": AT}, {"withdrawal": "So."}, {"withdrawal": "So.", "closed_at": None}]
)
def test_the_database_refuses_a_request_that_is_half_closed(cast, changes):
    repository.request(cast)

    with pytest.raises(IntegrityError), transaction.atomic():
        EvidenceRequest.objects.update(**changes)
