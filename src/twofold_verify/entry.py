"""The ledger entry, version 1: what one leaf of the tree says, and its exact bytes.

The server encodes entries when it records a change; the verifier decodes them again and accepts
nothing that encoding would not have written.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from twofold_verify import canonical
from twofold_verify.errors import VerificationError
from twofold_verify.tiles import MAX_ENTRY_BYTES

VERSION = 1
_HEX = "[0-9a-f]{64}"
_SHA256 = re.compile(_HEX)
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_DOTTED = r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+"
_KIND = re.compile(_DOTTED)
_SUBJECT = re.compile(rf"{_DOTTED}:[!-~]{{1,200}}")
_ACTOR = re.compile(rf"(?:person|token):{_UUID}|system:[a-z][a-z0-9_.-]*")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
#: An encoded entry without stored files; its subject needs no escapes, its revision is not huge.
_PLAIN = re.compile(
    rf'{{"actor":"({_ACTOR.pattern})","blobs":\[\],"body":({{.*}}),"kind":"({_DOTTED})",'
    rf'"previous":(?:null|"({_HEX})"),"recorded_at":"({_INSTANT.pattern})",'
    rf'"revision":([1-9][0-9]{{0,14}}),"state":(?:null|"({_HEX})"),'
    rf'"subject":"({_DOTTED}:[!#-\[\]-~]{{1,200}})","v":1}}'
)


class EntryError(VerificationError):
    """An entry cannot be written, or bytes are not an entry; the message names the part."""

    code = "entry"


@dataclass(frozen=True, order=True)
class Blob:
    """A stored file that an entry commits to: its hex SHA-256 and its size in bytes."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Entry:
    """One change of one record.

    Attributes:
        kind: what happened, dotted: `inventory.aisystem.registered`.
        subject: which record: `inventory.aisystem:<id>`.
        revision: 1 for the subject's first entry, then one more each time.
        previous: hex leaf hash of the subject's previous entry; None in revision 1.
        actor: `person:<uuid>`, `token:<uuid>` or `system:<name>`.
        recorded_at: aware; kept in UTC to the microsecond.
        body: facts of the change.
        state: hex SHA-256 of the record's state text after the change; None when no row stands.
        blobs: stored files that the entry commits to; written in order of their hash.
    """

    kind: str
    subject: str
    revision: int
    previous: str | None
    actor: str
    recorded_at: datetime
    body: Mapping[str, Any]
    state: str | None
    blobs: tuple[Blob, ...] = field(default=())

    def encode(self) -> bytes:
        """Return the leaf's bytes, in canonical JSON.

        Raises:
            EntryError: a part does not have its form, or the whole is longer than 65,535 bytes.
        """
        if self.recorded_at.tzinfo is None:
            raise EntryError("recorded_at: a time without zone")
        instant = self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
        value = {
            "v": VERSION,
            "kind": self.kind,
            "subject": self.subject,
            "revision": self.revision,
            "previous": self.previous,
            "actor": self.actor,
            "recorded_at": instant.removesuffix("+00:00") + "Z",
            "body": dict(self.body),
            "state": self.state,
            "blobs": [{"sha256": blob.sha256, "size": blob.size} for blob in sorted(self.blobs)],
        }
        _check(value)
        try:
            data = canonical.encode(value)
        except canonical.CanonicalError as refusal:
            raise EntryError(str(refusal)) from refusal
        if len(data) > MAX_ENTRY_BYTES:
            raise EntryError(f"The entry has {len(data)} bytes; {MAX_ENTRY_BYTES} are the most.")
        return data


def decode(data: bytes) -> Entry:
    """Return the entry that the bytes are the one encoding of.

    Raises:
        EntryError: not canonical, too long, other keys than those of version 1, or a part that does
            not have its form.
    """
    if len(data) > MAX_ENTRY_BYTES:
        raise EntryError(f"The entry has {len(data)} bytes; {MAX_ENTRY_BYTES} are the most.")
    return _quickly(data) or _carefully(data)


def _quickly(data: bytes) -> Entry | None:
    """Return the entry when its bytes have the plain form, else None: then nothing is said of it.

    The form is canonical by itself in all but the body, so only that is left to be decoded. Whole
    logs are read with this; `_carefully` accepts the same bytes and finds the reason of a refusal.
    """
    try:
        plain = _PLAIN.fullmatch(data.decode())
        if plain is None:
            return None
        actor, body, kind, previous, instant, revision, state, subject = plain.groups()
        # Within the entry the body has one level less than the deepest value.
        if body.count("{") + body.count("[") >= canonical.MAX_DEPTH:
            return None
        value = canonical.decode(body.encode())
        recorded_at = datetime.fromisoformat(instant)
    except ValueError:
        return None
    if (revision == "1") != (previous is None):
        return None
    return Entry(kind, subject, int(revision), previous, actor, recorded_at, value, state)


def _carefully(data: bytes) -> Entry:
    try:
        value = canonical.decode(data)
    except canonical.CanonicalError as refusal:
        raise EntryError(str(refusal)) from refusal
    if not isinstance(value, dict) or value.keys() != _FORMS.keys():
        raise EntryError("The entry does not have exactly the keys of version 1.")
    _check(value)
    return Entry(
        kind=value["kind"],
        subject=value["subject"],
        revision=value["revision"],
        previous=value["previous"],
        actor=value["actor"],
        recorded_at=datetime.fromisoformat(value["recorded_at"]),
        body=value["body"],
        state=value["state"],
        blobs=tuple(Blob(blob["sha256"], blob["size"]) for blob in value["blobs"]),
    )


def _check(value: Mapping[str, Any]) -> None:
    for key, holds in _FORMS.items():
        if not holds(value[key]):
            raise EntryError(f"{key}: not of the form that version 1 prescribes")
    if (value["revision"] == 1) != (value["previous"] is None):
        raise EntryError("previous: only the first revision of a subject has none")


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_sha256(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_instant(value: object) -> bool:
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_blobs(value: object) -> bool:
    """Stored files in order of their hash, each once."""
    if not isinstance(value, list):
        return False
    for blob in value:
        if not isinstance(blob, dict) or blob.keys() != {"sha256", "size"}:
            return False
        if not _is_sha256(blob["sha256"]) or not _is_count(blob["size"]):
            return False
    names = [blob["sha256"] for blob in value]
    return all(left < right for left, right in pairwise(names))


#: The keys of version 1, in the order of the specification, and what each must hold.
_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "v": lambda value: _is_count(value) and value == VERSION,
    "kind": _matches(_KIND),
    "subject": _matches(_SUBJECT),
    "revision": lambda value: _is_count(value) and value >= 1,
    "previous": lambda value: value is None or _is_sha256(value),
    "actor": _matches(_ACTOR),
    "recorded_at": _is_instant,
    "body": lambda value: isinstance(value, dict),
    "state": lambda value: value is None or _is_sha256(value),
    "blobs": _is_blobs,
}
