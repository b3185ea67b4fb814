"""Processes that are killed, and disks that fail, at every moment: nothing acknowledged is lost."""

import io
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from factories.crashing import CALLS, Child, Nursery, traced

KILLS = {"sqlite": 8, "postgresql": 3}
ALL_KILLS = {"sqlite": 200, "postgresql": 20}
FAULTS = 4
#: What is appended goes to the files of SQLite alone; a server writes for PostgreSQL.
TASKS = {"sqlite": ["append", "file"], "postgresql": ["file"]}


@pytest.fixture
def nursery(tmp_path: Path, empty_database_url: str) -> Iterator[Nursery]:
    """An installation, and a process that forks children on it."""
    with Nursery(tmp_path, empty_database_url) as found:
        yield found


@pytest.fixture
def kind(empty_database_url: str) -> str:
    return empty_database_url.partition(":")[0]


class Promised:
    """What was acknowledged, to be looked for in the record."""

    def __init__(self) -> None:
        self.notes: dict[str, tuple[int, int]] = {}
        self.rows: list[str] = []

    def take(self, lines: list[str]) -> None:
        for line in lines:
            kind, *words = line.split()
            if kind == "note":
                self.notes[words[0]] = (int(words[1]), int(words[2]))
            elif kind == "row":
                self.rows.append(words[0])

    def require(self, found: dict) -> None:
        """Fail when anything of it is lost, or the record is not sound."""
        assert found["outcome"] == "sound", found["problems"]
        assert found["broken"] == []
        entries, sizes = found["entries"], set(found["sizes"])
        lost = [it for it, (index, _size) in self.notes.items() if entries.get(it) != index]
        assert not lost, lost
        assert not [size for _index, size in self.notes.values() if size not in sizes]
        assert set(self.rows) <= set(found["rows"])


def kill_again_and_again(nursery: Nursery, kills: int) -> Promised:
    chance, promised = random.Random(4711), Promised()
    for number in range(kills):
        child = nursery.start("busy")
        # It goes on after the kill before: it acknowledges what is appended, and what is changed.
        lines = [child.line()]
        while number % 2 and not lines[-1].startswith("row"):
            assert lines[-1], "The child ended."
            lines.append(child.line())
        promised.take(lines)
        time.sleep(chance.uniform(0.0, 0.1))  # The moment of the kill is what is under test.
        promised.take(child.kill())
        promised.require(nursery.ask("examine"))
    return promised


def test_what_was_acknowledged_outlives_a_kill(nursery, kind):
    promised = kill_again_and_again(nursery, KILLS[kind])

    assert len(promised.notes) >= KILLS[kind] // 2
    assert len(promised.rows) >= KILLS[kind] // 2


@pytest.mark.slow
def test_what_was_acknowledged_outlives_every_kill(nursery, kind):
    promised = kill_again_and_again(nursery, ALL_KILLS[kind])

    assert len(promised.notes) > 5 * ALL_KILLS[kind]
    assert len(promised.rows) >= ALL_KILLS[kind] // 2


def run_through(nursery: Nursery, task: str, fault: tuple[str, int] | None) -> tuple[str, object]:
    """Let a child do a task while a call of it fails, and kill it; return what it said."""
    child = nursery.start(task)
    with traced(child, nursery.folder, fault=fault) as seen:
        said = tell(child)
        child.kill()
    return said, seen


def tell(child: Child) -> str:
    child.go()
    return child.line()


def calls_of(nursery: Nursery, task: str) -> list[tuple[str, int]]:
    """Return every call of a task that changes files, numbered within its kind."""
    said, seen = run_through(nursery, task, None)
    assert not said.startswith("error"), said
    calls = [(call, n) for call in CALLS for n in range(1, seen.calls.get(call, 0) + 1)]
    assert {call for call, _n in calls} & {"fsync", "fdatasync"}, calls
    return calls


def fail(nursery: Nursery, task: str, fault: tuple[str, int], promised: Promised) -> bool:
    """Let one call fail; return whether it came to it."""
    said, seen = run_through(nursery, task, fault)
    promised.take([said])
    if seen.injected:
        assert said.startswith("error"), (fault, said)
    found = nursery.ask("examine")
    promised.require(found)
    return seen.injected


def test_a_disk_that_fails_leaves_nothing_half_written(nursery, kind):
    chance, promised = random.Random(1848), Promised()
    for task in TASKS[kind]:
        calls = calls_of(nursery, task)
        for fault in chance.sample(calls, min(FAULTS, len(calls))):
            fail(nursery, task, fault, promised)


def test_where_a_process_may_not_be_watched_the_test_says_so(tmp_path):
    child = Child(io.StringIO(), io.StringIO(), pid=1 << 30)

    with pytest.raises(AssertionError, match="needs ptrace"), traced(child, tmp_path):
        pass


@pytest.mark.slow
def test_a_disk_that_fails_at_any_call_leaves_nothing_half_written(nursery, kind):
    promised = Promised()
    for task in TASKS[kind]:
        calls = calls_of(nursery, task)

        reached = [fail(nursery, task, fault, promised) for fault in calls]

        # How many pages a change touches varies by a few.
        assert sum(reached) >= 0.9 * len(calls)
