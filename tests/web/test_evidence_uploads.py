"""Adding evidence: one item for each file, newer versions, and answers to the script that sends."""

from datetime import timedelta

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from twofold.evidence.models import EvidenceItem, EvidenceVersion

JSON = {"Accept": "application/json"}


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def engineer(client, cast):
    client.force_login(cast.engineer)
    return client


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def day(ahead):
    return (factories.now() + timedelta(days=ahead)).date().isoformat()


def file(name="report.txt", data=b"what was seen"):
    return SimpleUploadedFile(name, data)


def given(cast, *files, **changed):
    shared = {
        "file": list(files) or [file()],
        "title": "",
        "kind": "monitoring-report",
        "unit": cast.unit.pk,
        "classification": "internal",
        "source": "The host",
        "period_from": day(-7),
        "period_to": day(0),
        "valid_until": day(30),
    }
    return shared | changed


def version(**changed):
    return {
        "file": file(data=b"newer"),
        "source": "The host",
        "period_from": day(0),
        "period_to": day(0),
        "valid_until": day(60),
    } | changed


def test_several_files_become_an_item_each(engineer, cast):
    files = (file("May 2026.txt"), file("archive.tar.gz", b"\x1f\x8b\x08 packed"), file(".env"))
    response = engineer.post("/evidence/add/", given(cast, *files, title="Ignored"))

    assert response["Location"] == "/evidence/"
    items = EvidenceItem.objects.order_by("created_at")
    assert {item.title for item in items} == {"May 2026", "archive.tar", ".env"}
    assert {item.kind for item in items} == {"monitoring-report"}
    assert "3 items are added." in text_of(engineer.get("/evidence/"))


def test_one_file_takes_the_title_that_is_given(engineer, cast):
    engineer.post("/evidence/add/", given(cast, title="Backups of May"))

    assert EvidenceItem.objects.get().title == "Backups of May"


def test_what_is_refused_is_told_by_file_and_the_others_are_added(engineer, cast, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 1024**2
    files = (file("good.txt"), file("large.txt", b"x" * (1024**2 + 1)))

    page = text_of(engineer.post("/evidence/add/", given(cast, *files)), 422)

    assert EvidenceItem.objects.get().title == "good"
    assert "These are added" in page
    assert "<b>large.txt</b>: The file is larger than 1 MB." in page


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"file": []}, "This field is required."),
        ({"file": [file("empty.txt", b"")]}, "The submitted file is empty."),
        ({"source": ""}, "This field is required."),
        ({"period_to": day(-9)}, "The period ends before it begins."),
        ({"valid_until": day(-1)}, "Evidence cannot end to count before its period ends."),
        ({"kind": "x"}, "is not one of the available choices"),
    ],
)
def test_nothing_is_added_where_what_is_said_is_wrong(engineer, cast, changed, reason):
    assert reason in text_of(engineer.post("/evidence/add/", given(cast, **changed)), 422)
    assert not EvidenceItem.objects.exists()


def test_the_script_is_told_where_each_file_is_or_what_is_wrong(engineer, cast):
    right = engineer.post("/evidence/add/", given(cast), headers=JSON)
    wrong = engineer.post("/evidence/add/", given(cast, source=""), headers=JSON)

    item = EvidenceItem.objects.get()
    assert (right.status_code, right.json()) == (
        201,
        {"title": "report", "href": f"/evidence/{item.pk}/"},
    )
    assert (wrong.status_code, wrong.json()["errors"]) == (
        422,
        [{"field": "Source", "reason": "This field is required."}],
    )


def test_the_form_offers_drop_and_plain_file_field(engineer):
    page = text_of(engineer.get("/evidence/add/?kind=monitoring-report"))

    assert 'type="file"' in page
    assert "multiple" in page
    assert "data-upload" in page
    assert 'value="monitoring-report" selected' in page


def test_a_newer_version_is_added_from_the_page_of_its_item(engineer, cast):
    item = factories.evidence_item(cast, at=factories.now())
    page = text_of(engineer.get(f"/evidence/{item.pk}/"))
    assert "Drop its file on this page" in page
    # The next period begins where the last one ended.
    assert 'value="2026-11-16"' in page

    address = f"/evidence/{item.pk}/version/"
    response = engineer.post(address, version())
    script = engineer.post(address, version(file=file(data=b"newest")), headers=JSON)

    assert response["Location"] == f"/evidence/{item.pk}/"
    assert script.json() == {"title": item.title, "href": f"/evidence/{item.pk}/"}
    assert EvidenceVersion.objects.filter(item=item).count() == 3


def test_a_version_that_is_refused_is_told_to_page_and_script(engineer, cast):
    item = factories.evidence_item(cast, at=factories.now())
    address = f"/evidence/{item.pk}/version/"

    page = text_of(engineer.post(address, version(period_to=day(-9))), 422)
    script = engineer.post(address, version(file=""), headers=JSON)

    assert "The period ends before it begins." in page
    assert script.json()["errors"][0]["field"] == "File"
    assert EvidenceVersion.objects.filter(item=item).count() == 1
