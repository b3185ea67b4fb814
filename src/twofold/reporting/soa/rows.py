"""The rows of a Statement of Applicability: a control each, with all that the facts tell of it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from twofold.catalog.model import Requirement
from twofold.controls.models import (
    Applicability,
    EvidenceClaim,
    Ground,
    Implementation,
    LibraryEntry,
)
from twofold.domain.readiness import (
    Cause,
    Credit,
    ImplementationFact,
    MatterFact,
    MatterKind,
    OverrideFact,
    Relation,
    RequirementFacts,
    ScopeState,
)
from twofold.domain.soa import Days
from twofold.ledger.queries import first_states
from twofold.people.models import Unit
from twofold.reporting.standing import Standing

Row = dict[str, Any]
#: How much of a description is told; the implementation itself holds all of it.
SHORT = 240
_SHOWN = {Cause.EVIDENCED, Cause.EVIDENCED_ONCE}
_FINDINGS = {MatterKind.MAJOR, MatterKind.MINOR}


@dataclass(frozen=True)
class System:
    """An AI system of the unit, and the path of the unit that it belongs to."""

    code: str
    name: str
    stage: str
    path: str


class Rows:
    """Makes the rows of one unit; what they need of the tables is read once for all of them."""

    def __init__(
        self,
        found: Standing,
        unit: Unit,
        systems: Mapping[str, System],
        *,
        whole_unit: bool,
    ) -> None:
        """Take where the unit stands.

        Args:
            systems: the AI systems of the unit by key.
            whole_unit: whether a control that is run for a whole unit is told to cover the AI
                systems in it, as a statement of ISO/IEC 42001 says.
        """
        self._found = found
        self._unit = unit
        self._systems = systems
        self._whole_unit = whole_unit
        self._days = Days(found.on)

    def of_annex(
        self, requirements: Sequence[Requirement], groups: Mapping[str, str]
    ) -> Iterator[Row]:
        """Yield the rows of an annex, in the order given."""
        facts = [self._found.facts_of(requirement) for requirement in requirements]
        records = [entry.decision.record for entry in facts if entry.decision]
        decided = {
            row.ledger_subject: row
            for row in Applicability.objects.filter(pk__in=list(map(_key, records)))
        }
        for requirement, known in zip(requirements, facts, strict=True):
            decision = decided.get(known.decision.record) if known.decision else None
            yield {
                "id": requirement.id,
                "reference": requirement.reference,
                "title": requirement.title,
                "group": groups.get(requirement.parent, ""),
                "own": False,
                "applicable": decision.applicable if decision else None,
                "grounds": list(decision.grounds) if decision else [],
                "reason": decision.reason if decision else "",
                "decision": decision.ledger_subject if decision else "",
                "decided_on": known.decision.decided_on.isoformat() if known.decision else "",
                **self._state(known),
            }

    def of_own(self, controls: Sequence[str]) -> Iterator[Row]:
        """Yield a row for each of these controls that is run; why it was added is its ground."""
        entries = {row.control: row for row in LibraryEntry.objects.filter(control__in=controls)}
        # Its row tells of its latest change, which may be a new wording.
        added = first_states([row.ledger_subject for row in entries.values()])
        for control in controls:
            known = RequirementFacts(
                control,
                excludable=False,
                needs_decision=False,
                credits=(
                    Credit(control, Relation.EQUAL, 10, self._found.implementations(control)),
                ),
            )
            if any(self._days.state(fact) for fact in known.credits[0].implementations):
                record = entries[control].ledger_subject
                adding = added[record]
                yield {
                    "id": control,
                    "reference": control,
                    "title": self._found.catalog.control_by_id[control].title,
                    "group": "",
                    "own": True,
                    "applicable": True,
                    "grounds": [{"kind": Ground.BUSINESS.value, "reference": adding["reason"]}],
                    "reason": "",
                    "decision": record,
                    "decided_on": adding["changed_at"][:10],
                    **self._state(known),
                }

    def _state(self, facts: RequirementFacts) -> Row:
        """Return what is told of how a control is implemented."""
        held = self._days.held(facts)
        run = [
            (credit, running)
            for credit in facts.credits
            if (running := [f for f in credit.implementations if self._days.state(f)])
        ]
        implementations = [fact for _credit, running in run for fact in running]
        return {
            "status": held.progress.value,
            "since": held.since.isoformat() if held.since else "",
            "override": self._override(facts.override),
            "how": [self._how(credit, running) for credit, running in run],
            "evidence": list(self._evidence(implementations)),
            "systems": self._covered(implementations),
            "findings": list(self._findings(facts, implementations)),
        }

    def _how(self, credit: Credit, running: Sequence[ImplementationFact]) -> Row:
        control = self._found.catalog.control_by_id[credit.control]
        return {
            "control": control.id,
            "title": control.title,
            "relation": credit.relation.value,
            "scopes": [
                {
                    "scope": fact.scope,
                    "record": fact.record,
                    "owner": f"person:{fact.owner}" if fact.owner else "",
                    "approved_on": fact.approved_on.isoformat() if fact.approved_on else "",
                    "text": shortened(self._implementations[fact.record].description),
                }
                for fact in sorted(running, key=lambda fact: (fact.scope, fact.record))
            ],
        }

    def _evidence(self, implementations: Iterable[ImplementationFact]) -> Iterator[Row]:
        """Yield the evidence that counts: of each need in each scope what is valid longest."""
        shown = {
            reason.record: reason
            for fact in implementations
            if (state := self._days.state(fact))
            for reason in state.reasons
            if reason.cause in _SHOWN
        }
        for record, reason in sorted(
            shown.items(), key=lambda item: (self._titles[item[0]], item[0])
        ):
            yield {
                "title": self._titles[record],
                "scope": reason.about,
                "need": reason.detail,
                "valid_until": reason.on.isoformat() if reason.on else "",
                "record": record,
            }

    def _covered(self, implementations: Iterable[ImplementationFact]) -> list[str]:
        """Return the codes of the AI systems that are covered, in the order of their names."""
        covered: set[str] = set()
        for fact in implementations:
            row = self._implementations[fact.record]
            if row.system_id:
                covered.add(str(row.system_id))
            elif self._whole_unit:
                covered |= {
                    key
                    for key, system in self._systems.items()
                    if system.path.startswith(row.unit.path)
                }
        return [system.code for key, system in self._systems.items() if key in covered]

    def _findings(
        self, facts: RequirementFacts, implementations: Iterable[ImplementationFact]
    ) -> Iterator[Row]:
        matters = {
            matter.record: matter
            for matter in (*facts.matters, *(m for fact in implementations for m in fact.matters))
            if matter.kind in _FINDINGS and self._open(matter)
        }
        for record, matter in sorted(
            matters.items(), key=lambda item: (item[1].opened_on, item[0])
        ):
            yield {
                "title": matter.title,
                "grade": matter.kind.value,
                "raised_on": matter.opened_on.isoformat(),
                "due_on": matter.due_on.isoformat() if matter.due_on else "",
                "record": record,
            }

    def _open(self, matter: MatterFact) -> bool:
        on = self._found.on
        return matter.opened_on <= on and (matter.closed_on is None or matter.closed_on > on)

    def _override(self, override: OverrideFact | None) -> Row | None:
        """Return the status that was set by hand, where one stands today."""
        if override is None or override.approved_on is None:
            return None
        if not override.approved_on <= self._found.on <= override.expires_on:
            return None
        return {
            "status": override.status.value,
            "reason": override.reason,
            "until": override.expires_on.isoformat(),
            "record": override.record,
        }

    @cached_property
    def _running(self) -> dict[str, ScopeState]:
        """The state of whatever is run for the unit, by implementation."""
        facts = (
            fact
            for control in self._found.catalog.controls
            for fact in self._found.implementations(control.id)
        )
        return {fact.record: state for fact in facts if (state := self._days.state(fact))}

    @cached_property
    def _implementations(self) -> dict[str, Implementation]:
        rows = Implementation.objects.filter(pk__in=list(map(_key, self._running)))
        rows = rows.select_related("unit").only("description", "system_id", "unit__path")
        return {row.ledger_subject: row for row in rows}

    @cached_property
    def _titles(self) -> dict[str, str]:
        shown = {
            _key(reason.record)
            for state in self._running.values()
            for reason in state.reasons
            if reason.cause in _SHOWN
        }
        rows = EvidenceClaim.objects.filter(pk__in=shown)
        return {
            f"{EvidenceClaim._meta.label_lower}:{key}": title
            for key, title in rows.values_list("pk", "evidence__item__title")
        }


def shortened(text: str, longest: int = SHORT) -> str:
    """Return a text on one line, cut at a word where it is longer."""
    words = " ".join(text.split())
    if len(words) <= longest:
        return words
    return f"{words[: longest - 1].rpartition(' ')[0] or words[: longest - 1]}…"


def _key(record: str) -> str:
    return record.partition(":")[2]
