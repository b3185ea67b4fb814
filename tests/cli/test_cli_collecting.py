"""The thread that collects: it runs what is due, outlives failures, and ends when told to."""

from datetime import timedelta
from threading import Thread

import factories
import pytest
from factories import repository

from twofold.cli import collecting
from twofold.cli.collecting import Collecting
from twofold.evidence.models import CollectionRun, EvidenceCollection


@pytest.fixture
def due(cast, settings, tmp_path):
    settings.COLLECT_FOLDER = tmp_path
    made = [repository.collection(cast, at=factories.now(), title=f"C {n}") for n in range(2)]
    EvidenceCollection.objects.update(made_at=factories.now() - timedelta(days=30))
    return made


def test_a_source_that_fails_is_entered_and_logged_and_the_others_run(due, caplog):
    assert Collecting().run_once() == 2

    assert [run.outcome for run in CollectionRun.objects.all()] == ["failed", "failed"]
    assert "No such file" in caplog.text
    assert Collecting().run_once() == 0


def test_a_fault_in_one_collection_does_not_keep_the_others(due, monkeypatch, caplog):
    given = collecting.run_collection

    def broken(waiting, *arguments, **options):
        if waiting.collection == due[0]:
            raise RuntimeError("Broken.")
        return given(waiting, *arguments, **options)

    monkeypatch.setattr(collecting, "run_collection", broken)

    assert Collecting().run_once() == 1
    assert "Broken." in caplog.text
    assert CollectionRun.objects.get().collection == due[1]


def test_what_cannot_be_read_is_logged_and_nothing_is_run(due, monkeypatch, caplog):
    def broken(**_options):
        raise RuntimeError("Away.")

    monkeypatch.setattr(collecting, "due_collections", broken)

    assert Collecting().run_once() == 0
    assert "Away." in caplog.text


def test_nothing_begins_after_it_is_told_to_stop(due):
    running = Collecting()
    running.stop()

    assert running.run_once() == 0
    assert not CollectionRun.objects.exists()
    # Ends at once, and closes the connections of its thread.
    thread = Thread(target=running.run)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
