import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold_verify import canonical
from twofold_verify.entry import Blob, Entry, EntryError, _carefully, decode
from twofold_verify.tiles import MAX_ENTRY_BYTES

ENTRY = Entry(
    kind="inventory.aisystem.registered",
    subject="inventory.aisystem:7f0c1d9e-0000-4000-8000-000000000007",
    revision=2,
    previous="ab" * 32,
    actor="person:7f0c1d9e-0000-4000-8000-000000000001",
    recorded_at=datetime(2026, 11, 24, 3, 10, 0, 123456, tzinfo=UTC),
    body={"reason": "Prüfung", "fields": ["name", "owner"]},
    state="cd" * 32,
    blobs=(Blob("00" * 32, 0), Blob("ef" * 32, 1 << 40)),
)
HEX = st.binary(min_size=32, max_size=32).map(bytes.hex)
INSTANTS = st.datetimes(timezones=st.just(UTC))
ACTORS = [ENTRY.actor, ENTRY.actor.replace("person", "token"), "system:monitoring"]


@st.composite
def entries(draw):
    revision = draw(st.integers(1, 2**53 - 1))
    blobs = draw(st.dictionaries(HEX, st.integers(0, 2**53 - 1), max_size=3))
    return Entry(
        kind=draw(st.sampled_from(["a.b", "inventory.aisystem.registered", "a_1.b2.c"])),
        subject=f"a.b:{draw(st.integers(0, 10**9))}",
        revision=revision,
        previous=None if revision == 1 else draw(HEX),
        actor=draw(st.sampled_from(ACTORS)),
        recorded_at=draw(INSTANTS),
        body=draw(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9) | st.none())),
        state=draw(st.none() | HEX),
        blobs=tuple(sorted(Blob(name, size) for name, size in blobs.items())),
    )


@given(entries())
def test_every_entry_comes_back_from_its_bytes(entry):
    assert decode(entry.encode()) == entry


def spelled_out(entry):
    """Encode an entry by way of the canonical form of the whole, as the format describes it."""
    blobs = [{"sha256": blob.sha256, "size": blob.size} for blob in sorted(entry.blobs)]
    instant = entry.recorded_at.astimezone(UTC).replace(tzinfo=None)
    whole = {
        **{key: getattr(entry, key) for key in ("kind", "subject", "revision", "previous")},
        **{key: getattr(entry, key) for key in ("actor", "state", "body")},
        "recorded_at": f"{instant.isoformat(timespec='microseconds')}Z",
        "blobs": blobs,
        "v": 1,
    }
    canonical._check(whole, "$", canonical.MAX_DEPTH)  # noqa: SLF001 - looked at from within
    return canonical._ENCODER.encode(whole).encode()  # noqa: SLF001 - looked at from within


BODIES = st.dictionaries(
    st.text(st.characters(max_codepoint=127), max_size=4),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**54), 2**54)
        | st.text(max_size=4)
        | st.floats(0, 1),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=4,
    ),
    max_size=4,
)


@settings(max_examples=400)
@given(entries(), BODIES, st.sampled_from(["a.b:1", 'a.b:"', "a.b:\\", "a.b: "]))
def test_an_entry_is_written_as_its_whole_is_spelled_out(entry, body, subject):
    entry = replace(entry, body=body, subject=subject)
    try:
        expected = spelled_out(entry)
        decode(expected)
    except (canonical.CanonicalError, EntryError):
        with pytest.raises(EntryError):
            entry.encode()
    else:
        assert entry.encode() == expected


@pytest.mark.parametrize(
    "parts",
    [
        {"revision": True, "previous": None},
        {"revision": 1.0, "previous": None},
        {"revision": 2**53},
        {"kind": None},
        {"actor": 7},
        {"subject": b"a.b:1"},
    ],
)
def test_a_part_of_another_type_is_refused(parts):
    with pytest.raises(EntryError, match=next(iter(parts))):
        replace(ENTRY, **parts).encode()


@pytest.mark.parametrize("depth", [61, 62, 63, 64])
def test_a_body_is_as_deep_as_the_whole_allows(depth):
    body = 0
    for _level in range(depth):
        body = [body]
    entry = replace(ENTRY, body={"deep": body})
    if depth > canonical.MAX_DEPTH - 2:
        with pytest.raises(EntryError, match="deeper"):
            entry.encode()
    else:
        assert decode(entry.encode()).body == {"deep": body}


def test_bytes_of_an_entry_are_these():
    # Written out once by hand: a change here is a change of the format, and breaks every old log.
    assert ENTRY.encode().decode() == (
        '{"actor":"person:7f0c1d9e-0000-4000-8000-000000000001",'
        f'"blobs":[{{"sha256":"{"00" * 32}","size":0}},'
        f'{{"sha256":"{"ef" * 32}","size":1099511627776}}],'
        '"body":{"fields":["name","owner"],"reason":"Prüfung"},'
        '"kind":"inventory.aisystem.registered",'
        f'"previous":"{"ab" * 32}",'
        '"recorded_at":"2026-11-24T03:10:00.123456Z",'
        '"revision":2,'
        f'"state":"{"cd" * 32}",'
        '"subject":"inventory.aisystem:7f0c1d9e-0000-4000-8000-000000000007",'
        '"v":1}'
    )


def test_time_is_written_in_utc_with_six_digits():
    local = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))
    data = replace(ENTRY, recorded_at=local).encode()
    assert b'"recorded_at":"2026-07-01T10:00:00.000000Z"' in data
    assert decode(data).recorded_at == local


def test_stored_files_are_written_in_order_of_their_hash():
    shuffled = replace(ENTRY, blobs=ENTRY.blobs[::-1])
    assert shuffled.encode() == ENTRY.encode()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"kind": "registered"}, "kind"),
        ({"kind": "Inventory.x"}, "kind"),
        ({"kind": "a.b\n"}, "kind"),
        ({"subject": "inventory:1"}, "subject"),
        ({"subject": "inventory.aisystem:"}, "subject"),
        ({"subject": "inventory.aisystem:a b"}, "subject"),
        ({"subject": "inventory.aisystem:\u00e9"}, "subject"),
        ({"subject": "inventory.aisystem:" + "9" * 201}, "subject"),
        ({"revision": 0}, "revision"),
        ({"revision": True}, "revision"),
        ({"revision": "2"}, "revision"),
        ({"revision": 1}, "previous"),
        ({"previous": None}, "previous"),
        ({"previous": "AB" * 32}, "previous"),
        ({"previous": "ab" * 31}, "previous"),
        ({"actor": "person:1"}, "actor"),
        ({"actor": "robot:x"}, "actor"),
        ({"actor": "system:"}, "actor"),
        ({"state": "cd"}, "state"),
        ({"state": 5}, "state"),
        ({"blobs": (Blob("ef" * 32, -1),)}, "blobs"),
        ({"blobs": (Blob("xx", 1),)}, "blobs"),
        ({"blobs": (Blob("ef" * 32, 1), Blob("ef" * 32, 1))}, "blobs"),
        ({"body": {"weight": 1.5}}, r"\$\.body\.weight: float"),
        ({"recorded_at": datetime(2026, 1, 1)}, "recorded_at"),  # noqa: DTZ001
    ],
)
def test_entry_with_a_bad_part_is_not_written(change, part):
    with pytest.raises(EntryError, match=part):
        replace(ENTRY, **change).encode()


def test_entry_is_at_most_65535_bytes():
    room = MAX_ENTRY_BYTES - len(replace(ENTRY, body={"text": ""}).encode())
    longest = replace(ENTRY, body={"text": "x" * room})
    assert len(longest.encode()) == MAX_ENTRY_BYTES
    assert decode(longest.encode()) == longest
    with pytest.raises(EntryError, match="65536 bytes"):
        replace(ENTRY, body={"text": "x" * (room + 1)}).encode()


def test_bytes_beyond_the_limit_are_not_read():
    with pytest.raises(EntryError, match="65536 bytes"):
        decode(b" " * 65_536)


def altered(**change: object) -> bytes:
    """The entry's canonical bytes with some keys replaced, or removed where the value is `...`."""
    value = json.loads(ENTRY.encode()) | change
    return canonical.encode({key: part for key, part in value.items() if part is not ...})


def nested(depth: int) -> bytes:
    """The bytes of an entry whose body is so many levels deep, itself counted."""
    body = b'{"a":' * depth + b"1" + b"}" * depth
    return altered(blobs=[], body={}).replace(b'"body":{}', b'"body":' + body)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        ENTRY.encode() + b"\n",
        ENTRY.encode().replace(b'"v":1', b'"v":1.0'),
        altered(v=2),
        altered(v=True),
        altered(v=...),
        altered(body=...),
        altered(more=1),
        altered(body=[]),
        altered(body=None),
        altered(blobs=None),
        altered(blobs=["ef" * 32]),
        altered(blobs=[{"sha256": "ef" * 32}]),
        altered(blobs=[{"sha256": "ef" * 32, "size": 1, "name": "x"}]),
        altered(blobs=[{"sha256": "ef" * 32, "size": "1"}]),
        altered(blobs=[{"sha256": "ef" * 32, "size": 1}, {"sha256": "00" * 32, "size": 1}]),
        altered(recorded_at="2026-11-24T03:10:00Z"),
        altered(recorded_at="2026-11-24T03:10:00.123456+00:00"),
        altered(recorded_at="2026-02-30T03:10:00.123456Z"),
        altered(recorded_at="2026-11-24T24:00:00.123456Z"),
        altered(recorded_at="0000-11-24T23:00:00.123456Z"),
        altered(recorded_at=5),
        altered(kind=5),
        altered(previous=None),
    ],
    ids=lambda data: f"{len(data)}-bytes",
)
def test_bytes_that_writing_would_not_give_are_refused(data):
    with pytest.raises(EntryError):
        decode(data)


PLAIN = replace(ENTRY, body={"a": [1, "b"]}, blobs=())
FILED = replace(PLAIN, blobs=(Blob("ab" * 32, 12), Blob("cd" * 32, 0)))
FILE = '{"sha256":"%s","size":1}'


def filed(*files: str, between: str = ",") -> bytes:
    """The bytes of an entry with this text in place of its stored files."""
    return altered(blobs=[]).replace(b"[]", f"[{between.join(files)}]".encode(), 1)


def accepted(read, data: bytes) -> Entry | None:
    try:
        return read(data)
    except EntryError:
        return None


@settings(max_examples=400)
@given(
    st.sampled_from([ENTRY, PLAIN, replace(PLAIN, revision=1, previous=None, state=None), FILED]),
    st.data(),
)
def test_the_quick_reader_accepts_nothing_that_the_careful_one_refuses(entry, data):
    encoded = bytearray(entry.encode())
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.integers(0, len(encoded) - 1))
        encoded[place] = data.draw(st.sampled_from(b'{}[]",:\\0129afz .-\x00\xc3\xa9'))
    changed = bytes(encoded)
    assert accepted(decode, changed) == accepted(_carefully, changed)


@pytest.mark.parametrize(
    "data",
    [
        altered(blobs=[], body={"x": 1}).replace(b'"x":1', b'"x":1.0'),
        altered(blobs=[]).replace(b'"revision":2', b'"revision":02'),
        altered(blobs=[], revision=1),
        altered(blobs=[], previous=None),
        altered(blobs=[], recorded_at="2026-02-30T03:10:00.123456Z"),
        altered(blobs=[]).replace("ü".encode(), b"\xff"),
        altered(blobs=[]).replace(b'"body":{', b'"body":{"z":1,'),
        # A body that closes early and brings an end of its own.
        altered(blobs=[], body={}).replace(b'"v":1}', b'"v":1},"kind":"a.b","v":1}'),
        altered(blobs=[], subject='inventory.aisystem:"'),
        altered(blobs=[]).replace(b'"body":{', b'"body":[{', 1),
        altered(blobs=[], body=[]),
        filed(FILE % ("aa" * 32), FILE % ("bb" * 32)),
        filed(FILE % ("bb" * 32), FILE % ("aa" * 32)),
        filed(FILE % ("aa" * 32), FILE % ("aa" * 32)),
        filed(FILE % ("aa" * 32), FILE % ("bb" * 32), between=""),
        filed(FILE % ("aa" * 32), ""),
        filed((FILE % ("aa" * 32)).replace("1", "01")),
        filed((FILE % ("aa" * 32)).replace("1", "1" * 17)),
        filed(FILE % ("AA" * 32)),
        nested(64),
        nested(65),
    ],
    ids=lambda data: f"{len(data)}-bytes",
)
def test_both_readers_agree_on_hostile_bytes(data):
    assert accepted(decode, data) == accepted(_carefully, data)


def test_depth_counts_the_entry_around_the_body():
    assert decode(nested(63)).encode() == nested(63)
    with pytest.raises(EntryError, match="nested deeper"):
        decode(nested(64))


@given(st.data())
def test_changed_bytes_are_refused_or_another_entry(data):
    encoded = ENTRY.encode()
    place = data.draw(st.integers(0, len(encoded) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda number: number != encoded[place]))
    changed = encoded[:place] + bytes([byte]) + encoded[place + 1 :]
    try:
        other = decode(changed)
    except EntryError:
        return
    assert other != ENTRY
    assert other.encode() == changed
