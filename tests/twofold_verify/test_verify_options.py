"""What is given to the command beside the key, and what it tells of one record."""

import json
from datetime import UTC, datetime

import pytest
from memory_ledger import SIGNER, STRANGER, TRUST, large_ledger, small_ledger, subject
from memory_record import ITEM, VERSION, MemoryRecord, disclosing, evidenced
from test_record_bundle import noted
from test_vouching import NEXT, POLICY, W1, W2

from twofold_verify import bundle, cli
from twofold_verify.merkle import leaf_hash
from twofold_verify.note import Signer
from twofold_verify.source import KeptStamp

KEY = str(TRUST)
AT = datetime(2026, 3, 1, tzinfo=UTC)


def text_of(ledger):
    return ledger.note.rpartition("\n\n")[0] + "\n"


@pytest.fixture
def ledger(authority):
    made = evidenced()
    made.stamped.append(KeptStamp(made.note, authority.stamp(text_of(made).encode())))
    # The entries are dated long before the stamp, which the bracket of the first bears.
    lines = [cosigner.cosign(text_of(made), at=AT) for cosigner in (W1, W2)]
    made.witnessed.append(made.note + "".join(lines))
    return made


@pytest.fixture
def path(ledger, tmp_path):
    place = tmp_path / "bundle"
    bundle.write(ledger, place, at_text="", disclosed=disclosing(policy=POLICY.text()))
    return place


@pytest.fixture
def given(tmp_path):
    def _given(name, content):
        place = tmp_path / name
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(place)

    return _given


def run(capsys, *arguments):
    status = cli.main([str(argument) for argument in arguments])
    told = capsys.readouterr()
    return status, told.out + told.err


def test_stamps_cosignatures_and_a_kept_checkpoint_are_read(path, ledger, given, authority, capsys):
    kept, policy = given("kept", noted(ledger, 3)), given("policy.txt", POLICY.text())
    options = ("--checkpoint", kept, "--policy", policy, "--tsa-root", authority.root)

    status, out = run(capsys, path, "--key", KEY, *options)

    assert status == 0, out
    assert "1 time stamps, the widest of 5 entries" in out
    assert "the quorum vouches for 5 entries" in out
    assert "note" not in out


def test_the_key_may_come_from_the_policy(path, given, authority, capsys):
    root = ("--tsa-root", authority.root)

    assert run(capsys, path, "--policy", given("own", POLICY.text()), *root)[0] == 0
    another = Signer("log.example/other", NEXT.private_key).verifier
    other = f"log {another}\n" + POLICY.text().replace(KEY, str(STRANGER.verifier))
    assert run(capsys, path, "--policy", given("other", other), *root)[0] == 1
    status, told = run(capsys, path, "--policy", given("none", "quorum none\n"), *root)
    assert (status, "has no key for the log of this bundle" in told) == (2, True)


def test_a_log_that_does_not_continue_the_kept_checkpoint_is_tampered_with(path, given, capsys):
    longer = large_ledger(9)

    status, out = run(capsys, path, "--key", KEY, "--checkpoint", given("kept", longer.note))

    assert status == 1
    assert "it was cut back" in out


def test_what_was_not_given_is_told(path, capsys):
    status, out = run(capsys, path, "--key", KEY)

    assert status == 2
    assert "1 time stamps were not checked" in out
    assert "- note: Witnesses were not looked at" in out


def test_the_policy_of_the_bundle_is_compared_and_not_applied(path, given, authority, capsys):
    weaker = POLICY.text().replace("quorum both", "quorum w1")
    options = ("--policy", given("mine", weaker), "--tsa-root", authority.root)

    status, out = run(capsys, path, *options)

    assert status == 0
    assert "The policy in the bundle is not the one that you gave" in out


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("policy", b"nonsense\n", "The policy in the bundle cannot be read"),
        ("independent/check.go", b"package main\n", "take it from where you trust it"),
    ],
)
def test_what_decides_nothing_is_remarked(path, authority, capsys, name, content, told):
    (path / name).write_bytes(content)

    status, out = run(capsys, path, "--key", KEY, "--tsa-root", authority.root)

    # The manifest names another file.
    assert status == 2
    assert f"- note: {told}" in out or told in out


def test_what_cannot_be_read_is_told_by_the_verification(path, authority, capsys):
    (path / "policy").unlink()

    status, out = run(capsys, path, "--key", KEY, "--tsa-root", authority.root)

    assert (status, "policy is absent" in out, "- note" in out) == (2, True, False)


def test_a_bundle_without_a_program_is_one_too(path, authority, capsys):
    (path / "independent/check.go").unlink()
    manifest = path / "manifest.json"
    stated = json.loads(manifest.read_text())
    del stated["parts"]["independent/check.go"]
    manifest.write_text(json.dumps(stated))

    assert run(capsys, path, "--key", KEY, "--tsa-root", authority.root)[0] == 0


@pytest.mark.parametrize("option", ["--checkpoint", "--policy", "--tsa-root"])
def test_a_file_that_cannot_be_used_is_one_line(path, given, capsys, option):
    for name in ("absent", given("odd", b"\xff" * 10), given("large", b"x" * (2 << 20))):
        status, told = run(capsys, path, "--key", KEY, option, name)

        # Not even an octet of it is a certificate, a policy or a note.
        assert status == 2, told
        assert told.count("\n") == 1, told


def test_the_report_of_one_record_has_its_entries_and_problems(path, authority, capsys):
    live = path / "live.ndjson"
    live.write_text(live.read_text().replace("evidenceitem:2", "evidenceitem:9"))
    arguments = (path, "--key", KEY, "--tsa-root", authority.root, "--subject")

    status, out = run(capsys, *arguments, ITEM)

    assert status == 2  # The live rows are not those of the manifest.
    assert f"asked for   {ITEM}: 2 entries" in out
    assert "entry 4: inventory.aisystem.changed at 2026-01-01T08:04:00+00:00" in out
    assert "elsewhere   2 problems of other records" in out
    assert "evidenceitem:9" not in out
    status, out = run(capsys, *arguments, "evidence.evidenceitem:2")
    assert (status, "removed behind the ledger" in out) == (1, True)


def test_the_report_of_one_record_is_told_as_json(path, authority, capsys):
    options = ("--tsa-root", authority.root, "--subject", ITEM, "--json")

    status, out = run(capsys, path, "--key", KEY, *options)

    value = json.loads(out)
    assert (status, value["outcome"], value["subject"]) == (0, "sound", ITEM)
    assert [line["index"] for line in value["entries"]] == [1, 4]
    assert value["problems_elsewhere"] == 0
    assert value["of_record"] is None


def test_a_record_that_the_log_does_not_know_is_not_sound(path, authority, capsys):
    root = ("--tsa-root", authority.root)

    status, out = run(capsys, path, "--key", KEY, *root, "--subject", subject(1))

    assert (status, "The bundle has no entry of this record." in out) == (2, True)


def test_a_record_is_not_sound_in_a_log_that_is_not(path, authority, capsys):
    (path / "tile/0/000.p/5").unlink()

    status, _out = run(capsys, path, "--key", KEY, "--tsa-root", authority.root, "--subject", ITEM)

    assert status == 2


def test_entries_that_are_none_are_no_record_s(tmp_path, capsys):
    ledger = small_ledger()
    ledger.data[0] = subject(1).encode()
    ledger.hashes[0] = leaf_hash(ledger.data[0])
    ledger.sequence()
    bundle.write(ledger, tmp_path / "bundle", at_text="")

    status, out = run(capsys, tmp_path / "bundle", "--key", KEY, "--subject", subject(1))

    assert (status, f"{subject(1)}: 1 entries" in out) == (1, True)


def test_more_problems_than_are_listed_leave_a_record_in_doubt(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("twofold_verify.report.LISTED", 2)
    ledger = small_ledger()
    ledger.rows |= {f"other.record:{number}": "{}" for number in range(5)}
    bundle.write(ledger, tmp_path / "bundle", at_text="")

    status, out = run(capsys, tmp_path / "bundle", "--key", KEY, "--subject", subject(1))

    assert (status, "some may be of this record" in out) == (2, True)


def test_entries_that_cannot_be_read_leave_a_record_in_doubt(path, authority, capsys):
    (path / "tile/entries/000.p/5").unlink()

    status, out = run(capsys, path, "--key", KEY, "--tsa-root", authority.root, "--subject", ITEM)

    assert (status, "0 entries" in out) == (2, True)


def test_the_bundle_of_a_record_says_what_it_cannot_show(tmp_path, capsys):
    place = tmp_path / "record.zip"
    bundle.write_record(MemoryRecord(evidenced()), place, at_text="", disclosed=disclosing())

    status, out = run(capsys, place, "--key", KEY)

    assert status == 0
    assert out.startswith("SOUND: all that is here stands in the log, unaltered.")
    assert f"record      {ITEM}, and what belongs to it" in out
    assert "single proofs do not show" in out
    assert "3 personal values, 1 contents in clear (13 bytes)" in out
    status, out = run(capsys, place, "--key", KEY, "--subject", VERSION)
    assert (status, f"asked for   {VERSION}: 1 entries" in out) == (0, True)


def test_two_stamps_of_one_checkpoint_both_stand(ledger, authority, tmp_path, capsys):
    ledger.stamped.append(KeptStamp(ledger.note, authority.stamp(text_of(ledger).encode())))
    place = tmp_path / "twice"
    bundle.write(ledger, place, at_text="", disclosed=disclosing())

    status, out = run(capsys, place, "--key", KEY, "--tsa-root", authority.root)

    names = sorted(file.name for file in (place / "stamps").iterdir())
    assert [name for name in names if name.endswith(".tsr")] == ["5-2.tsr", "5.tsr"]
    assert (status, "2 time stamps" in out) == (0, True)


def test_a_stamp_that_is_none_is_taken_along_and_found(ledger, authority, tmp_path, capsys):
    ledger.stamped[:] = [KeptStamp("no\nnumber\n\n", b"no stamp")]
    place = tmp_path / "odd"
    bundle.write(ledger, place, at_text="", disclosed=disclosing())

    status, out = run(capsys, place, "--key", KEY, "--tsa-root", authority.root)

    assert (place / "stamps/0.tsr").exists()
    assert not (place / "stamps/chain.pem").exists()
    assert (status, "- tampered: stamps: " in out) == (1, True)
    assert SIGNER.name in out
