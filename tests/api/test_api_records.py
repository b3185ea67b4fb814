from datetime import date

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from factories.programs import Caller
from problems import faults, problem

from twofold.catalog.load import catalog
from twofold.evidence.contents import open_content
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.ledger import actions as ledger
from twofold.ledger.queries import position
from twofold.people.access import Permission
from twofold.reporting.posture import posture
from twofold.reporting.standing import standing

GIVEN = {
    "title": "Minutes of March",
    "kind": "meeting-minutes",
    "source": "The committee",
    "period_from": "2026-03-01",
    "period_to": "2026-03-31",
    "valid_until": "2027-03-31",
}


def send(caller, *, name="minutes.txt", content=b"What was said.", file=True, **changes):
    given = {key: value for key, value in {**GIVEN, **changes}.items() if value is not None}
    if file:
        given["file"] = SimpleUploadedFile(name, content, "text/html; nonsense" * 20)
    return caller.client.post(
        "/api/v1/evidence", given, headers={"Authorization": f"Bearer {caller.secret}"}
    )


def test_evidence_is_kept_under_its_digest(caller, cast):
    response = send(caller)

    assert response.status_code == 201
    version = EvidenceVersion.objects.select_related("item").get()
    with open_content(version) as file:
        assert file.read() == b"What was said."
    assert response.json()["sha256"] == version.sha256
    assert response.json()["id"] == str(version.item.pk)
    assert (version.item.title, version.item.unit) == (GIVEN["title"], cast.root)
    assert (version.file_name, version.media_type) == ("minutes.txt", "text/plain")
    assert version.valid_until == date(2027, 3, 31)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"title": ""}, {"title"}),
        ({"title": "x" * 201}, {"title"}),
        ({"title": "\x00"}, {"title"}),
        ({"title": None, "kind": None}, {"title", "kind"}),
        ({"source": None}, {"source"}),
        ({"kind": "x" * 61}, {"kind"}),
        ({"unit": "Nowhere"}, {"unit"}),
        ({"period_from": "yesterday"}, {"period_from"}),
        ({"period_to": "2026-02-30"}, {"period_to"}),
        ({"period_to": "2026-02-01"}, {"period_to"}),
        ({"valid_until": "2026-03-30"}, {"valid_until"}),
        ({"content": b""}, {"file"}),
        ({"file": False}, {"file"}),
        ({"name": f"{'x' * 201}.txt"}, {"file"}),
    ],
)
def test_bad_evidence_is_refused_and_nothing_is_kept(caller, cast, settings, changes, fields):
    assert faults(send(caller, **changes)) == fields
    assert not EvidenceItem.objects.exists()
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


def test_a_file_larger_than_the_limit_is_refused(caller, cast, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 1024

    assert faults(send(caller, content=b"x" * 1025)) == {"file"}
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/etc/cron.d/x", "x"),
        ("a\x00b.txt", "ab.txt"),
        ("<script>.html", "<script>.html"),
        ("r\u00e9sum\u00e9 \u202egnp.exe", "r\u00e9sum\u00e9 gnp.exe"),
    ],
)
def test_an_odd_file_name_is_a_name_and_no_path(caller, cast, settings, name, kept):
    # Django's own upload cleans names on the client's side; this goes past it, as others do.
    boundary = "b0undary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in GIVEN.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: text/html\r\n\r\ncontent\r\n--{boundary}--\r\n"
    )
    response = caller.client.generic(
        "POST",
        "/api/v1/evidence",
        data="".join(parts).encode(),
        content_type=f"multipart/form-data; boundary={boundary}",
        headers={"Authorization": f"Bearer {caller.secret}"},
    )

    assert response.status_code == 201, response.content
    assert EvidenceVersion.objects.get().file_name == kept
    stored = [path for path in settings.BLOBS.rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [EvidenceVersion.objects.get().stored_sha256]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("multipart/form-data", 400), ("multipart/form-data; boundary=\u00e9", 400),
     ("application/json", 422), ("text/plain", 422)],
)  # fmt: skip
def test_a_body_that_is_no_form_is_refused(caller, cast, content_type, status):
    response = caller.client.generic(
        "POST",
        "/api/v1/evidence",
        data=b"{}",
        content_type=content_type,
        headers={"Authorization": f"Bearer {caller.secret}"},
    )

    problem(response, status)


def test_evidence_is_added_where_a_role_permits_it(cast, client):
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.ADD_EVIDENCE))

    problem(send(outsider, unit="Lending"), 403)
    assert not EvidenceItem.objects.exists()
    assert send(outsider, unit="Travel").status_code == 201


def test_the_posture_is_the_one_that_reporting_computes(caller, cast):
    factories.claim(
        factories.implementation(cast, at=factories.now()),
        factories.evidence_item(cast, at=factories.now()),
        cast,
        at=factories.now(),
    )
    expected = posture(factories.actor(cast.lead), at=factories.now())

    answer = caller.ask("GET", "/posture").json()

    assert answer["on"] == str(expected.on)
    for told, entry in zip(answer["frameworks"], expected.frameworks, strict=True):
        assert (told["id"], told["score"], told["scored"], told["total"]) == (
            entry.framework.id, entry.score, entry.scored, entry.total,
        )  # fmt: skip
        assert told["counts"] == {status.value: n for status, n in entry.counts.items()}
        assert sum(told["counts"].values()) == told["total"]


@pytest.mark.parametrize("key", ["27001:A.8.15", "42001:A.6.2.8", "airmf:MEASURE 2.11"])
def test_a_requirement_stands_as_reporting_computes_it(caller, cast, key):
    factories.implementation(cast, at=factories.now())
    requirement = catalog().requirements[key]
    found = standing(factories.actor(cast.lead), at=factories.now())
    expected = found.explained(requirement)

    answer = caller.ask("GET", f"/requirements/{key}").json()

    assert (answer["id"], answer["title"]) == (key, requirement.title)
    assert (answer["status"], answer["score"]) == (expected.status.value, expected.score)
    assert [reason["record"] for reason in answer["reasons"]] == [
        reason.record for reason in expected.reasons
    ]
    assert all(reason["text"] for reason in answer["reasons"])


@pytest.mark.parametrize("key", ["27001:A.9.99", "nothing", "%00", "27001:4"])
def test_what_is_no_auditable_requirement_is_not_found(caller, cast, key):
    problem(caller.ask("GET", f"/requirements/{key}"), 404)


def test_the_ledger_tells_how_far_it_reaches(caller, cast):
    ledger.sequence(at=factories.now())

    answer = caller.ask("GET", "/ledger").json()

    found = position()
    assert answer["size"] == found.size > 10
    assert (answer["root"], answer["checkpoint"]) == (found.root, found.note)
    assert answer["verifier"] == found.verifier
    assert answer["waiting"] == 0


@pytest.mark.parametrize("path", ["/posture", "/ledger", "/requirements/27001:A.8.15"])
def test_the_whole_record_is_not_for_a_token_of_one_system_or_without_reading(
    cast, client, sender, path
):
    loans = factories.system(cast, code="loans", at=factories.now())
    secret = factories.token(cast.lead, cast, Permission.READ, restricted_to=loans.ledger_subject)

    problem(Caller(client, secret).ask("GET", path), 403)
    problem(sender.ask("GET", path), 403)
