"""Seconds to export a Statement of Applicability of a large organisation."""

from functools import partial

from harness import Figure, fresh_installation, median, timed
from large_organisation import LARGE, NOW, build

ROUNDS = 3


def run() -> list[Figure]:
    """Prepare a version for 27001 and export it as workbook and as PDF, several times."""
    with fresh_installation():
        large = build(LARGE)
        from twofold.controls import actions
        from twofold.people.access import actor_of
        from twofold.reporting.soa.content import content
        from twofold.reporting.soa.exports import exported
        from twofold.reporting.soa.version import read_version

        by = actor_of(large.lead)
        prepared = [
            timed(lambda: content("27001", unit=large.root, by=by, at=NOW)) for _ in range(ROUNDS)
        ]
        drafted = actions.prepare_statement(
            "27001",
            lambda: content("27001", unit=large.root, by=by, at=NOW),
            unit=large.root,
            by=by,
            at=NOW,
        )
        version = read_version(drafted)
        size = f"93 controls of 27001 and the organisation's own; {LARGE}; median of {ROUNDS}"
        figures = [_figure("soa.content.s", prepared, size)]
        for name in ("xlsx", "pdf", "docx", "oscal"):
            make = partial(exported, version, name)
            timings = [timed(make) for _ in range(ROUNDS)]
            figures.append(_figure(f"soa.export_{name}.s", timings, size))
        return figures


def _figure(name: str, timings_ms: list[float], size: str) -> Figure:
    return Figure(name, round(median(timings_ms) / 1000, 3), "s", size)
