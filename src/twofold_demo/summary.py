"""The closing words: how things stand, who can sign in, and what to look at first."""

from collections.abc import Callable

from twofold.controls.queries import library
from twofold.domain.readiness import Cause, Status
from twofold.monitoring.models import Breach
from twofold.people.access import part_of_product
from twofold.reporting.posture import Posture, RequirementState, posture
from twofold_demo.cast import CAST
from twofold_demo.clock import now

Say = Callable[[str], None]


def tell(password: str, say: Say) -> None:
    """Say how things stand, and how to go on."""
    found = posture(part_of_product("demonstration"), at=now())
    say("")
    for framework in found.frameworks:
        counts = ", ".join(
            f"{framework.counts[status]} {status.value.replace('_', ' ')}"
            for status in reversed(Status)
            if framework.counts[status]
        )
        say(f"{framework.framework.short_title}: {counts}.")
    say("")
    say("Start it with `twofold serve` and open http://127.0.0.1:8000. Everybody's password:")
    say(f"  {password}")
    for member in CAST:
        if member.signs_in:
            say(f"  {member.email:<36} {member.role.label}, {member.unit or 'Harbourline'}")
    say("")
    say("Look first at:")
    for line in _first_looks(found):
        say(f"  - {line}")


def _first_looks(found: Posture) -> list[str]:
    lines = [
        f"Alerts: {breach.monitor.name} of {breach.monitor.system.name} is in breach since the "
        f"window of {breach.first_window}."
        for breach in Breach.objects.filter(closed_at=None)
        .select_related("monitor__system")
        .order_by("monitor__system__code", "monitor__name")
    ]
    turned = _turned_by_breach(found)
    if turned:
        names = ", ".join(f"{state.requirement.id}" for state in turned[:6])
        lines.append(f"Requirements: the open breaches hold back {names}.")
    lines.append(
        "Controls: as the approver, accept the newest fairness report and the list of documents."
    )
    lines.append("Requests for evidence: as the owner of the delay forecast, answer the open one.")
    lines.append("Erasures: as the approver, confirm the one that waits, or take it back.")
    lines.append("Integrity: as the auditor, verify the record and export it.")
    return lines


def _turned_by_breach(found: Posture) -> list[RequirementState]:
    """Return requirements of certifiable frameworks against which a breach is open."""
    certifiable = {entry.id for entry in library().frameworks if entry.certifiable}
    return [
        state
        for framework in found.frameworks
        if framework.framework.id in certifiable
        for state in framework.states
        if any(reason.cause is Cause.OPEN_BREACH for reason in state.readiness.reasons)
    ]
