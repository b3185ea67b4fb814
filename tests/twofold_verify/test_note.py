import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from twofold_verify.note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    NoteError,
    Signer,
    Verifier,
    decode_base64,
    open_note,
    sign,
)

#: The note and key that the documentation of Go's sumdb/note package shows.
KNOWN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
KNOWN_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
KNOWN_NOTE = (
    f"{KNOWN_TEXT}\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
LOG = Signer("log.example/a", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = Signer("witness.example", Ed25519PrivateKey.from_private_bytes(bytes(32)))


def test_note_of_another_implementation_opens():
    opened = open_note(KNOWN_NOTE, [Verifier.parse(KNOWN_KEY)])
    assert opened.text == KNOWN_TEXT
    assert opened.verified == ("PeterNeumann",)
    assert opened.unknown == ()


def test_verifier_is_written_as_it_was_read():
    assert str(Verifier.parse(KNOWN_KEY)) == KNOWN_KEY
    assert Verifier.parse(str(LOG.verifier)) == LOG.verifier


def test_unknown_signers_are_ignored_and_named():
    note = sign("text\n", WITNESS, LOG)
    assert open_note(note, [LOG.verifier]).verified == (LOG.name,)
    assert open_note(note, [LOG.verifier]).unknown == (WITNESS.name,)
    both = open_note(note, [LOG.verifier, WITNESS.verifier])
    assert both.verified == (WITNESS.name, LOG.name)


def test_a_repeated_signature_counts_once():
    note = sign("text\n", LOG, LOG)
    assert open_note(note, [LOG.verifier]).verified == (LOG.name,)


def test_another_key_under_the_same_name_is_unknown():
    impostor = Signer(LOG.name, WITNESS.private_key)
    with pytest.raises(NoteError, match="not signed by a known key"):
        open_note(sign("text\n", impostor), [LOG.verifier])


def test_a_bad_signature_of_a_known_key_refuses_the_note_whoever_else_signed():
    good = sign("text\n", WITNESS)
    bad = sign("other\n", LOG).rpartition("\n\n")[2]
    with pytest.raises(NoteError, match=r"log\.example/a does not hold"):
        open_note(good + bad, [LOG.verifier, WITNESS.verifier])


@given(st.data())
def test_any_flipped_bit_of_a_note_refuses_it(data):
    note = sign("log.example/a\n7\nroot\n", LOG).encode()
    place = data.draw(st.integers(0, len(note) - 1))
    changed = bytearray(note)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        text = changed.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NoteError):
        open_note(text, [LOG.verifier])


def test_text_may_hold_empty_lines():
    text = "first\n\nsecond\n"
    assert open_note(sign(text, LOG), [LOG.verifier]).text == text


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        ("", "signature lines"),
        ("text\n", "signature lines"),
        ("text\n\n", "signature lines"),
        ("text\n\n— a AAAAAAA=", "signature lines"),
        ("text\n\n- a AAAAAAA=\n", "malformed"),
        ("text\n\n— a  AAAAAAA=\n", "malformed"),
        ("text\n\n— a b AAAAAAA=\n", "malformed"),
        ("text\n\n— a AAAA AAA=\n", "malformed"),
        ("text\n\n— a AAAAAAB=\n", "one base64 spelling"),
        ("text\n\n— a AAAAA\n", "not base64"),
        ("text\n\n— a AAAAAA==\n", "holds no signature"),
        ("text\n\n— a+b AAAAAAA=\n", "key name"),
        ("text\n\n— a\u00a0b AAAAAAA=\n", "key name"),
        ("te\rxt\n\n— a AAAAAAA=\n", "control character"),
        ("te\ud800xt\n\n— a AAAAAAA=\n", "Unicode"),
        ("text\n\n" + "— a AAAAAAA=\n" * (MAX_SIGNATURES + 1), "more than 100"),
        ("x" * (MAX_NOTE_BYTES + 1), "longer than any"),
    ],
)
def test_malformed_note_is_refused_with_the_reason(note, reason):
    with pytest.raises(NoteError, match=reason):
        open_note(note, [LOG.verifier])


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n", "nul\0\n", "\ud800\n"])
def test_text_that_no_note_can_hold_is_not_signed(text):
    with pytest.raises(NoteError):
        sign(text, LOG)


def test_note_without_signer_is_refused():
    with pytest.raises(NoteError, match="needs a signature"):
        sign("text\n")


@pytest.mark.parametrize("name", ["", "a+b", "a b", "a\nb", "a\u2003b", "a\x01b"])
def test_names_that_would_break_the_format_are_refused(name):
    with pytest.raises(NoteError):
        Signer(name, LOG.private_key)
    with pytest.raises(NoteError):
        Verifier(name, LOG.verifier.public_key)


ECDSA = base64.b64encode(b"\x02" + bytes(32)).decode()
SHORT = base64.b64encode(b"\x01" + bytes(31)).decode()


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "Ed25519"),
        ("name", "Ed25519"),
        ("name+00000000", "Ed25519"),
        ("name+00000000+####", "base64"),
        (f"name+00000000+{ECDSA}", "Ed25519"),
        (f"name+00000000+{SHORT}", "Ed25519"),
        (KNOWN_KEY.replace("Peter", "Paul"), "id does not belong"),
        (KNOWN_KEY.replace("c74f20a3", "C74F20A3"), "id does not belong"),
        (KNOWN_KEY.replace("PeterNeumann", ""), "key name"),
    ],
)
def test_malformed_verifier_key_is_refused_with_the_reason(key, reason):
    with pytest.raises(NoteError, match=reason):
        Verifier.parse(key)


@given(st.binary(max_size=40))
def test_base64_has_one_spelling(data):
    assert decode_base64(base64.b64encode(data).decode()) == data


@pytest.mark.parametrize("text", ["A", "AB==", "AA=", "A A=", "AA==\n", "Ä===", "-_=="])
def test_other_spellings_of_base64_are_refused(text):
    with pytest.raises(ValueError, match="base64"):
        decode_base64(text)
