"""Reading the text of versions, for searching and comparing; the worker does it, soon after.

Plain text is decoded here. Richer formats are taken apart in a process of their own (`parsing`).
What cannot be read is said so beside the version: nobody should take silence for absence.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.evidence import contents, index
from twofold.evidence.decoding import decoded
from twofold.evidence.marking import BEGIN, END
from twofold.evidence.models import EvidenceItem, EvidenceText, EvidenceVersion
from twofold.evidence.parsing.limits import MOST_CHARACTERS
from twofold.evidence.parsing.process import ParsingFailed, run_json
from twofold.evidence.sniffing import TEXTS
from twofold.evidence.storage import DamagedFile, StoreUnavailable
from twofold.people.errors import Refusal

_log = logging.getLogger(__name__)
#: Types that are text as they are; what stands between the tags of HTML is not all of it.
PLAIN = frozenset(TEXTS.values()) - {"text/html"}
#: Types that `parsing` reads.
RICH = frozenset(
    {
        "application/pdf",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.ms-excel",
        "text/html",
    }
)
#: How long one round may begin to read further versions.
_ROUND_S = 2.0
_Outcome = EvidenceText.Outcome
_APART = ("ff", "fi", "fl", "ffi", "ffl", "st", "st")
#: A database holds no null character, and the marks of hits are ours; letters that were set
#: together, as in many PDF files, are looked for apart.
_EXCHANGED = {
    **dict.fromkeys(map(ord, f"\0{BEGIN}{END}")),
    **{ord(together): apart for together, apart in zip("ﬀﬁﬂﬃﬄﬅﬆ", _APART, strict=True)},
}


@dataclass(frozen=True)
class Reading:
    """What became of reading one version."""

    outcome: EvidenceText.Outcome
    content: str = ""
    remark: str = ""


def read_waiting(*, limit: int = 100) -> int:
    """Read versions that nobody has read yet, and enter them for searching; return how many.

    Those in quarantine wait until they are out of it. Where the place for stored files does not
    answer, they are left for another round.
    """
    waiting = EvidenceVersion.objects.filter(text=None, quarantine="", item__erased_at=None)
    began, read = time.monotonic(), []
    for version in waiting.select_related("item").order_by("added_at", "pk")[:limit]:
        try:
            read.append((version, read_text(version)))
        except (StoreUnavailable, Refusal):
            _log.exception("The version %s cannot be read yet", version.pk)
        if time.monotonic() - began > _ROUND_S:
            break
    _enter(read)
    return len(read)


def read_text(version: EvidenceVersion) -> Reading:
    """Return what can be read in a version.

    Raises:
        StoreUnavailable: the place for stored files does not answer.
        KeyUnavailable: the installation's key does not open the item's.
    """
    if version.media_type not in PLAIN | RICH:
        return Reading(_Outcome.NOTHING, remark=_("Files of this type are not read."))
    try:
        return _read(version)
    except DamagedFile:
        return Reading(_Outcome.FAILED, remark=_("The stored file was altered since it was added."))
    except ParsingFailed as failure:
        return Reading(_Outcome.FAILED, remark=str(failure))


def _read(version: EvidenceVersion) -> Reading:
    file = contents.open_content(version)
    if file is None:
        raise ParsingFailed(_("The file is not there."))
    with file:
        if version.media_type in PLAIN:
            return _plain(file.read(MOST_CHARACTERS * 4), whole=version.size)
        found = run_json("text", contents.pieces(file), version.media_type)
    return _reading(str(found["text"]), str(found["remark"]))


def _plain(data: bytes, *, whole: int) -> Reading:
    text = decoded(data)
    if text is None:
        return Reading(_Outcome.FAILED, remark=_("It is no text in an encoding that is known."))
    cut = len(text) > MOST_CHARACTERS or len(data) < whole
    remark = (
        _("Only its first %(count)s characters were read.") % {"count": f"{MOST_CHARACTERS:,}"}
        if cut
        else ""
    )
    return _reading(text[:MOST_CHARACTERS], remark)


def _reading(text: str, remark: str) -> Reading:
    text = text.translate(_EXCHANGED)
    if not text.strip():
        return Reading(_Outcome.NOTHING, remark=remark or _("It holds no text."))
    return Reading(_Outcome.READ, text, remark)


@transaction.atomic
def _enter(read: Sequence[tuple[EvidenceVersion, Reading]]) -> None:
    """Save what was read, but nothing of items that were erased meanwhile."""
    items = EvidenceItem.objects.select_for_update().filter(
        pk__in={version.item_id for version, _reading in read}, erased_at=None
    )
    standing = {item.pk: item for item in items.order_by("pk")}
    for version, reading in read:
        if version.item_id not in standing:
            continue
        # As it is called now.
        version.item = standing[version.item_id]
        EvidenceText.objects.update_or_create(
            version=version,
            defaults={
                "outcome": reading.outcome,
                "remark": reading.remark[:300],
                "content": reading.content,
            },
        )
        index.enter(version, reading.content)
