"""The ledger over the API: who vouches, proofs, and the log as witnesses and monitors read it."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import BaseModel, Field

from twofold.api.authentication import unrestricted_reader
from twofold.api.schemas import In, Offset, Text
from twofold.ledger.growth import growth, hold
from twofold.ledger.outsiders import stamp_files, stamps, statement_at
from twofold.ledger.served import (
    ENTRIES,
    entries_at,
    entries_of,
    leaf_at,
    lines,
    newest_note,
    tile_at,
)
from twofold.ledger.vouching_queries import Trouble
from twofold.people.access import Permission, require_anywhere
from twofold.reporting.alarms import Alarm, ledger_alarms
from twofold.reporting.outside import (
    AuthorityView,
    KeyView,
    OutsideView,
    State,
    WitnessView,
    outside,
)
from twofold.reporting.proving import held_text, proven, told

router = Router(tags=["ledger"])
ROWS = 100
OCTETS = "application/octet-stream"
TEXT = "text/plain; charset=utf-8"
Index = Annotated[int, Field(ge=0, lt=2**63)]
_Binary = {"type": "string", "format": "binary"}


def _described(media_type: str) -> dict[str, Any]:
    """Return the description of an answer that is not JSON of ours."""
    schema = {"type": "string"} if media_type.startswith("text/") else _Binary
    content = {media_type: {"schema": schema}}
    return {"responses": {200: {"description": "The file.", "content": content}}}


class TroubleOut(BaseModel):
    """Why somebody who was asked did not vouch the last time, and how often in a row."""

    message: str
    asked_at: datetime
    failures: int


class AuthorityOut(BaseModel):
    """The time stamp authority that is asked; size none: it has not stamped yet."""

    name: str
    url: str
    state: State
    size: int | None
    stamped_at: datetime | None
    behind: int
    trouble: TroubleOut | None


class WitnessOut(BaseModel):
    """A witness; size none: it has not cosigned yet."""

    name: str
    key: str
    state: State
    size: int | None
    cosigned_at: datetime | None
    behind: int
    trouble: TroubleOut | None


class KeyOut(BaseModel):
    """A key of the log and the first size of a checkpoint that it signs; by: who rotated."""

    key: str
    from_size: int
    since: datetime | None
    by: str


class AlarmOut(BaseModel):
    code: str
    severity: str
    sentence: str


class VouchingOut(BaseModel):
    """How far others vouch: `beyond` entries, since a time, rest on our own key alone."""

    size: int
    waiting: int
    waiting_since: datetime | None
    vouched_size: int
    beyond: int
    exposed_since: datetime | None
    title: str
    sentences: list[str]
    vouchers: list[str]
    advice: str
    authority: AuthorityOut | None
    witnesses: list[WitnessOut]
    quorum: str
    keys: list[KeyOut]
    alarms: list[AlarmOut]


class EntryOut(BaseModel):
    """An entry without its content; index none: it waits for a checkpoint."""

    index: int | None
    subject: str
    revision: int
    kind: str
    recorded_at: datetime
    leaf_hash: str


class StampOut(BaseModel):
    id: int
    authority: str
    size: int
    stamped_at: datetime


class ConsistencyOut(BaseModel):
    """That the log of one size begins that of another; roots in hex, hashes in base64."""

    old: int
    new: int
    old_root: str
    new_root: str
    proof: list[str]


class KeptIn(In):
    """A checkpoint that was kept, as it was downloaded."""

    checkpoint: Annotated[Text, Field(min_length=1, max_length=65_536)]


class HeldOut(BaseModel):
    """What a kept checkpoint says: same, continued, beyond or contradicted."""

    verdict: str
    consistent: bool
    kept_size: int
    size: int
    sentence: str


@router.get("/vouching", response=VouchingOut)
def get_vouching(request: HttpRequest) -> VouchingOut:
    at = _now()
    unrestricted_reader(request, at=at)
    with told():
        found = outside(at=at)
    return _vouching(found, ledger_alarms(at=at))


@router.get("/checkpoint", openapi_extra=_described("text/plain"))
def get_checkpoint(request: HttpRequest) -> HttpResponse:
    unrestricted_reader(request, at=_now())
    with told():
        return HttpResponse(newest_note(), content_type=TEXT)


@router.get("/tile/{path:place}", openapi_extra=_described(OCTETS))
def get_tile(request: HttpRequest, place: str) -> HttpResponse:
    """Return a tile or a bundle of entries in the layout of C2SP tlog-tiles.

    Bundles hold the content of entries: they take the permission to export the record.
    """
    at = _now()
    by = unrestricted_reader(request, at=at)
    if place.startswith(f"{ENTRIES}/"):
        require_anywhere(by, Permission.EXPORT_RECORD, at=at)
    with told():
        found = entries_at(place) if place.startswith(f"{ENTRIES}/") else tile_at(place)
    return HttpResponse(found, content_type=OCTETS)


@router.get("/entries", response=list[EntryOut])
def list_entries(
    request: HttpRequest,
    subject: Annotated[Text, Field(min_length=1, max_length=120)],
    offset: Offset = 0,
) -> list[EntryOut]:
    """Return the entries of a record by its ledger name, or the one at an index, newest first."""
    unrestricted_reader(request, at=_now())
    return [
        EntryOut(
            index=line.index,
            subject=line.entry.subject,
            revision=line.entry.revision,
            kind=line.entry.kind,
            recorded_at=line.entry.recorded_at,
            leaf_hash=line.leaf_hash,
        )
        for line in lines(entries_of(subject)[offset : offset + ROWS])
    ]


@router.get("/entries/{index}", openapi_extra=_described("application/json"))
def get_entry(request: HttpRequest, index: Index) -> HttpResponse:
    """Return the bytes of an entry; takes the permission to export the record."""
    at = _now()
    require_anywhere(unrestricted_reader(request, at=at), Permission.EXPORT_RECORD, at=at)
    with told():
        return HttpResponse(leaf_at(index), content_type="application/json")


@router.get("/entries/{index}/proof", openapi_extra=_described("text/plain"))
def get_proof(request: HttpRequest, index: Index) -> HttpResponse:
    """Return the proof that an entry is in the log, in the form of C2SP tlog-proof."""
    unrestricted_reader(request, at=_now())
    return HttpResponse(proven(index).text, content_type=TEXT)


@router.get("/consistency", response=ConsistencyOut)
def get_consistency(
    request: HttpRequest, old: Index, new: Annotated[int | None, Query(ge=0, lt=2**63)] = None
) -> ConsistencyOut:
    """Return the proof that the log only grew between two sizes; without `new`, until now."""
    unrestricted_reader(request, at=_now())
    with told():
        found = growth(old, new)
    return ConsistencyOut(
        old=found.old,
        new=found.new,
        old_root=found.old_root.hex(),
        new_root=found.new_root.hex(),
        proof=[base64.b64encode(hash_).decode() for hash_ in found.hashes],
    )


@router.post("/kept", response=HeldOut)
def hold_kept(request: HttpRequest, given: KeptIn) -> HeldOut:
    """Hold a kept checkpoint against the log; nothing is stored."""
    unrestricted_reader(request, at=_now())
    with told():
        held = hold(given.checkpoint)
    return HeldOut(
        verdict=held.verdict.value,
        consistent=held.sound,
        kept_size=held.kept.size,
        size=held.size,
        sentence=held_text(held),
    )


@router.get("/stamps", response=list[StampOut])
def list_stamps(request: HttpRequest, offset: Offset = 0) -> list[StampOut]:
    unrestricted_reader(request, at=_now())
    return [
        StampOut(
            id=row.pk,
            authority=row.authority,
            size=row.checkpoint.size,
            stamped_at=row.stamped_at,
        )
        for row in stamps()[offset : offset + ROWS]
    ]


@router.get("/stamps/{stamp_id}", openapi_extra=_described("application/timestamp-reply"))
def get_stamp(request: HttpRequest, stamp_id: Index) -> HttpResponse:
    unrestricted_reader(request, at=_now())
    with told():
        token = stamp_files(stamp_id).token
    return HttpResponse(token, content_type="application/timestamp-reply")


@router.get("/rotations/{size}", openapi_extra=_described("text/plain"))
def get_rotation(request: HttpRequest, size: Index) -> HttpResponse:
    """Return the statement, signed by the old and the new key, of who signs from a size on."""
    unrestricted_reader(request, at=_now())
    with told():
        return HttpResponse(statement_at(size), content_type=TEXT)


def _vouching(found: OutsideView, alarms: list[Alarm]) -> VouchingOut:
    return VouchingOut(
        size=found.position.size,
        waiting=found.waiting.count,
        waiting_since=found.waiting.since,
        vouched_size=found.exposure.vouched_size,
        beyond=found.exposure.beyond,
        exposed_since=found.exposure.since,
        title=found.told.title,
        sentences=list(found.told.sentences),
        vouchers=list(found.told.vouchers),
        advice=found.told.advice,
        authority=_authority(found.authority) if found.authority else None,
        witnesses=[_witness(view) for view in found.witnesses],
        quorum=found.quorum,
        keys=[_key(view) for view in found.keys],
        alarms=[
            AlarmOut(code=it.code.value, severity=it.severity.value, sentence=it.sentence)
            for it in alarms
        ],
    )


def _authority(view: AuthorityView) -> AuthorityOut:
    return AuthorityOut(
        name=view.name,
        url=view.url,
        state=view.state,
        size=view.size,
        stamped_at=view.at,
        behind=view.behind,
        trouble=_trouble(view.trouble),
    )


def _witness(view: WitnessView) -> WitnessOut:
    return WitnessOut(
        name=view.line.name,
        key=view.line.key,
        state=view.state,
        size=view.line.size,
        cosigned_at=view.line.at,
        behind=view.behind,
        trouble=_trouble(view.line.trouble),
    )


def _key(view: KeyView) -> KeyOut:
    return KeyOut(
        key=view.line.key, from_size=view.line.from_size, since=view.line.since, by=view.by
    )


def _trouble(found: Trouble | None) -> TroubleOut | None:
    if found is None:
        return None
    return TroubleOut(message=found.message, asked_at=found.asked_at, failures=found.failures)


def _now() -> datetime:
    return datetime.now(UTC)
