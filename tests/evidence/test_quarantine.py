import socket
import threading
from datetime import timedelta

import factories
import pytest
from factories import AT, content
from factories.scanner import BAD, LONGEST, NAME

from twofold.evidence import actions, erasure, quarantine, scanning
from twofold.evidence.contents import handed_out
from twofold.evidence.models import EvidenceText
from twofold.evidence.previews import Kind, picture_of, preview_of
from twofold.evidence.quarantine import NOT_SCANNED
from twofold.evidence.reading import read_waiting
from twofold.evidence.scanning import Result
from twofold.evidence.searching import search
from twofold.ledger.queries import history, recorded_states
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, SeparationOfDuties

SCANNER = part_of_product("scanner")


@pytest.fixture(params=["tcp", "unix"])
def scanner(request, clamd, settings):
    settings.SCANNER = getattr(clamd, request.param)
    return settings.SCANNER


@pytest.fixture
def silent(settings, tmp_path):
    """A scanner that is configured and not there."""
    settings.SCANNER = f"unix:{tmp_path / 'none'}"


def add(cast, data=b"what was seen"):
    item = actions.add_item(
        "Report",
        kind="monitoring-report",
        unit=cast.unit,
        content=content(data),
        by=factories.actor(cast.owner),
        at=AT,
    )
    return item.versions.select_related("item__unit").get()


def kinds(version):
    return [line.entry.kind for line in history(version.ledger_subject)]


def test_what_the_scanner_does_not_object_to_may_be_opened(cast, scanner):
    version = add(cast, b"harmless " * 100_000)

    assert version.quarantine == ""
    assert b"".join(handed_out(version)) == b"harmless " * 100_000


def test_what_the_scanner_objects_to_is_kept_back_and_the_record_says_why(cast, scanner):
    version = add(cast, b"x" * 700_000 + BAD)

    assert version.quarantine == f"the scanner recognised {NAME}"
    rows = recorded_states(
        "evidence.evidenceversion", before=AT + timedelta(days=1), keys=[str(version.pk)]
    )
    assert [NAME in row["quarantine"] for row in rows] == [True]


def test_nothing_of_a_version_in_quarantine_can_be_had(cast, clamd, settings):
    settings.SCANNER = clamd.unix
    version = add(cast, BAD)
    implementation = factories.implementation(cast)

    with pytest.raises(Conflict, match="kept back"):
        handed_out(version)
    with pytest.raises(Conflict, match="kept back"):
        picture_of(version, 1)
    with pytest.raises(Conflict, match="quarantine") as refusal:
        factories.claim(implementation, version.item, cast)
    assert refusal.value.field == "evidence"
    shown = preview_of(version)
    assert (shown.kind, NAME in shown.remark) == (Kind.NOTHING, True)
    assert read_waiting() == 0
    assert search("Report", factories.actor(cast.lead), at=AT).keys == ()


def test_a_lead_who_did_not_add_it_releases_it_with_a_reason(cast, clamd, settings):
    settings.SCANNER = clamd.unix
    version = add(cast, BAD)

    released = quarantine.release(
        version, reason=" A known sample. ", by=factories.actor(cast.lead), at=AT
    )

    assert released.quarantine == ""
    assert b"".join(handed_out(released)) == BAD
    last = history(version.ledger_subject)[0]
    assert last.entry.kind == "evidence.evidenceversion.released"
    assert last.entry.body["reason"] == "A known sample."
    assert NAME in last.entry.body["quarantine"]
    assert read_waiting() == 1
    assert search("objection", factories.actor(cast.lead), at=AT).keys == (version.pk,)
    assert factories.claim(factories.implementation(cast), version.item, cast)


@pytest.mark.parametrize(
    ("who", "reason", "refusal"),
    [
        ("owner", "why", AccessDenied),
        ("approver", "why", AccessDenied),
        ("outsider", "why", AccessDenied),
        ("lead", " ", InvalidInput),
        ("lead", "x" * 301, InvalidInput),
    ],
)
def test_others_or_without_a_reason_release_nothing(cast, silent, who, reason, refusal):
    version = add(cast)

    with pytest.raises(refusal):
        quarantine.release(version, reason=reason, by=factories.actor(getattr(cast, who)), at=AT)

    version.refresh_from_db()
    assert version.quarantine == NOT_SCANNED
    assert kinds(version) == ["evidence.evidenceversion.added"]


def test_who_added_it_does_not_release_it_and_no_program_does(cast, silent):
    item = actions.add_item(
        "Report",
        kind="k",
        unit=cast.unit,
        content=content(),
        by=factories.actor(cast.lead),
        at=AT,
    )
    version = item.versions.select_related("item__unit").get()

    with pytest.raises(SeparationOfDuties):
        quarantine.release(version, reason="why", by=factories.actor(cast.lead), at=AT)
    with pytest.raises(AccessDenied):
        quarantine.release(version, reason="why", by=SCANNER, at=AT)


def test_what_is_not_in_quarantine_or_erased_is_not_released(cast, settings, silent):
    waiting = add(cast)
    settings.SCANNER = ""
    plain = add(cast)
    lead = factories.actor(cast.lead)
    asked = erasure.ask(waiting.item, reason="r", by=lead, at=AT)
    erasure.erase(asked, by=factories.actor(cast.approver), at=AT)

    for version in (plain, waiting):
        with pytest.raises(Conflict):
            quarantine.release(version, reason="why", by=lead, at=AT)


def test_a_scanner_out_of_reach_keeps_files_back_until_it_has_looked(cast, silent, clamd, settings):
    harmless, bad = add(cast), add(cast, BAD)
    assert harmless.quarantine == bad.quarantine == NOT_SCANNED
    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 0

    settings.SCANNER = clamd.tcp
    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 2

    harmless.refresh_from_db()
    bad.refresh_from_db()
    assert (harmless.quarantine, NAME in bad.quarantine) == ("", True)
    assert kinds(harmless)[0] == kinds(bad)[0] == "evidence.evidenceversion.scanned"
    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 0


def test_without_a_scanner_nothing_is_lifted_by_itself(cast, silent, settings):
    version = add(cast)
    settings.SCANNER = ""

    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 0
    version.refresh_from_db()
    assert version.quarantine == NOT_SCANNED


def test_a_file_that_is_gone_or_altered_stops_no_other_from_being_scanned(
    cast, silent, clamd, settings
):
    gone, altered, sound = add(cast), add(cast), add(cast)
    for path in settings.BLOBS.rglob(gone.stored_sha256):
        path.unlink()
    for path in settings.BLOBS.rglob(altered.stored_sha256):
        path.write_bytes(path.read_bytes()[:-1])
    settings.SCANNER = clamd.unix

    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 1

    sound.refresh_from_db()
    assert sound.quarantine == ""


def test_a_file_that_is_longer_than_the_scanner_takes_is_kept_back_for_a_person(cast, scanner):
    version = add(cast, b"long " * (LONGEST // 4))

    assert version.quarantine == "larger than the scanner looks at"
    assert quarantine.scan_waiting(by=SCANNER, at=AT) == 0


def test_a_file_that_is_refused_leaves_no_scan_behind(cast, scanner, settings):
    settings.MAXIMUM_UPLOAD_BYTES = 10

    with pytest.raises(InvalidInput, match="larger"):
        add(cast, b"x" * 11)


@pytest.fixture
def talker():
    """A server that is no scanner: it says what it is told to, or hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    answers = []

    def serve():
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection:
                answer = answers.pop(0)
                while answer is not None and not connection.recv(65536).endswith(bytes(4)):
                    pass
                connection.sendall(answer or b"")

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"tcp://127.0.0.1:{listener.getsockname()[1]}", answers
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (b"stream: OK\0", Result.CLEAN),
        (b"stream: OK", Result.CLEAN),
        (b"stream: A.B FOUND\0", Result.OBJECTION),
        (b"INSTREAM size limit exceeded. ERROR\0", Result.TOO_LARGE),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", Result.UNAVAILABLE),
        (b"x" * 5000, Result.UNAVAILABLE),
        (b"", Result.UNAVAILABLE),
        (None, Result.UNAVAILABLE),
    ],
)
def test_only_a_clear_answer_is_taken_for_clean(talker, answer, result):
    address, answers = talker
    answers.append(answer)
    scan = scanning.Scan(address)

    passed = b"".join(scan.watch([b"a" * 600_000, b"b"]))

    assert passed == b"a" * 600_000 + b"b"
    assert scan.verdict().result is result


def test_nothing_is_read_of_what_waits_for_the_scanner(cast, silent):
    add(cast)

    assert read_waiting() == 0
    assert not EvidenceText.objects.exists()
