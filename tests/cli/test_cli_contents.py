import json
import threading

import factories
import pytest

from twofold.cli.intake import Intake, scan, taking_in
from twofold.evidence import actions
from twofold.evidence.models import EvidenceText, EvidenceVersion
from twofold.evidence.reading import read_waiting

LEAD = ("--as", "lead@acme.example")
OUTSIDER = ("--as", "outsider@acme.example")


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


def test_evidence_is_searched(run, item):
    read_waiting()

    found = run("evidence", "search", "seen", *LEAD)
    told = json.loads(run("evidence", "search", "se*", "--json", *LEAD).out)

    assert f"{item.pk}  version 1  {item.title}\n    what was seen\n1 found.\n" == found.out
    assert [(entry["id"], entry["excerpt"]) for entry in told] == [(str(item.pk), "what was seen")]
    assert run("evidence", "search", "seen", *OUTSIDER).out == "0 found.\n"


def test_versions_are_compared(run, cast, item):
    actions.add_version(
        item,
        content=factories.content(b"what was heard"),
        by=factories.actor(cast.owner),
        at=factories.now(),
    )
    refused = run("evidence", "compare", item.pk, 1, 2, *LEAD)
    read_waiting()

    shown = run("evidence", "compare", item.pk, 1, 2, *LEAD)

    assert "not read yet" in refused.err
    assert "     1 - what was seen\n     1 + what was heard\n1 lines gone, 1 new.\n" in shown.out


def test_of_a_long_text_it_is_said_that_the_beginning_was_compared(run, cast):
    item = factories.evidence_item(cast, at=factories.now())
    actions.add_version(
        item,
        content=factories.content(b"x" * 2000),
        by=factories.actor(cast.owner),
        at=factories.now(),
    )
    read_waiting()

    assert "Only the beginning" in run("evidence", "compare", item.pk, 1, 2, *LEAD).out


def test_a_version_is_released(run, cast, settings, tmp_path):
    settings.SCANNER = f"unix:{tmp_path / 'none'}"
    item = factories.evidence_item(cast, at=factories.now())

    released = run("evidence", "release", item.pk, 1, "--reason", "A known file.", *LEAD)

    assert released.out == "It is released.\n"
    assert EvidenceVersion.objects.get().quarantine == ""
    again = run("evidence", "release", item.pk, 1, "--reason", "Again.", *LEAD)
    assert again.err == "twofold: The version is not in quarantine.\n"


def test_a_round_scans_and_reads(cast, settings, tmp_path):
    settings.SCANNER = f"unix:{tmp_path / 'none'}"
    waiting = factories.evidence_item(cast, at=factories.now())
    intake = Intake()

    assert intake.run_once() == 0
    settings.SCANNER = ""
    read = factories.evidence_item(cast, at=factories.now())
    assert intake.run_once() == 1

    assert [text.version.item for text in EvidenceText.objects.all()] == [read]
    assert waiting.versions.get().quarantine
    assert scan() == 0


def test_a_step_that_fails_stops_no_other(cast, settings, tmp_path, caplog, monkeypatch):
    settings.SCANNER = "unix:/none"
    factories.evidence_item(cast, at=factories.now())
    EvidenceVersion.objects.update(quarantine="")
    monkeypatch.setattr("twofold.cli.intake.scan", _failing)

    assert Intake().run_once() is None

    assert EvidenceText.objects.count() == 1
    assert "failed" in caplog.text


def _failing():
    raise RuntimeError("nothing works")


def test_after_the_end_nothing_is_read(cast):
    factories.evidence_item(cast, at=factories.now())
    intake = Intake()
    intake.stop()

    assert intake.run_once() == 0
    assert not EvidenceText.objects.exists()


def test_files_are_read_in_a_thread_beside_the_work(recording_db):
    cast = factories.cast(factories.now())
    item = factories.evidence_item(cast, at=factories.now())
    done = threading.Event()

    with taking_in():
        for _ in range(200):
            if EvidenceText.objects.filter(version__item=item).exists():
                done.set()
                break
            done.wait(0.05)

    assert done.is_set()
