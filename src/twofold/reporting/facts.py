"""Gathering the facts of readiness from the contexts, in a number of queries that does not grow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from twofold.catalog.load import catalog
from twofold.catalog.model import Requirement
from twofold.controls import queries as controls
from twofold.controls.models import Applicability, EvidenceClaim, Implementation
from twofold.domain.readiness import (
    ApplicabilityFact,
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    RequirementFacts,
)
from twofold.inventory.queries import visible_systems
from twofold.monitoring.models import Breach
from twofold.monitoring.queries import breaches_of
from twofold.people.access import Actor


@dataclass(frozen=True)
class Facts:
    """What is known of every requirement, as one actor may see it.

    Attributes:
        implementations: by control id.
        decisions: by requirement id.
    """

    implementations: Mapping[str, tuple[ImplementationFact, ...]]
    decisions: Mapping[str, ApplicabilityFact]

    def of(self, requirement: Requirement) -> RequirementFacts:
        """Return the facts of one requirement."""
        return RequirementFacts(
            requirement=requirement.id,
            excludable=requirement.excludable,
            needs_decision=requirement.excludable,
            decision=self.decisions.get(requirement.id),
            credits=tuple(self._credits(requirement.id)),
        )

    def _credits(self, requirement: str) -> Iterable[Credit]:
        for control in catalog().controls_of.get(requirement, ()):
            credit = next(entry for entry in control.credits if entry.requirement == requirement)
            yield Credit(
                control.id,
                credit.relation,
                credit.strength,
                self.implementations.get(control.id, ()),
            )


def gather(by: Actor, *, at: datetime) -> Facts:
    """Return the facts that the actor may see; seven queries, however many records there are."""
    breaches: dict[object, list[Breach]] = {}
    still_open = Q(closed_at=None) | Q(closed_at__date__gt=at.date())
    for breach in breaches_of(visible_systems(by, at=at)).filter(still_open):
        breaches.setdefault(breach.monitor.system_id, []).append(breach)
    found: dict[str, list[ImplementationFact]] = {}
    for row in controls.visible_implementations(by, at=at):
        fact = _implementation(row, breaches.get(row.system_id, []))
        found.setdefault(row.control, []).append(fact)
    return Facts(
        implementations={control: tuple(facts) for control, facts in found.items()},
        decisions=_decisions(controls.visible_decisions(by, at=at)),
    )


def _decisions(rows: Iterable[Applicability]) -> dict[str, ApplicabilityFact]:
    """Return one decision per requirement where units have decided each for itself.

    What applies in one of them applies; of equal decisions, that of the widest unit is told.
    """
    told = sorted(rows, key=lambda row: (row.applicable, -len(row.unit.path), row.decided_at))
    return {row.requirement: _decision(row) for row in told}


def _decision(row: Applicability) -> ApplicabilityFact:
    return ApplicabilityFact(
        row.applicable, row.reason, row.decided_at.date(), record=row.ledger_subject
    )


def _implementation(row: Implementation, breaches: Iterable[Breach]) -> ImplementationFact:
    control = catalog().control_by_id.get(row.control)
    needs = tuple(need.kind for need in control.evidence) if control else ()
    return ImplementationFact(
        control=row.control,
        scope=row.system.name if row.system else row.unit.name,
        record=row.ledger_subject,
        owner=row.owner.name if row.owner else "",
        needs=needs,
        started_on=row.started_at.date(),
        approved_on=row.approved_at.date() if row.approved_at else None,
        review_due=row.review_due_date,
        claims=tuple(_claim(claim) for claim in row.claims.all()),
        matters=tuple(_matter(breach) for breach in breaches if _concerns(breach, needs)),
    )


def _concerns(breach: Breach, needs: Iterable[str]) -> bool:
    """Return whether a breach is a matter of a control: it asks for reports of such monitors."""
    fairness = breach.monitor.metric.startswith("fairness.")
    return ("fairness-report" if fairness else "monitoring-report") in needs


def _claim(row: EvidenceClaim) -> ClaimFact:
    return ClaimFact(
        need=row.need,
        period_from=row.evidence.period_from,
        period_to=row.evidence.period_to,
        valid_until=row.evidence.valid_until,
        claimed_on=row.claimed_at.date(),
        accepted_on=row.accepted_at.date() if row.accepted_at else None,
        record=row.ledger_subject,
    )


def _matter(breach: Breach) -> MatterFact:
    return MatterFact(
        title=_("%(monitor)s of %(system)s is in breach")
        % {"monitor": breach.monitor.name, "system": breach.monitor.system.name},
        opened_on=breach.opened_at.date(),
        closed_on=breach.closed_at.date() if breach.closed_at else None,
        record=breach.ledger_subject,
    )
