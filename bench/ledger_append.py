"""Entries appended per second, each acknowledged when it is on the disk.

On SQLite by threads that wait for a signed checkpoint each time, and in bulk; on PostgreSQL by
single-row writers beside two rival sequencers.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import Figure, fresh_installation, median, percentile

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier, Event

    from twofold.ledger.appending import Appender

CALLERS = 32
EACH = 400
EACH_ALONE = 60
ROUNDS = 3
BULK = 5000
BULKS = 8
WRITERS = 64
WRITING_PROCESSES = 2
EACH_WRITER = 500
RIVALS = 2


def run() -> list[Figure]:
    """Measure SQLite in this process, then PostgreSQL from processes of their own."""
    with fresh_installation():
        alone_s = _single_commits()
        rounds = [_together(number) for number in range(ROUNDS)]
        bulk = _bulk()
        _require_sound(ROUNDS * CALLERS * EACH + CALLERS * EACH_ALONE + BULK * BULKS)
    per_s = median([measured.per_s for measured in rounds])
    size = (
        f"{CALLERS} threads, {EACH} entries each, every one waits for a signed checkpoint on the "
        f"disk, median of {ROUNDS}, SQLite"
    )
    with _cluster() as url:
        postgresql = _writers(url)
    return [
        Figure(
            "ledger.append.sqlite_32.per_s",
            round(per_s),
            "entries/s",
            size,
            baseline=round(alone_s),
            baseline_is="the same callers and code, one commit and checkpoint for each entry",
        ),
        Figure(
            "ledger.append.sqlite_32.ratio_to_single_commit",
            round(per_s / alone_s, 1),
            "times",
            f"{size}; to one commit for each entry in the same run",
        ),
        Figure(
            "ledger.append.sqlite_32.p99_ms",
            round(median([percentile(measured.waits_s, 0.99) for measured in rounds]) * 1000, 2),
            "ms",
            size,
        ),
        Figure(
            "ledger.append.bulk.per_s",
            round(bulk),
            "entries/s",
            f"one caller, {BULK:,} entries at a time under one checkpoint, median of {BULKS}, "
            "SQLite",
        ),
        *postgresql,
    ]


@dataclass(frozen=True)
class _Measured:
    per_s: float
    waits_s: list[float]


def _single_commits() -> float:
    from twofold.ledger.appending import Appender

    return _measure(Appender(most=1), "alone", EACH_ALONE).per_s


def _together(number: int) -> _Measured:
    from twofold.ledger.appending import Appender

    return _measure(Appender(), f"together{number}", EACH)


def _measure(appender: Appender, name: str, each: int) -> _Measured:
    """Let all callers append at once, each to a subject of its own."""
    from twofold.ledger.notes import Note

    def call(caller: int, waits_s: list[float]) -> None:
        for place in range(each):
            began = time.perf_counter()
            note = Note(
                f"bench.{name}:{caller}",
                "bench.gate.asked",
                by="system:bench",
                at=datetime.now(UTC),
                body={"number": place, "answer": "passed"},
            )
            appender.append([(note.draft(), note.at)])
            waits_s.append(time.perf_counter() - began)

    waits_s: list[list[float]] = [[] for _caller in range(CALLERS)]
    took_s = _in_threads([lambda n=n: call(n, waits_s[n]) for n in range(CALLERS)])  # type: ignore[misc]
    every = [wait for waits in waits_s for wait in waits]
    if len(every) != CALLERS * each:
        raise RuntimeError("A caller did not get its acknowledgements.")
    return _Measured(len(every) / took_s, every)


def _in_threads(works: list[Callable[[], object]], begin: Callable[[], object] = int) -> float:
    """Run works at once, each with a connection of its own; return how long all of them took."""
    from django.db import connection

    ready = threading.Barrier(len(works) + 1)

    def guarded(work: Callable[[], object]) -> None:
        connection.ensure_connection()
        ready.wait()
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    begin()
    ready.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _bulk() -> float:
    from twofold.ledger import actions as ledger
    from twofold.ledger.notes import Note

    rates = []
    for turn in range(BULKS):
        began = time.perf_counter()
        at = datetime.now(UTC)
        ledger.append_all(
            [
                Note(
                    f"bench.bulk:{turn}.{place}",
                    "bench.gate.asked",
                    by="system:bench",
                    at=at,
                    body={"number": place, "answer": "passed"},
                )
                for place in range(BULK)
            ]
        )
        rates.append(BULK / (time.perf_counter() - began))
    return median(rates)


def _require_sound(entries: int) -> None:
    """Raise unless every entry has its place in a log that verifies."""
    from twofold.ledger.models import LedgerEntry
    from twofold.reporting.integrity import verify_record

    indexes = LedgerEntry.objects.order_by("index").values_list("index", flat=True)
    if list(indexes) != list(range(entries)):
        raise RuntimeError("The index is not dense, or entries were lost.")
    report = verify_record()
    if report.exit_status != 0:
        raise RuntimeError(f"The ledger did not verify: {report.outcome}.")


@contextmanager
def _cluster() -> Iterator[str]:
    """Start a durable throw-away cluster, as the suite starts one that is not."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    import postgresql

    with postgresql.throw_away_cluster(durable=True) as url:
        yield url


def _writers(url: str) -> list[Figure]:
    """Measure single-row writers, until the last entry is under a checkpoint."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as folder:
        _in_process(spawn, _migrate, url, folder)
        begin = spawn.Barrier(WRITING_PROCESSES + RIVALS + 1)
        written, done = spawn.Event(), spawn.Queue()
        share = WRITERS // WRITING_PROCESSES
        rivals = [
            spawn.Process(target=_rival, args=(url, folder, begin, written, done))
            for _number in range(RIVALS)
        ]
        writing = [
            spawn.Process(target=_write, args=(url, folder, begin, number * share, share))
            for number in range(WRITING_PROCESSES)
        ]
        for process in (*rivals, *writing):
            process.start()
        begin.wait()
        began = time.perf_counter()
        _end(writing)
        written_s = time.perf_counter() - began
        written.set()
        shares = [done.get() for _rival in rivals]
        sealed_s = time.perf_counter() - began
        _end(rivals)
        entries = WRITERS * EACH_WRITER
        _in_process(spawn, _check, url, folder, entries)
    size = (
        f"{WRITERS} connections in {WRITING_PROCESSES} processes, {EACH_WRITER} entries each in "
        f"transactions of their own, {RIVALS} rival sequencers ({' and '.join(map(str, shares))} "
        "checkpoints), dense index checked, PostgreSQL with fsync"
    )
    return [
        Figure("ledger.append.postgresql_64.per_s", round(entries / written_s), "entries/s", size),
        Figure(
            "ledger.append.postgresql_64.sealed_per_s",
            round(entries / sealed_s),
            "entries/s",
            f"{size}; until the last of them is under a signed checkpoint",
        ),
    ]


def _in_process(spawn: Any, target: Callable[..., None], *args: object) -> None:  # noqa: ANN401 - multiprocessing does not type it
    process = spawn.Process(target=target, args=args)
    process.start()
    _end([process])


def _end(processes: list[Any]) -> None:
    for process in processes:
        process.join()
        if process.exitcode != 0:
            raise RuntimeError("A process of the benchmark failed.")


def _set_up(url: str, folder: str) -> None:
    os.environ["TWOFOLD_DATA"] = folder
    os.environ["TWOFOLD_DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.config.settings"
    import django

    django.setup()


def _migrate(url: str, folder: str) -> None:
    _set_up(url, folder)
    from django.core.management import call_command

    from twofold.ledger import keys

    call_command("migrate", verbosity=0)
    keys.signer()


def _write(url: str, folder: str, begin: Barrier, first: int, writers: int) -> None:
    _set_up(url, folder)
    from twofold.ledger import actions as ledger

    def write(writer: int) -> None:
        for place in range(EACH_WRITER):
            ledger.enter(
                f"bench.written:{writer}.{place}",
                "bench.gate.asked",
                by="system:bench",
                at=datetime.now(UTC),
                body={"number": place, "answer": "passed"},
            )

    _in_threads([lambda n=n: write(n) for n in range(first, first + writers)], begin.wait)  # type: ignore[misc]


def _rival(url: str, folder: str, begin: Barrier, written: Event, done: Any) -> None:  # noqa: ANN401 - multiprocessing does not type it
    """Sequence until everything that was written is under a checkpoint; tell how often."""
    _set_up(url, folder)
    from twofold.ledger import actions as ledger
    from twofold.ledger.models import LedgerEntry

    made = 0
    begin.wait()
    while not written.is_set() or LedgerEntry.objects.filter(index=None).exists():
        if ledger.sequence(at=datetime.now(UTC)):
            made += 1
        else:
            # As long as the worker rests.
            written.wait(0.1)
    done.put(made)


def _check(url: str, folder: str, entries: int) -> None:
    _set_up(url, folder)
    _require_sound(entries)
