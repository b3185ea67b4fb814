import json
from datetime import UTC, datetime
from pathlib import Path

import factories
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction
from factories import AT, whole_record

from twofold.cli.commands import verify as verify_command
from twofold.evidence.models import EvidenceItem, EvidenceKey, EvidenceVersion
from twofold.evidence.storage import FolderStore
from twofold.ledger import actions as ledger
from twofold.ledger import keys
from twofold.ledger.models import (
    LedgerCheckpoint,
    LedgerEntry,
    LedgerRevision,
    LedgerTile,
)
from twofold.ledger.recorded import recorded_models
from twofold.people.models import Unit
from twofold.reporting.integrity import verify_record
from twofold.telemetry.models import SealedFile
from twofold_verify.note import Signer, sign
from twofold_verify.vouching import Outside

MODELS = list(recorded_models())


def assert_found(*names, status=1):
    """Both ways of asking find it and name the record."""
    report = verify_record()
    assert report.exit_status == status
    told = CliRunner().invoke(verify_command)
    assert told.exit_code == status
    for name in names:
        assert any(name in problem.record for problem in report.problems), report.problems
        assert name in told.output
    return report


def sql(statement, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        assert cursor.rowcount > 0


def last_entry():
    return LedgerEntry.objects.order_by("-index").first()


def test_the_whole_record_is_sound(whole):
    report = assert_found(status=0)

    assert report.problems == ()
    assert report.figures.entries == LedgerEntry.objects.count()
    assert report.figures.live == report.figures.subjects
    assert report.figures.blobs == EvidenceVersion.objects.count() + SealedFile.objects.count()
    answer = CliRunner().invoke(verify_command, ["--json"])
    assert json.loads(answer.output)["outcome"] == "sound"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label_lower)
def test_a_removed_row_is_named(whole, model):
    row = model.objects.order_by("pk").first()
    with transaction.atomic():
        sql(
            f'DELETE FROM {model._meta.db_table} WHERE "{model._meta.pk.column}" = %s',  # noqa: S608
            model._meta.pk.get_db_prep_value(row.pk, connection),
        )
        assert_found(row.ledger_subject)
        # What refers to the row would not stand at the end of the test.
        transaction.set_rollback(True)


def test_an_inserted_row_is_named(whole):
    unit = Unit(name="Invented", parent=whole.root, path="/invented/")
    unit.save()

    assert_found(unit.ledger_subject)


def test_an_edited_row_is_named(whole):
    Unit.objects.filter(pk=whole.unit.pk).update(name="Another")

    assert_found(f"{whole.unit.ledger_subject} revision 1")


def sealed_path(settings):
    return Path(settings.TELEMETRY) / SealedFile.objects.get().path


DAMAGES = {
    "altered": lambda path: path.write_bytes(b"!" + path.read_bytes()[1:]),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "extended": lambda path: path.write_bytes(path.read_bytes() + b"!"),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_evidence_file_is_named(whole, settings, damage):
    version = EvidenceVersion.objects.order_by("pk").first()
    DAMAGES[damage](FolderStore(settings.BLOBS).path_of(version.stored_sha256))

    assert_found("evidence.evidenceversion:")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_sealed_telemetry_file_is_named(whole, settings, damage):
    sealed = SealedFile.objects.get()
    DAMAGES[damage](sealed_path(settings))

    assert_found(sealed.ledger_subject)


def test_a_stored_file_that_the_disk_refuses_leaves_the_record_unchecked(whole, settings):
    path = sealed_path(settings)
    path.unlink()
    path.mkdir()

    assert_found(SealedFile.objects.get().ledger_subject, status=2)


ENTRY_EDITS = {
    "another actor": lambda data: data.replace(b'"actor":"person:', b'"actor":"token:'),
    "another time": lambda data: data.replace(b"T09:30", b"T09:31"),
    "garbage": lambda data: b"garbage",
}


@pytest.mark.parametrize("edit", ENTRY_EDITS)
def test_an_edited_entry_is_named(whole, edit):
    entry = LedgerEntry.objects.get(subject=whole.unit.ledger_subject)
    LedgerEntry.objects.filter(pk=entry.pk).update(data=ENTRY_EDITS[edit](bytes(entry.data)))

    name = f"entry {entry.index}" if edit == "garbage" else whole.unit.ledger_subject
    assert_found(name)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "people.unit:other"},
        {"revision": 7},
        {"recorded_at": datetime(2020, 1, 1, tzinfo=UTC)},
        {"leaf_hash": b"x" * 32},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("waiting", [False, True])
def test_an_edited_column_beside_an_entry_is_named(whole, change, waiting):
    if waiting:
        with transaction.atomic():
            ledger.note("test.export:1", "test.made", by="system:test", at=AT)
    entry = LedgerEntry.objects.order_by("-id").first()
    LedgerEntry.objects.filter(pk=entry.pk).update(**change)

    assert_found(f"{change.get('subject', entry.subject)} revision {change.get('revision', 1)}")


@pytest.mark.parametrize("which", ["first", "middle", "last"])
def test_a_removed_entry_is_named(whole, which):
    size = LedgerEntry.objects.count()
    index = {"first": 0, "middle": size // 2, "last": size - 1}[which]
    pk = LedgerEntry.objects.get(index=index).pk
    sql("DELETE FROM ledger_ledgerrevision WHERE entry_id = %s", pk)
    sql("DELETE FROM ledger_ledgerentry WHERE id = %s", pk)

    assert_found(f"entry {index}")


def test_a_removed_waiting_entry_is_named_by_its_row(whole):
    item = factories.evidence_item(whole)
    pk = LedgerEntry.objects.get(subject=item.ledger_subject).pk
    sql("DELETE FROM ledger_ledgerrevision WHERE entry_id = %s", pk)
    sql("DELETE FROM ledger_ledgerentry WHERE id = %s", pk)

    assert_found(item.ledger_subject)


def test_an_inserted_entry_is_named(whole):
    with transaction.atomic():
        ledger.note("test.export:1", "test.made", by="system:test", at=AT)
    size = LedgerCheckpoint.objects.get().size
    LedgerEntry.objects.filter(index=None).update(index=size)

    assert_found(f"entry {size}")


def test_reordered_entries_are_named(whole):
    first, second = LedgerEntry.objects.order_by("index")[3:5]
    for pk, index in ((first.pk, -1), (second.pk, first.index), (first.pk, second.index)):
        LedgerEntry.objects.filter(pk=pk).update(index=index)

    report = assert_found(status=1)
    named = {problem.record.rpartition(" revision")[0] for problem in report.problems}
    assert named & {first.subject, second.subject}


def test_an_edited_revision_is_named(whole):
    entry = LedgerEntry.objects.get(subject=whole.unit.ledger_subject)
    LedgerRevision.objects.filter(entry=entry).update(state="{}")

    assert_found(f"{whole.unit.ledger_subject} revision 1")


def test_a_removed_revision_is_named(whole):
    entry = LedgerEntry.objects.get(subject=whole.unit.ledger_subject)
    sql("DELETE FROM ledger_ledgerrevision WHERE entry_id = %s", entry.pk)

    assert_found(f"{whole.unit.ledger_subject} revision 1")


TILE_EDITS = {
    "a leaf": ({"hashes": b"x" * 32 * 256}, 0, "revision"),
    "an upper hash": ({"hashes": b"x" * 32}, 1, "tile/1/000.p/1"),
    "a torn hash": ({"hashes": b"x" * 33}, 1, "tile/1/"),
    "the width": ({"width": 9}, 1, "tile/1/0.p/9"),
    "the level": ({"level": 4}, 1, "tile/4/000"),
}


@pytest.mark.parametrize("edit", TILE_EDITS)
def test_an_edited_tile_is_named(whole, edit):
    change, level, name = TILE_EDITS[edit]
    whole_record.fill(whole, 300)
    LedgerTile.objects.filter(level=level, index=0).update(**change)

    assert_found(name)


@pytest.mark.parametrize("level", [0, 1])
def test_a_removed_tile_is_named(whole, level):
    whole_record.fill(whole, 300)
    sql("DELETE FROM ledger_ledgertile WHERE level = %s", level)

    assert_found("tile" if level == 0 else "tile/1/000.p/1")


def test_an_edited_or_forged_checkpoint_is_named(whole):
    whole_record.fill(whole, 3)
    first, last = LedgerCheckpoint.objects.order_by("size")
    stranger = Signer(keys.verifier().name, Ed25519PrivateKey.generate())
    text = last.note.rpartition("\n\n")[0] + "\n"
    forgeries = [
        ({"note": last.note.replace(f"\n{last.size}\n", f"\n{last.size + 1}\n")}, last),
        ({"note": sign(text, stranger)}, last),
        ({"note": "nothing"}, last),
        ({"root": b"x" * 32}, last),
        ({"root": b"short"}, last),
        ({"note": last.note}, first),
        ({"root": b"x" * 32}, first),
        ({"size": first.size - 1}, first),
    ]
    for change, kept in forgeries:
        with transaction.atomic():
            LedgerCheckpoint.objects.filter(pk=kept.pk).update(**change)
            assert_found(f"checkpoint at {change.get('size', kept.size)}")
            transaction.set_rollback(True)
    assert_found(status=0)


def test_a_checkpoint_beyond_the_tree_is_named(whole):
    signer, size = keys.signer(), 10_000
    text = f"{signer.name}\n{size}\n{LedgerCheckpoint.objects.get().note.splitlines()[2]}\n"
    root = bytes(LedgerCheckpoint.objects.get().root)
    LedgerCheckpoint.objects.create(size=size, root=root, note=sign(text, signer), signed_at=AT)

    assert_found(f"checkpoint at {size}")


@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_removed_checkpoint_is_found(whole, all_of_them):
    first = LedgerCheckpoint.objects.get()
    whole_record.fill(whole, 3)
    sql("DELETE FROM ledger_ledgercheckpoint WHERE size > %s", 0 if all_of_them else first.size)

    assert_found("checkpoint" if all_of_them else f"entry {first.size}")


def test_an_altered_record_is_counted_once_whoever_finds_it(whole):
    entry = last_entry()
    LedgerEntry.objects.filter(pk=entry.pk).update(data=bytes(entry.data) + b" ")

    report = assert_found()

    assert len(report.problems) == report.tampered + report.incomplete


def test_a_record_without_checkpoint_is_incomplete(cast):
    assert_found("checkpoint", status=2)


def test_another_key_is_not_trusted(whole):
    stranger = Signer(keys.verifier().name, Ed25519PrivateKey.generate()).verifier

    assert verify_record(stranger).exit_status == 1
    assert CliRunner().invoke(verify_command, ["--key", str(stranger)]).exit_code == 1
    assert CliRunner().invoke(verify_command, ["--key", "no key"]).exit_code == 2


def test_a_table_that_cannot_be_read_leaves_the_record_unchecked(whole):
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL takes no text that is not UTF-8")
    sql("UPDATE people_unit SET name = CAST(x'ff' AS TEXT) WHERE parent_id IS NULL")

    report = assert_found(status=2)
    assert "people.unit" in report.problems[0].message


def test_a_narrower_tile_beside_a_wider_one_harms_nothing(whole):
    LedgerTile.objects.create(level=0, index=0, width=1, hashes=b"x" * 32)

    assert_found(status=0)


def test_an_item_whose_key_was_destroyed_is_named(whole):
    item = EvidenceItem.objects.filter(versions__encrypted=True).first()
    EvidenceKey.objects.filter(item=item).delete()

    assert_found(item.ledger_subject)


def test_without_the_key_of_the_installation_the_files_are_not_judged(whole, settings):
    settings.EVIDENCE_KEY_FILE.unlink()

    assert_found("evidence keys", status=2)


def test_a_checkpoint_that_was_kept_is_held_against_the_record(whole):
    kept = LedgerCheckpoint.objects.order_by("-size")[0].note
    assert verify_record(outside=Outside(kept=(kept,))).exit_status == 0

    forged = kept.replace("\n\n", "x\n\n", 1)

    assert verify_record(outside=Outside(kept=(forged,))).exit_status == 1
