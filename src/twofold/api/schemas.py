"""Inputs and outputs of the API. Inputs are plain models that refuse what they do not know."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from twofold.inventory.models import RiskTier, Stage, SystemRole


def _without_null(value: str) -> str:
    # PostgreSQL stores no such character, and no text needs it.
    if "\x00" in value:
        raise PydanticCustomError("null_character", "must not hold the null character")
    return value


Text = Annotated[str, AfterValidator(_without_null)]
#: What is searched for.
Search = Annotated[Text, Field(max_length=200)]
#: Where in a list to begin.
Offset = Annotated[int, Field(ge=0, le=1_000_000)]
#: Version of a schema; blank: the newest.
Version = Annotated[Text, Field(max_length=40)]
#: The revision of a record that was read; where it has changed since, the request is refused.
Expected = Annotated[
    int | None, Field(ge=0, description="The `revision` that was read; none: not looked at.")
]


class In(BaseModel):
    """What every input is: no field that is not known, texts without space around them."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SystemIn(In):
    """An AI system to register; owner by e-mail address, unit by name (default: the root)."""

    code: Annotated[Text, Field(max_length=60)]
    name: Annotated[Text, Field(min_length=1, max_length=120)]
    owner: Annotated[Text, Field(max_length=254)]
    unit: Annotated[Text, Field(max_length=120)] = ""
    purpose: Annotated[Text, Field(min_length=1, max_length=2000)]
    role: SystemRole
    stage: Stage
    risk_tier: RiskTier


class SystemOut(BaseModel):
    code: str
    name: str
    owner: str
    unit: str
    purpose: str
    role: str
    stage: str
    risk_tier: str
    registered_at: datetime


class FieldIn(In):
    """One field of the events: its name, type (number, category, boolean) and role."""

    name: Text
    type: Text
    role: Text


class SchemaIn(In):
    version: Annotated[Text, Field(min_length=1, max_length=40)]
    fields: Annotated[list[FieldIn], Field(min_length=1, max_length=200)]


class SchemaOut(BaseModel):
    version: str
    fields: list[dict[str, str]]
    declared_at: datetime


class ReceiptOut(BaseModel):
    """How many events are new and durable, and how many were known already."""

    accepted: int
    duplicates: int


class MonitorIn(In):
    name: Annotated[Text, Field(min_length=1, max_length=120)]
    metric: Annotated[Text, Field(max_length=60)]
    field: Annotated[Text, Field(max_length=60)] = ""
    window_days: Annotated[int, Field(ge=1, le=366)]
    direction: Annotated[Text, Field(pattern="^(above|below)$")]
    warn: Annotated[float, Field(allow_inf_nan=False)] | None = None
    breach: Annotated[float, Field(allow_inf_nan=False)]
    minimum_sample: Annotated[int, Field(ge=30, le=1_000_000_000)] = 30


class MonitorOut(BaseModel):
    id: UUID
    name: str
    metric: str
    field: str
    window_days: int
    direction: str
    warn: float | None
    breach: float
    minimum_sample: int


class MeasurementOut(BaseModel):
    monitor: str
    window_start: date
    window_end: date
    value: float | None
    sample: int
    verdict: str
    reason: str


class AlertOut(BaseModel):
    id: UUID
    system: str
    monitor: str
    severity: str
    raised_at: datetime
    first_window: date
    worst_value: float | None
    open: bool
    acknowledged_at: datetime | None


class AcknowledgeIn(In):
    note: Annotated[Text, Field(min_length=1, max_length=500)]


class ReasonOut(BaseModel):
    cause: str
    about: str
    record: str
    text: str


class RequirementOut(BaseModel):
    """A requirement on a day; `computed` is what the facts say where another status is set."""

    id: str
    framework: str
    title: str
    on: date
    status: str
    computed: str
    overridden: bool
    score: float | None
    reasons: list[ReasonOut]


class FrameworkOut(BaseModel):
    id: str
    title: str
    counts: dict[str, int]
    score: float | None
    scored: int
    total: int
    overridden: int


class PostureOut(BaseModel):
    on: date
    frameworks: list[FrameworkOut]


class EvidenceIn(In):
    """What a file that is added as evidence speaks of."""

    title: Annotated[Text, Field(min_length=1, max_length=200)]
    kind: Annotated[Text, Field(min_length=1, max_length=60)]
    source: Annotated[Text, Field(min_length=1, max_length=200)]
    unit: Annotated[Text, Field(max_length=120)] = ""
    period_from: date
    period_to: date
    valid_until: date


class EvidenceOut(BaseModel):
    id: UUID
    title: str
    kind: str
    version: int
    sha256: str
    size: int
    valid_until: date
    #: Why nobody may open it; blank: it may be opened.
    quarantine: str = ""


class LedgerOut(BaseModel):
    origin: str
    verifier: str
    size: int
    root: str
    checkpoint: str
    waiting: int
