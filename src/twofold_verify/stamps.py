"""Time stamps (RFC 3161) of checkpoints, and what they say of when an entry was recorded.

A time stamp authority signs the SHA-256 of a checkpoint's signed text together with the time. The
text is that before the note's blank line, so that `openssl ts -verify -data` works on it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import rfc3161_client
from cryptography import x509
from cryptography.x509.oid import NameOID

from twofold_verify.errors import VerificationError

#: How far the clock that dates entries and that of an authority may lie apart, and how long a
#: change may take from its date until it is written.
TOLERANCE = timedelta(minutes=10)
#: An answer longer than this is refused before it is read.
MAX_TOKEN_BYTES = 1 << 18
_SHA256 = x509.ObjectIdentifier(rfc3161_client.verify.SHA256_OID)
_CERTIFICATES = 0xA0


class StampError(VerificationError):
    """A time stamp does not hold for its text, or is none."""

    code = "stamp"


@dataclass(frozen=True)
class Stamp:
    """What an authority says: the text was there at that time.

    Attributes:
        at: by the authority's clock.
        authority: the name on its certificate.
    """

    at: datetime
    authority: str


def verify(token: bytes, data: bytes, root_certificates: Sequence[x509.Certificate]) -> Stamp:
    """Return time and name of a time stamp, when it holds for the data.

    Args:
        token: the whole answer of the authority in DER, with its certificates in it.
        data: what was stamped; its SHA-256 has to stand in the stamp.
        root_certificates: the authorities that are trusted, given out of band.

    Raises:
        StampError: no root was given, or the answer is malformed, of another text, in another
            hash, or not signed by an authority that leads to a root.
    """
    if not root_certificates:
        raise StampError("No root certificate of a time stamp authority was given.")
    answer = _decode(token)
    builder = rfc3161_client.VerifierBuilder(roots=list(dict.fromkeys(root_certificates)))
    try:
        if answer.tst_info.message_imprint.hash_algorithm != _SHA256:
            raise StampError("The time stamp is not of a SHA-256 hash.")
        builder.build().verify_message(answer, data)
        return Stamp(answer.tst_info.gen_time.astimezone(UTC), _authority(answer))
    except (rfc3161_client.VerificationError, ValueError) as refusal:
        raise StampError(f"The time stamp does not hold: {refusal}") from refusal


@dataclass(frozen=True)
class Said:
    """What an answer says before anybody has checked it: its time, and the number of its request.

    The number is None where the request bore none.
    """

    at: datetime
    nonce: int | None


def said_by(token: bytes) -> Said:
    """Return what an answer says; nothing of it is checked.

    Raises:
        StampError: the answer is malformed.
    """
    try:
        info = _decode(token).tst_info
        return Said(info.gen_time.astimezone(UTC), info.nonce)
    except ValueError as refusal:
        raise StampError(f"The time stamp is malformed: {refusal}") from refusal


def load_roots(pem: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates of a PEM file.

    Raises:
        StampError: there are none.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError as refusal:
        raise StampError("The file holds no certificate in PEM.") from refusal


def chain_of(token: bytes) -> tuple[x509.Certificate, ...]:
    """Return the certificates that an answer carries.

    Raises:
        StampError: the answer is malformed.
    """
    try:
        found = [
            x509.load_der_x509_certificate(data)
            for data in sorted(_decode(token).signed_data.certificates)
        ]
    except ValueError as refusal:
        raise StampError(f"The time stamp is malformed: {refusal}") from refusal
    return tuple(found)


class Brackets:
    """Between which times each entry has to be dated, by the stamps around it.

    An entry that a stamped checkpoint covers was there by that time. One that it does not cover was
    recorded later, as only a checkpoint that leaves nothing old out is stamped.
    """

    def __init__(self, stamps: Iterable[tuple[int, datetime]]) -> None:
        """Take size and time of each stamp, in any order."""
        ordered = sorted(stamps)
        times = [at for _size, at in ordered]
        self._sizes = [size for size, _at in ordered]
        self._lower = [at - TOLERANCE for at in accumulate(times, max)]
        self._upper = [at + TOLERANCE for at in reversed(list(accumulate(reversed(times), min)))]
        self._from = self._to = 0
        self._earliest: datetime | None = None
        self._latest: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self._sizes)

    def fault(self, index: int, recorded_at: datetime) -> str:
        """Return why an entry's time cannot be, or a blank; quickest in the order of the log."""
        if not self._from <= index < self._to:
            self._turn_to(index)
        if self._earliest is not None and recorded_at < self._earliest:
            return (
                f"The entry is dated {_said(self._earliest - recorded_at)} before the time stamp"
                " of a checkpoint that it came after."
            )
        if self._latest is not None and recorded_at > self._latest:
            return (
                f"The entry is dated {_said(recorded_at - self._latest)} after the time stamp"
                " of a checkpoint that covers it."
            )
        return ""

    def _turn_to(self, index: int) -> None:
        """Take up the bounds around an entry, which hold until the next stamped size."""
        place, sizes = bisect_right(self._sizes, index), self._sizes
        self._from = sizes[place - 1] if place else 0
        self._to = sizes[place] if place < len(sizes) else 1 << 63
        self._earliest = self._lower[place - 1] if place else None
        self._latest = self._upper[place] if place < len(sizes) else None


def _said(beyond: timedelta) -> str:
    whole = timedelta(seconds=int((beyond + TOLERANCE).total_seconds()))
    return str(whole)


def _decode(token: bytes) -> rfc3161_client.TimeStampResponse:
    if len(token) > MAX_TOKEN_BYTES:
        raise StampError("The time stamp is longer than any time stamp.")
    try:
        return rfc3161_client.decode_timestamp_response(_in_order(token))
    except ValueError as refusal:
        raise StampError(f"The time stamp is malformed: {refusal}") from refusal


def _authority(answer: rfc3161_client.TimeStampResponse) -> str:
    """Return the name on the certificate that the answer is signed with."""
    (signer,) = answer.signed_data.signer_infos
    for data in answer.signed_data.certificates:
        certificate = x509.load_der_x509_certificate(data)
        if (certificate.issuer, certificate.serial_number) == (signer.issuer, signer.serial_number):
            names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
            return str(names[0].value) if names else certificate.subject.rfc4514_string()
    raise StampError("The time stamp does not carry the certificate that it is signed with.")


def _in_order(token: bytes) -> bytes:
    """Return an answer whose certificates stand in the order that DER demands of a set.

    OpenSSL and the authorities that run it write them leaf first. They are not signed, so their
    order says nothing; the decoder refuses any but the ascending one.
    """
    try:
        at = _inside(token, 0)
        at = _inside(token, _after(token, at))
        at = _inside(token, _after(token, at))
        at = _inside(token, at)
        # Version, digest algorithms and content stand before the certificates.
        for _part in range(3):
            at = _after(token, at)
        if token[at] != _CERTIFICATES:
            return token
        start, end = _inside(token, at), _after(token, at)
        found, at = [], start
        while at < end:
            found.append(token[at : _after(token, at)])
            at = _after(token, at)
    except IndexError:
        # The decoder says what is wrong with it.
        return token
    return token[:start] + b"".join(sorted(found)) + token[end:]


def _inside(token: bytes, at: int) -> int:
    """Return where the content of the element at a place begins."""
    first = token[at + 1]
    return at + 2 + (first & 0x7F if first & 0x80 else 0)


def _after(token: bytes, at: int) -> int:
    """Return where the element at a place ends."""
    begin = _inside(token, at)
    length = token[at + 1]
    if length & 0x80:
        length = int.from_bytes(token[at + 2 : begin], "big")
    return begin + length
