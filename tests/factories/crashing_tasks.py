"""What children of a `Nursery` do; each says how it is getting on, a line at a time."""

import itertools
import json
import os
import secrets
import signal
import threading
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import IO

from django.conf import settings

import factories
from twofold.evidence import actions as evidence
from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger.models import LedgerCheckpoint, LedgerEntry
from twofold.people.access import actor_of
from twofold.people.models import Person, Unit
from twofold.reporting.integrity import verify_record

#: Longer than two of the pieces in which a file is encrypted.
_CONTENT = [b"what was seen again\n" * 60_000] * 2 + [b"the end\n"]
_PREFIX = "ledger.test:"


def prepare() -> None:
    """Found an organisation with whom evidence can be added."""
    factories.cast(at=factories.now())


def busy(_asked: IO[str]) -> None:
    """Append from several threads and add evidence, without end; acknowledge each on return."""
    say(os.getpid())
    for number in range(3):
        threading.Thread(target=_append_without_end, args=(number,), daemon=True).start()
    while True:
        say("row", _add(b"what was seen").ledger_subject)
        ledger.sequence(at=factories.now())


def append(asked: IO[str]) -> None:
    """Append one entry when told to."""
    _one(asked, lambda: ("note", _append(secrets.token_hex(8))))


def file(asked: IO[str]) -> None:
    """Add one item with its file when told to."""
    _one(asked, lambda: ("row", _add(*_CONTENT).ledger_subject))


def examine(_asked: IO[str]) -> None:
    """Say what the record is like: its outcome, and all subjects that stand in it."""
    report = verify_record()
    entries = LedgerEntry.objects.filter(index__isnull=False)
    answer = {
        "outcome": report.outcome,
        "problems": [f"{problem.record}: {problem.message}" for problem in report.problems],
        "entries": dict(entries.values_list("subject", "index")),
        "sizes": list(LedgerCheckpoint.objects.values_list("size", flat=True)),
        "broken": [str(path) for path in settings.BLOBS.glob("??/*") if not _is_whole(path)],
        "rows": [f"evidence.evidenceitem:{key}" for key in _items()],
    }
    with os.fdopen(1, "w") as said:
        said.write(f"{os.getpid()}\n{json.dumps(answer)}")


def say(*words: object) -> None:
    # By a call that no fault is injected into.
    os.writev(1, [f"{' '.join(map(str, words))}\n".encode()])


def _one(asked, do) -> None:
    # With the connection open and everything read once, what follows is the task alone.
    _append(secrets.token_hex(8))
    _add(b"before")
    ledger.sequence(at=factories.now())
    say(os.getpid())
    asked.readline()
    try:
        kind, what = do()
    except Exception as failure:  # noqa: BLE001 - it is what the test is about
        say("error", type(failure).__name__, failure)
    else:
        say(kind, what)
    signal.pause()


def _append_without_end(thread: int) -> None:
    for number in itertools.count():
        say("note", _append(f"{os.getpid()}-{thread}-{number}"))


def _append(name: str) -> str:
    """Append an entry; return its subject, and where it stands."""
    subject = f"{_PREFIX}{name}"
    placed = ledger.append(subject, "ledger.test.grown", by="system:test", at=factories.now())
    return f"{subject} {placed.index} {placed.size}"


def _add(*chunks: bytes) -> EvidenceItem:
    owner = Person.objects.get(email="owner@acme.example")
    return evidence.add_item(
        "Item",
        kind="monitoring-report",
        unit=Unit.objects.get(name="Lending"),
        content=replace(factories.content(), chunks=list(chunks)),
        by=actor_of(owner),
        at=factories.now(),
    )


def _is_whole(path: Path) -> bool:
    return sha256(path.read_bytes()).hexdigest() == path.name


def _items():
    return EvidenceItem.objects.values_list("pk", flat=True)
