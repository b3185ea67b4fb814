"""The product's own record, made once through its actions, and what outsiders keep of it.

Everything that can be tampered with is in it: records with revisions, personal columns, encrypted
files, an erasure, a rotation of the key, checkpoints with time stamps by `openssl ts` and with the
cosignatures of a witness that runs, and entries that still wait. After the last of the records come
notes alone, so that the log can be rolled back or forked without a live row that tells.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import factories
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from factories.outsiders import RunningWitness, ServedAuthority, TimeAuthority

from twofold.controls import actions as controls
from twofold.evidence import actions as evidence
from twofold.evidence import erasure, links, requests
from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import anchors, keys, triggers, witnesses
from twofold.ledger.models import LedgerCheckpoint
from twofold.ledger.rotations import rotate_key
from twofold.reporting.disclosure import Disclosure
from twofold.reporting.integrity import source_of_record, verify_record
from twofold_verify import bundle
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import leaf_hash
from twofold_verify.note import Signer, Verifier, sign
from twofold_verify.policy import Log, Policy
from twofold_verify.report import Report
from twofold_verify.stamps import load_roots
from twofold_verify.vouching import Outside

#: More than a tile is wide, so that there is a tile above the lowest level.
_BULK = 250
_AGO = timedelta(days=10)


class Evidence(StrEnum):
    """What a reader of the log holds beside its public key, each alone."""

    KEY = "the key alone"
    KEPT = "a kept checkpoint"
    WITNESS = "the witness"
    ANCHOR = "the anchor"


@dataclass
class Record:
    """The record, and who is around it.

    Attributes:
        pinned: the first key of the log, as it was given out.
        kept: the checkpoint that an auditor took away, as a note.
        kept_size: how many entries it covers.
        before_notes: size of the checkpoint after the last record; from here on there are notes.
        between: size of a checkpoint between that one and the kept one, which nobody cosigned.
        foreign: the checkpoint of another log, cosigned by the same witness.
        bundle: folder of the whole record, as it was exported.
    """

    folder: Path
    authority: TimeAuthority
    other_authority: TimeAuthority
    witness: RunningWitness
    stranger: Signer
    cast: factories.Cast
    pinned: Verifier
    items: list[EvidenceItem] = field(default_factory=list)
    erased: EvidenceItem | None = None
    kept: str = ""
    kept_size: int = 0
    before_notes: int = 0
    between: int = 0
    foreign: str = ""
    bundle: Path = Path()

    def outside(self, *given: Evidence) -> Outside:
        """Return what a reader holds who was given these."""
        roots = load_roots(self.authority.root.read_bytes()) if Evidence.ANCHOR in given else ()
        policy = self.policy if Evidence.WITNESS in given else None
        return Outside(roots, policy, (self.kept,) if Evidence.KEPT in given else ())

    @property
    def policy(self) -> Policy:
        return Policy((Log(self.pinned),), (self.witness.in_policy(),), (), quorum="w1")

    def verify(self, *given: Evidence) -> Report:
        """Verify the record where it lies, as the product does."""
        return verify_record(self.pinned, self.outside(*given))

    @property
    def signers(self) -> list[Signer]:
        """The log's keys, the first of them first: who holds the machine holds them all."""
        newest, path = keys.signer(), Path(settings.LEDGER_KEY)
        found = [_signer(file) for file in path.parent.glob(f"{path.name}.*")]
        (first,) = (it for it in found if it.verifier == self.pinned)
        return [first, newest]


@contextmanager
def made(
    folder: Path, authority: TimeAuthority, other_authority: TimeAuthority, served: ServedAuthority
) -> Iterator[Record]:
    """Make the record in a transaction that is rolled back at the end; the triggers are dropped."""
    with override_settings(**places(folder)), rolled_back():
        record = _begin(folder, authority, other_authority)
        try:
            _fill(record, served)
            triggers.drop(connection)
            yield record
        finally:
            record.witness.stop()


def places(folder: Path) -> dict[str, Path]:
    """Return the settings that say where the record lies."""
    return {
        "BLOBS": folder / "blobs",
        "EVIDENCE_KEY_FILE": folder / "evidence.key",
        "FILE_UPLOAD_TEMP_DIR": folder,
        "TELEMETRY": folder / "telemetry",
        "LEDGER_KEY": folder / "ledger.key",
        "SETUP_CODE": folder / "setup.code",
    }


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo in the end what is written inside."""
    block = transaction.atomic()
    # As Django marks the transaction of a test, in which durable ones may begin.
    block._from_testcase = True  # noqa: SLF001 - Django marks its tests' own blocks so
    with block:
        yield
        transaction.set_rollback(True)


def grow(count: int, name: str = "grown") -> LedgerCheckpoint:
    """Append notes and put all that waits under a checkpoint."""
    wait(count, name)
    return sequence()


def wait(count: int, name: str = "grown") -> None:
    for number in range(count):
        with transaction.atomic():
            ledger.note(
                f"ledger.test:{name}-{number}",
                "ledger.test.grown",
                by="system:test",
                at=factories.now(),
                body={"count": number},
            )


def sequence() -> LedgerCheckpoint:
    while ledger.sequence(at=factories.now()):
        pass
    return LedgerCheckpoint.objects.order_by("-size")[0]


def _begin(folder: Path, authority: TimeAuthority, other_authority: TimeAuthority) -> Record:
    cast = factories.cast(at=factories.now() - _AGO)
    witness = RunningWitness(folder / "witness", "witness.example/w1")
    stranger = Signer("foreign.example/log", Ed25519PrivateKey.generate())
    for key in (keys.verifier(), stranger.verifier):
        witness.trust(key)
    witness.start()
    return Record(folder, authority, other_authority, witness, stranger, cast, keys.verifier())


def _fill(record: Record, served: ServedAuthority) -> None:
    _add_records(record)
    sequence()
    _cosign(record)
    _stamp(record, served)
    _rotate(record)
    _erase(record)
    record.before_notes = sequence().size
    _cosign(record)
    _stamp(record, served)
    record.between = grow(3, "first").size
    grow(2, "second")
    kept = grow(3, "first")
    record.kept, record.kept_size = kept.note, kept.size
    record.foreign = _foreign(record)
    grow(4, "third")
    grow(3, "first")
    _cosign(record)
    _stamp(record, served)
    _export(record)
    _leave_waiting(record)


def _add_records(record: Record) -> None:
    cast, at = record.cast, factories.now() - timedelta(days=2)
    system = factories.system(cast, at=at)
    run = factories.implementation(cast, of=system, at=at)
    for number in range(5):
        item = factories.evidence_item(cast, at=at)
        evidence.add_version(
            item,
            content=factories.content(b"what was seen again " * (number + 1)),
            by=factories.actor(cast.owner),
            at=at,
        )
        record.items.append(item)
    factories.claim(run, record.items[0], cast, at=at)
    for target in (run, system):
        links.link(
            record.items[1],
            target.ledger_subject,
            purpose="Shows it.",
            by=factories.actor(cast.owner),
            at=at,
        )
    asked = requests.Asked(
        title="Minutes",
        details="",
        kind="minutes",
        about="",
        owner=cast.owner,
        due_date=at.date() + _AGO,
    )
    requests.ask(cast.unit, asked, by=factories.actor(cast.auditor), at=at)
    rows = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=cast.unit, title="Item", kind="r", created_at=at) for _ in range(_BULK)
    )
    with transaction.atomic():
        ledger.record_all(rows, "added", by="system:test", at=at)


def _erase(record: Record) -> None:
    at, cast = factories.now(), record.cast
    record.erased = record.items.pop()
    asked = erasure.ask(
        record.erased, reason="Its period is over.", by=factories.actor(cast.lead), at=at
    )
    controls.erase_evidence(asked, by=factories.actor(cast.approver), at=at)
    erasure.finish(at=at)


def _rotate(record: Record) -> None:
    made = rotate_key(by="system:test", at=factories.now())
    statement = record.folder / "statement"
    statement.write_text(made.statement)
    record.witness.stop()
    record.witness.command("rotate", record.witness.folder, statement)
    record.witness.start()
    sequence()


def _cosign(record: Record) -> None:
    assert witnesses.cosign(record.witness.in_policy(), every=None, at=factories.now())


def _stamp(record: Record, served: ServedAuthority) -> None:
    roots = load_roots(record.authority.root.read_bytes())
    assert anchors.anchor(served.url, roots, every=None, at=factories.now())


def _foreign(record: Record) -> str:
    """Have the witness cosign a checkpoint of a log that is not ours."""
    stranger = record.stranger
    note = sign(Checkpoint(stranger.name, 1, leaf_hash(b"foreign")).text(), stranger)
    answer = witnesses.asking.post(
        f"{record.witness.url.rstrip('/')}/add-checkpoint",
        f"old 0\n\n{note}".encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status == 200, answer
    return note + answer.body.decode()


def _leave_waiting(record: Record) -> None:
    at, cast = factories.now(), record.cast
    record.items.append(factories.evidence_item(cast, at=at))
    evidence.add_version(
        record.items[0],
        content=factories.content(b"seen at last"),
        by=factories.actor(cast.owner),
        at=at,
    )
    wait(2, "waiting")


def _export(record: Record) -> None:
    by, at = factories.actor(record.cast.auditor), factories.now()
    disclosed = Disclosure(policy=record.policy.text(), by=by, at=at)
    record.bundle = record.folder / "bundle"
    bundle.write(source_of_record(), record.bundle, at_text=at.isoformat(), disclosed=disclosed)


def _signer(path: Path) -> Signer:
    return keys._read(path)  # noqa: SLF001 - the insider reads the file as it lies
