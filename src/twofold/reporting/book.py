"""The book of readiness: all facts of the organisation, and the state of every requirement.

It is filled once from a source of rows and then told which records changed. What one change costs
depends on what it touches: one implementation is judged anew, its control's sums are changed by it,
and the requirements credited by that control are concluded anew.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date

from twofold.catalog.model import Catalog
from twofold.controls.models import (
    Applicability,
    CheckResult,
    EvidenceClaim,
    Implementation,
    ImportedFramework,
    LibraryEntry,
    Override,
)
from twofold.controls.queries import assembled
from twofold.domain.readiness import (
    ApplicabilityFact,
    Credit,
    ImplementationFact,
    OverrideFact,
    Readiness,
    RequirementFacts,
    ScopeState,
    Tally,
    conclude,
    scope_state,
)
from twofold.people.models import Unit
from twofold.reporting.facts import (
    decision_fact,
    implementation_fact,
    needs_in,
    override_fact,
    veiled,
    veiled_override,
)
from twofold.reporting.rows import MODELS, Model, Now, Row, Source, key_of, known_day
from twofold.reporting.shelves import Shelves, Sight
from twofold.reporting.views import View, Views

#: A change of one of these touches so much that everything is judged anew.
_REBUILDING = {LibraryEntry, ImportedFramework, Unit}


class Book:
    """All facts as one source tells them, judged on one day."""

    def __init__(self, source: Source, on: date) -> None:
        """Read everything and judge it."""
        self.on = on
        self._shelves = Shelves(source)
        self._views = Views()
        self.judge_anew()

    def follow(
        self, subjects: Iterable[str], source: Callable[[Collection[str]], Source] = Now
    ) -> None:
        """Read the records of these ledger subjects anew, and judge what they touch.

        Args:
            source: where the records of given keys are read.
        """
        changed: defaultdict[Model, list[str]] = defaultdict(list)
        for subject in subjects:
            label, _separator, key = subject.partition(":")
            if label in MODELS:
                changed[MODELS[label]].append(key)
        touched: set[str] = set()
        requirements: set[str] = set()
        for model, keys in changed.items():
            touched |= self._shelves.touched(model, keys)
            for key in keys:
                self._shelves.leave(model, key)
            for row in source(keys).rows(model):
                self._shelves.enter(model, row)
            touched |= self._shelves.touched(model, keys)
            requirements |= self._shelves.requirements_of(model, keys)
        if changed.keys() & _REBUILDING:
            self.judge_anew()
        else:
            self._judge(touched, requirements)

    def turn_to(self, day: date) -> None:
        """Judge on another day: only what does not stay the same until then."""
        earlier, self.on = self.on, day
        if day < earlier:
            self.judge_anew()
            return
        due = {
            key
            for key, state in self._states.items()
            if state is None or (state.until is not None and state.until < day)
        }
        # Of whoever asks, everything is concluded anew that day: only those who do.
        self._views.forget()
        self._judge(due, set(self.catalog.requirements))

    def sees_all(self, paths: Iterable[str]) -> bool:
        """Return whether these paths reach every unit."""
        allowed = tuple(paths)
        return all(
            str(row["path"]).startswith(allowed) for row in self._shelves.rows[Unit].values()
        )

    def facts_of(self, requirement: str, sees: Sight | None = None) -> RequirementFacts:
        """Return everything known of one requirement, as a reader of this sight may know it."""
        return self._facts(
            requirement,
            tuple(
                Credit(
                    credit.control,
                    credit.relation,
                    credit.strength,
                    self.implementations(credit.control, sees),
                )
                for credit in self._credits.get(requirement, ())
            ),
            sees,
        )

    def terms_of(self, requirement: str, sees: Sight | None = None) -> RequirementFacts:
        """Return what is known of a requirement itself, without the controls credited to it."""
        return self._facts(requirement, (), sees)

    def implementations(
        self, control: str, sees: Sight | None = None
    ) -> tuple[ImplementationFact, ...]:
        """Return the implementations of a control that a reader of this sight may see."""
        return tuple(
            self._told(key, sees)
            for key in self._of_control.get(control, ())
            if sees is None or sees(*self._place(key))
        )

    def tallies(self, sees: Sight | None = None) -> Mapping[str, Tally]:
        """Return the sums by control over what a reader of this sight may see."""
        if sees is None:
            return self._tallies
        return self._views.of(sees, self._viewed).tallies

    def readiness(self, sees: Sight | None = None) -> dict[str, Readiness]:
        """Return the state of every assessed requirement, its most pressing reasons alone."""
        if sees is None:
            return dict(self._readiness)
        return dict(self._views.of(sees, self._viewed).readiness)

    # What is judged.

    def judge_anew(self) -> None:
        """Judge everything that was read, without reading it again."""
        self._views.forget()
        rows = self._shelves.rows
        self.catalog: Catalog = assembled(
            [
                (row["control"], row["change"], row["content"])
                for row in rows[LibraryEntry].values()
            ],
            [
                row["content"]
                for row in rows[ImportedFramework].values()
                if not row.get("withdrawn_at")
            ],
        )
        self._credits: dict[str, tuple[Credit, ...]] = {
            requirement: tuple(
                Credit(control.id, credit.relation, credit.strength)
                for control in controls
                for credit in control.credits
                if credit.requirement == requirement
            )
            for requirement, controls in self.catalog.controls_of.items()
        }
        self._facts_by_key: dict[str, ImplementationFact] = {}
        self._states: dict[str, ScopeState | None] = {}
        self._of_control: defaultdict[str, dict[str, None]] = defaultdict(dict)
        self._tallies: dict[str, Tally] = {}
        self._readiness: dict[str, Readiness] = {}
        self._judge(
            set(self._shelves.rows[Implementation]),
            {
                entry.id
                for framework in self.catalog.frameworks
                for entry in framework.requirements
                if entry.auditable
            },
        )

    def _judge(self, touched: set[str], requirements: set[str]) -> None:
        """Judge these implementations anew, then these requirements and those they bear on."""
        concluded = {key for key in requirements if key in self._readiness or not self._readiness}
        for key in touched:
            control = self._judge_one(key)
            served = self.catalog.control_by_id.get(control)
            concluded |= {credit.requirement for credit in served.credits} if served else set()
        for requirement in concluded:
            self._readiness[requirement] = self._concluded(requirement, self._tallies, None)
        for sees, view in self._views:
            for key in touched:
                self._put(key, view, sees)
            for requirement in concluded:
                view.readiness[requirement] = self._concluded(requirement, view.tallies, sees)

    def _viewed(self, sees: Sight) -> View:
        view = View()
        for key in self._states:
            self._put(key, view, sees)
        view.readiness = {key: self._concluded(key, view.tallies, sees) for key in self._readiness}
        return view

    def _put(self, key: str, view: View, sees: Sight) -> None:
        """Count an implementation in a view as it stands now, if it counts there."""
        state = self._states.get(key)
        if state is None or not sees(*self._place(key)):
            view.put(key, "", None)
            return
        fact = self._told(key, sees)
        # Of what lies above, the same is said in fewer words.
        told = state if fact is self._facts_by_key[key] else scope_state(fact, self.on)
        view.put(key, fact.control, told)

    def _judge_one(self, key: str) -> str:
        """Judge one implementation and change its control's sums; return the control."""
        row = self._shelves.rows[Implementation].get(key)
        before = self._states.pop(key, None)
        known = self._facts_by_key.pop(key, None)
        control: str = row["control"] if row else known.control if known else ""
        if before is not None:
            self._tallies[control].remove(before)
        self._of_control[control].pop(key, None)
        if row is not None:
            fact = self._fact(row)
            state = scope_state(fact, self.on)
            self._facts_by_key[key] = fact
            self._states[key] = state
            self._of_control[control][key] = None
            if state is not None:
                self._tallies.setdefault(control, Tally()).add(state)
        return control

    def _fact(self, row: Row) -> ImplementationFact:
        key, shelves = row["id"], self._shelves
        needs = [need.kind for need in needs_in(row, self.catalog)]
        return implementation_fact(
            row,
            scope=shelves.scope(row),
            catalog=self.catalog,
            claims=shelves.index[EvidenceClaim][key].values(),
            results=shelves.index[CheckResult][key].values(),
            matters=[
                *shelves.breaches(key_of(row["system_id"]), needs),
                *shelves.findings(key),
            ],
        )

    def _concluded(
        self, requirement: str, tallies: Mapping[str, Tally], sees: Sight | None
    ) -> Readiness:
        credits_given = self._credits.get(requirement, ())
        facts = self._facts(requirement, credits_given, sees)
        running = [(credit, tallies.get(credit.control) or _EMPTY) for credit in credits_given]
        return conclude(facts, running, self.on)

    def _facts(
        self, requirement: str, credits_given: tuple[Credit, ...], sees: Sight | None
    ) -> RequirementFacts:
        entry = self.catalog.requirements[requirement]
        return RequirementFacts(
            requirement=requirement,
            excludable=entry.excludable,
            needs_decision=entry.excludable,
            decision=self._decision(requirement, sees),
            credits=credits_given,
            matters=tuple(self._shelves.against(requirement, sees)),
            override=self._override(requirement, sees),
        )

    def _decision(self, requirement: str, sees: Sight | None) -> ApplicabilityFact | None:
        """Return the decision that holds for a reader.

        A unit below can make a requirement apply that was excluded above it, never the other way.
        """
        told = self._shelves.told(Applicability, requirement, sees)
        if not told:
            return None
        chosen = min(told, key=self._weight)
        if not chosen["applicable"]:
            below = self._shelves.below(Applicability, requirement, sees)
            applying = (row for row in below if row["applicable"])
            chosen = min(applying, key=self._weight, default=chosen)
        return decision_fact(chosen)

    def _override(self, requirement: str, sees: Sight | None) -> OverrideFact | None:
        """Return the override that stands for a reader on the day; of several, the widest."""
        rows = self._shelves.told(Override, requirement, sees, self._stands)
        if not rows:
            return None
        row = min(rows, key=self._weight)
        fact = override_fact(row)
        return veiled_override(fact) if sees and sees.veils(self._shelves.path(row)) else fact

    def _stands(self, row: Row) -> bool:
        return (
            row["withdrawn_at"] is None
            and row["approved_at"] is not None
            and known_day(row["expires_date"]) >= self.on
        )

    def _weight(self, row: Row) -> tuple[bool, int, str]:
        """Return the place of a row among others: what applies first, then the widest unit."""
        return not row.get("applicable"), len(self._shelves.path(row)), row["id"]

    def _told(self, key: str, sees: Sight | None) -> ImplementationFact:
        """Return a fact as a reader of this sight may know it."""
        fact = self._facts_by_key[key]
        return veiled(fact) if sees and sees.veils(self._place(key)[0]) else fact

    def _place(self, key: str) -> tuple[str, str]:
        row = self._shelves.rows[Implementation][key]
        return self._shelves.path(row), key_of(row["system_id"])


_EMPTY = Tally()
