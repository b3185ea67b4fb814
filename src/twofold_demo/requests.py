"""Requests for evidence: asked by people, one of them answered by a program through the SDK."""

import tomllib
from datetime import datetime, timedelta
from typing import Any

from twofold.evidence import requests
from twofold.evidence.models import EvidenceRequest
from twofold_demo import cast
from twofold_demo.case import Case
from twofold_demo.documents.events import reliability
from twofold_demo.governance import CONTENT, PLACES
from twofold_demo.stage import Stage
from twofold_sdk import Client

_VALID_DAYS = 92


def ask_all(stage: Stage, *, at: datetime) -> int:
    """Have people ask for evidence, and one of them take a request back; return how many."""
    entries = tomllib.loads((CONTENT / "requests.toml").read_text("utf-8"))["request"]
    for entry in entries:
        _ask(stage, entry, at=at)
    return len(entries)


def answer_by_program(stage: Stage, code: str, url: str, *, at: datetime) -> int:
    """Have the training pipeline answer what its engineer owes; return how many were answered."""
    system, case = stage.systems[code], stage.case(code)
    with Client(url, cast.issue_evidence_token(stage.organisation, at=at)) as client:
        owed = [
            row
            for row in client.evidence_requests()
            if row.state == "open" and row.about == system.ledger_subject
        ]
        for row in owed:
            key = _upload(client, case, unit=PLACES[code][0], kind=row.kind)
            client.answer_request(row.id, key)
            client.link_evidence(key, row.about, purpose="How its scores turned out in production.")
    return len(owed)


def _ask(stage: Stage, entry: dict[str, Any], *, at: datetime) -> EvidenceRequest:
    by = stage.organisation.actor(entry["by"])
    made = requests.ask(
        stage.organisation.units[PLACES[entry["system"]][0]],
        requests.Asked(
            title=entry["title"],
            details=entry["details"],
            kind=entry["kind"],
            about=stage.systems[entry["system"]].ledger_subject,
            owner=stage.organisation.people[entry["owner"]],
            due_date=(at + timedelta(days=entry["days"])).date(),
        ),
        by=by,
        at=at,
    )
    if "withdrawal" in entry:
        made = requests.withdraw(made, reason=entry["withdrawal"], by=by, at=at)
    return made


def _upload(client: Client, case: Case, *, unit: str, kind: str) -> str:
    document = reliability(case)
    added = client.add_evidence(
        document.octets,
        file_name=document.file_name,
        title="Reliability of the forecast by tenth of the score",
        kind=kind,
        period_from=document.period_from,
        period_to=document.period_to,
        valid_until=document.period_to + timedelta(days=_VALID_DAYS),
        source=document.source,
        unit=unit,
    )
    return added.id
