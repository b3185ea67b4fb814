"""Governance of Harbourline through the actions: register, applicability, controls, approvals.

What is said is in `content/`; here it is only carried out, each step by the person who may.
"""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twofold.controls import actions as controls
from twofold.controls.models import Answer, Ground, Implementation
from twofold.inventory import actions as inventory
from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold_demo.cast import LENDING, TRAVEL, Organisation

CONTENT = Path(__file__).parent / "content"
APPROVER = "helen"
#: Unit and owner of each system.
PLACES = {"delay-forecast": (TRAVEL, "jonas"), "mortgage-precheck": (LENDING, "amina")}
_DESCRIPTIONS = {
    "delay-forecast": ("Flight delay forecast", RiskTier.LIMITED),
    "mortgage-precheck": ("Mortgage pre-check", RiskTier.HIGH),
}
_DECISIONS = {"marta": "applicability-42001.toml", "tomasz": "applicability-27001.toml"}


def register(code: str, purpose: str, organisation: Organisation, *, at: datetime) -> AISystem:
    """Have the owner of a system enter it in the register."""
    unit, owner = PLACES[code]
    name, tier = _DESCRIPTIONS[code]
    return inventory.register(
        code,
        unit=organisation.units[unit],
        description=inventory.SystemDescription(
            name=name,
            owner=organisation.people[owner],
            purpose=purpose,
            role=SystemRole.PROVIDER_AND_DEPLOYER,
            stage=Stage.OPERATION,
            risk_tier=tier,
        ),
        by=organisation.actor(owner),
        at=at,
    )


def decide_applicability(organisation: Organisation, *, at: datetime) -> int:
    """Have both leads decide on their annex; return how many controls were decided."""
    decided = 0
    for key, name in _DECISIONS.items():
        decisions = [
            controls.Decision(
                requirement,
                entry["applicable"],
                entry["reason"],
                tuple(
                    controls.GivenGround(Ground(ground["kind"]), ground["reference"])
                    for ground in entry.get("grounds", ())
                ),
            )
            for entry in _entries(name, "decision")
            for requirement in entry["requirements"]
        ]
        decided += len(
            controls.decide_applicability(
                decisions, unit=organisation.units[""], by=organisation.actor(key), at=at
            )
        )
    return decided


def implement(
    organisation: Organisation, systems: dict[str, AISystem], *, at: datetime
) -> dict[tuple[str, str], Implementation]:
    """Describe how controls are run and have the approver approve those that are ready.

    Returns:
        The implementations by control and scope: the code of a system, or blank.
    """
    made: dict[tuple[str, str], Implementation] = {}
    for name in ("controls-organisation.toml", "controls-systems.toml"):
        for entry in _entries(name, "implementation"):
            scope = entry.get("system", "")
            made[entry["control"], scope] = _implement(
                entry, organisation, systems.get(scope), at=at
            )
    return made


def take_stock(
    organisation: Organisation, *, at: datetime
) -> dict[tuple[str, str], Implementation]:
    """Have the governance lead answer the gap assessment, and descriptions that are ready approved.

    Returns:
        What is described since, by control and a blank scope; approved where it was ready.
    """
    entries = _entries("gap.toml", "answer")
    given = [
        controls.GivenAnswer(
            entry["control"],
            Answer(entry["answer"]),
            entry.get("note", ""),
            organisation.people[entry["owner"]] if "owner" in entry else None,
        )
        for entry in entries
    ]
    root = organisation.units[""]
    controls.take_stock(given, unit=root, by=organisation.actor("marta"), at=at)
    ready = {entry["control"] for entry in entries if entry.get("approved")}
    described = Implementation.objects.filter(
        unit=root, system=None, control__in={entry["control"] for entry in entries}
    )
    return {
        (row.control, ""): _approve(row, organisation, at=at) if row.control in ready else row
        for row in described
    }


def _implement(
    entry: dict[str, Any], organisation: Organisation, system: AISystem | None, *, at: datetime
) -> Implementation:
    unit = organisation.units[PLACES[system.code][0] if system else ""]
    row = controls.implement(
        entry["control"],
        unit=unit,
        system=system,
        owner=organisation.people[entry["owner"]] if "owner" in entry else None,
        description=entry["description"],
        by=organisation.actor(entry["by"]),
        at=at,
    )
    return _approve(row, organisation, at=at) if entry["approved"] else row


def _approve(row: Implementation, organisation: Organisation, *, at: datetime) -> Implementation:
    """Have the approver agree to a description for a year."""
    return controls.approve_implementation(
        row,
        review_due_date=(at + timedelta(days=365)).date(),
        by=organisation.actor(APPROVER),
        at=at,
    )


def _entries(name: str, table: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = tomllib.loads((CONTENT / name).read_text("utf-8"))[table]
    return entries
