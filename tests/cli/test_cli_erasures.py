import json

import factories
import pytest

from twofold.controls import actions as controls
from twofold.evidence.models import EvidenceItem
from twofold.evidence.storage import store_of_installation
from twofold.ledger.queries import position
from twofold.people.models import Erasure, Person

LEAD = ("--as", "lead@acme.example")
APPROVER = ("--as", "approver@acme.example")
ADMINISTRATOR = ("--as", "administrator@acme.example")
REASON = ("--reason", "It was asked for.")


@pytest.fixture
def item(cast):
    made = factories.evidence_item(cast, at=factories.now())
    run = factories.implementation(cast, at=factories.now())
    claim = factories.claim(run, made, cast, at=factories.now())
    controls.accept_claim(claim, by=factories.actor(cast.approver), at=factories.now())
    return made


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1


def test_evidence_is_erased_by_two(run, item):
    asked = run("erasure", "evidence", item.pk, *REASON, *LEAD)
    key = Erasure.objects.get().pk
    shown = run("erasure", "show", key, *APPROVER)
    own = run("erasure", "confirm", key, *LEAD)
    confirmed = run("erasure", "confirm", key, *APPROVER)
    (told,) = json.loads(run("erasure", "list", "--state", "erased", "--json", *LEAD).out)
    after = run("erasure", "show", key, *LEAD)

    assert asked.out == f"{key} waits for somebody else to confirm it.\n"
    assert "versions: 1, 13 bytes" in shown.out
    assert "claims that would be withdrawn: 1" in shown.out
    assert "27001:A.8.16" in shown.out
    refused(own, "Two persons are needed")
    assert confirmed.out == f"{item.ledger_subject} is erased.\n"
    assert (told["decided_by"], told["files"]) == ("approver@acme.example", 1)
    assert "versions:" not in after.out
    assert EvidenceItem.objects.get(pk=item.pk).erased_at is not None
    assert position().waiting == 0


def test_a_person_is_erased_by_two_others(run, cast):
    asked = run("erasure", "person", "owner@acme.example", *REASON, *ADMINISTRATOR)
    key = Erasure.objects.get().pk
    shown = run("erasure", "show", key, *LEAD)
    run("erasure", "confirm", key, *LEAD)

    assert asked.status == 0
    assert "roles that end: 1; tokens that are revoked: 0" in shown.out
    assert Person.objects.get(pk=cast.owner.pk).email == ""
    refused(
        run("erasure", "person", "owner@acme.example", *REASON, *ADMINISTRATOR),
        "There is no person owner@acme.example.",
    )


def test_an_erasure_is_taken_back(run, item):
    run("erasure", "evidence", item.pk, *REASON, *LEAD)
    key = Erasure.objects.get().pk

    taken = run("erasure", "withdraw", key, "--reason", "It is needed.", *LEAD)

    assert taken.out == f"{item.ledger_subject} is not erased.\n"
    assert "withdrawn" in run("erasure", "list", *LEAD).out
    refused(run("erasure", "confirm", key, *APPROVER), "It was taken back already.")


def test_a_sweep_lists_and_removes_nothing_young(run, item):
    stray = store_of_installation().put([b"nobody refers to it"])

    swept = run("evidence", "sweep", "--remove")

    assert swept.status == 0
    assert stray.sha256 in swept.out
    assert "Unreferenced: 1, removed: 0." in swept.out
    assert len(list(store_of_installation().listing())) == 2


def test_a_file_is_taken_out_once_to_a_path(run, cast, item, tmp_path):
    out = tmp_path / "out.bin"

    fetched = run("evidence", "fetch", item.pk, out, *LEAD)
    again = run("evidence", "fetch", item.pk, out, *LEAD)
    other = run("evidence", "fetch", item.pk, tmp_path / "two", "--number", "2", *LEAD)

    assert fetched.out == f"Written: {out}\n"
    assert out.read_bytes() == b"what was seen"
    refused(again, f"{out} exists already.")
    refused(other, "There is no such evidence.")
    assert not (tmp_path / "two").exists()
