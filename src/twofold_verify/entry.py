"""The ledger entry, version 1: what one leaf of the tree says, and its exact bytes.

The server encodes entries when it records a change; the verifier decodes them again and accepts
nothing that encoding would not have written.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

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
#: Up to the microsecond, without the zone.
_INSTANT_LENGTH = 26
_FIRST = "previous: only the first revision of a subject has none"
_COUNT = "0|[1-9][0-9]{0,14}"
_FILE = rf'{{"sha256":"({_HEX})","size":({_COUNT})}}'
#: What stands before and behind the body of an encoded entry; its subject needs no escapes, its
#: numbers are not huge.
_BEFORE = re.compile(rf'{{"actor":"({_ACTOR.pattern})","blobs":\[((?:{_FILE},?)*)\],"body":')
_BEHIND = re.compile(
    rf',"kind":"({_DOTTED})","previous":(?:null|"({_HEX})"),'
    rf'"recorded_at":"({_INSTANT.pattern})","revision":([1-9][0-9]{{0,14}}),'
    rf'"state":(?:null|"({_HEX})"),"subject":"({_DOTTED}:[!#-\[\]-~]{{1,200}})","v":1}}'
)
_FILES = re.compile(_FILE)
_BODY_ENDS = '},"kind":"'


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
        draft = Draft.of(
            kind=self.kind,
            subject=self.subject,
            actor=self.actor,
            body=self.body,
            state=self.state,
            blobs=self.blobs,
        )
        return draft.encode(self.revision, self.previous, self.recorded_at)


class Draft(NamedTuple):
    """An entry that is checked and written but for its place in the chain of its subject.

    Somebody who waits for the turn to append has this done by then; what is left takes a moment.

    Attributes:
        subject: which record.
        before: the canonical JSON up to the value of `previous`.
        after: the canonical JSON from the key `state` on.
    """

    subject: str
    before: str
    after: str

    @classmethod
    def of(
        cls,
        *,
        kind: str,
        subject: str,
        actor: str,
        body: Mapping[str, Any],
        state: str | None = None,
        blobs: Iterable[Blob] = (),
    ) -> "Draft":
        """Check and write the parts, which are those of `Entry`.

        Raises:
            EntryError: a part does not have its form.
        """
        _require_names(kind, subject, actor)
        _require("state", state)
        files = [{"sha256": blob.sha256, "size": blob.size} for blob in sorted(blobs)]
        if files:
            _require("blobs", files)
        try:
            written = canonical.text(dict(body), place="$.body", depth=canonical.MAX_DEPTH - 1)
            named = canonical.text(files, place="$.blobs") if files else "[]"
        except canonical.CanonicalError as refusal:
            raise EntryError(str(refusal)) from refusal
        return cls(
            subject,
            f'{{"actor":"{actor}","blobs":{named},"body":{written},"kind":"{kind}","previous":',
            f',"state":{_quoted(state)},"subject":{_written(subject)},"v":{VERSION}}}',
        )

    def encode(self, revision: int, previous: str | None, recorded_at: datetime) -> bytes:
        """Return the leaf's bytes at a place of the chain, as `Entry.encode` does.

        Raises:
            EntryError: a part does not have its form, or the whole is longer than 65,535 bytes.
        """
        if recorded_at.tzinfo is None:
            raise EntryError("recorded_at: a time without zone")
        if previous is not None or type(revision) is not int or revision != 1:
            _require("revision", revision)
            _require("previous", previous)
        if (revision == 1) != (previous is None):
            raise EntryError(_FIRST)
        if revision >= canonical.INTEGER_LIMIT:
            raise EntryError("$.revision: integer of 2^53 or more in magnitude")
        instant = recorded_at.astimezone(UTC).isoformat(timespec="microseconds")[:_INSTANT_LENGTH]
        data = (
            f'{self.before}{_quoted(previous)},"recorded_at":"{instant}Z","revision":{revision}'
            f"{self.after}"
        ).encode()
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
        text = data.decode()
        # In the plain form no quote stands in what follows the body.
        end = text.rfind(_BODY_ENDS) + 1
        before, behind = _BEFORE.match(text), _BEHIND.fullmatch(text, end)
        if before is None or behind is None:
            return None
        kind, previous, instant, revision, state, subject = behind.groups()
        recorded_at = datetime.fromisoformat(instant)
        body = _body(text[before.end() : end])
        actor, files = before.group(1, 2)
        blobs = _blobs(files) if files else ()
    except ValueError:
        return None
    if (revision == "1") != (previous is None):
        return None
    # What a frozen dataclass does to set its attributes would cost a fifth of all this.
    entry = Entry.__new__(Entry)
    entry.__dict__.update(
        kind=kind,
        subject=subject,
        revision=int(revision),
        previous=previous,
        actor=actor,
        recorded_at=recorded_at,
        body=body,
        state=state,
        blobs=blobs,
    )
    return entry


def _body(text: str) -> Mapping[str, Any]:
    """Return the body whose text this is; raise `ValueError` when that takes a closer look."""
    if text == "{}":
        return {}
    # Within the entry the body has one level less than the deepest value.
    if text[:1] != "{" or text.count("{") + text.count("[") >= canonical.MAX_DEPTH:
        raise ValueError(text)
    value: Mapping[str, Any] = canonical.decode_text(text)
    return value


def _blobs(text: str) -> tuple[Blob, ...]:
    """Return the stored files of a list's text; raise `ValueError` unless canonical and sorted."""
    found = tuple(Blob(sha256, int(size)) for sha256, size in _FILES.findall(text))
    written = ",".join(f'{{"sha256":"{blob.sha256}","size":{blob.size}}}' for blob in found)
    if written != text or any(left.sha256 >= right.sha256 for left, right in pairwise(found)):
        raise ValueError(text)
    return found


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
    for key in _FORMS:
        _require(key, value[key])
    if (value["revision"] == 1) != (value["previous"] is None):
        raise EntryError(_FIRST)


def _require(key: str, value: object) -> None:
    if not _FORMS[key](value):
        raise EntryError(f"{key}: not of the form that version 1 prescribes")


def _written(subject: str) -> str:
    """Return a subject, which is ASCII, as JSON."""
    return canonical.text(subject) if '"' in subject or "\\" in subject else f'"{subject}"'


def _require_names(kind: object, subject: object, actor: object) -> None:
    """Require all three; what is right, as nearly always, is not asked for one by one."""
    try:
        right = _KIND.fullmatch(kind) and _SUBJECT.fullmatch(subject) and _ACTOR.fullmatch(actor)  # type: ignore[call-overload]
    except TypeError:
        right = None
    if not right:
        _require("kind", kind)
        _require("subject", subject)
        _require("actor", actor)


def _quoted(hex_hash: str | None) -> str:
    return "null" if hex_hash is None else f'"{hex_hash}"'


def _matches(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    matched = pattern.fullmatch
    return lambda value: isinstance(value, str) and matched(value) is not None


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
