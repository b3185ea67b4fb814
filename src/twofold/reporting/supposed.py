"""A standing as it would be if something changed: the same functions on changed facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date

from django.utils.translation import gettext as _

from twofold.catalog.model import Catalog
from twofold.domain.readiness import (
    ImplementationFact,
    Readiness,
    RequirementFacts,
    Tally,
    conclude,
    scope_state,
)
from twofold.domain.supposition import Change, Supposition, imagined, suppose, suppose_of
from twofold.reporting.judged import running
from twofold.reporting.standing import Standing


class Supposed:
    """The state of every requirement if something changed on the day of a standing."""

    def __init__(self, found: Standing, given: Sequence[Supposition]) -> None:
        """Judge anew what the suppositions touch, and leave the rest as it is."""
        self._found = found
        with found.reading():
            self._changed = self._changed_controls(given)
            self._tallies = {
                control: _tally(facts, found.on) for control, facts in self._changed.items()
            }
            self._readiness = {**found.readiness, **self._concluded(given)}

    @property
    def on(self) -> date:
        """The day."""
        return self._found.on

    @property
    def catalog(self) -> Catalog:
        """The catalogue that it was judged by."""
        return self._found.catalog

    @property
    def readiness(self) -> Mapping[str, Readiness]:
        """The state by requirement."""
        return self._readiness

    def implementations(self, control: str) -> tuple[ImplementationFact, ...]:
        """Return how a control would be run, in every scope that the reader may see."""
        return self._changed.get(control) or self._found.implementations(control)

    def tally(self, control: str) -> Tally:
        """Return the sums of a control over its scopes."""
        return self._tallies.get(control) or self._found.tally(control)

    def reading(self) -> AbstractContextManager[object]:
        """Return a context in which nothing of what is read changes."""
        return self._found.reading()

    def _changed_controls(
        self, given: Sequence[Supposition]
    ) -> dict[str, tuple[ImplementationFact, ...]]:
        changed = {}
        by_name: defaultdict[str, list[Supposition]] = defaultdict(list)
        for supposition in given:
            by_name[supposition.about].append(supposition)
        for control in self.catalog.controls:
            before = self._found.implementations(control.id)
            after = self._run_anew(control.id, before, given)
            after = tuple(self._changed_fact(fact, by_name) for fact in after)
            if after != before:
                changed[control.id] = after
        return changed

    def _changed_fact(
        self, fact: ImplementationFact, by_name: Mapping[str, Sequence[Supposition]]
    ) -> ImplementationFact:
        for name in _names(fact) & by_name.keys():
            for supposition in by_name[name]:
                fact = suppose(fact, supposition, self.on)
        return fact

    def _run_anew(
        self, control: str, before: tuple[ImplementationFact, ...], given: Sequence[Supposition]
    ) -> tuple[ImplementationFact, ...]:
        """Return the implementations with one that is imagined where the control is named."""
        meant = [entry.change for entry in given if entry.about == control]
        if not meant:
            return before
        known = self.catalog.control_by_id[control]
        made = imagined(
            control,
            needs=tuple(need.kind for need in known.evidence),
            checks=[(check.title, check.rule) for check in known.checks],
            scope=_("supposed"),
            on=self.on,
            shown=Change.SHOWN in meant,
        )
        return (*before, made)

    def _concluded(self, given: Sequence[Supposition]) -> dict[str, Readiness]:
        touched = {
            credit.requirement
            for control in self._changed
            for credit in self.catalog.control_by_id[control].credits
        }
        found = {}
        for key in self._found.readiness:
            before = self._found.terms_of(self.catalog.requirements[key])
            after = self._terms(before, given)
            if key in touched or after != before:
                found[key] = conclude(after, running(key, self), self.on)
        return found

    def _terms(self, facts: RequirementFacts, given: Sequence[Supposition]) -> RequirementFacts:
        for supposition in given:
            facts = suppose_of(facts, supposition, self.on)
        return facts


def _names(fact: ImplementationFact) -> set[str]:
    """Return the ledger names of an implementation and of all that counts for or against it."""
    return {
        fact.record,
        *(claim.record for claim in fact.claims),
        *(matter.record for matter in fact.matters),
    } - {""}


def _tally(facts: Sequence[ImplementationFact], on: date) -> Tally:
    tally = Tally()
    for fact in facts:
        state = scope_state(fact, on)
        if state is not None:
            tally.add(state)
    return tally
