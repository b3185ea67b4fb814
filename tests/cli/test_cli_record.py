import json

import factories
import pytest

from twofold.cli.worker import drain
from twofold.inventory.models import AISystem
from twofold.ledger.queries import position
from twofold_verify import cli as verifier


@pytest.fixture
def loans(cast):
    system = factories.system(cast, code="loans", at=factories.now())
    drain()
    return system


def test_a_sound_record_verifies(run, loans):
    ended = run("verify")

    assert ended.status == 0
    assert ended.out.startswith("SOUND")


def test_a_row_that_was_edited_behind_the_back_is_named(run, loans):
    AISystem.objects.filter(code="loans").update(risk_tier="minimal")

    ended = run("verify", "--json")

    report = json.loads(ended.out)
    assert ended.status == 1
    assert report["outcome"] == "tampered"
    assert any(problem["record"].startswith(loans.ledger_subject) for problem in report["problems"])


def test_a_lost_file_is_named(run, cast, settings):
    item = factories.evidence_item(cast, at=factories.now())
    drain()
    for path in settings.BLOBS.rglob("*"):
        path.unlink() if path.is_file() else None

    ended = run("verify")

    assert ended.status == 1
    assert item.versions.get().stored_sha256 in ended.out


def test_the_key_of_another_log_does_not_vouch_for_this_one(run, loans, settings, tmp_path):
    ours = run("key").out.strip()
    settings.LEDGER_KEY = tmp_path / "another.key"
    theirs = run("key").out.strip()
    settings.LEDGER_KEY = tmp_path / "ledger.key"

    assert ours == position().verifier != theirs
    assert run("verify", "--key", ours).status == 0
    assert run("verify", "--key", theirs).status != 0


@pytest.mark.parametrize("key", ["nonsense", "a+b+c", "name+00000000+AAAA"])
def test_what_is_no_key_is_refused_in_a_sentence(run, loans, key):
    ended = run("verify", "--key", key)

    assert ended.status == 2
    assert ended.err.startswith("twofold: --key: ")
    assert ended.err.count("\n") == 1


def test_a_key_file_that_holds_no_key_is_not_tampering(run, loans, settings, tmp_path):
    settings.LEDGER_KEY = tmp_path / "broken.key"
    settings.LEDGER_KEY.write_text("origin\nno key\n")

    ended = run("verify")

    assert ended.status == 2
    assert ended.err.count("\n") == 1


def test_an_exported_bundle_verifies_elsewhere(run, loans, tmp_path, capsys):
    path = tmp_path / "ledger.zip"

    ended = run("export", path, "--as", "auditor@acme.example")

    assert ended.status == 0
    assert f"twofold-verify {path} --key '{position().verifier}'" in ended.out
    assert verifier.main([str(path), "--key", position().verifier]) == 0


def test_the_record_is_exported_by_whom_a_role_permits_it(run, loans, tmp_path):
    ended = run("export", tmp_path / "ledger", "--as", "engineer@acme.example")

    assert ended.status == 1
    assert ended.err.startswith("twofold: You hold no role")
    assert not (tmp_path / "ledger").exists()


def test_nothing_is_written_over_by_an_export(run, loans, tmp_path):
    (tmp_path / "ledger").mkdir()

    ended = run("export", tmp_path / "ledger", "--as", "auditor@acme.example")

    assert (ended.status, ended.err) == (1, f"twofold: {tmp_path / 'ledger'} exists already.\n")


@pytest.mark.parametrize("email", ["nobody@acme.example", ""])
def test_an_unknown_person_exports_nothing(run, loans, tmp_path, email):
    ended = run("export", tmp_path / "ledger", "--as", email)

    assert ended.status == 1
    assert ended.err.startswith("twofold: There is no person")


def test_one_record_is_exported_and_verified_elsewhere(run, cast, tmp_path, capsys):
    item = factories.evidence_item(cast, at=factories.now())
    drain()
    path = tmp_path / "item.zip"

    ended = run("export", path, "--as", "auditor@acme.example", "--record", item.ledger_subject)

    assert (ended.status, ended.err) == (0, "")
    assert verifier.main([str(path), "--key", position().verifier]) == 0
    assert "single proofs do not show" in capsys.readouterr().out


def test_there_is_nothing_to_export_of_what_is_no_record(run, cast, tmp_path):
    ended = run("export", tmp_path / "x", "--as", "auditor@acme.example", "--record", "a.b:c")

    assert (ended.status, ended.err) == (1, "twofold: There is no such record.\n")
    assert not (tmp_path / "x").exists()
