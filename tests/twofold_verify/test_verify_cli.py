"""The command, run as its users run it."""

import io
import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from memory_ledger import STRANGER, TRUST, small_ledger, subject

from twofold_verify import bundle, cli, report
from twofold_verify.telling import Told, as_json, as_text
from twofold_verify.verifier import verify

KEY = str(TRUST)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    path = tmp_path / "bundle.zip"
    bundle.write(small_ledger(), path, at_text="2026-01-02")
    return path


@pytest.fixture
def tampered(tmp_path: Path) -> Path:
    ledger = small_ledger()
    ledger.rows[subject(1)] = '{"name":"Other"}'
    path = tmp_path / "tampered"
    bundle.write(ledger, path, at_text="2026-01-02")
    return path


def test_sound_bundle_exits_0(sound, capsys):
    assert cli.main([str(sound), "--key", KEY]) == 0
    out = capsys.readouterr().out
    assert out.startswith("SOUND: ")
    assert "7 entries of 4 records, 5 states, 2 live rows, 2 stored files (20 bytes)" in out
    assert TRUST.name in out


def test_tampered_bundle_exits_1_and_names_the_record(tampered, capsys):
    assert cli.main([str(tampered), "--key", KEY]) == 1
    out = capsys.readouterr().out
    assert out.startswith("TAMPERED: ")
    assert f"- tampered: {subject(1)} revision 2: The row is not" in out


def test_incomplete_bundle_exits_2(tampered, capsys):
    (tampered / "checkpoint").unlink()
    (tampered / "live.ndjson").unlink()
    assert cli.main([str(tampered), "--key", KEY]) == 2
    out = capsys.readouterr().out
    assert out.startswith("INCOMPLETE: ")
    assert "- incomplete: checkpoint: checkpoint is absent." in out


def test_json_holds_outcome_figures_and_problems(tampered, capsys):
    assert cli.main([str(tampered), "--key", KEY, "--json"]) == 1
    value = json.loads(capsys.readouterr().out)
    assert (value["outcome"], value["tampered"], value["incomplete"]) == ("tampered", 1, 0)
    assert value["figures"]["entries"] == 7
    assert value["figures"]["pending_since"] is None
    assert value["problems"][0]["record"] == f"{subject(1)} revision 2"


def test_a_signature_by_another_key_is_tampering(sound):
    assert cli.main([str(sound), "--key", str(STRANGER.verifier)]) == 1


def test_without_key_nothing_is_verified(sound, capsys):
    assert cli.main([str(sound)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "--key" in err
    assert "proves nothing" in err


@pytest.mark.parametrize("key", ["", "nonsense", "a+00000000+AAAA"])
def test_a_malformed_key_is_one_line(sound, key, capsys):
    assert cli.main([str(sound), "--key", key]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_an_unreadable_bundle_is_one_line(tmp_path, capsys):
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"PK\x03\x04")
    for path in (broken, tmp_path / "absent.zip", tmp_path):
        assert cli.main([str(path), "--key", KEY]) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_usage_errors_exit_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main([])
    assert stopped.value.code == 2
    assert "BUNDLE" in capsys.readouterr().err


def test_waiting_entries_are_told_with_their_age():
    ledger = small_ledger()
    ledger.record(subject(1), "{}")
    found = verify(ledger, TRUST)
    assert "1 entries since 2026-01-01T08:07:00+00:00, not yet" in as_text(Told(found))
    assert as_json(Told(found))["figures"]["pending_since"] == "2026-01-01T08:07:00+00:00"


def test_problems_that_are_not_listed_are_counted(monkeypatch):
    monkeypatch.setattr(report, "LISTED", 2)
    ledger = small_ledger()
    ledger.rows |= {subject(number): "{}" for number in range(10, 15)}
    assert as_text(Told(verify(ledger, TRUST))).endswith(
        "- and 3 more problems that are not listed"
    )


def test_a_terminal_of_few_letters_still_shows_the_outcome(tmp_path, monkeypatch):
    ledger = small_ledger()
    ledger.rows["größe"] = "{}"
    bundle.write(ledger, tmp_path / "bundle", at_text="")
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli.main([str(tmp_path / "bundle"), "--key", KEY]) == 1
    terminal.seek(0)
    assert "gr\\xf6\\xdfe" in terminal.read()


def test_it_runs_as_a_module_in_this_process(sound, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["twofold-verify", str(sound), "--key", KEY])
    with pytest.raises(SystemExit) as stopped:
        runpy.run_module("twofold_verify", run_name="__main__")
    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith("SOUND")


def test_it_runs_as_a_module(sound):
    command = [sys.executable, "-m", "twofold_verify", str(sound), "--key", KEY, "--json"]
    source = Path(cli.__file__).parents[1]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(source)}
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == "sound"


def test_the_verifier_needs_nothing_of_the_server():
    source = Path(cli.__file__).parents[1]
    program = (
        "import sys, twofold_verify.cli; "
        "print(sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[1:])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "twofold", "django", "numpy", "twofold_sdk"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(source)},
    )
    assert done.stdout.strip() == "[]"


def test_erasures_are_told_and_are_no_problem(tmp_path, capsys):
    ledger = small_ledger()
    (name,) = [blob.sha256 for blob in ledger.newest[subject(2)].blobs]
    content = ledger.files.pop(name)
    body = {"blobs": [name], "reason": "retention ended"}
    ledger.record(subject(2), '{"name":""}', kind="inventory.aisystem.erased", **body)
    ledger.record("people.person:1", None, kind="people.person.erased")
    ledger.sequence()
    path = tmp_path / "bundle.zip"
    bundle.write(ledger, path, at_text="2026-01-02")
    assert cli.main([str(path), "--key", KEY]) == 0
    out = capsys.readouterr().out
    assert f"- erased by entry 7: {subject(2)}, 1 stored files (retention ended)\n" in out
    assert "- erased by entry 8: people.person:1, 0 stored files\n" in out
    ledger.files[name] = content
    ledger.note = None
    told = as_text(Told(verify(ledger, TRUST)))
    assert "1 stored files; incomplete: 1 of them still lie there, whole (retention" in told


def test_json_holds_erasures():
    ledger = small_ledger()
    entry = ledger.record("people.person:1", None, kind="people.person.erased", reason="left")
    told = as_json(Told(verify(ledger, TRUST)))
    assert json.loads(json.dumps(told))["erasures"] == [
        {
            "subject": "people.person:1",
            "index": None,
            "erased_at": entry.recorded_at.isoformat(),
            "actor": entry.actor,
            "reason": "left",
            "files": 0,
            "left": 0,
        }
    ]
    assert "- erased by an entry that waits: people.person:1" in as_text(
        Told(verify(ledger, TRUST))
    )
