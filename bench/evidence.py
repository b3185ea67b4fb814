"""Evidence items uploaded per second, and how long a search over them takes, on SQLite."""

import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

from harness import Figure, found, fresh_installation, median, percentile, timed

ITEMS = 10_000
SEARCHES = 200
WORDS_EACH = 200
#: How many are read together.
TOGETHER = 500


def run() -> list[Figure]:
    """Upload, read and search; the files are stored encrypted and fsynced as in an installation."""
    with fresh_installation():
        from twofold.evidence.reading import read_waiting
        from twofold.evidence.searching import hits, search
        from twofold.people.access import actor_of
        from twofold.people.models import Person

        organisation = found()
        by = actor_of(Person.objects.get(email=organisation.owner_email))
        texts = list(_texts())
        began = time.perf_counter()
        for number, text in enumerate(texts):
            _upload(number, text, organisation.unit, by)
        uploaded_s = time.perf_counter() - began
        began = time.perf_counter()
        while read_waiting(limit=TOGETHER):
            pass
        read_s = time.perf_counter() - began

        def look(query: str) -> None:
            hits(search(query, by, at=_now()), 0, 20)

        took = [timed(lambda query=query: look(query)) for query in _queries(texts)]  # type: ignore[misc]
    size = f"{ITEMS:,} items of {WORDS_EACH} words"
    return [
        Figure("evidence.upload_10k.per_s", round(ITEMS / uploaded_s, 1), "items/s", size),
        Figure("evidence.read_10k.per_s", round(ITEMS / read_s, 1), "items/s", size),
        Figure(
            "evidence.search_10k.ms",
            round(median(took), 2),
            "ms",
            f"{size}; median of {SEARCHES} searches of one to three words, with a page of hits",
        ),
        Figure(
            "evidence.search_10k.p95_ms",
            round(percentile(took, 0.95), 2),
            "ms",
            f"{size}; the same",
        ),
    ]


def _upload(number: int, text: str, unit: object, by: object) -> None:
    from twofold.evidence import actions

    content = actions.Content(
        chunks=[text.encode()],
        file_name=f"note-{number}.txt",
        media_type="text/plain",
        source="benchmark",
        period_from=date(2026, 1, 1),
        period_to=date(2026, 1, 31),
        valid_until=date(2027, 1, 31),
    )
    actions.add_item(f"Note {number}", kind="minutes", unit=unit, content=content, by=by, at=_now())  # type: ignore[arg-type]


def _texts() -> Iterator[str]:
    """Yield texts whose words are as unevenly frequent as those of a language."""
    words = _words()
    weights = [1 / place for place in range(1, len(words) + 1)]
    draw = random.Random(4)
    for _ in range(ITEMS):
        yield " ".join(draw.choices(words, weights, k=WORDS_EACH))


def _words() -> list[str]:
    from twofold.catalog.load import catalog

    text = " ".join(f"{entry.title} {entry.summary}" for entry in catalog().requirements.values())
    words = sorted({word for word in text.lower().split() if word.isalpha()})
    random.Random(3).shuffle(words)
    return words


def _queries(texts: list[str]) -> Iterator[str]:
    """Yield one to three words that stand in one text, so that each search finds something."""
    draw = random.Random(5)
    for _ in range(SEARCHES):
        words = draw.choice(texts).split()
        yield " ".join(draw.sample(words, draw.randint(1, 3)))


def _now() -> datetime:
    return datetime.now(UTC)
