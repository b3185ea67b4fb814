"""The pages of the log: who vouches, what is wrong, kept checkpoints, entries and their proofs."""

from datetime import timedelta

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import vouched

from twofold.cli.worker import drain
from twofold.controls import actions
from twofold.ledger import keys
from twofold.ledger.models import LedgerEntry
from twofold.ledger.rotations import rotate_key
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.note import open_note, sign
from twofold_verify.rotation import read, succession
from twofold_verify.tlog_proof import Checker


@pytest.fixture
def cast(db):
    """The cast, employed two days ago: a past day can be looked at."""
    return factories.cast(factories.now() - timedelta(days=2))


@pytest.fixture
def browser(cast, client):
    """The auditor at the pages of a log that is all under a checkpoint."""
    drain()
    client.force_login(cast.auditor)
    return client


@pytest.fixture
def asked(settings):
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY


def page(browser, path="/integrity/"):
    answer = browser.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_with_nobody_outside_the_page_says_what_could_not_be_seen(browser):
    text = page(browser)

    assert "A full rewrite by an insider could not be seen" in text
    assert "TWOFOLD_TSA_URL" in text
    assert "No witness is asked." in text
    assert str(keys.verifier()) in text
    assert "it was never rotated" in text


def test_outsiders_are_shown_with_how_far_and_what_went_wrong(browser, asked):
    now = factories.now()
    last = vouched.grow(now)
    made = vouched.stamp(last, now)
    vouched.cosign(last, now)
    vouched.trouble("witness", now, message="No answer: refused.")
    vouched.trouble("authority", now, message="The status is 500.")

    text = page(browser)

    assert "A rewrite of anything would be seen" in text
    assert f'href="/integrity/stamps/{made.pk}/"' in text
    assert "No answer: refused." in text
    assert "The status is 500." in text
    assert "Up to date" in text


def test_a_witness_that_contradicts_the_log_is_shown_in_red_on_both_pages(browser, asked):
    now = factories.now()
    last = vouched.grow(now)
    vouched.cosign(last, now)
    vouched.trouble("witness", now, alarm=True, message="It was forked.")

    for path in ("/integrity/", "/"):
        text = page(browser, path)
        assert "has seen another log than this one: It was forked." in text
        assert 'class="tf-alert tf-tone-bad"' in text
    assert "A witness contradicts this log" in page(browser)
    assert 'href="/integrity/">Look into it' in page(browser, "/")
    assert "Look into it" not in page(browser)


def test_alarms_are_not_for_who_only_reads_nor_for_a_past_day(cast, browser, client):
    vouched.write(factories.now() - timedelta(hours=1))
    yesterday = (factories.now() - timedelta(days=1)).date()

    assert "does the worker run?" in page(browser, "/")
    assert "does the worker run?" not in page(browser, f"/?as_of={yesterday}")
    client.force_login(cast.reviewer)
    assert "does the worker run?" not in page(client, "/")
    assert "does the worker run?" not in page(client)


@pytest.mark.parametrize("path", ["/integrity/", "/integrity/stamps/", "/integrity/entries/?q=x"])
def test_a_page_costs_the_same_for_a_long_log(browser, asked, path):
    now = factories.now()
    # Twelve entries without a name to look up fill the list of the newest.
    vouched.stamp(vouched.grow(now, count=12), now)
    browser.get(path)
    with CaptureQueriesContext(connection) as short:
        assert browser.get(path).status_code == 200
    for _checkpoint in range(6):
        vouched.stamp(vouched.grow(now, count=9), now)
    with CaptureQueriesContext(connection) as long:
        assert browser.get(path).status_code == 200
    assert len(long) == len(short)


def test_a_verification_says_how_long_it_took_and_the_page_remembers(browser):
    assert "the last time it took" not in page(browser)

    text = browser.post("/integrity/verify/", headers={"HX-Request": "true"}).content.decode()

    assert " s. " in " ".join(text.split())
    assert "the last time it took" in page(browser)


def test_a_verification_tells_of_erasures_as_information(cast, browser):
    now = factories.now()
    item = factories.evidence_item(cast, at=now)
    asked_for = actions.ask_for_erasure(
        item.ledger_subject, reason="Retention is over.", by=factories.actor(cast.lead), at=now
    )
    actions.confirm_erasure(asked_for, by=factories.actor(cast.approver), at=now)
    drain()

    text = " ".join(browser.post("/integrity/verify/").content.decode().split())

    assert "Sound:" in text
    assert "1 record was erased by an entry that says so: no fault" in text
    assert "Retention is over." in text


def test_the_checkpoint_to_keep_carries_the_cosignatures(browser, asked):
    now = factories.now()
    last = vouched.grow(now)
    vouched.cosign(last, now)

    answer = browser.get("/integrity/checkpoint/")

    assert answer["Content-Disposition"] == f'attachment; filename="checkpoint-{last.size}.txt"'
    opened = open_note(answer.content.decode(), [keys.verifier(), vouched.COSIGNER.key])
    assert opened.verified == (keys.verifier().name, vouched.COSIGNER.name)


def test_a_log_without_checkpoint_has_none_to_download(cast, client):
    client.force_login(cast.auditor)

    assert client.get("/integrity/checkpoint/").status_code == 404
    assert client.get("/integrity/").status_code == 200


@pytest.mark.parametrize("as_file", [True, False])
def test_a_kept_checkpoint_is_held_against_the_log(browser, as_file):
    note = browser.get("/integrity/checkpoint/").content
    vouched.grow(factories.now())
    given = (
        {"file": SimpleUploadedFile("k.txt", note)} if as_file else {"checkpoint": note.decode()}
    )
    before = LedgerEntry.objects.count()

    answer = browser.post("/integrity/kept/", given)

    assert answer.status_code == 200
    assert "The log continues it" in answer.content.decode()
    assert LedgerEntry.objects.count() == before


def test_a_kept_checkpoint_that_contradicts_the_log_is_said_to(browser):
    signer = keys.signer()
    note = sign(Checkpoint(signer.name, 2, bytes(32)).text(), signer)

    text = browser.post("/integrity/kept/", {"checkpoint": note}).content.decode()

    assert "Not consistent" in text
    assert "The log does not continue it" in text
    assert "tf-tone-bad" in text


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "one of both"),
        ({"checkpoint": "  "}, "one of both"),
        ({"checkpoint": "x", "file": SimpleUploadedFile("k.txt", b"x")}, "one of both"),
        ({"checkpoint": "x"}, "no checkpoint of this log"),
        ({"checkpoint": "x" * 70_000}, "at most"),
        ({"file": SimpleUploadedFile("k.txt", b"x")}, "no checkpoint of this log"),
        ({"file": SimpleUploadedFile("k.txt", b"\xff\xfe")}, "This file is no checkpoint."),
        ({"file": SimpleUploadedFile("k.txt", b"x" * 70_000)}, "This file is no checkpoint."),
    ],
)
def test_what_is_no_kept_checkpoint_is_refused_beside_the_field(browser, given, reason):
    answer = browser.post("/integrity/kept/", given)

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert browser.get("/integrity/kept/").status_code == 200


def test_time_stamps_are_listed_and_handed_out_with_their_text(browser):
    now = factories.now()
    last = vouched.grow(now)
    stamps = [vouched.stamp(last, now - timedelta(minutes=minutes)) for minutes in range(25)]

    assert "1 to 20 of 25" in page(browser, "/integrity/stamps/")
    assert "All time stamps" in page(browser)
    token = browser.get(f"/integrity/stamps/{stamps[0].pk}/")
    text = browser.get(f"/integrity/stamps/{stamps[0].pk}/text/")
    assert (token.content, token["Content-Type"]) == (b"der", "application/timestamp-reply")
    assert text.content.decode() == last.note.partition("\n\n")[0] + "\n"
    assert browser.get(f"/integrity/stamps/{10**30}/").status_code == 404


def test_a_log_without_time_stamps_says_how_to_get_one(browser):
    assert "No time stamp yet" in page(browser, "/integrity/stamps/")


def test_the_policy_for_auditors_names_log_and_witnesses(browser, asked):
    text = browser.get("/integrity/policy/").content.decode()

    assert text.startswith(f"log {keys.verifier()}\nwitness audit-firm ")


def test_an_entry_is_found_by_its_record_and_by_its_index(browser, cast):
    name = cast.owner.ledger_subject
    index = LedgerEntry.objects.get(subject=name, revision=1).index

    for query in (name, str(index)):
        text = page(browser, f"/integrity/entries/?q={query}")
        assert f'href="/integrity/entries/{index}/"' in text
        assert "Person added" in text
    assert "No entry is of this record" in page(browser, "/integrity/entries/?q=people.person:x")
    assert "Which record?" in page(browser, "/integrity/entries/")


def test_the_proof_of_an_entry_is_shown_checked_and_downloaded(browser):
    proof = browser.get("/integrity/entries/2/proof/")
    leaf = browser.get("/integrity/entries/2/leaf/")

    text = page(browser, "/integrity/entries/2/")
    assert "The entry is in the log" in text
    assert "c2sp.org/tlog-proof@v1" in text
    assert proof["Content-Disposition"] == 'attachment; filename="entry-2.tlog-proof"'
    checker = Checker(succession(keys.verifier(), []))
    assert checker.check(proof.content.decode(), leaf.content).index == 2
    assert browser.get("/integrity/entries/999999/").status_code == 404
    assert browser.get("/integrity/entries/999999/proof/").status_code == 404


def test_an_altered_entry_is_shown_as_one_whose_proof_fails(browser, untriggered):
    LedgerEntry.objects.filter(index=2).update(data=b"not an entry")

    text = page(browser, "/integrity/entries/2/")

    assert "The proof does not hold" in text
    assert "not an entry" in text


def test_the_content_of_an_entry_is_for_who_may_see_its_record(cast, client):
    system = factories.system(cast, code="loans", at=factories.now())
    drain()
    client.force_login(cast.reviewer)
    seen = LedgerEntry.objects.get(subject=system.ledger_subject).index
    unseen = LedgerEntry.objects.filter(subject__startswith="people.unit:").first().index

    assert client.get(f"/integrity/entries/{seen}/leaf/").status_code == 200
    assert client.get(f"/integrity/entries/{unseen}/leaf/").status_code == 403
    text = page(client, f"/integrity/entries/{unseen}/")
    assert "Its content is for those who may see the record" in text
    assert client.get(f"/integrity/entries/{unseen}/proof/").status_code == 200


def test_every_line_of_a_history_leads_to_its_proof(cast, client):
    item = factories.evidence_item(cast, at=factories.now())
    drain()
    client.force_login(cast.owner)
    index = LedgerEntry.objects.get(subject=item.ledger_subject).index

    assert f'href="/integrity/entries/{index}/"' in page(client, f"/evidence/{item.pk}/")


def test_keys_are_shown_with_their_history_and_statements(recording_db, client):
    cast = factories.cast(factories.now())
    drain()
    first = keys.verifier()
    at = factories.now()
    made = rotate_key(by=factories.actor(cast.administrator).ledger_name, at=at)
    drain()
    client.force_login(cast.auditor)

    text = page(client)

    assert str(keys.verifier()) in text
    assert str(first) in text
    assert "Rotated by Administrator," in text
    assert "1 earlier key" in text
    statement = client.get(f"/integrity/rotations/{made.size}/").content.decode()
    assert read(statement).old == first
    assert client.get("/integrity/rotations/1/").status_code == 404


@pytest.mark.parametrize(
    "path",
    ["", "checkpoint/", "kept/", "policy/", "stamps/", "stamps/1/", "stamps/1/text/",
     "rotations/1/", "entries/", "entries/0/", "entries/0/proof/", "entries/0/leaf/"],
)  # fmt: skip
def test_who_holds_no_role_sees_nothing_of_the_log(cast, client, path):
    drain()
    nobody = factories.person(
        "nobody", by=factories.actor(cast.administrator), unit=cast.unit, at=factories.now()
    )
    client.force_login(nobody)

    assert client.get(f"/integrity/{path}").status_code == 403
