"""Contents of evidence over the API: sent as the body itself, and handed out again."""

import hashlib
import uuid
from urllib.parse import urlencode

import factories
import pytest
from problems import problem

from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.storage import FolderStore
from twofold.ledger.queries import history

DATA = b"what was seen" * 1000
SPOKEN = {
    "file_name": "seen.txt",
    "source": "a test",
    "period_from": "2026-11-01",
    "period_to": "2026-11-15",
    "valid_until": "2026-12-31",
}
NEW = {"title": "Seen", "kind": "monitoring-report", **SPOKEN}


def send(caller, method, path, given, data=DATA, *, kind="application/octet-stream"):
    return caller.client.generic(
        method,
        f"/api/v1/evidence/{path}?{urlencode(given)}",
        data=data,
        content_type=kind,
        headers={"Authorization": f"Bearer {caller.secret}"},
        # The client of tests leaves it out where there is no body.
        CONTENT_TYPE=kind,
    )


def content_of(caller, key, number):
    return caller.ask("GET", f"/evidence/{key}/versions/{number}/content")


@pytest.fixture
def key():
    return uuid.uuid4()


def test_a_body_becomes_an_item_under_the_key_that_was_drawn(caller, cast, key):
    made = send(caller, "PUT", f"{key}/content", NEW)

    assert made.status_code == 201
    assert made.json() == {
        "id": str(key),
        "title": "Seen",
        "kind": "monitoring-report",
        "version": 1,
        "sha256": hashlib.sha256(DATA).hexdigest(),
        "size": len(DATA),
        "valid_until": "2026-12-31",
        "quarantine": "",
    }
    version = EvidenceVersion.objects.get(item=key)
    assert (version.file_name, version.media_type) == ("seen.txt", "text/plain")
    assert len(history(version.ledger_subject)) == 1


def test_a_content_is_handed_out_as_it_came(caller, key):
    send(caller, "PUT", f"{key}/content", NEW)

    answer = content_of(caller, key, 1)

    assert b"".join(answer.streaming_content) == DATA
    assert answer["Content-Length"] == str(len(DATA))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_sent_again_after_a_lost_answer_it_is_refused_and_not_doubled(caller, key):
    send(caller, "PUT", f"{key}/content", NEW)

    again = send(caller, "PUT", f"{key}/content", NEW)

    assert problem(again, 409)["errors"][0]["field"] == "evidence_id"
    assert EvidenceVersion.objects.count() == 1


def test_a_version_is_added_to_an_item(caller, key):
    send(caller, "PUT", f"{key}/content", NEW)

    made = send(caller, "POST", f"{key}/versions", SPOKEN, b"more")

    assert (made.status_code, made.json()["version"], made.json()["size"]) == (201, 2, 4)
    assert b"".join(content_of(caller, key, 2).streaming_content) == b"more"


@pytest.mark.parametrize(
    ("changes", "data", "field"),
    [
        ({"title": ""}, DATA, "title"),
        ({"file_name": ""}, DATA, "file_name"),
        ({"period_to": "2026-10-01"}, DATA, "period_to"),
        ({"valid_until": "soon"}, DATA, "valid_until"),
        ({"unit": "Nowhere"}, DATA, "unit"),
        ({}, b"", "file"),
        ({}, b"x" * 20_000, "file"),
    ],
)
def test_what_cannot_be_evidence_is_refused_by_field_and_nothing_is_kept(
    caller, settings, key, changes, data, field
):
    settings.MAXIMUM_UPLOAD_BYTES = 15_000

    refused = send(caller, "PUT", f"{key}/content", {**NEW, **changes}, data)

    assert [fault["field"] for fault in problem(refused, 422)["errors"]] == [field]
    assert not EvidenceItem.objects.exists()
    assert not [path for path in settings.BLOBS.rglob("*") if path.is_file()]


def test_a_body_that_is_not_said_to_be_a_file_is_refused(caller, key):
    refused = send(caller, "PUT", f"{key}/content", NEW, kind="application/json")

    assert "application/octet-stream" in problem(refused, 415)["detail"]


def test_who_may_not_add_or_read_does_neither(caller, sender, cast, client, key):
    send(caller, "PUT", f"{key}/content", NEW)

    assert problem(send(sender, "PUT", f"{uuid.uuid4()}/content", NEW), 403)
    assert problem(send(sender, "POST", f"{key}/versions", SPOKEN), 403)
    assert problem(content_of(sender, key, 1), 403)
    assert problem(content_of(caller, uuid.uuid4(), 1), 404)
    assert problem(content_of(caller, key, 2), 404)
    assert problem(content_of(caller, key, 2**40), 404)


def test_a_file_that_was_altered_is_not_handed_out(caller, settings, key):
    send(caller, "PUT", f"{key}/content", NEW)
    path = FolderStore(settings.BLOBS).path_of(EvidenceVersion.objects.get().stored_sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"!")

    assert "altered" in problem(content_of(caller, key, 1), 409)["detail"]


def test_a_file_that_is_gone_is_told(caller, settings, key):
    send(caller, "PUT", f"{key}/content", NEW)
    FolderStore(settings.BLOBS).path_of(EvidenceVersion.objects.get().stored_sha256).unlink()

    assert problem(content_of(caller, key, 1), 404)


def test_a_file_in_quarantine_is_kept_back(caller, key):
    send(caller, "PUT", f"{key}/content", NEW)
    EvidenceVersion.objects.update(quarantine="A scanner objects.")

    assert "A scanner objects." in problem(content_of(caller, key, 1), 409)["detail"]


def test_a_version_from_before_is_handed_out_as_it_lies(caller, settings, key):
    send(caller, "PUT", f"{key}/content", NEW)
    blob = FolderStore(settings.BLOBS).put([b"from before"])
    EvidenceVersion.objects.update(
        sha256=blob.sha256, stored_sha256=blob.sha256, size=11, stored_size=11, encrypted=False
    )

    assert b"".join(content_of(caller, key, 1).streaming_content) == b"from before"


def test_dates_of_the_factory_are_those_of_the_test():
    assert factories.content().period_from.isoformat() == SPOKEN["period_from"]
