"""Logs to which nothing was done, each another one by its seed: no false alarm among them."""

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from django.test import override_settings

from tampering.record import places, rolled_back, sequence, wait
from twofold.controls import actions as controls
from twofold.evidence import actions as evidence
from twofold.evidence import erasure, links
from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger import anchors, keys
from twofold.ledger.anchors import signed_text
from twofold.ledger.models import LedgerCheckpoint, LedgerCosignature, LedgerStamp
from twofold.ledger.rotations import rotate_key
from twofold.reporting.integrity import verify_record
from twofold_verify.cosignature import Cosigner
from twofold_verify.policy import Log, Policy, Witness
from twofold_verify.report import Outcome
from twofold_verify.stamps import load_roots
from twofold_verify.vouching import Outside

pytestmark = pytest.mark.enable_socket
LOGS = 25
ALL_LOGS = 1000
WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32)))


class Untouched:
    """A log that grows by chance, through the product's actions alone."""

    def __init__(self, chance: Random, served) -> None:
        self.chance = chance
        self.served = served
        self.roots = load_roots(served.authority.root.read_bytes())
        self.cast = factories.cast(at=factories.now() - timedelta(days=chance.randint(1, 900)))
        self.pinned = keys.verifier()
        self.items: list[EvidenceItem] = []
        self.kept: list[str] = []

    def grow(self) -> None:
        steps = [self.item, self.item, self.version, self.link, self.notes, self.appended]
        steps += [self.many, self.checkpoint, self.checkpoint, self.rotation, self.erased]
        for _number in range(self.chance.randint(3, 16)):
            self.chance.choice(steps)()
        if self.chance.random() < 0.2:
            self.stamp()
        self.checkpoint()
        self.cosign()
        for _number in range(self.chance.randint(0, 3)):
            self.chance.choice([self.item, self.version, self.notes])()

    def item(self) -> None:
        self.items.append(factories.evidence_item(self.cast, at=factories.now()))

    def version(self) -> None:
        for item in self.items[:1]:
            evidence.add_version(
                item,
                content=factories.content(self.chance.randbytes(20).hex().encode()),
                by=factories.actor(self.cast.owner),
                at=factories.now(),
            )

    def link(self) -> None:
        for item in self.items[-1:]:
            links.link(
                item,
                factories.system(self.cast, at=factories.now()).ledger_subject,
                purpose="Shows it.",
                by=factories.actor(self.cast.owner),
                at=factories.now(),
            )

    def many(self) -> None:
        at, count = factories.now(), self.chance.choice([1, 20, 300])
        rows = EvidenceItem.objects.bulk_create(
            EvidenceItem(unit=self.cast.unit, title="Item", kind="r", created_at=at)
            for _ in range(count)
        )
        with transaction.atomic():
            ledger.record_all(rows, "added", by="system:test", at=at)

    def notes(self) -> None:
        wait(self.chance.randint(1, 9), f"n{self.chance.randint(0, 3)}")

    def appended(self) -> None:
        at = factories.now()
        ledger.append("ledger.test:appended", "ledger.test.grown", by="system:test", at=at)

    def checkpoint(self) -> None:
        sequence()
        self.kept.append(LedgerCheckpoint.objects.order_by("-size")[0].note)

    def rotation(self) -> None:
        if self.kept:
            rotate_key(by="system:test", at=factories.now())
            sequence()

    def erased(self) -> None:
        if self.items:
            at, item = factories.now(), self.items.pop()
            lead, approver = (factories.actor(it) for it in (self.cast.lead, self.cast.approver))
            asked = erasure.ask(item, reason="Its period is over.", by=lead, at=at)
            controls.erase_evidence(asked, by=approver, at=at)
            erasure.finish(at=at)

    def stamp(self) -> None:
        sequence()
        anchors.anchor(self.served.url, self.roots, every=None, at=factories.now())

    def cosign(self) -> None:
        at, newest = factories.now(), LedgerCheckpoint.objects.order_by("-size")[0]
        line = WITNESS.cosign(signed_text(newest.note).decode(), at=at)
        LedgerCosignature.objects.create(
            checkpoint=newest, witness=str(WITNESS.key), line=line, cosigned_at=at
        )

    def verify(self):
        policy = Policy((Log(self.pinned),), (Witness("w1", WITNESS.key),), (), quorum="w1")
        roots = self.roots if LedgerStamp.objects.exists() else ()
        kept = tuple(self.chance.sample(self.kept, min(2, len(self.kept))))
        return verify_record(self.pinned, Outside(roots, policy, kept))


@contextmanager
def untouched(seed: int, folder: Path, served):
    folder.mkdir()
    with override_settings(**places(folder)), rolled_back():
        log = Untouched(Random(f"untouched {seed}"), served)
        log.grow()
        yield log


def require_no_alarm(seed: int, folder: Path, served) -> int:
    """Return the number of entries of a log in which nothing is found."""
    with untouched(seed, folder / str(seed), served) as log:
        report = log.verify()
    assert (report.outcome, report.problems) == (Outcome.SOUND, ()), seed
    return report.figures.entries + report.figures.pending


def test_untouched_logs_raise_no_alarm(db, served_authority, tmp_path):
    sizes = {require_no_alarm(seed, tmp_path, served_authority) for seed in range(LOGS)}

    assert len(sizes) > LOGS / 2


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_a_thousand_untouched_logs_raise_no_alarm(db, served_authority, tmp_path, part):
    share = range(part * ALL_LOGS // 10, (part + 1) * ALL_LOGS // 10)

    sizes = {require_no_alarm(seed, tmp_path, served_authority) for seed in share}

    assert len(sizes) > len(share) / 4
