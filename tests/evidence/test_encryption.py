"""Encryption of stored files: what is altered, cut off or put together does not open."""

import io

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from twofold.evidence.storage import DamagedFile, Opened, encrypted, encryption
from twofold.evidence.storage.encryption import HEADER_BYTES, size_of_content

KEY = bytes(range(32))
SMALL = 16


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(encryption, "CHUNK_BYTES", SMALL)


def sealed(data, *, key=KEY, step=7):
    pieces = [data[start : start + step] for start in range(0, len(data), step)]
    return b"".join(encrypted(pieces, key))


def opened(stored, *, key=KEY):
    with io.BufferedReader(Opened(io.BytesIO(stored), key)) as file:
        return file.read()


@pytest.fixture
def contents():
    return [bytes(range(length)) for length in (1, 15, 16, 17, 31, 32, 33, 100)]


def test_a_content_comes_back_and_its_size_is_known_beforehand(contents):
    for content in contents:
        stored = sealed(content)
        assert opened(stored) == content
        assert size_of_content(len(stored)) == len(content)


@given(st.binary(min_size=1, max_size=200), st.integers(1, 50))
def test_pieces_of_any_length_make_the_same_content(content, step):
    assert opened(sealed(content, step=step)) == content


def test_the_same_content_never_lies_the_same_way_twice():
    assert sealed(b"the same") != sealed(b"the same")


def test_the_form_is_the_documented_one():
    content = b"x" * 20
    stored = sealed(content)
    magic, salt, body = stored[:16], stored[16:48], stored[48:]
    derived = HKDF(SHA256(), 39, salt, b"twofold-stream/1").derive(KEY)
    cipher, prefix = AESGCM(derived[:32]), derived[32:]

    assert magic == b"twofold-stream/1"
    assert cipher.decrypt(prefix + b"\0\0\0\0\0", body[:32], None) == b"x" * 16
    assert cipher.decrypt(prefix + b"\0\0\0\1\1", body[32:], None) == b"x" * 4


def test_any_flipped_bit_is_found():
    stored = sealed(bytes(40))
    for place in range(len(stored)):
        altered = bytearray(stored)
        altered[place] ^= 1 << (place % 8)
        with pytest.raises(DamagedFile):
            opened(bytes(altered))


def test_a_file_that_was_cut_off_anywhere_is_found():
    stored = sealed(bytes(48))
    for length in range(len(stored)):
        with pytest.raises(DamagedFile):
            opened(stored[:length])


def test_chunks_that_are_exchanged_left_out_or_added_are_found():
    stored = sealed(bytes(16) + b"b" * 16 + b"c" * 16)
    header, one, two, three = (
        stored[:HEADER_BYTES],
        *(stored[HEADER_BYTES + 32 * n : HEADER_BYTES + 32 * (n + 1)] for n in range(3)),
    )
    assert opened(header + one + two + three)
    for wrong in (
        header + two + one + three,
        header + one + three,
        header + two + three,
        header + one + two + three + three,
        header + one + two + three + b"x",
        header + three,
    ):
        with pytest.raises(DamagedFile):
            opened(wrong)


def test_chunks_of_two_files_of_one_key_do_not_mix():
    one, two = sealed(bytes(32)), sealed(bytes(32))

    with pytest.raises(DamagedFile):
        opened(one[: HEADER_BYTES + 32] + two[HEADER_BYTES + 32 :])


def test_another_key_opens_nothing():
    with pytest.raises(DamagedFile):
        opened(sealed(b"what was seen"), key=bytes(32))


def test_chunks_before_the_damage_are_handed_out_and_none_from_it_on():
    stored = bytearray(sealed(b"a" * 16 + b"b" * 16 + b"c" * 5))
    stored[HEADER_BYTES + 32 + 3] ^= 1
    file = Opened(io.BytesIO(bytes(stored)), KEY)

    assert file.read(100) == b"a" * 16
    with pytest.raises(DamagedFile):
        file.read(100)
    assert file.read(100) == b""
    file.close()


def test_a_stream_that_gives_little_at_a_time_is_read_whole():
    class Slow(io.BytesIO):
        def read(self, count=-1):
            return super().read(min(count, 5) if count >= 0 else 5)

    with Opened(Slow(sealed(bytes(40))), KEY) as file:
        assert file.readable()
        assert file.readall() == bytes(40)
