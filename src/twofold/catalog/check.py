"""Proving that the catalogue is complete: what no single file can show.

The loader refuses what is malformed; here is asked whether anything is missing or contradicts
itself over all files. `twofold catalog check` prints the answer.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from twofold.catalog.certification import STAGES
from twofold.catalog.model import Catalog, Framework, Requirement
from twofold.domain.checks import monotony_fault


@dataclass(frozen=True)
class Problem:
    """Something missing or contradictory: what it is about, and what is wrong."""

    about: str
    reason: str


def problems(catalog: Catalog) -> list[Problem]:
    """Return everything that keeps the catalogue from being complete; none when it is.

    - Each auditable requirement of a framework that is mapped to another one has a counterpart
      there, or is said to have none.
    - Each auditable requirement of an assessed framework is covered wholly by a control of the
      library: else nothing an organisation does could fulfil it.
    - Each pair reads the same from both its ends: where it stands in both directions the relation
      of one is that of the other turned, and both ends look it up.
    - An evidence kind and the title of a check belong to one control.
    - No check of a control could fail because evidence is added.
    - What an auditor expects is told of each stage of each standard that is certified.
    """
    return [
        *_orphans(catalog),
        *_uncovered(catalog),
        *_one_sided(catalog),
        *_repeated(catalog),
        *_breakable(catalog),
        *_unexpected(catalog),
        *_unasked(catalog),
    ]


def _asking(framework: Framework) -> Iterator[Requirement]:
    return (entry for entry in framework.requirements if entry.auditable)


def _orphans(catalog: Catalog) -> Iterator[Problem]:
    paired = {
        (end, catalog.requirements[other].framework)
        for pair in catalog.pairs
        for end, other in ((pair.source, pair.target), (pair.target, pair.source))
    }
    stated = {(entry.requirement, entry.framework) for entry in catalog.unpaired}
    for framework in (*catalog.frameworks, *catalog.guidance):
        for other in framework.mapped_to:
            for entry in _asking(framework):
                if (entry.id, other) not in paired | stated:
                    yield Problem(
                        entry.id, f"has no counterpart in {other} and is not said to have none"
                    )


def _uncovered(catalog: Catalog) -> Iterator[Problem]:
    covered = {
        credit.requirement
        for control in catalog.controls
        for credit in control.credits
        if credit.relation.covers_wholly
    }
    for framework in catalog.frameworks:
        for entry in _asking(framework):
            if entry.id not in covered:
                yield Problem(entry.id, "is covered wholly by no control of the library")


def _one_sided(catalog: Catalog) -> Iterator[Problem]:
    relations = {(pair.source, pair.target): pair.relation for pair in catalog.pairs}
    for pair in catalog.pairs:
        back = relations.get((pair.target, pair.source), pair.relation.turned)
        if back is not pair.relation.turned:
            yield Problem(f"{pair.source} {pair.target}", "the relation is not symmetric")
        for end in (pair.source, pair.target):
            if pair not in catalog.pairs_of.get(end, ()):
                yield Problem(end, f"does not know its pair {pair.source} {pair.target}")


def _repeated(catalog: Catalog) -> Iterator[Problem]:
    kinds = (need.kind for control in catalog.controls for need in control.evidence)
    titles = (check.title for control in catalog.controls for check in control.checks)
    for what, values in (("evidence kind", kinds), ("title of a check", titles)):
        for value in _twice(values):
            yield Problem(value, f"the {what} stands in more than one control")


def _breakable(catalog: Catalog) -> Iterator[Problem]:
    for control in catalog.controls:
        for check in control.checks:
            fault = monotony_fault(check.rule)
            if fault is not None:
                yield Problem(f"{control.id} {check.id}", str(fault))


def _unexpected(catalog: Catalog) -> Iterator[Problem]:
    told = {
        (predicate.stage, catalog.requirements[requirement].framework)
        for predicate in catalog.predicates
        for requirement in predicate.requirements
    }
    for framework in catalog.frameworks:
        for stage in STAGES:
            if framework.certifiable and (stage, framework.id) not in told:
                yield Problem(framework.id, f"nothing is expected at stage {stage} of its audit")


def _unasked(catalog: Catalog) -> Iterator[Problem]:
    """Yield evidence that an auditor expects and that no control of those requirements asks for."""
    for predicate in catalog.predicates:
        asked = {
            need.kind
            for requirement in predicate.requirements
            for control in catalog.controls_of.get(requirement, ())
            for need in control.evidence
        }
        for kind in predicate.evidence:
            if kind not in asked:
                yield Problem(predicate.id, f"no control that it rests on asks for {kind!r}")


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]
