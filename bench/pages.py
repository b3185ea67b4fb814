"""Milliseconds of server time of pages over a large organisation, and of lists by their length."""

import os
import subprocess
import sys
from json import dumps, loads
from typing import Any

from asking import Asked, ask, client_of
from harness import Figure, fresh_installation, median, percentile
from large_organisation import LARGE, TINY, Size, build

ROUNDS = 100
#: Pages that list records, twenty rows each.
LISTS = ("/evidence/", "/findings/")


def run() -> list[Figure]:
    """Measure the posture page and the slowest of the lists, in a process for each size."""
    small, large = _measured(TINY), _measured(LARGE)
    shown = large["/"]
    worst = max(LISTS, key=lambda path: median(large[path]["timings_ms"]))
    size = f"{LARGE}, {ROUNDS} requests, {shown['queries']} queries each, SQLite"
    return [
        Figure(
            "posture.large.server_ms",
            round(median(shown["timings_ms"]), 2),
            "ms",
            f"{size}, median",
            baseline=round(median(small["/"]["timings_ms"]), 2),
            baseline_is=f"the same with {TINY}, {small['/']['queries']} queries each",
        ),
        Figure(
            "posture.large.p95_ms",
            round(percentile(shown["timings_ms"], 0.95), 2),
            "ms",
            f"{size}, p95",
        ),
        _list("list20.small.server_ms", small, worst, TINY),
        _list("list20.large.server_ms", large, worst, LARGE),
    ]


def _list(name: str, found: dict[str, Any], path: str, size: Size) -> Figure:
    asked = found[path]
    return Figure(
        name,
        round(median(asked["timings_ms"]), 2),
        "ms",
        f"{path}, the slowest of {', '.join(LISTS)}, first page of 20 rows with {size}; "
        f"{asked['queries']} queries, median of {ROUNDS}, SQLite",
    )


def _measured(size: Size) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, repr(size)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    return loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def measure(size: Size) -> dict[str, Asked]:
    """Build an organisation of this size and ask for its pages."""
    with fresh_installation():
        client = client_of(build(size).lead)
        return {path: ask(client, path, ROUNDS) for path in ("/", *LISTS)}


if __name__ == "__main__":
    sizes = {repr(size): size for size in (TINY, LARGE)}
    print(dumps({path: vars(found) for path, found in measure(sizes[sys.argv[1]]).items()}))
