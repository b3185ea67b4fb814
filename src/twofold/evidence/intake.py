"""Taking a file in: what it is, what the scanner says of it, and storing it, in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from twofold.evidence import contents
from twofold.evidence.quarantine import quarantine_of
from twofold.evidence.scanning import begin_scan
from twofold.evidence.sniffing import sniff
from twofold.evidence.storage import StoreUnavailable
from twofold.people.errors import Conflict, InvalidInput


@dataclass(frozen=True)
class TakenIn:
    """A file that lies encrypted, what it turned out to be, and why nobody may open it."""

    kept: contents.Kept
    media_type: str
    quarantine: str


def take_in(chunks: Iterable[bytes], *, file_name: str, media_type: str, key: bytes) -> TakenIn:
    """Store a file under an item's key.

    Raises:
        InvalidInput: it is empty or too large, or its content contradicts its name or type.
        Conflict: it cannot be stored now.
    """
    sniffed = sniff(chunks, file_name=file_name, media_type=media_type)
    scan = begin_scan()
    if scan is None:
        return TakenIn(_kept(sniffed.chunks, key), sniffed.media_type, "")
    try:
        kept = _kept(scan.watch(sniffed.chunks), key)
        return TakenIn(kept, sniffed.media_type, quarantine_of(scan.verdict()))
    finally:
        scan.close()


def _kept(chunks: Iterable[bytes], key: bytes) -> contents.Kept:
    try:
        return contents.keep(chunks, key=key, limit=settings.MAXIMUM_UPLOAD_BYTES)
    except contents.ContentTooLarge:
        raise InvalidInput(
            _("The file is larger than %(megabytes)d MB.")
            % {"megabytes": settings.MAXIMUM_UPLOAD_BYTES // 1024**2},
            field="file",
        ) from None
    except contents.ContentEmpty:
        raise InvalidInput(_("The file is empty."), field="file") from None
    except StoreUnavailable as refusal:
        raise Conflict(
            _("The file cannot be stored now: %(reason)s") % {"reason": str(refusal)}, field="file"
        ) from refusal
