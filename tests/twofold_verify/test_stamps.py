"""Time stamps, made by `openssl ts`, and the bounds that they put on the times of entries."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import rfc3161_client
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate
from factories import now
from factories.outsiders import TimeAuthority
from hypothesis import given
from hypothesis import strategies as st

from twofold_verify import stamps
from twofold_verify.stamps import TOLERANCE, Brackets, StampError, load_roots, verify

DATA = b"log.example/test\n7\nroot\n"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="session")
def stamp(authority):
    return authority.stamp(DATA)


@pytest.fixture(scope="session")
def roots(authority):
    return load_roots(authority.root.read_bytes())


def test_a_stamp_tells_when_and_by_whom(stamp, roots):
    found = verify(stamp, DATA, roots)

    assert found.authority == "Time Authority of the Tests"
    assert abs(found.at - now()) < timedelta(minutes=5)
    assert stamps.said_by(stamp).at == found.at
    assert stamps.said_by(stamp).nonce is not None


def test_the_certificates_of_a_stamp_are_those_of_its_authority(stamp, authority):
    between = load_roots(authority.chain.read_bytes())[0]

    assert between in stamps.chain_of(stamp)
    assert len(stamps.chain_of(stamp)) == 2


def test_the_order_of_certificates_says_nothing(stamp, roots):
    first, second = stamps.chain_of(stamp)
    ders = [it.public_bytes(Encoding.DER) for it in (first, second)]
    orders = [b"".join(ders), b"".join(reversed(ders))]
    (given,) = [order for order in orders if order in stamp]

    for order in orders:
        assert verify(stamp.replace(given, order), DATA, roots) == verify(stamp, DATA, roots)


def test_a_stamp_of_another_text_is_refused(stamp, roots):
    with pytest.raises(StampError, match="does not hold"):
        verify(stamp, DATA + b"\n", roots)


def test_a_stamp_of_another_authority_is_refused(stamp, roots, tmp_path_factory):
    other = TimeAuthority(tmp_path_factory.mktemp("other"))
    other_roots = load_roots(other.root.read_bytes())

    with pytest.raises(StampError, match="does not hold"):
        verify(stamp, DATA, other_roots)
    with pytest.raises(StampError, match="does not hold"):
        verify(other.stamp(DATA), DATA, roots)
    assert verify(other.stamp(DATA), DATA, [*roots, *other_roots, *roots])


def test_every_byte_of_a_stamp_matters(stamp, roots):
    changed = 0
    for place in range(0, len(stamp), 7):
        edited = bytearray(stamp)
        edited[place] ^= 1
        try:
            found = verify(bytes(edited), DATA, roots)
        except StampError:
            changed += 1
        else:
            # The certificates that stand beside are checked by what they sign.
            assert found == verify(stamp, DATA, roots)
    assert changed > len(stamp) // 7 * 0.9


@pytest.mark.parametrize("length", [0, 1, 2, 5, 9, 20, 50, 100, 500, 1000])
def test_a_stamp_that_was_cut_is_refused(stamp, roots, length):
    with pytest.raises(StampError):
        verify(stamp[:length], DATA, roots)
    with pytest.raises(StampError):
        stamps.said_by(stamp[:length])
    with pytest.raises(StampError):
        stamps.chain_of(stamp[:length])


REFUSAL = bytes.fromhex("30053003020102")


def test_the_refusal_of_an_authority_is_no_stamp(roots):
    for read in (
        lambda: verify(REFUSAL, DATA, roots),
        lambda: stamps.said_by(REFUSAL),
        lambda: stamps.chain_of(REFUSAL),
    ):
        with pytest.raises(StampError):
            read()


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_in_a_sentence(data):
    with pytest.raises(StampError):
        stamps.said_by(data)


def test_a_stamp_in_another_hash_is_refused(authority, roots):
    query = rfc3161_client.TimestampRequestBuilder(
        data=DATA, hash_algorithm=rfc3161_client.HashAlgorithm.SHA512
    ).build()

    with pytest.raises(StampError, match="SHA-256"):
        verify(authority.answer(query.as_bytes()), DATA, roots)


def test_endless_bytes_are_refused(roots):
    with pytest.raises(StampError, match="longer"):
        verify(b"\x30" * (stamps.MAX_TOKEN_BYTES + 1), DATA, roots)


def test_without_a_root_nothing_is_verified(stamp):
    with pytest.raises(StampError, match="No root"):
        verify(stamp, DATA, [])


@pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nAA\n"])
def test_a_file_without_certificates_is_refused(pem):
    with pytest.raises(StampError, match="no certificate"):
        load_roots(pem)


def test_an_entry_is_dated_between_the_stamps_around_it():
    brackets = Brackets([(10, NOON), (20, NOON + HOUR)])

    assert brackets.fault(9, NOON) == ""
    assert brackets.fault(9, NOON - 100 * HOUR) == ""
    assert brackets.fault(9, NOON + TOLERANCE) == ""
    assert "after the time stamp" in brackets.fault(9, NOON + TOLERANCE + timedelta(seconds=1))
    assert brackets.fault(10, NOON - TOLERANCE) == ""
    assert "before the time stamp" in brackets.fault(10, NOON - TOLERANCE - timedelta(seconds=1))
    assert brackets.fault(19, NOON + HOUR + TOLERANCE) == ""
    assert "after" in brackets.fault(19, NOON + 2 * HOUR)
    assert brackets.fault(20, NOON + 100 * HOUR) == ""
    assert "before" in brackets.fault(20, NOON)
    assert brackets.fault(0, NOON) == ""


def test_a_fault_says_how_far_it_is_off():
    brackets = Brackets([(10, NOON)])

    assert "dated 1:00:00 after" in brackets.fault(3, NOON + HOUR)
    assert "dated 1:00:00 before" in brackets.fault(12, NOON - HOUR)


def test_without_stamps_every_time_can_be():
    assert not Brackets([])
    assert Brackets([(1, NOON)])
    assert Brackets([]).fault(3, NOON) == ""


ENTRY = st.tuples(st.integers(0, 30), st.integers(-100, 100))
STAMPS = st.lists(st.tuples(st.integers(0, 30), st.integers(-100, 100)), max_size=8)


@given(STAMPS, st.lists(ENTRY, max_size=20))
def test_bounds_are_those_of_all_stamps(given_stamps, asked):
    at = [(size, NOON + timedelta(minutes=minute)) for size, minute in given_stamps]
    brackets = Brackets(at)

    for index, minute in asked:
        time = NOON + timedelta(minutes=minute)
        early = any(size <= index and time < when - TOLERANCE for size, when in at)
        late = any(size > index and time > when + TOLERANCE for size, when in at)
        assert bool(brackets.fault(index, time)) is (early or late)


def test_an_answer_without_the_signers_certificate_names_nobody(authority):
    foreign = load_pem_x509_certificate(authority.root.read_bytes()).public_bytes(Encoding.DER)
    signer = SimpleNamespace(issuer=None, serial_number=0)

    for carried in ([], [foreign]):
        signed = SimpleNamespace(signer_infos=[signer], certificates=carried)
        with pytest.raises(stamps.StampError, match="does not carry the certificate"):
            stamps._authority(SimpleNamespace(signed_data=signed))  # noqa: SLF001 - no such answer is made


def test_an_answer_without_certificates_is_left_as_it_is():
    def element(tag, *parts):
        return bytes([tag, sum(map(len, parts))]) + b"".join(parts)

    version, algorithms, content, signers = (element(tag) for tag in (0x02, 0x31, 0x30, 0x31))
    signed = element(0x30, version, algorithms, content, signers)
    token = element(0x30, element(0x30), element(0x30, element(0x06), element(0xA0, signed)))

    assert stamps._in_order(token) == token  # noqa: SLF001 - OpenSSL always writes them
