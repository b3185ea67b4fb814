"""Documents counted from the events that were sent."""

from twofold_demo.case import Case
from twofold_demo.documents.document import Document, table

_PARTS = 10


def reliability(case: Case) -> Document:
    """Return how often what was forecast came true, by tenth of the score, as CSV.

    A tenth in which no event lies has no mean and no share.
    """
    label = next(field.name for field in case.fields if field.role == "label")
    parts: list[list[tuple[float, bool]]] = [[] for _part in range(_PARTS)]
    for week in case.weeks:
        for event in week:
            score, came = event.values["score"], event.values[label]
            if isinstance(score, float) and isinstance(came, bool):
                parts[min(int(score * _PARTS), _PARTS - 1)].append((score, came))
    return table(
        f"reliability-{case.code}-{case.last_day}.csv",
        ("score from", "score below", "events", "mean score", f"share {label}"),
        (
            (f"{number / _PARTS:.1f}", f"{(number + 1) / _PARTS:.1f}", len(part), *_means(part))
            for number, part in enumerate(parts)
        ),
        "Counted from the events of the played weeks",
        (case.first_day, case.last_day),
    )


def _means(part: list[tuple[float, bool]]) -> tuple[str, str]:
    if not part:
        return "", ""
    scores, came = zip(*part, strict=True)
    return f"{sum(scores) / len(part):.3f}", f"{sum(came) / len(part):.3f}"
