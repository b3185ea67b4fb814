"""An organisation in which something changes again and again, through the product's own actions."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import factories
from factories import Cast, governed, monitored
from twofold.catalog.load import catalog
from twofold.catalog.model import ControlCheck, EvidenceNeed
from twofold.controls import actions as controls
from twofold.controls.actions import Decision, Found
from twofold.controls.models import (
    EvidenceClaim,
    Implementation,
    ImportedFramework,
    LibraryEntry,
    Override,
)
from twofold.controls.queries import checks_of, control_values, library, needs_of
from twofold.domain import checks
from twofold.domain.checks import CheckKind, Outcome, Rule
from twofold.evidence import actions as evidence
from twofold.findings import actions as findings
from twofold.findings.actions import Observed
from twofold.findings.models import Finding, Grade
from twofold.inventory import actions as inventory
from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.people import actions as people
from twofold.people.errors import Refusal
from twofold.people.models import Person, Role

#: Few, so that changes meet: some wholly and some in part, of both standards.
CONTROLS = ("TF-MON-01", "TF-LOG-01", "TF-INC-01", "TF-ACC-01")
OWN = "OWN-BAK-01"
_MADE_AT = {
    Implementation: "started_at",
    EvidenceClaim: "claimed_at",
    Override: "requested_at",
    Finding: "raised_at",
}


class Changing:
    """Makes one change after the other; the same seed makes the same ones.

    Attributes:
        made: how often each kind of change was made; what was refused is not counted.
    """

    def __init__(self, cast: Cast, seed: int, at: datetime) -> None:
        """Begin with two systems; the approver may approve everywhere."""
        self.cast = cast
        self.chance = random.Random(seed)
        self.made: Counter[str] = Counter()
        self.controls = list(CONTROLS)
        people.assign_role(
            cast.approver,
            role=Role.APPROVER,
            unit=cast.root,
            from_date=at.date(),
            by=factories.actor(cast.administrator),
            at=at,
        )
        self.units = [cast.root, cast.unit, cast.elsewhere]
        self.systems = [factories.system(cast, at=at) for _number in range(2)]
        self._watched = factories.schema(self.systems[0], cast, at=at)
        monitored.watch(self.systems[0], cast, at=at)

    def change(self, at: datetime) -> str:
        """Make one change that is not refused; return its kind."""
        while True:
            kind = self.chance.choice(self.kinds)
            try:
                # What could not be refused had nothing to work on.
                if kind(self, at) is not None:
                    self.made[kind.__name__] += 1
                    return kind.__name__
            except Refusal:
                continue

    # Each returns what it changed, or None when there was nothing to change.

    def describe(self, at: datetime) -> Implementation:
        system = self.chance.choice([None, None, *self.systems])
        return controls.implement(
            self.chance.choice([*self.controls, OWN]),
            unit=system.unit if system else self.chance.choice(self.units),
            system=system,
            owner=self.chance.choice([None, self.cast.owner, self.cast.owner]),
            description="As it is done here.",
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def approve(self, at: datetime) -> Implementation | None:
        due = at.date() + timedelta(days=self.chance.choice([1, 3, 300]))
        return self._with(
            Implementation,
            lambda row, by: controls.approve_implementation(row, review_due_date=due, by=by, at=at),
            self.cast.approver,
        )

    def revise(self, at: datetime) -> Implementation | None:
        return self._with(
            Implementation,
            lambda row, by: controls.revise_implementation(
                row, owner=self.cast.owner, description="Otherwise.", by=by, at=at
            ),
        )

    def retire(self, at: datetime) -> Implementation | None:
        return self._with(
            Implementation,
            lambda row, by: factories.retire(row, reason="Moved.", by=by, at=at),
        )

    def require_evidence(self, at: datetime) -> Implementation | None:
        days = self.chance.choice([3, 31, 365])

        def ask(row: Implementation, by: Any) -> Implementation:
            kinds = [*needs_of(row), EvidenceNeed("own-kind", "Of our own", days)]
            chosen = self.chance.sample(kinds, self.chance.randint(1, min(3, len(kinds))))
            return controls.require_evidence(row, chosen, by=by, at=at)

        return self._with(Implementation, ask)

    def set_checks(self, at: datetime) -> Implementation | None:
        rule = Rule(CheckKind.THRESHOLD, "alerts", measure="age_days", at_most=30.5)
        own = ControlCheck("own", "No alert is old", rule)

        def choose(row: Implementation, by: Any) -> Implementation:
            known = [entry for entry in checks_of(row) if entry.id != own.id]
            chosen = self.chance.sample(known, self.chance.randint(0, len(known)))
            return controls.set_checks(row, [*chosen, own], by=by, at=at)

        return self._with(Implementation, choose)

    def check(self, at: datetime) -> list[Any] | None:
        def run(row: Implementation, by: Any) -> list[Any]:
            outcomes = [Outcome.PASS, Outcome.PASS, *Outcome]
            found = [
                Found(row, entry, checks.CheckResult(self.chance.choice(outcomes), 1))
                for entry in checks_of(row)
            ]
            return controls.record_checks(found, by=by, at=at)

        return self._with(Implementation, run)

    def claim(self, at: datetime) -> EvidenceClaim | None:
        def add(row: Implementation, by: Any) -> EvidenceClaim | None:
            needs = needs_of(row)
            if not needs:
                # Its control is no longer in the library.
                return None
            need = self.chance.choice(needs)
            first = at.date() - timedelta(days=self.chance.randint(2, 20))
            last = first + timedelta(days=self.chance.randint(0, 2))
            item = evidence.add_item(
                "Report",
                kind=need.kind,
                unit=self.cast.unit,
                content=factories.content(
                    period_from=first,
                    period_to=last,
                    valid_until=last + timedelta(days=self.chance.choice([2, 9, 400])),
                ),
                by=factories.actor(self.cast.engineer),
                at=at,
            )
            version = item.versions.get()
            return controls.claim(
                row, evidence=version, need=need.kind, statement="It ran.", by=by, at=at
            )

        return self._with(Implementation, add)

    def accept(self, at: datetime) -> EvidenceClaim | None:
        return self._with(
            EvidenceClaim,
            lambda row, by: controls.accept_claim(row, by=by, at=at),
            self.cast.approver,
        )

    def reject(self, at: datetime) -> EvidenceClaim | None:
        return self._with(
            EvidenceClaim,
            lambda row, by: controls.reject_claim(row, reason="Illegible.", by=by, at=at),
            self.cast.approver,
        )

    def withdraw_claim(self, at: datetime) -> EvidenceClaim | None:
        return self._with(
            EvidenceClaim,
            lambda row, by: controls.withdraw_claim(row, reason="Of another year.", by=by, at=at),
        )

    def decide(self, at: datetime) -> list[Any]:
        served = [
            entry
            for control in self.controls
            for entry in catalog().control_by_id[control].credits
            if catalog().requirements[entry.requirement].excludable
        ]
        chosen = dict.fromkeys(self.chance.choice(served).requirement for _number in range(6))
        applicable = self.chance.random() < 0.8
        return controls.decide_applicability(
            [Decision(requirement, applicable, f"Because of {at}.") for requirement in chosen],
            unit=self.chance.choice(self.units),
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def ask_for_status(self, at: datetime) -> Override:
        return controls.request_override(
            self._requirement(),
            status=self.chance.choice(Override.STATUSES),
            reason="An archive shows it.",
            expires_date=at.date() + timedelta(days=self.chance.choice([1, 2, 90])),
            unit=self.chance.choice(self.units),
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def approve_status(self, at: datetime) -> Override | None:
        return self._with(
            Override,
            lambda row, by: controls.approve_override(row, by=by, at=at),
            self.cast.approver,
        )

    def withdraw_status(self, at: datetime) -> Override | None:
        return self._with(Override, lambda row, by: controls.withdraw_override(row, by=by, at=at))

    def find(self, at: datetime) -> Finding | None:
        about = self._one(Implementation.objects.all())
        against_control = about is not None and self.chance.random() < 0.6
        both = self.chance.random() < 0.3
        observed = Observed(
            "It does not hold",
            "Two of eight differ.",
            self.chance.choice(list(Grade)),
            requirement=self._requirement() if both or not against_control else "",
            implementation=about if against_control else None,
        )
        unit = about.unit if against_control and about else self.chance.choice(self.units)
        return findings.raise_finding(
            observed, unit=unit, by=factories.actor(self.cast.auditor), at=at
        )

    def answer(self, at: datetime) -> Finding | None:
        due = at.date() + timedelta(days=self.chance.choice([0, 1, 60]))
        given = findings.Answer("Haste.", "Slow down.", due, self.cast.owner)
        return self._with(
            Finding, lambda row, by: findings.answer_finding(row, given, by=by, at=at)
        )

    def close(self, at: datetime) -> Finding | None:
        return self._with(
            Finding,
            lambda row, by: findings.close_finding(row, effectiveness="Seen.", by=by, at=at),
        )

    def rename_system(self, at: datetime) -> AISystem:
        system = self.chance.choice(self.systems)
        described = inventory.SystemDescription(
            name=f"System of {at}",
            owner=self.cast.owner,
            purpose="Suggests which applications to approve.",
            role=SystemRole.DEPLOYER,
            stage=Stage.OPERATION,
            risk_tier=RiskTier.HIGH,
        )
        return inventory.change(
            system, description=described, by=factories.actor(self.cast.lead), at=at
        )

    def break_or_keep_a_limit(self, at: datetime) -> object:
        """Let a day of decisions come in that breaks the monitor's limit, or brings it back."""
        approved, refused = self.chance.choice([(40, 0), (0, 80)])
        moment = at - timedelta(hours=2)
        monitored.decide(
            self._watched, self.cast, approved=approved, refused=refused, on=moment, at=at
        )
        monitored.evaluate(at=at)
        return self._watched

    def add_own_control(self, at: datetime) -> LibraryEntry:
        return governed.own_control(self.cast, at=at)

    def adapt_control(self, at: datetime) -> LibraryEntry:
        control = library().control_by_id.get(self.chance.choice(self.controls))
        if control is None:
            return self.restore_control(at)
        kept = self.chance.sample(control.credits, max(1, len(control.credits) - 1))
        needs = tuple(
            replace(need, period_days=self.chance.choice([3, 40, 365])) for need in control.evidence
        )
        values = control_values(replace(control, credits=tuple(kept), evidence=needs))
        return controls.adapt_control(
            control.id, values, reason="So we do it.", by=factories.actor(self.cast.lead), at=at
        )

    def retire_control(self, at: datetime) -> LibraryEntry:
        return controls.retire_control(
            self.chance.choice([*self.controls, OWN]),
            reason="Not ours.",
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def restore_control(self, at: datetime) -> LibraryEntry:
        return controls.restore_control(
            self.chance.choice([*self.controls, OWN]),
            reason="Ours again.",
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def import_framework(self, at: datetime) -> object:
        return governed.imported_framework(self.cast, code=f"own{at:%d}", at=at)

    def withdraw_framework(self, at: datetime) -> object:
        followed = ImportedFramework.objects.filter(withdrawn_at=None).order_by("code")
        codes = list(followed.values_list("code", flat=True))
        if not codes:
            return None
        return findings.withdraw_framework(
            self.chance.choice(codes),
            reason="Followed no longer.",
            by=factories.actor(self.cast.lead),
            at=at,
        )

    def add_unit(self, at: datetime) -> object:
        unit = people.add_unit(
            f"Unit {len(self.units)}",
            parent=self.chance.choice(self.units),
            by=factories.actor(self.cast.administrator),
            at=at,
        )
        self.units.append(unit)
        return unit

    def what_readiness_does_not_rest_on(self, at: datetime) -> object:
        governed.gap_answer(self.cast, control=self.chance.choice(self.controls), at=at)
        return governed.statement(self.cast, at=at)

    kinds: Sequence[Callable[["Changing", datetime], object]] = (
        *(describe, approve, approve, claim, claim, accept, accept, check),
        *(describe, approve, decide, decide, find, answer, close, reject, revise, retire),
        *(require_evidence, set_checks, ask_for_status, approve_status, withdraw_status),
        *(rename_system, break_or_keep_a_limit, add_own_control, adapt_control),
        *(retire_control, restore_control, import_framework, add_unit),
        *(withdraw_claim, withdraw_framework),
        what_readiness_does_not_rest_on,
    )

    def _requirement(self) -> str:
        served = library().control_by_id.get(self.chance.choice(self.controls))
        if served is None:
            return governed.LOGGING
        return self.chance.choice(served.credits).requirement

    def _with(
        self, model: Any, act: Callable[[Any, Any], Any], person: Person | None = None
    ) -> Any:
        """Act on any row; None where there is none."""
        row = self._one(model.objects.all())
        return None if row is None else act(row, factories.actor(person or self.cast.lead))

    def _one(self, rows: Any) -> Any:
        # Keys are drawn by chance: only the order of what was made is the same each time.
        found = list(rows.order_by(_MADE_AT[rows.model], "pk"))
        return self.chance.choice(found) if found else None
