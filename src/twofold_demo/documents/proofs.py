"""Documents that prove something of the record: its integrity, a replay, an answered alert."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
from django.conf import settings

from twofold.inventory.models import AISystem
from twofold.monitoring.models import Alert
from twofold.reporting.integrity import verify_record
from twofold.telemetry.models import SealedFile
from twofold_demo.case import Case
from twofold_demo.documents.document import Document, structured
from twofold_verify.telling import Told, as_json

_SAMPLE = 200
_SAME = 1e-9


def integrity_check(case: Case, system: AISystem, on: date) -> Document:
    """Return the verification of the whole record, with the sealed files of the system."""
    return structured(
        f"log-integrity-check-{case.code}-{on}.json",
        {
            "document": "Verification of the record",
            "system": system.code,
            "sealed_files": SealedFile.objects.filter(schema__system=system).count(),
            "report": as_json(Told(verify_record())),
        },
        "Twofold's verifier",
        (case.first_day, on),
    )


def replay_test(case: Case, system: AISystem, on: date) -> Document:
    """Return a replay: features are read from a sealed file alone, and the model scores them."""
    del on
    sealed = (
        SealedFile.objects.filter(schema__system=system, day__lte=case.last_day)
        .order_by("-events", "day")
        .first()
    )
    if sealed is None:
        raise LookupError(f"Nothing is sealed of {case.code}.")
    rows = pq.read_table(Path(settings.TELEMETRY) / sealed.path).to_pylist()[:_SAMPLE]
    logged = [{name.removeprefix("value_"): value for name, value in row.items()} for row in rows]
    differences = [
        abs(score - row["score"]) for score, row in zip(case.rescore(logged), logged, strict=True)
    ]
    decided = [(row["score"] >= case.validation.threshold) == row["prediction"] for row in logged]
    return structured(
        f"decision-replay-{case.code}-{sealed.day}.json",
        {
            "document": "Replay of decisions from the log alone",
            "system": system.code,
            "model_version": case.version,
            "sealed_file": {"day": str(sealed.day), "sha256": sealed.sha256},
            "events_replayed": len(logged),
            "scores_reproduced": sum(difference <= _SAME for difference in differences),
            "decisions_reproduced": sum(decided),
            "largest_difference": max(differences),
        },
        "Model run on features of the sealed log",
        (sealed.day, sealed.day),
    )


def drift_response(case: Case, system: AISystem, on: date) -> Document:
    """Return the alerts on drift with what was found, or that nobody has answered yet."""
    alerts = (
        Alert.objects.filter(
            breach__monitor__system=system, breach__monitor__metric__startswith="drift."
        )
        .select_related("breach__monitor", "acknowledged_by")
        .order_by("raised_at")
    )
    return structured(
        f"drift-response-{case.code}-{on}.json",
        {
            "document": "Answers to drift alerts",
            "system": system.code,
            "alerts": [
                {
                    "monitor": row.breach.monitor.name,
                    "record": row.ledger_subject,
                    "first_window": str(row.breach.first_window),
                    "last_window": str(row.breach.last_window),
                    "closed": row.breach.closed_at is not None,
                    "answered_by": row.acknowledged_by.name if row.acknowledged_by else None,
                    "found": row.note or None,
                }
                for row in alerts
            ],
        },
        "Alerts on record",
        (case.first_day, on),
    )
