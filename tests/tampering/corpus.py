"""The corpus: what is done to a record by whom, and what a reader must hold to find it.

A class of tampering is a function that says in its first lines who does what. A seeded chance
chooses what it is done to. `found_by` names what finds it: the key alone finds what contradicts
itself, a kept checkpoint finds a log that was put together anew, and so on; each alone, and nothing
else. `doubted` names what does not prove it, and finds that something is vouched for by nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tampering.record import Evidence
from twofold_verify.report import Severity

#: Takes the record, or a bundle of it, and the chance.
Apply = Callable[[Any, Random], None]


@dataclass(frozen=True)
class Tampering:
    """One class.

    Attributes:
        apply: does it, as the chance falls.
        found_by: each of these alone finds it; what is found by the key needs nothing else.
        doubted_by: those of them that find it incomplete, not tampered with.
    """

    apply: Apply
    found_by: frozenset[Evidence]
    doubted_by: frozenset[Evidence]

    @property
    def name(self) -> str:
        return self.apply.__name__

    def expected(self, given: Evidence) -> Severity | None:
        """Return what a reader finds who holds this alone; None: nothing."""
        if not self.found_by & {given, Evidence.KEY}:
            return None
        doubted = self.doubted_by & {given, Evidence.KEY}
        return Severity.INCOMPLETE if doubted else Severity.TAMPERED


CORPUS: list[Tampering] = []
#: The same for the files of a bundle; `ON_LOGS` are those that the other route has to find too.
ON_BUNDLES: list[Tampering] = []
ON_LOGS: list[Tampering] = []


def found_by(
    *evidence: Evidence,
    doubted: tuple[Evidence, ...] = (),
    within: tuple[list[Tampering], ...] = (CORPUS,),
) -> Callable[[Apply], Apply]:
    """Put a function into the corpus."""

    def enter(apply: Apply) -> Apply:
        doubts = frozenset(doubted)
        for corpus in within:
            corpus.append(Tampering(apply, frozenset(evidence) | doubts, doubts))
        return apply

    return enter
