"""Send the decisions of an AI system to Twofold, and ask what came of them.

The package talks to the server over HTTP and knows nothing else of it; it needs `httpx` and the
standard library. A token comes from an administrator of the server.

    from datetime import UTC, date, datetime
    from twofold_sdk import Client, Event, Field

    with Client("https://twofold.example.org", token) as client:
        loans = client.register_system(
            "loans",
            name="Loan approval",
            owner="owner@example.org",
            unit="Lending",
            purpose="Decides on applications for consumer loans.",
            role="deployer",
            stage="operation",
            risk_tier="high",
        )
        loans = loans.declare_schema(
            "2026-03",
            [
                Field("income", "number", "feature"),
                Field("age_band", "category", "protected"),
                Field("score", "number", "score"),
                Field("approved", "boolean", "prediction"),
                Field("repaid", "boolean", "label"),
            ],
        )
        loans.send_reference(Event(row.values, at=row.decided_at) for row in training_data)
        loans.set_up_monitor(
            "Drift of income",
            metric="drift.psi",
            field="income",
            window_days=7,
            direction="above",
            warn=0.1,
            breach=0.25,
        )

In the service that decides, one line per decision. It returns at once: a thread sends the events
in batches, and leaving the `with` block (or `loans.flush()`) waits until all are acknowledged.

    with Client("https://twofold.example.org", token) as client:
        loans = client.system("loans", version="2026-03")
        for application in applications:
            approved, score = decide(application)
            loans.log({"income": application.income, "age_band": application.age_band,
                       "score": score, "approved": approved})

What one can rely on:

- **Nothing is lost silently.** A logged event stays in the buffer until the server says that it is
  durable. `flush` and `close` raise `DeliveryError` when they cannot bring that about; the buffer
  is bounded, and `log` raises `BufferFull` after waiting for room. `take_undelivered` gives out
  what is left. A program that just ends delivers at exit; one that is killed loses its buffer.
- **Trying again is safe.** An event gets its id when it is made and keeps it, so an event that
  arrives twice counts once. Requests are tried again, with growing pauses, when the server cannot
  be reached, is busy (429, 503) or a proxy says that it is away (502, 504), and never after another
  refusal. What would count twice if done twice (`register_system`, `set_up_monitor`,
  `add_evidence`, `add_version`, `link_evidence`, `answer_request`, `acknowledge`) is tried again
  only when it surely was not carried out.
- **Refusals say why.** `ApiError` carries the status, the server's sentence, and for each fault the
  field and the reason. What the SDK can see itself (an infinite number, a time without a zone, a
  list for a value) raises `EventError` before anything is sent. Not-a-number is sent as missing.
"""

from twofold_sdk.answers import (
    Alert,
    Evidence,
    EvidenceRequest,
    Framework,
    Monitor,
    Posture,
    Receipt,
)
from twofold_sdk.buffer import Buffering
from twofold_sdk.client import Client
from twofold_sdk.connection import Retry
from twofold_sdk.errors import (
    ApiError,
    BufferFull,
    DeliveryError,
    EventError,
    FieldError,
    TwofoldError,
    Unreachable,
)
from twofold_sdk.events import Event, Field
from twofold_sdk.system import System

__all__ = [
    "Alert",
    "ApiError",
    "BufferFull",
    "Buffering",
    "Client",
    "DeliveryError",
    "Event",
    "EventError",
    "Evidence",
    "EvidenceRequest",
    "Field",
    "FieldError",
    "Framework",
    "Monitor",
    "Posture",
    "Receipt",
    "Retry",
    "System",
    "TwofoldError",
    "Unreachable",
]
