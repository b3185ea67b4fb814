"""Erasing evidence: by two persons, for good, and with proofs that still verify."""

from datetime import timedelta

import factories
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from factories import AT, content, whole_record

from twofold.controls import actions as controls
from twofold.evidence import actions, erasure, keeping
from twofold.evidence.contents import handed_out, open_content
from twofold.evidence.models import EvidenceItem, EvidenceKey, EvidenceText, EvidenceVersion
from twofold.evidence.queries import newest_versions, visible_versions
from twofold.evidence.storage import FolderStore, open_stored
from twofold.ledger.queries import history
from twofold.people import erasure as requests
from twofold.people.access import actor_of
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound, SeparationOfDuties
from twofold.people.models import Erasure
from twofold.people.queries import ErasureState, erasure_state, erasures_in, visible_erasures
from twofold.reporting.integrity import verify_record

REASON = "The person it is about asked for it."


def asked(item, cast, *, by=None, reason=REASON):
    return erasure.ask(item, reason=reason, by=factories.actor(by or cast.lead), at=AT)


def erased(item, cast, *, by=None, callbacks=None):
    request = asked(item, cast)
    by = factories.actor(by or cast.approver)
    if callbacks is None:
        return controls.erase_evidence(request, by=by, at=AT)
    with callbacks(execute=True):
        return controls.erase_evidence(request, by=by, at=AT)


@pytest.fixture
def item(cast):
    made = factories.evidence_item(cast)
    actions.add_version(made, content=content(b"second"), by=factories.actor(cast.owner), at=AT)
    return made


def stored(item):
    return list(item.versions.order_by("number").values_list("stored_sha256", flat=True))


def is_there(file):
    found = open_stored(file)
    if found is not None:
        found.close()
    return found is not None


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_erasing_takes_key_files_text_and_personal_columns(
    cast, item, django_capture_on_commit_callbacks
):
    version = item.versions.order_by("number")[0]
    EvidenceText.objects.create(version=version, outcome="read", content="what was seen")
    files = stored(item)

    done = erased(item, cast, callbacks=django_capture_on_commit_callbacks)

    assert (done.title, done.erased_at) == ("", AT)
    assert not EvidenceKey.objects.filter(item=item).exists()
    assert not EvidenceText.objects.exists()
    rows = item.versions.values_list("sha256", "file_name", "source").distinct()
    assert list(rows) == [("", "", "")]
    assert [open_stored(file) for file in files] == [None, None]


def test_an_entry_says_why_by_whom_and_which_files(cast, item):
    files = stored(item)
    names = [row.ledger_subject for row in item.versions.order_by("number")]

    erased(item, cast)

    line = history(item.ledger_subject)[0]
    assert line.entry.kind == "evidence.evidenceitem.erased"
    assert line.entry.actor == actor_of(cast.approver).ledger_name
    assert line.entry.body == {
        "reason": REASON,
        "asked_by": f"person:{cast.lead.pk}",
        "blobs": files,
        "versions": names,
    }
    assert history(names[0])[0].entry.kind == "evidence.evidenceversion.emptied"
    request = Erasure.objects.get()
    assert (request.decided_by, request.decided_at) == (cast.approver, AT)
    assert history(request.ledger_subject)[0].entry.kind == "people.erasure.confirmed"


def test_rows_and_entries_still_verify_and_nothing_of_the_item_is_left(cast, item):
    item.refresh_from_db()
    title = item.title

    erased(item, cast)
    whole_record.sequence()

    altered = [row.record for row in verify_record().problems if "Stored file" not in row.message]
    assert altered == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT state FROM ledger_ledgerrevision")
        assert not [state for (state,) in cursor.fetchall() if title in state]
        cursor.execute("SELECT subject FROM ledger_ledgersalt")
        salted = {subject for (subject,) in cursor.fetchall()}
    assert item.ledger_subject not in salted
    assert not {row.ledger_subject for row in item.versions.all()} & salted


def test_a_blanked_row_that_nobody_erased_is_found(cast, item):
    whole_record.sequence()

    EvidenceItem.objects.filter(pk=item.pk).update(title="")

    assert [row.record for row in verify_record().problems] == [f"{item.ledger_subject} revision 1"]


def test_an_erased_row_that_is_written_again_is_found(cast, item):
    erased(item, cast)
    whole_record.sequence()

    EvidenceItem.objects.filter(pk=item.pk).update(title="Something else")

    names = [row.record for row in verify_record().problems if "Stored file" not in row.message]
    assert names == [f"{item.ledger_subject} revision 2"]


def test_a_copy_of_a_file_cannot_be_read_without_the_key(cast, item):
    version = item.versions.order_by("number")[0]
    erased(item, cast)

    # Its files are removed after the commit, which a test never reaches: they are such copies.
    assert is_there(version.stored_sha256)
    assert open_content(version) is None


def test_what_was_erased_is_neither_listed_nor_handed_out_nor_changed(cast, item):
    version = item.versions.order_by("number")[0]
    erased(item, cast)
    by = factories.actor(cast.owner)

    assert not newest_versions(by, at=AT)
    assert not visible_versions(by, at=AT)
    with pytest.raises(NotFound, match="erased"):
        handed_out(fresh(version))
    with pytest.raises(Conflict, match="erased"):
        actions.add_version(fresh(item), content=content(b"third"), by=by, at=AT)
    with pytest.raises(Conflict, match="erased"):
        factories.claim(factories.implementation(cast), fresh(item), cast)


def test_claims_that_stand_are_withdrawn_and_others_stay(cast, item):
    run = factories.implementation(cast)
    waiting = factories.claim(run, item, cast)
    accepted = controls.claim(
        factories.implementation(cast, control="TF-MON-01", of=factories.system(cast)),
        evidence=item.versions.order_by("number")[0],
        need=item.kind,
        statement="It was watched.",
        by=factories.actor(cast.owner),
        at=AT,
    )
    controls.accept_claim(accepted, by=factories.actor(cast.approver), at=AT)
    elsewhere = factories.claim(run, factories.evidence_item(cast), cast)

    erased(item, cast, by=cast.approver)

    for claim in (fresh(waiting), fresh(accepted)):
        assert (claim.withdrawn_at, claim.withdrawn_by) == (AT, cast.approver)
        assert claim.withdrawal == "The evidence was erased."
        assert history(claim.ledger_subject)[0].entry.kind == "controls.evidenceclaim.withdrawn"
    assert fresh(elsewhere).withdrawn_at is None


def test_two_persons_are_needed(cast, item):
    request = asked(item, cast)

    with pytest.raises(SeparationOfDuties):
        controls.erase_evidence(request, by=factories.actor(cast.lead), at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.update(decided_by=cast.lead, decided_at=AT)
    assert fresh(item).erased_at is None
    assert erasure_state(fresh(request)) is ErasureState.WAITING


@pytest.mark.parametrize("who", ["owner", "auditor", "reviewer", "outsider", "administrator"])
def test_who_may_not_erase_evidence_neither_asks_nor_erases(cast, item, who):
    by = factories.actor(getattr(cast, who))

    with pytest.raises(AccessDenied):
        erasure.ask(item, reason=REASON, by=by, at=AT)
    request = asked(item, cast)
    with pytest.raises(AccessDenied):
        controls.erase_evidence(request, by=by, at=AT)
    with pytest.raises(AccessDenied):
        requests.withdraw(request, reason="No.", by=by, at=AT)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501, "a\0"])
def test_a_reason_is_needed(cast, item, reason):
    with pytest.raises(InvalidInput) as refusal:
        asked(item, cast, reason=reason)

    assert refusal.value.field == "reason"
    assert not Erasure.objects.exists()


def test_a_legal_hold_stands_against_asking_and_against_erasing(cast, item):
    lead = factories.actor(cast.lead)
    request = asked(item, cast)
    keeping.hold(item, reason="A dispute", by=lead, at=AT)

    with pytest.raises(Conflict, match=r"legal hold.*A dispute"):
        controls.erase_evidence(request, by=factories.actor(cast.approver), at=AT)
    requests.withdraw(request, reason="There is a dispute.", by=lead, at=AT)
    with pytest.raises(Conflict, match=r"legal hold.*A dispute"):
        asked(item, cast)
    assert fresh(item).erased_at is None


def test_it_is_asked_once_taken_back_and_asked_again(cast, item):
    request = asked(item, cast)
    with pytest.raises(Conflict, match="already"):
        asked(item, cast)

    taken = requests.withdraw(request, reason="It is needed.", by=factories.actor(cast.lead), at=AT)
    again = asked(item, cast)

    assert (taken.withdrawal, taken.decided_by_id) == ("It is needed.", cast.lead.pk)
    with pytest.raises(Conflict, match="taken back"):
        controls.erase_evidence(taken, by=factories.actor(cast.approver), at=AT)
    controls.erase_evidence(again, by=factories.actor(cast.approver), at=AT)
    with pytest.raises(Conflict, match="erased already"):
        controls.erase_evidence(again, by=factories.actor(cast.approver), at=AT)


def test_erasures_are_seen_within_the_unit_by_state(cast, item):
    done, open_ = factories.evidence_item(cast), factories.evidence_item(cast)
    erased(done, cast)
    requests.withdraw(asked(item, cast), reason="No.", by=factories.actor(cast.lead), at=AT)
    asked(open_, cast)

    seen = visible_erasures(factories.actor(cast.auditor), at=AT)

    def subjects(state):
        return [row.subject for row in erasures_in(seen, state)]

    assert subjects(ErasureState.ERASED) == [done.ledger_subject]
    assert subjects(ErasureState.WITHDRAWN) == [item.ledger_subject]
    assert subjects(ErasureState.WAITING) == [open_.ledger_subject]
    assert {erasure_state(row) for row in seen} == set(ErasureState)
    assert not visible_erasures(factories.actor(cast.outsider), at=AT)


def test_many_versions_are_told_in_several_entries(cast, item, monkeypatch):
    monkeypatch.setattr(erasure, "_TOGETHER", 1)
    files = stored(item)

    erased(item, cast)

    lines = [line for line in history(item.ledger_subject) if line.entry.kind.endswith("erased")]
    assert [line.entry.body["blobs"] for line in reversed(lines)] == [[file] for file in files]


def unencrypted(item, data):
    """Make a version as they were before files were encrypted: stored as it came, once for all."""
    found = FolderStore(settings.BLOBS).put([data])
    EvidenceVersion.objects.filter(item=item).update(
        sha256=found.sha256, stored_sha256=found.sha256, stored_size=found.size, encrypted=False
    )
    EvidenceKey.objects.filter(item=item).delete()
    return found.sha256


def test_a_file_that_another_item_has_too_stays_until_that_one_goes(
    cast, django_capture_on_commit_callbacks
):
    first, second = factories.evidence_item(cast), factories.evidence_item(cast)
    for one in (first, second):
        file = unencrypted(one, b"the same bytes")

    erased(first, cast, callbacks=django_capture_on_commit_callbacks)
    assert history(first.ledger_subject)[0].entry.body["blobs"] == [file]
    assert b"".join(handed_out(second.versions.get())) == b"the same bytes"
    erased(second, cast, callbacks=django_capture_on_commit_callbacks)

    assert history(second.ledger_subject)[0].entry.body["blobs"] == [file]
    assert open_stored(file) is None


def test_files_that_a_crash_left_are_removed_later(cast, item):
    files = stored(item)
    erased(item, cast)

    assert [is_there(file) for file in files] == [True, True]
    assert erasure.finish(at=AT + timedelta(hours=1)) == 2
    assert [open_stored(file) for file in files] == [None, None]
    assert erasure.finish(at=AT + timedelta(hours=2)) == 0


def test_what_is_kept_in_clear_from_before_is_counted(cast, item, untriggered):
    before = erasure.extent_of(item)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_ledgerrevision SET state = %s WHERE entry_id IN "
            "(SELECT id FROM ledger_ledgerentry WHERE subject = %s)",
            ['{"id":"x","title":"In clear"}', item.ledger_subject],
        )

    found = erasure.extent_of(item)

    assert (before.versions, before.size, before.in_clear) == (2, 19, 0)
    assert found.in_clear == 1
