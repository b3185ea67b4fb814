"""Running the collections that are due: fetch, put it aside, and bring it where it is new."""

import mimetypes
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import IO

from django.utils.translation import gettext as _

from twofold.evidence import collections
from twofold.evidence.collections import Fetched
from twofold.evidence.models import CollectionRun, EvidenceCollection
from twofold.evidence.repository import running_collections
from twofold.people.access import Actor
from twofold.people.errors import Refusal
from twofold.reporting.collecting import files, tables
from twofold.reporting.collecting.places import FetchError, Places

Source = EvidenceCollection.Source
_PIECE_BYTES = 1 << 20
_OTHER = "application/octet-stream"


@dataclass(frozen=True)
class Due:
    """A collection and the time of its schedule that it is to be run for."""

    collection: EvidenceCollection
    due_at: datetime


def due_collections(*, at: datetime) -> list[Due]:
    """Return the collections that are due, once each however many times were missed."""
    found = []
    for collection, last_due in running_collections():
        after = last_due or collection.made_at
        due_at = collections.newest_due(collection.schedule, after=after, until=at)
        if due_at is not None:
            found.append(Due(collection, due_at))
    return found


def run_collection(due: Due, places: Places, *, by: Actor, at: datetime) -> CollectionRun:
    """Run a collection; a run that brings nothing is entered with the reason."""
    try:
        with tempfile.TemporaryFile(dir=places.spool) as aside:
            fetched = _fetched(due.collection, places, aside, at.date())
            return collections.bring(due.collection, fetched, due_at=due.due_at, by=by, at=at)
    except FetchError as failure:
        reason = str(failure)
    except Refusal as refusal:
        reason = refusal.message
    return collections.enter_run(
        due.collection, CollectionRun.Outcome.FAILED, message=reason, due_at=due.due_at, at=at
    )


def _fetched(
    collection: EvidenceCollection, places: Places, aside: IO[bytes], today: date
) -> Fetched:
    """Fetch into a file that is put aside, so that nobody waits for a slow source later."""
    with _opened(collection, places, today) as (name, note, pieces):
        digest = _put_aside(pieces, aside, places.most_bytes)
    aside.seek(0)
    return Fetched(
        chunks=iter(lambda: aside.read(_PIECE_BYTES), b""),
        sha256=digest,
        file_name=name,
        media_type=mimetypes.guess_type(name)[0] or _OTHER,
        note=note[:200],
    )


def _put_aside(pieces: Iterator[bytes], aside: IO[bytes], most: int) -> str:
    digest, size = sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise FetchError(
                _("The file is larger than %(megabytes)d MB.") % {"megabytes": most // 1024**2}
            )
        digest.update(piece)
        aside.write(piece)
    return digest.hexdigest()


@contextmanager
def _opened(
    collection: EvidenceCollection, places: Places, today: date
) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    """Open the source: give a file name, where it was found in words, and the bytes in pieces."""
    where = collection.locator
    if collection.source == Source.FOLDER:
        with files.newest_file(where, places) as (name, pieces):
            yield name, f"{where}/{name}", pieces
    elif collection.source == Source.ADDRESS:
        with files.file_at(where, places) as (name, pieces):
            yield name, where, pieces
    elif collection.source == Source.MONITOR:
        first = collections.first_day(today, collection.period_days)
        table, origin = tables.measurements_table(collection, first, today)
        yield f"monitor-{today.isoformat()}.csv", origin, iter([table])
    else:
        table, origin = tables.results_table(collection)
        yield f"checks-{today.isoformat()}.csv", origin, iter([table])
