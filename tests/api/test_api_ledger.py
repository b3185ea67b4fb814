import base64
import json

import factories
import pytest
from factories import vouched
from factories.programs import Caller

from twofold.cli.worker import drain
from twofold.ledger import keys
from twofold.ledger.models import LedgerEntry
from twofold.ledger.rotations import rotate_key
from twofold.people.access import Permission
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import open_note, sign
from twofold_verify.proof import verify_consistency
from twofold_verify.rotation import read, succession
from twofold_verify.tiles import split_entries, split_hashes
from twofold_verify.tlog_proof import Checker


@pytest.fixture
def monitor(cast, client):
    """A program that may read and no more."""
    drain()
    return Caller(client, factories.token(cast.lead, cast, Permission.READ))


@pytest.fixture
def exporter(cast, client):
    drain()
    permissions = (Permission.READ, Permission.EXPORT_RECORD)
    return Caller(client, factories.token(cast.auditor, cast, *permissions))


def test_a_monitor_replays_the_tree_from_its_tiles(exporter):
    drain()
    note = exporter.ask("GET", "/ledger/checkpoint")
    assert note["Content-Type"] == "text/plain; charset=utf-8"
    open_note(note.content.decode(), [keys.verifier()])
    _origin, size, root = note.content.decode().split("\n")[:3]

    tile = exporter.ask("GET", f"/ledger/tile/0/000.p/{size}")
    bundle = exporter.ask("GET", f"/ledger/tile/entries/000.p/{size}")

    assert tile["Content-Type"] == "application/octet-stream"
    hashes = list(split_hashes(tile.content))
    assert root_of(hashes) == base64.b64decode(root)
    assert [leaf_hash(entry) for entry in split_entries(bundle.content)] == hashes


def test_the_content_of_entries_takes_the_permission_to_export(monitor):
    assert monitor.ask("GET", "/ledger/tile/0/000.p/1").status_code == 200
    for path in ("tile/entries/000.p/1", "entries/0"):
        assert monitor.ask("GET", f"/ledger/{path}").status_code == 403


@pytest.mark.parametrize(
    "path",
    ["tile/0/999", "tile/entries/999", "tile/nonsense", "entries/999999", "entries/999999/proof",
     "stamps/1", "rotations/1"],
)  # fmt: skip
def test_what_the_log_does_not_have_is_not_found(exporter, path):
    answer = exporter.ask("GET", f"/ledger/{path}")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_the_proof_of_an_entry_holds_for_its_bytes(exporter):
    proof = exporter.ask("GET", "/ledger/entries/3/proof")
    leaf = exporter.ask("GET", "/ledger/entries/3")

    checker = Checker(succession(keys.verifier(), []))
    assert checker.check(proof.content.decode(), leaf.content).index == 3
    assert json.loads(leaf.content)["subject"]


def test_entries_are_found_by_the_name_of_their_record(monitor, cast):
    name = cast.owner.ledger_subject

    (found,) = monitor.ask("GET", f"/ledger/entries?subject={name}").json()

    row = LedgerEntry.objects.get(subject=name)
    assert (found["index"], found["kind"]) == (row.index, "people.person.added")
    assert found["leaf_hash"] == bytes(row.leaf_hash).hex()
    assert monitor.ask("GET", f"/ledger/entries?subject={row.index}").json() == [found]
    assert monitor.ask("GET", "/ledger/entries?subject=x").json() == []


def test_the_proof_between_two_sizes_verifies(monitor):
    found = monitor.ask("GET", "/ledger/consistency?old=2&new=7").json()

    roots = [bytes.fromhex(found[name]) for name in ("old_root", "new_root")]
    verify_consistency(2, 7, *roots, [base64.b64decode(hash_) for hash_ in found["proof"]])
    until_now = monitor.ask("GET", "/ledger/consistency?old=2").json()
    assert until_now["new"] == monitor.ask("GET", "/ledger").json()["size"]
    assert monitor.ask("GET", "/ledger/consistency?old=7&new=2").status_code == 422
    assert monitor.ask("GET", "/ledger/consistency?old=-1").status_code == 422


def test_a_kept_checkpoint_is_held_against_the_log(monitor):
    kept = monitor.ask("GET", "/ledger/checkpoint").content.decode()
    vouched.grow(factories.now())
    signer = keys.signer()
    forged = sign(Checkpoint(signer.name, 2, bytes(32)).text(), signer)

    found = monitor.ask("POST", "/ledger/kept", {"checkpoint": kept}).json()
    refused = monitor.ask("POST", "/ledger/kept", {"checkpoint": forged}).json()

    assert (found["verdict"], found["consistent"]) == ("continued", True)
    assert found["size"] > found["kept_size"]
    assert (refused["verdict"], refused["consistent"]) == ("contradicted", False)
    assert "does not continue it" in refused["sentence"]
    assert monitor.ask("POST", "/ledger/kept", {"checkpoint": "x"}).status_code == 409


def test_who_vouches_is_told_in_figures_and_in_words(monitor, settings):
    settings.TIME_AUTHORITY = vouched.URL
    settings.LEDGER_POLICY = vouched.POLICY
    now = factories.now()
    last = vouched.grow(now)
    vouched.stamp(last, now)
    vouched.trouble("witness", now, alarm=True, message="It was forked.")

    found = monitor.ask("GET", "/ledger/vouching").json()

    assert (found["vouched_size"], found["beyond"]) == (last.size, 0)
    assert (found["authority"]["state"], found["authority"]["size"]) == ("current", last.size)
    assert found["witnesses"][0]["state"] == "refuses"
    assert found["witnesses"][0]["trouble"]["message"] == "It was forked."
    assert found["keys"] == [{"key": str(keys.verifier()), "from_size": 0, "since": None, "by": ""}]
    assert [alarm["code"] for alarm in found["alarms"]] == ["witness-refuses"]


def test_with_nobody_outside_the_api_says_so(monitor):
    found = monitor.ask("GET", "/ledger/vouching").json()

    assert (found["authority"], found["witnesses"]) == (None, [])
    assert found["title"] == "A full rewrite by an insider could not be seen"


def test_time_stamps_are_listed_and_handed_out(monitor):
    now = factories.now()
    made = vouched.stamp(vouched.grow(now), now)

    (listed,) = monitor.ask("GET", "/ledger/stamps").json()
    answer = monitor.ask("GET", f"/ledger/stamps/{made.pk}")

    assert (listed["id"], listed["size"]) == (made.pk, made.checkpoint.size)
    assert (answer.content, answer["Content-Type"]) == (b"der", "application/timestamp-reply")


def test_statements_of_rotation_are_handed_out(recording_db, client):
    cast = factories.cast(factories.now())
    drain()
    first = keys.verifier()
    made = rotate_key(by="system:test", at=factories.now())
    monitor = Caller(client, factories.token(cast.lead, cast, Permission.READ))

    statement = monitor.ask("GET", f"/ledger/rotations/{made.size}").content.decode()

    assert read(statement).old == first


@pytest.mark.parametrize(
    "path", ["vouching", "checkpoint", "tile/0/000.p/1", "entries?subject=x", "entries/0",
             "entries/0/proof", "consistency?old=1", "stamps", "stamps/1", "rotations/1"]
)  # fmt: skip
def test_the_log_is_not_for_who_may_not_read(cast, client, path):
    drain()
    sender = Caller(client, factories.token(cast.engineer, cast, Permission.SEND_TELEMETRY))
    loans = factories.system(cast, code="loans", at=factories.now())
    bound = factories.token(cast.lead, cast, Permission.READ, restricted_to=loans.ledger_subject)

    assert sender.ask("GET", f"/ledger/{path}").status_code == 403
    assert Caller(client, bound).ask("GET", f"/ledger/{path}").status_code == 403
