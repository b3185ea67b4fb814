import base64
import struct
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_ledger import SIGNER, TRUST

from twofold_verify.cosignature import Cosigner, WitnessKey, cosignatures
from twofold_verify.note import NoteError, Verifier, open_note, sign

WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
OTHER = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(2, 34))))
AT = datetime(2026, 3, 1, 12, 0, 0, 900_000, tzinfo=UTC)
TEXT = "log.example/test\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
NOTE = sign(TEXT, SIGNER)


def test_a_cosignature_is_what_the_specification_says():
    line = WITNESS.cosign(TEXT, at=AT)

    public = WITNESS.private_key.public_key().public_bytes_raw()
    head, name, encoded = line.removesuffix("\n").split(" ")
    data = base64.b64decode(encoded, validate=True)
    assert (head, name) == ("—", "witness.example/w1")
    assert data[:4] == sha256(b"witness.example/w1\n\x04" + public).digest()[:4]
    (seconds,) = struct.unpack(">Q", data[4:12])
    assert seconds == int(AT.timestamp())
    message = f"cosignature/v1\ntime {seconds}\n{TEXT}".encode()
    WITNESS.private_key.public_key().verify(data[12:], message)


def test_a_cosignature_tells_who_and_when():
    line = WITNESS.cosign(TEXT, at=AT.astimezone(timezone(timedelta(hours=5))))

    (found,) = cosignatures(NOTE + line, [WITNESS.key])

    assert (found.witness, found.line) == (WITNESS.key, line)
    assert found.at == AT.replace(microsecond=0)


def test_the_log_and_its_witness_both_open_the_note():
    note = NOTE + WITNESS.cosign(TEXT, at=AT)

    opened = open_note(note, [TRUST, WITNESS.key])

    assert opened.verified == ("log.example/test", "witness.example/w1")


def test_the_newest_of_several_counts():
    late = WITNESS.cosign(TEXT, at=AT + timedelta(hours=1))
    lines = WITNESS.cosign(TEXT, at=AT) + late + WITNESS.cosign(TEXT, at=AT - timedelta(hours=1))

    (found,) = cosignatures(NOTE + lines, [WITNESS.key])

    assert found.line == late


def test_keys_that_are_not_known_are_passed_over():
    note = NOTE + OTHER.cosign(TEXT, at=AT)

    assert cosignatures(note, [WITNESS.key]) == []
    assert cosignatures(NOTE, [WITNESS.key]) == []


def test_a_cosignature_of_another_text_is_refused():
    line = WITNESS.cosign(TEXT.replace("\n1\n", "\n2\n"), at=AT)

    with pytest.raises(NoteError, match="does not hold"):
        cosignatures(NOTE + line, [WITNESS.key])


def tampered(line, edit):
    name, encoded = line.removesuffix("\n").split(" ")[1:]
    data = edit(bytearray(base64.b64decode(encoded)))
    return f"— {name} {base64.b64encode(bytes(data)).decode()}\n"


def test_every_byte_of_time_and_signature_is_vouched_for():
    line = WITNESS.cosign(TEXT, at=AT)
    for place in range(4, 4 + 8 + 64):

        def flip(data, place=place):
            data[place] ^= 1
            return data

        with pytest.raises(NoteError, match="does not hold"):
            cosignatures(NOTE + tampered(line, flip), [WITNESS.key])


@pytest.mark.parametrize("length", [5, 11, 12, 75, 77])
def test_a_cosignature_of_another_length_is_refused(length):
    line = WITNESS.cosign(TEXT, at=AT)
    cut = tampered(line, lambda data: (data + b"\0")[:length])

    with pytest.raises(NoteError, match="does not hold"):
        cosignatures(NOTE + cut, [WITNESS.key])


def test_a_key_reads_back_as_it_is_written():
    assert WitnessKey.parse(str(WITNESS.key)) == WITNESS.key
    assert WITNESS.key != OTHER.key


@pytest.mark.parametrize(
    "text",
    [
        # Keys that other implementations wrote.
        "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
        "Wit1+4dd489c8+BDd/u4KCwMnyfkbOqopYZJIGSuMxMnjGav6Pjb9W8Y3c",
        "Wit3+e1fc6196+BO1XsCjtkV0G56JUYj7n6LykElL1GcNo1BytsQMsRjyZ",
    ],
)
def test_keys_of_other_implementations_are_read(text):
    assert str(WitnessKey.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        str(TRUST),
        str(WITNESS.key).replace("w1", "w2"),
        str(WITNESS.key)[:-4],
        "a+b+c",
        "",
        str(WITNESS.key).replace("witness", " witness"),
    ],
    ids=["a log's", "another name", "cut", "no base64", "empty", "a space"],
)
def test_what_is_no_key_of_a_witness_is_refused(text):
    with pytest.raises(NoteError):
        WitnessKey.parse(text)


def test_a_witness_key_is_no_key_of_a_log():
    with pytest.raises(NoteError, match="not an Ed25519 key in the form"):
        Verifier.parse(str(WITNESS.key))


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\x07"])
def test_a_name_that_no_key_can_bear_is_refused(name):
    with pytest.raises(NoteError):
        Cosigner(name, WITNESS.private_key)
