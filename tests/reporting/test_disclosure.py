"""What an export discloses: to its maker what they may see, and nothing of what was erased."""

import json
import shutil
from datetime import timedelta

import factories
import pytest
from django.db import transaction
from factories import AT, whole_record

from twofold.evidence import erasure as erasing
from twofold.evidence.models import EvidenceItem, EvidenceKey, EvidenceVersion
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.erasing import erasing_lines
from twofold.ledger.models import LedgerSalt
from twofold.ledger.recorded import recorded_models
from twofold.people.access import Permission, actor_of_token
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound
from twofold.people.models import ApiToken, RoleAssignment
from twofold.reporting import disclosure
from twofold.reporting.exporting import belonging_to, export_bundle, export_record, exported
from twofold_verify.cli import main as verifier

LATER = AT + timedelta(days=1)


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast)


def whole(cast, path, by=None, at=AT):
    return export_bundle(path, by=factories.actor(by or cast.auditor), at=at)


def single(subject, cast, path, by=None, at=AT):
    return export_record(subject, path, by=factories.actor(by or cast.auditor), at=at)


def disclosed(path):
    lines = (path / "openings.ndjson").read_text().splitlines()
    return {(found["subject"], found["column"]): found["value"] for found in map(json.loads, lines)}


def contents(path):
    return [file.read_bytes() for file in path.glob("content/*/*")]


def checked(path, capsys):
    status = verifier([str(path), "--key", str(keys.verifier())])
    return status, capsys.readouterr().out


def test_who_exports_gets_what_they_may_see_in_clear(cast, item, tmp_path, capsys):
    path = whole(cast, tmp_path / "bundle")

    told = disclosed(path)
    assert told[item.ledger_subject, "title"] == json.dumps(item.title)
    version = item.versions.get()
    assert told[version.ledger_subject, "file_name"] == '"seen.txt"'
    assert told[f"people.person:{cast.owner.pk}", "email"] == json.dumps(cast.owner.email)
    assert contents(path) == [b"what was seen"]
    assert checked(path, capsys)[0] == 0


def test_no_password_is_disclosed_even_hashed(cast, item, tmp_path):
    assert "password" not in {column for _subject, column in disclosed(whole(cast, tmp_path / "b"))}


def test_what_the_exporter_may_not_see_stays_committed_to(cast, item, tmp_path, capsys):
    elsewhere = factories.evidence_item(cast)
    RoleAssignment.objects.filter(person=cast.auditor).update(unit=cast.elsewhere)
    whole_record.sequence()

    path = whole(cast, tmp_path / "bundle")

    assert not {subject for subject, _column in disclosed(path) if subject.startswith("evidence.")}
    assert contents(path) == []
    # The unit of a role was altered by hand here, which is all that does not fit.
    _status, out = checked(path, capsys)
    assert "people.roleassignment" in out
    assert elsewhere.pk is not None


def test_every_personal_column_can_be_disclosed():
    assert {model for model in recorded_models() if model.personal} == set(disclosure.VISIBLE)


def test_a_file_that_is_kept_back_is_not_handed_out(cast, item, tmp_path):
    EvidenceVersion.objects.update(quarantine="The scanner found something.")

    path = whole(cast, tmp_path / "bundle")

    version = item.versions.get()
    told = disclosed(path)
    assert (version.ledger_subject, "sha256") not in told
    assert (version.ledger_subject, "file_name") in told
    assert contents(path) == []


def test_a_file_whose_key_is_gone_is_missed(cast, item, tmp_path, capsys):
    whole_record.sequence()
    EvidenceKey.objects.all().delete()

    path = whole(cast, tmp_path / "bundle")

    status, out = checked(path, capsys)
    assert (status, "was not put in the bundle" in out) == (2, True)


def test_a_file_that_was_altered_where_it_lies_is_found(cast, item, tmp_path, capsys, settings):
    whole_record.sequence()
    (stored,) = (path for path in settings.BLOBS.rglob("*") if path.is_file())
    stored.write_bytes(stored.read_bytes()[:-1] + b"!")

    status, out = checked(whole(cast, tmp_path / "bundle"), capsys)

    assert status == 1
    assert "was altered: its bytes have another hash" in out


def test_an_installation_without_its_evidence_key_still_exports(
    cast, item, tmp_path, capsys, settings
):
    whole_record.sequence()
    settings.EVIDENCE_KEY_FILE.write_bytes(b"AAAA\n")

    status, out = checked(whole(cast, tmp_path / "bundle"), capsys)

    assert (status, "was not put in the bundle" in out) == (2, True)


def test_what_is_stored_in_clear_is_not_there_twice(cast, item, tmp_path, capsys):
    """As files were before they were encrypted."""
    version = item.versions.get()
    path = single(item.ledger_subject, cast, tmp_path / "bundle")
    assert len(list(path.glob("content/*/*"))) == 1
    EvidenceVersion.objects.filter(pk=version.pk).update(encrypted=False)

    assert contents(single(item.ledger_subject, cast, tmp_path / "second")) == []


def test_of_what_was_erased_nothing_is_disclosed_and_all_proofs_hold(cast, item, tmp_path, capsys):
    version = item.versions.get()
    asked = erasing.ask(item, reason="Asked for.", by=factories.actor(cast.lead), at=AT)
    erasing.erase(asked, by=factories.actor(cast.approver), at=AT)
    shutil.rmtree(tmp_path / "blobs", ignore_errors=True)

    whole_path = whole(cast, tmp_path / "whole")
    one_path = single(item.ledger_subject, cast, tmp_path / "one")

    for path in (whole_path, one_path):
        told = disclosed(path)
        assert not {subject for subject, _c in told if subject in {item.ledger_subject, version}}
        assert contents(path) == []
        status, out = checked(path, capsys)
        assert status == 0, out
        assert f"erased by entry {_entry_of(item)}: {item.ledger_subject}, 1 stored files" in out
    assert b"seen.txt" not in b"".join(
        file.read_bytes() for file in whole_path.rglob("*") if file.is_file()
    )


def _entry_of(item):
    return erasing_lines([item.ledger_subject])[item.ledger_subject][0].index


def test_an_item_takes_along_what_belongs_to_it(cast, item, tmp_path):
    run = factories.implementation(cast)
    claim = factories.claim(run, item, cast)
    other = factories.evidence_item(cast)

    path = single(item.ledger_subject, cast, tmp_path / "bundle")

    subjects = {json.loads(file.read_text())["subject"] for file in (path / "entry").iterdir()}
    version = item.versions.get()
    assert subjects == {item.ledger_subject, version.ledger_subject, claim.ledger_subject}
    assert belonging_to(other.ledger_subject)[0] == other.ledger_subject
    text = (path / "README.md").read_text()
    assert item.ledger_subject in text


@pytest.mark.parametrize("subject", ["evidence.evidenceitem:x", "ledger.export:person:1", "x"])
def test_nothing_belongs_to_what_is_no_item(db, subject):
    assert belonging_to(subject) == [subject]


def test_an_export_of_anything_with_entries_is_a_record_too(cast, item, tmp_path, capsys):
    whole(cast, tmp_path / "first")
    subject = f"ledger.export:person:{cast.auditor.pk}"

    status, out = checked(single(subject, cast, tmp_path / "bundle"), capsys)

    assert (status, f"record      {subject}" in out) == (0, True)


def test_exporting_a_record_needs_permission_record_and_place(cast, item, tmp_path):
    with pytest.raises(AccessDenied):
        single(item.ledger_subject, cast, tmp_path / "b", by=cast.reviewer)
    with pytest.raises(NotFound):
        single("a.b:c", cast, tmp_path / "b")
    with pytest.raises(InvalidInput):
        single(item.ledger_subject, cast, tmp_path / "nowhere" / "b")
    with pytest.raises(Conflict):
        single(item.ledger_subject, cast, tmp_path)


def test_a_token_for_one_record_exports_no_other(cast, item, tmp_path):
    limits = {"restricted_to": item.ledger_subject, "at": factories.now()}
    factories.token(cast.lead, cast, Permission.READ, Permission.EXPORT_RECORD, **limits)
    by = actor_of_token(ApiToken.objects.get())

    with pytest.raises(AccessDenied):
        export_bundle(tmp_path / "whole", by=by, at=AT)
    with pytest.raises(AccessDenied):
        export_record(f"people.person:{cast.lead.pk}", tmp_path / "other", by=by, at=AT)


def test_a_download_leaves_nothing_behind(cast, item, settings):
    def write(path):
        return single(item.ledger_subject, cast, path)

    size, pieces = exported(write)

    assert sum(map(len, pieces)) == size
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("export-*"))


def test_a_refused_download_leaves_nothing_behind(cast, settings):
    with pytest.raises(NotFound):
        exported(lambda path: single("a.b:c", cast, path))
    assert not list(settings.FILE_UPLOAD_TEMP_DIR.glob("export-*"))


def test_a_record_without_its_salt_opens_nothing(cast, item, tmp_path, untriggered):
    LedgerSalt.objects.filter(subject=item.ledger_subject).delete()

    told = disclosed(single(item.ledger_subject, cast, tmp_path / "bundle"))

    assert (item.ledger_subject, "title") not in told
    assert EvidenceItem.objects.filter(pk=item.pk).exists()


def test_changes_that_come_too_fast_are_told_and_nothing_is_written(
    cast, item, tmp_path, monkeypatch
):
    """Somebody changes something between every checkpoint and its snapshot."""
    sequence = ledger.sequence

    def overtaken(*, at):
        made = sequence(at=at)
        if made is None:
            with transaction.atomic():
                ledger.record(item, "changed", by="system:test", at=at)
        return made

    monkeypatch.setattr(ledger, "sequence", overtaken)

    with pytest.raises(Conflict, match="too fast"):
        whole(cast, tmp_path / "bundle")
    with pytest.raises(Conflict, match="too fast"):
        single(item.ledger_subject, cast, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
