"""Keeping and linking evidence on its page, and the evidence on the pages of other records."""

from datetime import timedelta

import factories
import pytest
from factories import governed, repository

from twofold.evidence import keeping, links
from twofold.evidence.models import EvidenceItem, EvidenceLink
from twofold.ledger.queries import history, revision_of

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


@pytest.fixture
def owner(client, cast):
    client.force_login(cast.owner)
    return client


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def description(item, cast, **changed):
    given = {
        "title": "Minutes",
        "kind": item.kind,
        "classification": "confidential",
        "owner": cast.engineer.pk,
        "retain_until": "2030-01-31",
        "expected": revision_of(item.ledger_subject),
    }
    return given | changed


def kinds_of(record):
    return [line.entry.kind.rpartition(".")[2] for line in history(record.ledger_subject)]


def test_an_item_is_described(owner, cast, item):
    address = f"/evidence/{item.pk}/describe/"
    assert f'value="{item.title}"' in text_of(owner.get(address))

    response = owner.post(address, description(item, cast))

    assert response["Location"] == f"/evidence/{item.pk}/"
    page = text_of(owner.get(response["Location"]))
    assert "Minutes" in page
    assert "Engineer" in page
    assert "31 Jan 2030" in page
    assert "Evidence described" in page


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"title": ""}, "This field is required."),
        ({"kind": "nothing"}, "is not one of the available choices"),
        ({"retain_until": "soon"}, "Enter a valid date."),
        ({"owner": NOWHERE}, "is not one of the available choices"),
        ({"expected": 0}, "It was changed since you opened it"),
    ],
)
def test_a_description_that_is_refused_is_shown_again(owner, cast, item, changed, reason):
    response = owner.post(f"/evidence/{item.pk}/describe/", description(item, cast, **changed))

    assert reason in text_of(response, 422)
    assert kinds_of(item) == ["added"]


def test_a_hold_is_put_on_shown_and_ended(client, cast, item):
    client.force_login(cast.lead)
    assert "/hold/" in text_of(client.get(f"/evidence/{item.pk}/"))

    client.post(f"/evidence/{item.pk}/hold/", {"reason": "A dispute"})
    page = text_of(client.get(f"/evidence/{item.pk}/"))
    assert "A dispute" in page
    assert "A dispute" in text_of(client.get(f"/evidence/{item.pk}/end-hold/"))
    twice = client.post(f"/evidence/{item.pk}/hold/", {"reason": "Again"})
    assert "held already" in text_of(twice, 422)
    assert "required" in text_of(client.post(f"/evidence/{item.pk}/end-hold/", {}), 422)
    client.post(f"/evidence/{item.pk}/end-hold/", {"reason": "Settled"})

    assert kinds_of(item)[:2] == ["released", "held"]
    assert "A dispute" not in text_of(client.get(f"/evidence/{item.pk}/"))


def test_who_may_not_is_offered_nothing_and_refused(client, cast, item):
    link = repository.link(
        item, factories.system(cast, at=factories.now()), cast, at=factories.now()
    )
    client.force_login(cast.auditor)
    page = text_of(client.get(f"/evidence/{item.pk}/"))

    for part in ("describe", "hold", "link", "version"):
        address = f"/evidence/{item.pk}/{part}/"
        assert address not in page
        assert client.get(address).status_code == 403
        assert client.post(address, {"reason": "So."}).status_code == 403
    assert client.post(f"/evidence/links/{link.pk}/remove/").status_code == 403
    assert EvidenceLink.objects.get().removed_at is None


def test_what_lies_elsewhere_is_not_there(client, cast, item):
    system = factories.system(cast, at=factories.now())
    link = repository.link(item, system, cast, at=factories.now())
    client.force_login(cast.outsider)

    for part in ("describe", "hold", "end-hold", "link", "version"):
        assert client.get(f"/evidence/{item.pk}/{part}/").status_code == 404
    assert client.get(f"/evidence/link/{system.ledger_subject}/").status_code == 404
    assert client.post(f"/evidence/links/{link.pk}/remove/").status_code == 404


def test_a_record_is_found_linked_and_shown_at_both_ends(owner, cast, item):
    finding = governed.finding(cast, at=factories.now())
    address = f"/evidence/{item.pk}/link/"
    found = text_of(owner.get(address, {"sort": "findings.finding", "q": finding.title}))
    assert f'value="{finding.ledger_subject}"' in found
    nothing = text_of(owner.get(address, {"sort": "findings.finding", "q": "zzz"}))
    assert finding.ledger_subject not in nothing
    part = text_of(owner.get(address, {"sort": "findings.finding"}, headers={"HX-Request": "true"}))
    assert part.lstrip().startswith("<fieldset")
    assert finding.ledger_subject in part

    given = {"target": finding.ledger_subject, "purpose": "Shows the cause."}
    response = owner.post(address, given)

    assert response["Location"] == f"/evidence/{item.pk}/#bears-on"
    page = text_of(owner.get(f"/evidence/{item.pk}/"))
    assert f"{finding} {finding.title}" in page
    assert "Shows the cause." in page
    there = text_of(owner.get(f"/findings/{finding.pk}/"))
    assert item.title in there
    assert "Shows the cause." in there
    assert "linked to this record already" in text_of(owner.post(address, given), 422)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "Choose a record."),
        ({"target": "nothing"}, "There is no such record to link to."),
        ({"target": f"findings.finding:{NOWHERE}"}, "There is no such record to link to."),
        ({"target": "nothing", "purpose": "x" * 301}, "at most 300 characters"),
    ],
)
def test_a_link_to_nothing_is_refused_with_the_reason(owner, item, given, reason):
    assert reason in text_of(owner.post(f"/evidence/{item.pk}/link/", given), 422)
    assert not EvidenceLink.objects.exists()


def test_a_record_elsewhere_cannot_be_linked_by_its_name(client, cast, item):
    system = factories.system(cast, at=factories.now())
    theirs = factories.evidence_item(cast, at=factories.now(), by=cast.owner)
    EvidenceItem.objects.filter(pk=theirs.pk).update(unit=cast.elsewhere)
    client.force_login(cast.outsider)

    given = {"target": system.ledger_subject}
    assert "no such record" in text_of(client.post(f"/evidence/{theirs.pk}/link/", given), 422)


def test_a_strange_search_falls_back_to_the_first_kind(owner, item):
    page = text_of(owner.get(f"/evidence/{item.pk}/link/", {"sort": "x", "q": "\0"}))

    assert 'value="findings.finding" selected' in page


def test_evidence_is_linked_from_the_page_of_a_record(owner, cast, item):
    system = factories.system(cast, at=factories.now())
    run = factories.implementation(cast, at=factories.now())
    for record, page in (
        (system, f"/systems/{system.code}/"),
        (run, f"/implementations/{run.pk}/"),
    ):
        address = f"/evidence/link/{record.ledger_subject}/"
        assert address in text_of(owner.get(page))
        assert f'value="{item.pk}"' in text_of(owner.get(address, {"q": item.title[:4]}))
        assert f'value="{item.pk}"' not in text_of(owner.get(address, {"q": "zzz"}))
        part = text_of(owner.get(address, headers={"HX-Request": "true"}))
        assert part.lstrip().startswith("<fieldset")

        response = owner.post(address, {"evidence": item.pk, "purpose": "Shows it."})

        assert response.status_code == 302
        assert item.title in text_of(owner.get(page))
        assert "linked to this record already" in text_of(
            owner.post(address, {"evidence": item.pk, "purpose": ""}), 422
        )
    assert EvidenceLink.objects.count() == 2


@pytest.mark.parametrize("chosen", [{}, {"evidence": "x"}, {"evidence": NOWHERE}])
def test_evidence_must_be_chosen(owner, cast, chosen):
    system = factories.system(cast, at=factories.now())
    given = {"purpose": "Shows it.", **chosen}
    response = owner.post(f"/evidence/link/{system.ledger_subject}/", given)

    assert "Choose the evidence." in text_of(response, 422)


def test_a_link_is_taken_away_from_where_it_is_seen(owner, cast, item):
    system = factories.system(cast, at=factories.now())
    link = repository.link(item, system, cast, at=factories.now())
    page = f"/systems/{system.code}/"
    assert f"/evidence/links/{link.pk}/remove/" in text_of(owner.get(page))

    response = owner.post(f"/evidence/links/{link.pk}/remove/", {"next": page})

    assert response["Location"] == page
    assert item.title not in text_of(owner.get(page))
    there = text_of(owner.get(f"/evidence/{item.pk}/"))
    assert "Taken away" in there
    assert owner.post(f"/evidence/links/{link.pk}/remove/").status_code == 409
    assert owner.get(f"/evidence/links/{link.pk}/remove/").status_code == 405


def test_a_linked_record_that_is_not_for_the_reader_is_not_named(client, cast, item):
    hidden = factories.system(cast, code="hidden", at=factories.now())
    links.link(item, hidden.ledger_subject, by=factories.actor(cast.owner), at=factories.now())
    EvidenceItem.objects.filter(pk=item.pk).update(unit=cast.elsewhere)
    client.force_login(cast.outsider)

    page = text_of(client.get(f"/evidence/{item.pk}/"))

    assert "A record that you may not read" in page
    assert hidden.name not in page


def test_what_is_past_its_retention_is_listed_and_what_is_held_says_so(client, cast):
    now = factories.now()
    lead = factories.actor(cast.lead)
    past, held, kept = (factories.evidence_item(cast, at=now) for _ in range(3))
    for row, day in ((past, -1), (held, -9), (kept, 0)):
        EvidenceItem.objects.filter(pk=row.pk).update(retain_until=now.date() + timedelta(days=day))
    keeping.hold(held, reason="A dispute", by=lead, at=now)
    client.force_login(cast.lead)

    page = text_of(client.get("/evidence/retention/"))

    assert page.index(held.title) < page.index(past.title)
    assert kept.title not in page
    assert "A dispute" in page
    assert f"/evidence/{past.pk}/erase/" in page
    assert f"/evidence/{held.pk}/erase/" not in page
    client.force_login(cast.outsider)
    assert "Nothing is past its retention" in text_of(client.get("/evidence/retention/"))


def test_links_to_and_of_erased_evidence_say_so(owner, cast, item):
    system = factories.system(cast, at=factories.now())
    other = factories.evidence_item(cast, at=factories.now())
    repository.link(item, system, cast, at=factories.now())
    repository.link(other, item, cast, at=factories.now())
    EvidenceItem.objects.filter(pk=item.pk).update(title="", erased_at=factories.now())

    assert "Erased evidence" in text_of(owner.get(f"/systems/{system.code}/"))
    assert "Erased evidence" in text_of(owner.get(f"/evidence/{other.pk}/"))
    found = text_of(owner.get(f"/evidence/{other.pk}/link/", {"sort": "evidence.evidenceitem"}))
    assert item.ledger_subject not in found
