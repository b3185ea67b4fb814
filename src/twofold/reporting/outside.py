"""How far others than ourselves vouch for the log, told so that anybody understands it.

The facts are the ledger's; here they are held against what the installation has set up, and put
into sentences that the pages, the API and the command line share.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.formats import date_format, number_format
from django.utils.timesince import timesince
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from twofold.ledger.outsiders import rotation_lines, signed_since, stamps
from twofold.ledger.queries import LedgerPosition, position
from twofold.ledger.vouching_queries import (
    Exposure,
    KeyLine,
    Trouble,
    Waiting,
    WitnessLine,
    authority_trouble,
    exposure,
    key_history,
    waiting,
    witness_lines,
)
from twofold.reporting.history import names_of

#: A witness is asked every half minute: one that has not followed for so long is told of.
WITNESS_LATE = timedelta(minutes=10)


class State(StrEnum):
    """How it stands with one outsider."""

    REFUSES = "refuses"
    LATE = "late"
    NEVER = "never"
    BEHIND = "behind"
    CURRENT = "current"


@dataclass(frozen=True)
class AuthorityView:
    """The time stamp authority that is asked.

    Attributes:
        url: where it is asked.
        name: on its certificate, by its last stamp; the host of its address before the first.
        size: entries under its last stamp; None: it has not stamped yet.
        at: of that stamp, by the authority's clock.
        behind: entries under the newest checkpoint that it does not cover.
        since: since when there is something for it to stamp; None: nothing.
    """

    url: str
    name: str
    size: int | None
    at: datetime | None
    behind: int
    since: datetime | None
    state: State
    trouble: Trouble | None


@dataclass(frozen=True)
class WitnessView:
    """A witness, and how far it follows; as of `AuthorityView`."""

    line: WitnessLine
    behind: int
    since: datetime | None
    state: State


@dataclass(frozen=True)
class KeyView:
    """A key of the log, who let it follow the one before, and by which entry.

    Attributes:
        by: name of who rotated; blank for the first key, or where no entry tells.
        index: of the entry that tells; None: none, or it waits for a checkpoint.
    """

    line: KeyLine
    by: str
    index: int | None


class Reach(StrEnum):
    """How much of the log somebody outside would contradict a rewrite of."""

    EMPTY = "empty"
    REFUSED = "refused"
    ALONE = "alone"
    ASKED = "asked"
    PARTLY = "partly"
    WHOLLY = "wholly"


@dataclass(frozen=True)
class Told:
    """What a rewrite of the log could hide, in words.

    Attributes:
        reach: what it comes to.
        title: in a few words.
        sentences: what could be hidden, and until when not.
        vouchers: who would contradict the rest, each with how far and when.
        advice: what to do about it; blank: nothing.
    """

    reach: Reach
    title: str
    sentences: tuple[str, ...]
    vouchers: tuple[str, ...]
    advice: str


@dataclass(frozen=True)
class OutsideView:
    """The log, what waits, who vouches for how much of it, and its keys, oldest first."""

    position: LedgerPosition
    waiting: Waiting
    exposure: Exposure
    authority: AuthorityView | None
    witnesses: list[WitnessView]
    quorum: str
    keys: list[KeyView]
    told: Told


def outside(*, at: datetime) -> OutsideView:
    """Return how far others vouch for the log, in a number of queries that its length is not in.

    Raises:
        LedgerError: the key's file cannot be read.
    """
    where, alone = position(), exposure()
    authority, witnesses = authority_view(where.size, at=at), witness_views(where.size, at=at)
    return OutsideView(
        position=where,
        waiting=waiting(at=at, alarm_after=timedelta(seconds=settings.ALARM_SECONDS)),
        exposure=alone,
        authority=authority,
        witnesses=witnesses,
        quorum=settings.LEDGER_POLICY.quorum,
        keys=key_views(),
        told=_told(where.size, alone, authority, witnesses),
    )


def authority_view(size: int, *, at: datetime) -> AuthorityView | None:
    """Return how far the time stamp authority has stamped a log of a size; None: none is asked."""
    url = settings.TIME_AUTHORITY
    if not url:
        return None
    last = stamps().first()
    covered = last.checkpoint.size if last else None
    since = signed_since(covered or 0)
    return AuthorityView(
        url=url,
        name=last.authority if last else urlsplit(url).hostname or url,
        size=covered,
        at=last.stamped_at if last else None,
        behind=size - (covered or 0),
        since=since,
        state=_state(covered, since, at - 2 * timedelta(minutes=settings.ANCHOR_MINUTES)),
        trouble=authority_trouble(url),
    )


def witness_views(size: int, *, at: datetime) -> list[WitnessView]:
    """Return how far each witness of the policy has seen a log of a size."""
    return [_witness(line, size, at) for line in witness_lines(settings.LEDGER_POLICY.witnesses)]


def key_views() -> list[KeyView]:
    """Return the keys of the log, oldest first, with who rotated them.

    Raises:
        LedgerError: nothing was rotated and the key's file cannot be read.
    """
    entries = rotation_lines()
    names = names_of(line.entry.actor for line in entries.values())
    views = []
    for key in key_history():
        entry = entries.get(key.from_size)
        name, index = (names[entry.entry.actor], entry.index) if entry else ("", None)
        views.append(KeyView(key, name, index))
    return views


def moment(at: datetime) -> str:
    """Return a moment as sentences name it, in UTC to the minute."""
    return _("%(moment)s UTC") % {"moment": date_format(localtime(at), "j M Y, H:i")}


def span(since: datetime, at: datetime) -> str:
    """Return how long something lasts, in words; short spans are not counted."""
    if at - since < timedelta(minutes=1):
        return _("less than a minute")
    return timesince(since, at, depth=1).replace("\xa0", " ")


def entries_text(count: int) -> str:
    """Return a number of entries, in words."""
    shown = number_format(count, 0, use_l10n=True, force_grouping=True)
    return ngettext("%(count)s entry", "%(count)s entries", count) % {"count": shown}


def _witness(line: WitnessLine, size: int, at: datetime) -> WitnessView:
    since = signed_since(line.size or 0)
    state = _state(line.size, since, at - WITNESS_LATE)
    if line.trouble is not None and line.trouble.alarm:
        state = State.REFUSES
    return WitnessView(line, size - (line.size or 0), since, state)


def _state(covered: int | None, since: datetime | None, patience: datetime) -> State:
    if since is None:
        return State.CURRENT if covered is not None else State.NEVER
    if since < patience:
        return State.LATE
    return State.NEVER if covered is None else State.BEHIND


def _told(
    size: int,
    alone: Exposure,
    authority: AuthorityView | None,
    witnesses: list[WitnessView],
) -> Told:
    vouchers = tuple(_vouchers(alone, authority, witnesses))
    refusing = [view.line.name for view in witnesses if view.state is State.REFUSES]
    if refusing:
        return _refused(refusing)
    if size == 0 and alone.beyond == 0:
        nothing = _("Nothing is recorded yet, so nothing can be rewritten.")
        return Told(Reach.EMPTY, _("The log is empty"), (nothing,), (), "")
    if alone.vouched_size == 0:
        return _nobody(alone, asked=authority is not None or bool(witnesses))
    if alone.since is None:
        whole = _(
            "All %(entries)s are vouched for. A full rewrite, even by somebody who holds the "
            "signing key and the database, would be contradicted by:"
        )
        words = whole % {"entries": entries_text(alone.vouched_size)}
        title = _("A rewrite of anything would be seen")
        return Told(Reach.WHOLLY, title, (words,), vouchers, "")
    return _partly(alone, vouchers)


def _refused(names: list[str]) -> Told:
    words = _(
        "%(names)s saw another log under this name than the one that stands here. Either somebody "
        "rewrote the log, or it was restored from an older copy."
    )
    advice = _(
        "Ask whoever runs the witness for the checkpoint that it has seen, hold it against the log "
        "below, and find out who had the key and the database since."
    )
    title = _("A witness contradicts this log")
    return Told(Reach.REFUSED, title, (words % {"names": ", ".join(names)},), (), advice)


def _nobody(alone: Exposure, *, asked: bool) -> Told:
    words = _(
        "Somebody who holds the signing key and the database could rewrite all %(entries)s, and "
        "nothing would show it."
    ) % {"entries": entries_text(alone.beyond)}
    if asked:
        waits = _("A time stamp authority or a witness is set, and has not vouched yet.")
        title = _("Nobody outside has vouched yet")
        return Told(Reach.ASKED, title, (words, waits), (), "")
    others = _("Edits by anybody who does not hold the signing key are found all the same.")
    advice = _(
        "Set a time stamp authority (TWOFOLD_TSA_URL) or witnesses that others run "
        "(TWOFOLD_POLICY). Until then give the checkpoint to somebody who keeps it where we cannot "
        "reach it: what it covers can then not be rewritten unseen."
    )
    title = _("A full rewrite by an insider could not be seen")
    return Told(Reach.ALONE, title, (words, others), (), advice)


def _partly(alone: Exposure, vouchers: tuple[str, ...]) -> Told:
    given = {
        "since": moment(alone.since) if alone.since else "",
        "entries": entries_text(alone.beyond),
    }
    newest = _(
        "A full rewrite of anything recorded since %(since)s (%(entries)s), by somebody who holds "
        "the signing key and the database, could not be seen yet."
    )
    older = _("A rewrite of anything before that would be contradicted by:")
    title = _("A rewrite of anything before %(since)s would be seen") % given
    return Told(Reach.PARTLY, title, (newest % given, older), vouchers, "")


def _vouchers(
    alone: Exposure, authority: AuthorityView | None, witnesses: list[WitnessView]
) -> list[str]:
    """Return who vouches for how much, the ones that are asked now first."""
    told, reach = [], 0
    last = stamps().first()
    if last is not None:
        words = _("the time stamp of %(name)s of %(at)s, over %(entries)s")
        size, reach = last.checkpoint.size, last.checkpoint.size
        given = {"name": last.authority, "at": moment(last.stamped_at)}
        told.append(words % {**given, "entries": entries_text(size)})
    for view in witnesses:
        if view.line.size is None or view.line.at is None:
            continue
        words = _("the witness %(name)s, which cosigned %(entries)s on %(at)s")
        given = {"name": view.line.name, "at": moment(view.line.at)}
        told.append(words % {**given, "entries": entries_text(view.line.size)})
        reach = max(reach, view.line.size)
    if alone.vouched_size > reach:
        words = _("a witness that is not asked any more, which cosigned %(entries)s")
        told.append(words % {"entries": entries_text(alone.vouched_size)})
    return told
