"""Milliseconds to compute readiness of a large organisation in full, and after one change."""

from harness import Figure, fresh_installation, median, timed
from large_organisation import LARGE, NOW, SMALL, TODAY, Size, build

ROUNDS = 7
CHANGES = 60


def run() -> list[Figure]:
    """Measure the large organisation, with a small one as the baseline of one change."""
    small = _measure(SMALL)
    large = _measure(LARGE)
    return [
        Figure(
            "readiness.large.full_ms",
            round(large["full"], 1),
            "ms",
            f"{LARGE}; all rows read and judged anew, SQLite, median of {ROUNDS}",
        ),
        Figure(
            "readiness.large.judge_ms",
            round(large["judge"], 1),
            "ms",
            f"{LARGE}; judging alone, without reading the rows, median of {ROUNDS}",
        ),
        Figure(
            "readiness.large.one_change_ms",
            round(large["change"], 2),
            "ms",
            f"{LARGE}; one claim accepted, then every requirement asked for; median of {CHANGES}",
            baseline=round(small["change"], 2),
            baseline_is=f"the same with {SMALL}",
        ),
        Figure(
            "readiness.large.past_day_ms",
            round(large["past"], 1),
            "ms",
            f"{LARGE}; a past day from the revisions of the ledger, first time it is asked for",
        ),
    ]


def _measure(size: Size) -> dict[str, float]:
    import os
    import subprocess
    import sys
    from json import loads

    # A process of its own each: an installation is set up once a process.
    done = subprocess.run(
        [sys.executable, __file__, repr(size)],
        check=True,
        stdout=subprocess.PIPE,
        env=os.environ,
    )
    return loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def measure(size: Size) -> dict[str, float]:
    """Build an organisation of this size and measure it."""
    with fresh_installation():
        large = build(size)
        from twofold.controls import actions
        from twofold.controls.models import EvidenceClaim
        from twofold.people.access import actor_of
        from twofold.reporting.book import Book
        from twofold.reporting.rows import Now, Then
        from twofold.reporting.standing import standing

        full = [timed(lambda: Book(Now(), TODAY)) for _ in range(ROUNDS)]
        book = Book(Now(), TODAY)
        judge = [timed(book.judge_anew) for _ in range(ROUNDS)]
        past = timed(lambda: Book(Then(TODAY), TODAY))
        standing(actor_of(large.lead), at=NOW)
        waiting = EvidenceClaim.objects.filter(accepted_at=None).order_by("pk")
        changes = []
        for claim in [*waiting[:CHANGES], *waiting[:CHANGES]][:CHANGES]:
            if claim.accepted_at is None:
                claim.refresh_from_db()
            if claim.accepted_at is None:
                actions.accept_claim(claim, by=actor_of(large.approver), at=NOW)
            changes.append(timed(lambda: standing(actor_of(large.lead), at=NOW)))
    return {
        "full": median(full),
        "judge": median(judge),
        "change": median(changes),
        "past": past,
    }


if __name__ == "__main__":
    import json
    import sys

    sizes = {repr(size): size for size in (SMALL, LARGE)}
    print(json.dumps(measure(sizes[sys.argv[1]])))
