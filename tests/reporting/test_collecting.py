"""Collections that are due: fetched from where the installation permits, and brought in once."""

import os
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import factories
import pytest
from factories import AT, actor, governed, repository

from twofold.evidence import collections
from twofold.evidence.contents import handed_out
from twofold.evidence.models import (
    CollectionRun,
    EvidenceCollection,
    EvidenceItem,
    EvidenceVersion,
)
from twofold.evidence.repository import failing_collections, newest_runs, visible_collections
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, InvalidInput
from twofold.reporting.collecting import (
    Places,
    due_collections,
    files,
    plan_collection,
    run_collection,
)

COLLECTOR = part_of_product("collector")
LATER = AT + timedelta(days=14)
Outcome = CollectionRun.Outcome
Source = EvidenceCollection.Source
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Shelf(BaseHTTPRequestHandler):
    """A host that offers a report, an address that leads elsewhere, and too much."""

    def do_GET(self):
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/reports/weekly%20report.txt")
            self.end_headers()
        elif self.path == "/none":
            self.send_error(404)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"x" * 4096 if self.path == "/large/" else b"all is well")

    def log_message(self, *_args):
        pass


@pytest.fixture
def host():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "collected" / "backups"
    inner.mkdir(parents=True)
    return inner


@pytest.fixture
def places(tmp_path, folder):
    return Places(folder.parent, frozenset(), 1024, tmp_path)


def permitting(places, *hosts):
    return Places(places.folder, frozenset(hosts), places.most_bytes, places.spool)


def write(folder, name, text, *, age_s=0):
    path = folder / name
    path.write_text(text)
    moment = 1_700_000_000 - age_s
    os.utime(path, (moment, moment))
    return path


def run(places, *, at=LATER):
    (due,) = due_collections(at=at)
    return run_collection(due, places, by=COLLECTOR, at=at)


def failed(places, reason, *, at=LATER):
    entered = run(places, at=at)
    assert entered.outcome == Outcome.FAILED
    assert reason in entered.message
    assert not EvidenceItem.objects.filter(kind="backup-report").exists()


def brought():
    version = EvidenceVersion.objects.order_by("-added_at", "-number").first()
    return version, b"".join(handed_out(version))


def test_a_worker_that_was_away_runs_once(cast, places, folder):
    write(folder, "night.txt", "ran")
    collection = repository.collection(cast)

    assert not due_collections(at=AT)
    (due,) = due_collections(at=LATER)
    assert due.due_at == datetime(2026, 11, 30, 6, tzinfo=UTC)
    assert run(places).outcome == Outcome.ADDED
    assert not due_collections(at=LATER)
    collections.end(collection, by=actor(cast.owner), at=LATER)
    assert not due_collections(at=LATER + timedelta(days=30))


def test_the_newest_file_of_a_folder_is_brought_and_brought_anew_when_it_changed(
    cast, places, folder
):
    repository.collection(cast)
    write(folder, "old.txt", "old", age_s=60)
    write(folder, "new.txt", "all backups ran")
    write(folder, ".half", "half", age_s=-60)
    (folder / "link.txt").symlink_to(folder / "old.txt")

    run(places)
    version, data = brought()
    same = run(places, at=LATER + timedelta(days=7))
    write(folder, "newer.txt", "one failed", age_s=-30)
    changed = run(places, at=LATER + timedelta(days=14))

    assert (data, version.file_name, version.media_type) == (
        b"all backups ran",
        "new.txt",
        "text/plain",
    )
    assert (version.source, version.author) == ("backups/new.txt", "system:collector")
    assert (same.outcome, changed.outcome) == (Outcome.UNCHANGED, Outcome.ADDED)
    assert brought()[1] == b"one failed"
    assert EvidenceItem.objects.count() == 1


def test_nothing_outside_the_folder_is_read(cast, places, folder, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    write(secret, "key.txt", "secret")
    folder.rmdir()
    folder.symlink_to(secret)
    repository.collection(cast)

    failed(places, "cannot be read")


def test_a_link_on_the_way_is_not_followed(cast, places, folder, tmp_path):
    write(tmp_path, "key.txt", "secret")
    (folder.parent / "up").symlink_to(tmp_path)
    repository.collection(cast, locator="up/collected")

    failed(places, "cannot be read")


@pytest.mark.parametrize("locator", ["../secret", "/etc", "backups/../../x", "a\0b"])
def test_a_path_that_leads_out_cannot_be_planned_and_is_not_read(cast, places, locator):
    plan = repository.plan(locator=locator)

    with pytest.raises(InvalidInput) as refusal:
        plan_collection(cast.unit, plan, places, by=actor(cast.owner), at=AT)
    assert refusal.value.field == "locator"

    if "\0" not in locator:
        repository.collection(cast, locator=locator)
        failed(places, "below the folder")


@pytest.mark.parametrize("locator", ["backups", "missing"])
def test_a_folder_without_a_file_brings_nothing_and_says_so(cast, places, locator):
    repository.collection(cast, locator=locator)

    failed(places, "no file" if locator == "backups" else "No such file")


def test_where_no_folder_is_set_up_none_is_read(cast, places):
    bare = Places(None, frozenset(), 1024, places.spool)
    with pytest.raises(InvalidInput, match="TWOFOLD_COLLECT_FOLDER"):
        plan_collection(cast.unit, repository.plan(), bare, by=actor(cast.owner), at=AT)
    repository.collection(cast)

    failed(bare, "TWOFOLD_COLLECT_FOLDER")


def test_a_file_that_is_too_large_is_not_taken(cast, places, folder):
    write(folder, "large.txt", "x" * 1025)
    repository.collection(cast)

    failed(places, "larger than")
    assert not [path for path in places.spool.iterdir() if path.is_file()]


def test_an_empty_file_is_no_evidence(cast, places, folder):
    write(folder, "empty.txt", "")
    repository.collection(cast)

    failed(places, "empty")


def test_a_file_at_a_permitted_address_is_brought(cast, places, host):
    address = f"http://{host}/reports/weekly%20report.txt"
    plan = repository.plan(source=Source.ADDRESS, locator=address)
    permitted = permitting(places, host)
    plan_collection(cast.unit, plan, permitted, by=actor(cast.owner), at=AT)

    assert run(permitted).outcome == Outcome.ADDED
    version, data = brought()
    assert (data, version.file_name, version.source) == (
        b"all is well",
        "weekly report.txt",
        address,
    )


@pytest.mark.parametrize(
    ("path", "reason"),
    [("moved", "leads to another"), ("none", "status 404"), ("large/", "larger than")],
)
def test_what_an_address_gives_instead_is_not_taken(cast, places, host, path, reason):
    repository.collection(cast, source=Source.ADDRESS, locator=f"http://{host}/{path}")

    failed(permitting(places, host), reason)


def test_an_address_that_trickles_is_given_up(cast, places, host, monkeypatch):
    monkeypatch.setattr(files, "LONGEST_S", -1.0)
    repository.collection(cast, source=Source.ADDRESS, locator=f"http://{host}/report")

    failed(permitting(places, host), "too long")


def test_a_host_that_does_not_answer_is_said_not_to(cast, places, host):
    gone = "127.0.0.1:1"
    repository.collection(cast, source=Source.ADDRESS, locator=f"http://{gone}/report")

    failed(permitting(places, gone), "No answer")


@pytest.mark.parametrize(
    "address",
    [
        "http://ci.example/report",
        "https://other.example/report",
        "https://ci.example:8443/report",
        "https://user:secret@ci.example/report",
        "ftp://ci.example/report",
        "file:///etc/passwd",
        "report",
        "https://",
        "https://ci.example:port/",
        "http://127.0.0.1:9/report",
    ],
)
def test_an_address_that_is_not_permitted_can_neither_be_planned_nor_asked(cast, places, address):
    permitted = permitting(places, "ci.example")
    plan = repository.plan(source=Source.ADDRESS, locator=address)

    with pytest.raises(InvalidInput) as refusal:
        plan_collection(cast.unit, plan, permitted, by=actor(cast.owner), at=AT)
    assert refusal.value.field == "locator"

    repository.collection(cast, source=Source.ADDRESS, locator=address)
    assert run(permitted).outcome == Outcome.FAILED
    assert not EvidenceItem.objects.exists()


def test_the_measurements_of_a_monitor_are_brought_as_a_table(cast, places):
    system, monitor = repository.watched(cast)
    plan = repository.plan(
        source=Source.MONITOR, locator=monitor.ledger_subject, about=system.ledger_subject
    )
    plan_collection(cast.unit, plan, places, by=actor(cast.owner), at=AT)

    assert run(places, at=AT + timedelta(days=4)).outcome == Outcome.ADDED

    version, data = brought()
    lines = data.decode().splitlines()
    assert lines[0].startswith("window_start,window_end,value,sample,verdict")
    assert len(lines) > 1
    assert version.item.about == system.ledger_subject
    assert version.source == f"Monitor {monitor.name} of {system.name}"
    later = run(places, at=AT + timedelta(days=60))
    assert (later.outcome, later.message) == (
        Outcome.FAILED,
        "The monitor measured no window that ended in the period.",
    )


def test_the_results_of_checks_are_brought_as_a_table(cast, places):
    of = factories.implementation(cast)
    plan = repository.plan(source=Source.CHECKS, locator=of.ledger_subject)
    plan_collection(cast.unit, plan, places, by=actor(cast.owner), at=AT)

    none = run(places, at=AT + timedelta(days=7))
    governed.checked(of, cast)
    some = run(places, at=AT + timedelta(days=14))
    factories.retire(of, reason="It is over.", by=actor(cast.lead), at=AT + timedelta(days=15))
    ended = run(places, at=AT + timedelta(days=21))

    assert none.message == "No check of the control has run yet."
    assert some.outcome == Outcome.ADDED
    assert brought()[1].decode().startswith("check,title,outcome,value,looked_at,records")
    assert ended.message == "The control is no longer run in this unit."


@pytest.mark.parametrize("source", [Source.MONITOR, Source.CHECKS])
@pytest.mark.parametrize(
    "locator",
    [
        "x",
        "monitoring.monitor:x",
        f"monitoring.monitor:{NOWHERE}",
        f"controls.implementation:{NOWHERE}",
    ],
)
def test_a_source_that_is_not_there_cannot_be_planned(cast, places, source, locator):
    plan = repository.plan(source=source, locator=locator)

    with pytest.raises(InvalidInput) as refusal:
        plan_collection(cast.unit, plan, places, by=actor(cast.owner), at=AT)

    assert refusal.value.field == "locator"


def test_a_source_of_another_unit_cannot_be_planned_and_is_not_read(cast, places):
    _system, monitor = repository.watched(cast)
    of = factories.implementation(cast)

    for source, record in ((Source.MONITOR, monitor), (Source.CHECKS, of)):
        plan = repository.plan(source=source, locator=record.ledger_subject)
        with pytest.raises(InvalidInput, match="another unit"):
            plan_collection(cast.elsewhere, plan, places, by=actor(cast.lead), at=AT)
        with pytest.raises(InvalidInput, match="no such record"):
            plan_collection(cast.elsewhere, plan, places, by=actor(cast.outsider), at=AT)
        made = collections.plan(cast.elsewhere, plan, by=actor(cast.lead), at=AT)
        entered = run(places)
        assert "in this unit" in entered.message
        collections.end(made, by=actor(cast.lead), at=LATER)


def test_what_a_collection_is_about_must_be_there(cast, places):
    plan = repository.plan(about=f"inventory.aisystem:{NOWHERE}")

    with pytest.raises(InvalidInput) as refusal:
        plan_collection(cast.unit, plan, places, by=actor(cast.owner), at=AT)

    assert refusal.value.field == "about"


def test_who_may_not_collect_learns_nothing_of_the_places(cast, places):
    with pytest.raises(AccessDenied):
        plan_collection(
            cast.unit, repository.plan(locator="../x"), places, by=actor(cast.auditor), at=AT
        )


def test_what_fails_is_told_until_it_works_again(cast, places, folder):
    collection = repository.collection(cast)
    auditor = actor(cast.auditor)
    seen = visible_collections(auditor, at=AT)

    run(places)
    (told,) = failing_collections(auditor, at=LATER)
    assert told.collection == collection
    assert [entry.pk for entry in newest_runs(seen)] == [told.pk]
    assert not failing_collections(actor(cast.outsider), at=LATER)

    write(folder, "night.txt", "ran")
    run(places, at=LATER + timedelta(days=7))
    assert not failing_collections(auditor, at=LATER)
