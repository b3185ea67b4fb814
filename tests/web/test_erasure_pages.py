"""Erasures as pages: asked for with what would be lost, confirmed by another, shown for good."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import whole_record

from twofold.controls import actions as controls
from twofold.evidence import erasure, keeping
from twofold.evidence.models import EvidenceItem
from twofold.people.models import Erasure, Person
from twofold.reporting.standing import forget

REASON = "The person it is about asked for it."


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def signed_in(client):
    def _signed_in(somebody):
        client.force_login(somebody)
        return client

    return _signed_in


@pytest.fixture
def item(cast):
    made = factories.evidence_item(cast, at=factories.now())
    run = factories.implementation(cast, at=factories.now())
    claim = factories.claim(run, made, cast, at=factories.now())
    controls.accept_claim(claim, by=factories.actor(cast.approver), at=factories.now())
    return made


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def asked(item, cast):
    by = factories.actor(cast.lead)
    return erasure.ask(item, reason=REASON, by=by, at=factories.now())


def test_evidence_is_erased_by_two_who_are_told_what_loses_credit(cast, signed_in, item):
    lead = signed_in(cast.lead)
    page = f"/evidence/{item.pk}/"
    assert f"{page}erase/" in text_of(lead.get(page))
    before = text_of(lead.get(f"{page}erase/"))
    address = lead.post(f"{page}erase/", {"reason": REASON})["Location"]
    own = text_of(lead.get(address))
    approver = signed_in(cast.approver)
    waiting = text_of(approver.get(address))
    confirmed = approver.post(f"{address}confirm/")
    whole_record.sequence(at=factories.now())
    done = text_of(approver.get(address))
    after = text_of(approver.get(page))

    assert "TF-MON-01" in before
    assert "27001:A.8.16" in before
    assert "Erase for good" not in own
    assert "you asked for it" in own
    assert "Erase for good" in waiting
    assert item.title in waiting
    assert confirmed["Location"] == address
    assert REASON in done
    assert "Evidence erased" in done
    assert item.title not in done
    assert "Erased evidence" in after
    assert item.title not in after
    assert "seen.txt" not in after
    assert EvidenceItem.objects.get(pk=item.pk).erased_at is not None


def test_readiness_follows_an_erasure(cast, signed_in, item):
    def told():
        forget()
        return text_of(signed_in(cast.lead).get("/controls/TF-MON-01/"))

    before = told()
    controls.erase_evidence(
        asked(item, cast), by=factories.actor(cast.approver), at=factories.now()
    )

    assert before != told()
    assert item.title in before
    assert item.title not in told()


def test_a_hold_that_came_meanwhile_is_told(cast, signed_in, item):
    request = asked(item, cast)
    keeping.hold(item, reason="A dispute", by=factories.actor(cast.lead), at=factories.now())

    refused = signed_in(cast.approver).post(f"/erasures/{request.pk}/confirm/")

    assert "legal hold" in text_of(refused, 409)
    assert EvidenceItem.objects.get(pk=item.pk).erased_at is None


def test_an_erasure_is_taken_back_with_a_reason(cast, signed_in, item):
    request = asked(item, cast)
    lead = signed_in(cast.lead)
    address = f"/erasures/{request.pk}/"

    nothing = lead.post(f"{address}withdraw/", {"reason": ""})
    done = lead.post(f"{address}withdraw/", {"reason": "It is needed."})
    again = lead.post(f"{address}withdraw/", {"reason": "It is needed."})

    assert "This field is required" in text_of(nothing, 422)
    assert done["Location"] == address
    assert "It is needed." in text_of(lead.get(address))
    assert "taken back already" in text_of(again, 409)


def test_a_person_is_erased_by_two_others(cast, signed_in):
    administrator = signed_in(cast.administrator)
    page = f"/people/{cast.owner.pk}/"
    assert f"{page}erase/" in text_of(administrator.get(page))
    before = text_of(administrator.get(f"{page}erase/"))
    address = administrator.post(f"{page}erase/", {"reason": "They left."})["Location"]
    again = administrator.post(f"{page}erase/", {"reason": "They left."})
    lead = signed_in(cast.lead)
    assert "Owner" in text_of(lead.get(address))
    lead.post(f"{address}confirm/")
    done = text_of(lead.get(address))

    assert "What they still own" in before
    assert "asked for already" in text_of(again, 422)
    assert "Owner" not in done.partition("<main")[2]
    assert Person.objects.get(pk=cast.owner.pk).email == ""
    assert signed_in(cast.administrator).get(page).status_code == 404


@pytest.mark.parametrize("who", ["owner", "auditor", "outsider"])
def test_who_may_not_erase_is_refused_and_sees_no_buttons(cast, signed_in, item, who):
    request = asked(item, cast)
    client = signed_in(getattr(cast, who))

    page = client.get(f"/erasures/{request.pk}/")
    if who == "outsider":
        assert page.status_code == 404
    else:
        assert "Erase for good" not in text_of(page)
        assert "Take it back" not in text_of(page)
        assert client.get(f"/evidence/{item.pk}/erase/").status_code == 403
        assert client.post(f"/erasures/{request.pk}/confirm/").status_code == 403
    assert client.get(f"/people/{cast.engineer.pk}/erase/").status_code in {403, 404}
    assert EvidenceItem.objects.get(pk=item.pk).erased_at is None


def test_the_list_costs_the_same_for_many_and_narrows_by_state(cast, signed_in, item):
    client = signed_in(cast.lead)
    nothing = text_of(client.get("/erasures/"))
    asked(item, cast)

    def cost():
        client.get("/erasures/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/erasures/").status_code == 200
        return len(queries)

    def erased(count):
        for _ in range(count):
            request = asked(factories.evidence_item(cast, at=factories.now()), cast)
            controls.erase_evidence(request, by=factories.actor(cast.approver), at=factories.now())

    erased(1)
    few = cost()
    erased(6)
    many = cost()

    assert "Nothing was erased" in nothing
    assert few == many
    assert Erasure.objects.count() == 8
    rows = text_of(client.get("/erasures/", {"state": "waiting"})).count('<th scope="row"')
    assert rows == 1
    assert "None is in this state" in text_of(client.get("/erasures/", {"state": "withdrawn"}))


def test_what_does_not_exist_is_not_found(cast, signed_in):
    client = signed_in(cast.lead)
    nobody = "00000000-0000-4000-8000-000000000000"

    for address in (f"/erasures/{nobody}/", f"/evidence/{nobody}/erase/"):
        assert client.get(address).status_code == 404


def test_what_is_on_hold_says_why_it_cannot_be_erased(cast, signed_in, item):
    keeping.hold(item, reason="A dispute", by=factories.actor(cast.lead), at=factories.now())
    client = signed_in(cast.lead)

    page = text_of(client.get(f"/evidence/{item.pk}/"))
    asking = text_of(client.get(f"/evidence/{item.pk}/erase/"))

    assert f"/evidence/{item.pk}/erase/" not in page
    assert "It cannot be erased until the hold ends: A dispute" in page
    assert "A dispute" in asking
    assert "Ask for the erasure" not in asking


def test_an_erasure_that_waits_offers_nothing_while_the_item_is_held(cast, signed_in, item):
    request = asked(item, cast)
    client = signed_in(cast.approver)
    before = text_of(client.get(f"/erasures/{request.pk}/"))
    keeping.hold(item, reason="A dispute", by=factories.actor(cast.lead), at=factories.now())

    held = text_of(client.get(f"/erasures/{request.pk}/"))

    assert "Erase for good" in before
    assert "Erase for good" not in held
    assert "A dispute" in held


def test_the_retention_list_leads_to_the_erasure_that_waits(cast, signed_in, item):
    over = factories.now().date() - timedelta(days=1)
    EvidenceItem.objects.filter(pk=item.pk).update(retain_until=over)
    client = signed_in(cast.lead)
    before = text_of(client.get("/evidence/retention/"))
    request = asked(item, cast)

    waiting = text_of(client.get("/evidence/retention/"))

    assert f"/evidence/{item.pk}/erase/" in before
    assert f"/evidence/{item.pk}/erase/" not in waiting
    assert f"/erasures/{request.pk}/" in waiting
    assert "Erasure asked for" in waiting


def test_the_retention_list_costs_the_same_for_many_that_wait(cast, signed_in):
    client = signed_in(cast.lead)
    over = factories.now().date() - timedelta(days=1)

    def cost(count):
        for _ in range(count):
            asked(factories.evidence_item(cast, at=factories.now()), cast)
        EvidenceItem.objects.update(retain_until=over)
        client.get("/evidence/retention/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/evidence/retention/").status_code == 200
        return len(queries)

    assert cost(1) == cost(5)
