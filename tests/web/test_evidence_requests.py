"""Requests for evidence: asked, owed on the home page, answered with old evidence or a new file."""

from datetime import timedelta

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from factories import repository

from twofold.evidence.models import EvidenceItem, EvidenceRequest

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def auditor(client, cast):
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def owner(client, cast):
    client.force_login(cast.owner)
    return client


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def request(cast, **given):
    return repository.request(cast, **({"at": factories.now()} | given))


def day(ahead):
    return (factories.now() + timedelta(days=ahead)).date().isoformat()


def asked(cast, **changed):
    given = {
        "title": "Backup report",
        "details": "Of May.",
        "kind": "monitoring-report",
        "unit": cast.unit.pk,
        "owner": cast.owner.pk,
        "due_date": day(7),
    }
    return given | changed


def uploaded(cast, **changed):
    given = {
        "file": SimpleUploadedFile("backups.txt", b"all ran"),
        "title": "",
        "kind": "monitoring-report",
        "unit": cast.unit.pk,
        "classification": "internal",
        "source": "The backup host",
        "period_from": day(-7),
        "period_to": day(0),
        "valid_until": day(30),
    }
    return given | changed


def test_evidence_is_asked_for_and_found_on_the_home_page_of_the_owner(auditor, cast):
    response = auditor.post("/evidence/requests/new/", asked(cast))

    made = EvidenceRequest.objects.get()
    assert response["Location"] == f"/evidence/requests/{made.pk}/"
    page = text_of(auditor.get(response["Location"]))
    for words in ("Backup report", "Of May.", "Owner", "Auditor", "Open", "Evidence asked for"):
        assert words in page
    assert "Evidence that you owe" not in text_of(auditor.get("/"))
    auditor.force_login(cast.owner)
    home = text_of(auditor.get("/"))
    assert "Evidence that you owe" in home
    assert f"/evidence/requests/{made.pk}/" in home


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"title": ""}, "This field is required."),
        ({"due_date": "2020-01-01"}, "The day has passed."),
        ({"unit": NOWHERE}, "is not one of the available choices"),
        ({"kind": "x"}, "is not one of the available choices"),
    ],
)
def test_what_cannot_be_asked_is_shown_again_with_the_reason(auditor, cast, changed, reason):
    response = auditor.post("/evidence/requests/new/", asked(cast, **changed))

    assert reason in text_of(response, 422)
    assert not EvidenceRequest.objects.exists()


def test_nobody_is_asked_who_could_not_answer(auditor, cast):
    response = auditor.post("/evidence/requests/new/", asked(cast, owner=cast.reviewer.pk))

    assert "could not answer" in text_of(response, 422)


def test_lists_show_what_is_open_mine_overdue_and_closed(client, cast):
    late = request(cast)
    EvidenceRequest.objects.filter(pk=late.pk).update(title="Late", due_date="2020-01-01")
    mine = request(cast, owner=cast.engineer)
    EvidenceRequest.objects.filter(pk=mine.pk).update(title="Of the engineer")
    closed = request(cast)
    EvidenceRequest.objects.filter(pk=closed.pk).update(
        title="Over", withdrawal="Found it.", closed_at=factories.now()
    )
    client.force_login(cast.engineer)
    titles = ("Late", "Of the engineer", "Over")

    def shown(show):
        page = text_of(client.get("/evidence/requests/", {"show": show}))
        return [title for title in titles if f">{title}</a>" in page]

    assert shown("open") == ["Late", "Of the engineer"]
    assert shown("mine") == ["Of the engineer"]
    assert shown("overdue") == ["Late"]
    assert shown("closed") == ["Over"]
    assert shown("nonsense") == shown("open")
    client.force_login(cast.outsider)
    assert shown("open") == []


def test_a_request_is_answered_with_evidence_that_is_there(owner, cast):
    made = request(cast)
    item = factories.evidence_item(cast, at=factories.now())
    address = f"/evidence/requests/{made.pk}/"
    assert f'value="{item.pk}"' in text_of(owner.get(address))
    part = text_of(owner.get(address, {"q": "zzz"}, headers={"HX-Request": "true"}))
    assert part.lstrip().startswith("<fieldset")
    assert str(item.pk) not in part

    response = owner.post(f"{address}answer/", {"evidence": item.pk})

    assert response["Location"] == address
    page = text_of(owner.get(address))
    assert item.title in page
    assert "Answered" in page
    assert "Evidence that you owe" not in text_of(owner.get("/"))
    again = owner.post(f"{address}answer/", {"evidence": item.pk})
    assert again.status_code == 422
    assert EvidenceRequest.objects.get().answer.item == item


@pytest.mark.parametrize("given", [{}, {"evidence": "x"}, {"evidence": NOWHERE}])
def test_an_answer_must_be_chosen(owner, cast, given):
    made = request(cast)

    response = owner.post(f"/evidence/requests/{made.pk}/answer/", given)

    assert "Choose the evidence." in text_of(response, 422)


def test_a_request_is_answered_with_a_new_file_in_one_step(owner, cast):
    made = request(cast)
    address = f"/evidence/requests/{made.pk}/upload/"
    wrong = owner.post(address, uploaded(cast, source=""))
    assert "This field is required." in text_of(wrong, 422)

    response = owner.post(address, uploaded(cast))

    assert response["Location"] == f"/evidence/requests/{made.pk}/"
    made.refresh_from_db()
    assert made.answer.item == EvidenceItem.objects.get()
    assert made.answer.item.title == "backups"
    assert owner.post(address, uploaded(cast)).status_code == 409
    assert EvidenceItem.objects.count() == 1


def test_a_script_is_told_where_the_answer_is_or_what_is_wrong(owner, cast):
    made = request(cast)
    address = f"/evidence/requests/{made.pk}/upload/"
    json = {"Accept": "application/json"}

    wrong = owner.post(address, uploaded(cast, period_to=day(-9)), headers=json)
    empty = owner.post(address, uploaded(cast, source=""), headers=json)
    right = owner.post(address, uploaded(cast), headers=json)

    assert wrong.status_code == empty.status_code == 422
    assert wrong.json()["errors"] == [
        {"field": "Period to", "reason": "The period ends before it begins."}
    ]
    assert empty.json()["errors"][0]["field"] == "Source"
    assert (right.status_code, right.json()["href"]) == (201, f"/evidence/requests/{made.pk}/")


def test_a_request_is_taken_back_with_a_reason(auditor, cast):
    made = request(cast)
    address = f"/evidence/requests/{made.pk}/withdraw/"
    assert "Take the request back" in text_of(auditor.get(address))
    assert "required" in text_of(auditor.post(address, {"reason": " "}), 422)

    auditor.post(address, {"reason": "Found it."})

    assert "Found it." in text_of(auditor.get(f"/evidence/requests/{made.pk}/"))
    assert "closed already" in text_of(auditor.post(address, {"reason": "Again."}), 422)


def test_who_may_neither_ask_nor_answer_only_reads(client, cast):
    made = request(cast)
    client.force_login(cast.reviewer)
    page = text_of(client.get(f"/evidence/requests/{made.pk}/"))

    assert "Nobody has answered yet" in page
    assert "withdraw" not in page
    assert client.get("/evidence/requests/new/").status_code == 403
    assert client.post(f"/evidence/requests/{made.pk}/upload/", uploaded(cast)).status_code == 403
    item = factories.evidence_item(cast, at=factories.now())
    given = {"evidence": item.pk}
    assert client.post(f"/evidence/requests/{made.pk}/answer/", given).status_code == 403
    assert client.get(f"/evidence/requests/{made.pk}/withdraw/").status_code == 403
    client.force_login(cast.outsider)
    assert client.get(f"/evidence/requests/{made.pk}/").status_code == 404


def test_evidence_is_asked_for_about_the_record_that_it_is_asked_from(auditor, cast):
    system = factories.system(cast, at=factories.now())
    link = f"/evidence/requests/new/?about={system.ledger_subject}"
    assert link in text_of(auditor.get(f"/systems/{system.code}/"))
    assert system.name in text_of(auditor.get(link))

    auditor.post(link, asked(cast))
    auditor.post("/evidence/requests/new/?about=nothing", asked(cast, title="Other"))

    about = dict(EvidenceRequest.objects.values_list("title", "about"))
    assert about == {"Backup report": system.ledger_subject, "Other": ""}
