"""Seconds for a full verification of 100,000 entries, revisions and live rows."""

import time
from datetime import UTC, datetime

from harness import Figure, found, fresh_installation, median

ENTRIES = 100_000
ROUNDS = 3


def run() -> list[Figure]:
    """Fill the ledger with real records, then verify all of it."""
    with fresh_installation():
        organisation = found()
        append_s = _fill(organisation.unit)
        from twofold.reporting.integrity import verify_record

        timings = []
        for _round in range(ROUNDS):
            began = time.perf_counter()
            report = verify_record()
            timings.append(time.perf_counter() - began)
            if report.exit_status != 0 or report.figures.entries < ENTRIES:
                raise RuntimeError(f"The ledger did not verify: {report.outcome}.")
        hashing_s = _hash_only()
    size = f"{report.figures.entries:,} entries with revisions and live rows, SQLite"
    return [
        Figure(
            "ledger.verify_100k.s",
            median(timings),
            "s",
            f"{size}, median of {ROUNDS}",
            baseline=hashing_s,
            baseline_is="reading the entries and computing the RFC 6962 root alone",
        ),
        Figure(
            "ledger.append_bulk.per_s",
            round(ENTRIES / append_s),
            "entries/s",
            f"{ENTRIES:,} records saved, recorded in transactions of 1,000 and sequenced, SQLite",
        ),
    ]


def _fill(unit: object) -> float:
    from django.db import transaction

    from twofold.evidence.models import EvidenceItem
    from twofold.ledger import actions as ledger

    began = time.perf_counter()
    for start in range(0, ENTRIES, 1000):
        at = datetime.now(UTC)
        with transaction.atomic():
            rows = EvidenceItem.objects.bulk_create(
                EvidenceItem(unit=unit, title=f"Item {start + n}", kind="bench", created_at=at)
                for n in range(1000)
            )
            ledger.record_all(rows, "added", by="system:bench", at=at)
    while ledger.sequence(at=datetime.now(UTC)):
        pass
    return time.perf_counter() - began


def _hash_only() -> float:
    from twofold.ledger.source import DatabaseSource
    from twofold_verify.merkle import CompactRange, leaf_hash

    began = time.perf_counter()
    tree = CompactRange()
    for entry in DatabaseSource().entries():
        tree.append(leaf_hash(entry))
    tree.root()
    return round(time.perf_counter() - began, 3)
