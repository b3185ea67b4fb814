"""The small organisation of the journeys: one AI system in breach, one claim that waits."""

from dataclasses import dataclass
from datetime import timedelta

import factories

from twofold.cli.worker import drain
from twofold.controls.models import EvidenceClaim, Implementation
from twofold.domain import limits
from twofold.evidence.models import EvidenceItem
from twofold.inventory.models import AISystem
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert
from twofold.telemetry import actions as telemetry


@dataclass(frozen=True)
class World:
    """The records that journeys begin with.

    Attributes:
        system: has events, a monitor in breach and a control that asks for its reports.
        silent: has no schema yet.
        claim: made by the owner; the approver may accept it.
    """

    cast: factories.Cast
    system: AISystem
    silent: AISystem
    implementation: Implementation
    item: EvidenceItem
    claim: EvidenceClaim
    alert: Alert


def make() -> World:
    """Make the organisation through the product's own actions, in real time."""
    at = factories.now()
    cast = factories.cast(at)
    system = factories.system(cast, code="loan-decisions", at=at)
    implementation = factories.implementation(cast, of=system, at=at)
    factories.implementation(cast, control="TF-REG-01", approved=False, at=at)
    _watch(system, cast)
    drain()
    item = factories.evidence_item(cast, kind="operating-plan", at=at)
    world = World(
        cast=cast,
        system=system,
        silent=factories.system(cast, code="ticket-triage", at=at),
        implementation=implementation,
        item=item,
        claim=factories.claim(implementation, item, cast, at=at),
        alert=Alert.objects.get(),
    )
    drain()
    return world


def _watch(system: AISystem, cast: factories.Cast) -> None:
    """Have the system decide wrongly all the time under a monitor of its accuracy."""
    at = factories.now()
    by = factories.actor(cast.engineer)
    schema = factories.schema(system, cast, at=at)
    reference = factories.events(90, name="reference", at=at - timedelta(days=60))
    telemetry.add_reference(schema, body=factories.body(reference), by=by, at=at)
    monitoring.set_up(
        system,
        name="Accuracy",
        settings=monitoring.MonitorSettings(
            "performance.accuracy", "", 7, limits.Limit(0.8, 0.7, limits.Direction.BELOW)
        ),
        by=by,
        at=at,
    )
    monitoring.set_up(
        system,
        name="Parity by sex",
        settings=monitoring.MonitorSettings(
            "fairness.demographic_parity_ratio",
            "sex",
            28,
            limits.Limit(None, 0.2, limits.Direction.BELOW),
        ),
        by=by,
        at=at,
    )
    wrong = factories.events(60, name="wrong", at=at, approved=True, repaid=False)
    fair = factories.events(60, name="fair", at=at - timedelta(days=14), approved=True, repaid=True)
    for batch in (fair, wrong):
        telemetry.accept_events(schema, body=factories.body(batch), by=by, at=at)
