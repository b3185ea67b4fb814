"""What the internal auditor found, what was set by hand, and what was added to the library."""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twofold.controls import actions as controls
from twofold.domain.readiness import Status
from twofold.findings import actions as findings
from twofold.findings.models import Finding, Grade
from twofold_demo.governance import APPROVER
from twofold_demo.stage import Stage

CONTENT = Path(__file__).parent / "content"
AUDITOR = "greta"


def keep_library(stage: Stage, *, at: datetime) -> int:
    """Have the governance lead add the organisation's own controls; return how many."""
    added = controls.add_controls(
        (CONTENT / "library.toml").read_text("utf-8"),
        file_name="library.toml",
        reason="Agencies show our forecast to customers whom we never meet.",
        by=stage.organisation.actor("marta"),
        at=at,
    )
    return len(added)


def audit(stage: Stage, *, at: datetime) -> list[Finding]:
    """Have the auditor raise findings, their owners answer, and the approver close what works."""
    entries = tomllib.loads((CONTENT / "findings.toml").read_text("utf-8"))["finding"]
    return [_finding(entry, stage, at) for entry in entries]


def set_by_hand(stage: Stage, *, at: datetime) -> None:
    """Have a status set by hand that the record cannot show yet, and approved by another person."""
    override = controls.request_override(
        "27001:A.7.4",
        status=Status.PARTIAL,
        reason=(
            "The landlord runs the alarm; its certificate and the log of the last drill were seen "
            "on site. Copies for the record are promised."
        ),
        expires_date=(at + timedelta(days=60)).date(),
        unit=stage.organisation.units[""],
        by=stage.organisation.actor("tomasz"),
        at=at,
    )
    controls.approve_override(override, by=stage.organisation.actor(APPROVER), at=at)


def _finding(entry: dict[str, Any], stage: Stage, at: datetime) -> Finding:
    run = (
        stage.implementations[entry["control"], entry.get("system", "")]
        if "control" in entry
        else None
    )
    found = findings.raise_finding(
        findings.Observed(
            title=entry["title"],
            statement=entry["statement"],
            grade=Grade(entry["grade"]),
            requirement=entry.get("requirement", ""),
            implementation=run,
        ),
        unit=run.unit if run else stage.organisation.units[""],
        by=stage.organisation.actor(AUDITOR),
        at=at,
    )
    if "answer" in entry:
        found = _answer(found, entry["answer"], stage, at)
    if "closed" in entry:
        found = findings.close_finding(
            found,
            effectiveness=entry["closed"]["effectiveness"],
            by=stage.organisation.actor(entry["closed"]["by"]),
            at=at,
        )
    return found


def _answer(found: Finding, entry: dict[str, Any], stage: Stage, at: datetime) -> Finding:
    return findings.answer_finding(
        found,
        findings.Answer(
            cause=entry["cause"],
            action=entry["action"],
            due_date=(at + timedelta(days=entry["days"])).date(),
            owner=stage.organisation.people[entry["owner"]],
        ),
        by=stage.organisation.actor(entry["by"]),
        at=at,
    )
