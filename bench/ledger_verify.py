"""Verification of a log of 1,000,000 entries: from the database, from a bundle, and one by one.

Every verification runs in a fresh process, whose peak memory is what is reported.
"""

import json
import random
import resource
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

from harness import Figure, found, fresh_installation, median

RECORDS = 200_000
REVISIONS = 5
ENTRIES = RECORDS * REVISIONS
PROOFS = 5_000
ROUNDS = 3
_TOGETHER = 1000
_SHAPE = f"{RECORDS:,} evidence items with {REVISIONS} revisions each, SQLite"


def run() -> list[Figure]:
    """Record a million real changes, then verify and prove them."""
    with fresh_installation() as folder:
        fill(found().unit)
        hashes = _fresh("hashes", folder)
        full = _fresh("database", folder)
        _write_bundle(folder / "bundle")
        bundle = _fresh("bundle", folder)
        proofs = _fresh("proofs", folder)
    return [
        Figure(
            "ledger.verify_1m.hashes_s",
            hashes["s"],
            "s",
            f"leaf hashes, root and tiles of all levels of {_entries(hashes)}, {_SHAPE}",
        ),
        Figure(
            "ledger.verify_1m.full_s",
            full["s"],
            "s",
            f"checkpoint, {_entries(full)}, chains, kept states, {full['live']:,} live rows, "
            f"tree bookkeeping; {_SHAPE}",
            baseline=hashes["s"],
            baseline_is="leaf hashes, root and tiles alone",
        ),
        Figure(
            "ledger.verify_1m.rss_mb",
            full["rss_mb"],
            "MB",
            f"peak of the one process that verifies {_entries(full)}; {_SHAPE}",
        ),
        Figure(
            "ledger.verify_1m.bundle_s",
            bundle["s"],
            "s",
            f"the same log from an exported folder of {bundle['folder_mb']:,} MB, all parts",
        ),
        Figure(
            "ledger.verify_1m.bundle_rss_mb",
            bundle["rss_mb"],
            "MB",
            "peak of the process that verifies the exported folder",
        ),
        *_proof_figures(proofs),
    ]


def _proof_figures(proofs: dict[str, float]) -> list[Figure]:
    return [
        Figure(
            "ledger.proof_1m.bytes",
            proofs["bytes"],
            "bytes",
            f"largest of {PROOFS:,} inclusion proofs with checkpoint as tlog-proof text",
        ),
        Figure(
            "ledger.proof_1m.generate_per_s",
            proofs["generate_per_s"],
            "proofs/s",
            f"{PROOFS:,} texts for random entries of a million, from the database's tiles",
        ),
        Figure(
            "ledger.proof_1m.verify_per_s",
            proofs["verify_per_s"],
            "proofs/s",
            f"{PROOFS:,} texts parsed, entry hashed and led to the root; "
            f"the checkpoint's signature verified once; median of {ROUNDS}",
        ),
        Figure(
            "ledger.proof_1m.verify_signed_per_s",
            proofs["verify_signed_per_s"],
            "proofs/s",
            "the same with the checkpoint's Ed25519 signature verified for each",
        ),
    ]


def fill(unit: object) -> None:
    """Record the items and their later revisions through the ledger's own actions."""
    from django.db import transaction

    from twofold.evidence.models import EvidenceItem
    from twofold.ledger import actions as ledger

    at, keys = datetime.now(UTC), []
    for start in range(0, RECORDS, _TOGETHER):
        with transaction.atomic():
            rows = EvidenceItem.objects.bulk_create(
                EvidenceItem(unit=unit, title=f"Item {start + n}", kind="bench", created_at=at)
                for n in range(_TOGETHER)
            )
            ledger.record_all(rows, "added", by="system:bench", at=at)
        keys.append([row.pk for row in rows])
    for revision in range(1, REVISIONS):
        day = date(2030, 1, 1) + timedelta(days=revision)
        for batch in keys:
            with transaction.atomic():
                rows = list(EvidenceItem.objects.filter(pk__in=batch))
                EvidenceItem.objects.filter(pk__in=batch).update(retain_until=day)
                body = {"retain_until": day.isoformat()}
                ledger.record_all(rows, "kept_until", by="system:bench", at=at, body=body)
    while ledger.sequence(at=datetime.now(UTC), limit=50_000):
        pass


def _write_bundle(path: Path) -> None:
    from twofold.ledger.source import DatabaseSource
    from twofold_verify import bundle

    bundle.write(DatabaseSource(), path, at_text=datetime.now(UTC).isoformat())


def _fresh(task: str, folder: Path) -> dict[str, float]:
    """Run a task in a process of its own and return what it measured."""
    command = [sys.executable, __file__, task, str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def _entries(measured: dict[str, float]) -> str:
    return f"{int(measured['entries']):,} entries"


def _hashes() -> dict[str, float]:
    """Hash every entry, hold it against its tile, and all tiles against each other and the root."""
    from twofold.ledger import keys, queries
    from twofold.ledger.models import LedgerEntry
    from twofold.ledger.source import DatabaseSource
    from twofold.ledger.states import raw_rows
    from twofold_verify.alignment import Alignment
    from twofold_verify.merkle import CompactRange, leaf_hash

    source, tree = DatabaseSource(), CompactRange()
    alignment = Alignment(source.leaf_hashes())
    entries = raw_rows(LedgerEntry.objects.exclude(index=None).order_by("index"), "data")
    while batch := list(islice(entries, 256)):
        leaves = [leaf_hash(data) for (data,) in batch]
        tree.extend(leaves)
        if not alignment.fits(leaves):
            raise RuntimeError("The tiles do not hold the hashes of the entries.")
    source.check_tree(keys.verifier())
    position = queries.position()
    if (tree.size, tree.root().hex()) != (position.size, position.root) or _problems(source):
        raise RuntimeError("The tree is not the one that was signed.")
    return {"entries": tree.size}


def _problems(source: object) -> bool:
    from twofold_verify.report import Figures

    return bool(source.findings.report(Figures()).problems)  # type: ignore[attr-defined]


def _proofs() -> dict[str, float]:
    from twofold.ledger import keys
    from twofold.ledger.models import LedgerEntry
    from twofold.ledger.proofs import Prover
    from twofold_verify.rotation import Succession
    from twofold_verify.tlog_proof import Checker

    prover = Prover()
    numbers = random.Random(1).sample(range(prover.size), PROOFS)
    began = time.perf_counter()
    texts = [prover.prove(number) for number in numbers]
    made_s = time.perf_counter() - began
    entries = [LedgerEntry.objects.get(index=number).data for number in numbers]
    pairs = list(zip(texts, entries, strict=True))
    keys_of_log = Succession([keys.verifier()], [])
    checked_s, signed_s = [], []
    for _round in range(ROUNDS):
        checker = Checker(keys_of_log)
        began = time.perf_counter()
        for text, entry in pairs:
            checker.check(text, entry)
        checked_s.append(time.perf_counter() - began)
        began = time.perf_counter()
        for text, entry in pairs:
            Checker(keys_of_log).check(text, entry)
        signed_s.append(time.perf_counter() - began)
    return {
        "bytes": max(len(text.encode()) for text in texts),
        "generate_per_s": round(PROOFS / made_s),
        "verify_per_s": round(PROOFS / median(checked_s)),
        "verify_signed_per_s": round(PROOFS / median(signed_s)),
    }


def _database() -> dict[str, float]:
    from twofold.reporting.integrity import verify_record

    return _told(verify_record())


def _bundle(folder: Path) -> dict[str, float]:
    from twofold.ledger import keys
    from twofold_verify.bundle import BundleSource, verify_bundle

    path = folder / "bundle"
    with BundleSource(path) as source:
        told = _told(verify_bundle(source, keys.verifier()))
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return {**told, "folder_mb": round(size / 1e6)}


def _told(report: object) -> dict[str, float]:
    if report.exit_status != 0 or report.figures.entries < ENTRIES:  # type: ignore[attr-defined]
        raise RuntimeError(f"The ledger did not verify: {report}.")
    figures = report.figures  # type: ignore[attr-defined]
    return {"entries": figures.entries, "live": figures.live}


def main(task: str, folder: Path) -> None:
    """Do one task on a filled installation and print what it took."""
    import os

    os.environ["TWOFOLD_DATA"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.config.settings"
    import django

    django.setup()
    # What takes long to import is not part of any task.
    import twofold.reporting.integrity  # noqa: F401 - loaded before the clock starts
    import twofold_verify.bundle  # noqa: F401 - loaded before the clock starts

    tasks = {
        "hashes": _hashes,
        "database": _database,
        "bundle": lambda: _bundle(folder),
        "proofs": _proofs,
    }
    began = time.perf_counter()
    measured = tasks[task]()
    seconds = round(time.perf_counter() - began, 3)
    peak_mb = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    print(json.dumps({**measured, "s": seconds, "rss_mb": peak_mb}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
