import json
from datetime import date, timedelta

import factories
import pytest
from factories import repository

from twofold.evidence.models import (
    CollectionRun,
    EvidenceCollection,
    EvidenceItem,
    EvidenceLink,
    EvidenceRequest,
    EvidenceVersion,
)
from twofold.ledger.queries import position

OWNER = ("--as", "owner@acme.example")
LEAD = ("--as", "lead@acme.example")
OUTSIDER = ("--as", "outsider@acme.example")
DAYS = ("--from", "2026-11-01", "--to", "2026-11-15", "--until", "2026-12-31")
NOWHERE = "00000000-0000-4000-8000-000000000000"


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "report.txt"
    file.write_text("what was seen")
    return file


def test_a_file_is_added_and_a_newer_one_becomes_a_version(run, cast, path):
    added = run("evidence", "add", path, "--kind", "report", "--unit", "Lending", *DAYS, *OWNER)
    item = EvidenceItem.objects.get()
    newer = run("evidence", "version", item.pk, path, "--source", "a host", *DAYS, *OWNER)
    listed = run("evidence", "list", *OWNER)
    (told,) = json.loads(run("evidence", "list", "--search", "rep", "--json", *OWNER).out)

    assert added.out == f"{item.pk} is added.\n"
    assert (item.title, item.unit) == ("report", cast.unit)
    assert newer.out == f"{item.pk} has version 2.\n"
    assert [row.source for row in EvidenceVersion.objects.order_by("number")] == ["", "a host"]
    assert "2026-12-31" in listed.out
    assert (told["id"], told["version"]) == (str(item.pk), 2)
    assert position().waiting == 0 < position().size


def test_what_cannot_be_added_is_refused(run, cast, path):
    late = ("--from", "2026-11-01", "--to", "2026-10-01", "--until", "2026-12-31")

    refused(run("evidence", "add", path, "--kind", "r", *late, *OWNER), "")
    refused(run("evidence", "version", NOWHERE, path, *DAYS, *OWNER), "There is no such evidence.")
    path.write_bytes(b"")
    given = ("--kind", "r", "--unit", "Lending", *DAYS, *OWNER)
    refused(run("evidence", "add", path, *given), "The file is empty.")
    assert not EvidenceItem.objects.exists()


def test_an_item_is_described_in_part_held_and_released(run, cast, item):
    given = ("--owner", "engineer@acme.example", "--retain-until", "2030-01-31")
    run("evidence", "describe", item.pk, "--title", "Minutes", *given, *LEAD)
    item.refresh_from_db()
    assert (item.title, item.owner) == ("Minutes", cast.engineer)
    assert (item.retain_until, item.kind) == (date(2030, 1, 31), "monitoring-report")

    run("evidence", "describe", item.pk, "--kind", "minutes", "--owner", "", *LEAD)
    item.refresh_from_db()
    assert (item.kind, item.owner, item.retain_until) == ("minutes", None, date(2030, 1, 31))

    held = run("evidence", "hold", item.pk, "--reason", "A dispute", *LEAD)
    again = run("evidence", "hold", item.pk, "--reason", "A dispute", *LEAD)
    ended = run("evidence", "end-hold", item.pk, "--reason", "Settled", *LEAD)

    assert held.out == f"{item.pk} is held.\n"
    refused(again, "The item is held already")
    assert ended.out == f"{item.pk} is held no longer.\n"


def test_links_are_made_listed_from_both_ends_and_taken_away(run, cast, item):
    system = factories.system(cast, at=factories.now())
    given = ("--purpose", "Shows it.", *OWNER)

    made = run("evidence", "link", item.pk, system.ledger_subject, *given)
    link = EvidenceLink.objects.get()
    of = json.loads(run("evidence", "links", "--of", item.pk, "--json", *OWNER).out)
    to = run("evidence", "links", "--to", system.ledger_subject, *OWNER)
    gone = run("evidence", "unlink", link.pk, *OWNER)

    assert made.out == f"{link.pk} links it.\n"
    assert [(row["target"], row["stands"]) for row in of] == [(system.ledger_subject, True)]
    assert "Shows it." in to.out
    assert gone.out == f"{link.pk} is taken away.\n"
    assert run("evidence", "links", "--to", system.ledger_subject, *OWNER).out == ""
    refused(
        run("evidence", "link", item.pk, f"inventory.aisystem:{NOWHERE}", *OWNER),
        "There is no such record to link to.",
    )
    refused(run("evidence", "unlink", NOWHERE, *OWNER), "There is no such link.")


def test_a_request_is_asked_listed_answered_and_another_taken_back(run, cast, item):
    due = (factories.now() + timedelta(days=7)).date().isoformat()
    given = ("--kind", "minutes", "--unit", "Lending", "--owner", "owner@acme.example")
    system = factories.system(cast, at=factories.now())
    about = ("--about", system.ledger_subject)
    asked = run("evidence", "request", "ask", "Minutes", *given, *about, "--due", due, *LEAD)
    made = EvidenceRequest.objects.get()
    run("evidence", "request", "ask", "Report", *given, "--due", due, *LEAD)
    other = EvidenceRequest.objects.exclude(pk=made.pk).get()

    mine = run("evidence", "request", "list", "--mine", *OWNER)
    answered = run("evidence", "request", "answer", made.pk, item.pk, "--version", 1, *OWNER)
    withdrawn = run("evidence", "request", "withdraw", other.pk, "--reason", "Found.", *LEAD)
    told = json.loads(run("evidence", "request", "list", "--json", *LEAD).out)
    states = run("evidence", "request", "list", "--state", "answered", *LEAD)

    assert asked.out == f"{made.pk} is asked for.\n"
    assert mine.out.count("\n") == 2
    assert answered.out == f"{made.pk} is answered.\n"
    assert withdrawn.out == f"{other.pk} is taken back.\n"
    assert {row["state"] for row in told} == {"answered", "withdrawn"}
    assert states.out.count("\n") == 1
    refused(run("evidence", "request", "answer", NOWHERE, item.pk, *OWNER), "There is no such")
    bad = ("--about", f"inventory.aisystem:{NOWHERE}")
    refused(
        run("evidence", "request", "ask", "Minutes", *given, *bad, "--due", due, *LEAD),
        "There is no such record",
    )


def test_a_collection_is_planned_run_listed_and_ended(run, cast, settings, tmp_path):
    settings.COLLECT_FOLDER = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "night.txt").write_text("all ran")
    given = ("--kind", "backup-report", "--unit", "Lending", "--source", "folder")
    where = ("--where", "backups", "--schedule", "0 * * * *")

    planned = run("evidence", "collection", "plan", "Backups", *given, *where, *OWNER)
    row = EvidenceCollection.objects.get()
    early = run("evidence", "collection", "run")
    EvidenceCollection.objects.update(made_at=factories.now() - timedelta(days=2))
    ran = run("evidence", "collection", "run")
    runs = run("evidence", "collection", "runs", row.pk, *OWNER)
    listed = run("evidence", "collection", "list", *OWNER)
    ended = run("evidence", "collection", "end", row.pk, *OWNER)
    (told,) = json.loads(run("evidence", "collection", "list", "--json", *OWNER).out)

    assert planned.out == f"{row.pk} is planned.\n"
    assert (early.out, ran.out) == ("Run: 0\n", "Run: 1\n")
    assert "added      version 1" in runs.out
    assert "Backups" in listed.out
    assert ended.out == f"{row.pk} has ended.\n"
    assert told["ended"]
    assert "(ended)" in run("evidence", "collection", "list", *OWNER).out
    outside = ("--where", "../etc", "--schedule", "0 6 * * 1")
    refused(
        run("evidence", "collection", "plan", "x", *given, *outside, *OWNER), "Give a path below"
    )
    assert CollectionRun.objects.get().outcome == "added"


def test_calendar_and_retention_are_printed(run, cast, item):
    EvidenceItem.objects.update(retain_until=date(2026, 1, 1), hold_reason="A dispute")
    EvidenceVersion.objects.update(valid_until=date(2026, 11, 16))

    calendar = run("evidence", "calendar", *OWNER)
    later = json.loads(run("evidence", "calendar", "--in", "later", "--json", *OWNER).out)
    retention = run("evidence", "retention", *OWNER)

    assert str(item.pk) in calendar.out
    assert later == []
    assert "A dispute" in retention.out


def test_what_lies_elsewhere_is_not_there(run, cast, item):
    made = repository.request(cast, at=factories.now())
    planned = repository.collection(cast, at=factories.now())

    for command in (
        ("evidence", "hold", item.pk, "--reason", "So."),
        ("evidence", "describe", item.pk),
        ("evidence", "link", item.pk, "x"),
        ("evidence", "request", "withdraw", made.pk, "--reason", "So."),
        ("evidence", "collection", "end", planned.pk),
        ("evidence", "collection", "runs", planned.pk),
    ):
        refused(run(*command, *OUTSIDER), "There is no such")
    assert run("evidence", "list", *OUTSIDER).out == ""
