"""What an export discloses beside the log: to whoever makes it, what they may see."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from twofold.evidence.contents import open_content, pieces
from twofold.evidence.keys import KeyUnavailable
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.evidence.queries import visible_items, visible_versions
from twofold.evidence.storage import DamagedFile, StoreUnavailable
from twofold.ledger.openings import openings, openings_of
from twofold.ledger.recorded import Recorded
from twofold.people.access import Actor
from twofold.people.models import Person
from twofold.people.queries import visible_persons
from twofold_verify.openings import CONTENT_COLUMN, Opening

#: How many versions are looked for at once.
_TOGETHER = 500
#: A password, even hashed, is nobody's to see.
_NEVER = frozenset({"password"})


class Disclosure:
    """Discloses the personal columns and the contents that an actor may see."""

    def __init__(
        self, *, policy: str, by: Actor, at: datetime, subjects: Sequence[str] | None = None
    ) -> None:
        """Take whom it is for; subjects: of these records alone, None: of all."""
        self.policy = policy
        self._by = by
        self._at = at
        self._subjects = subjects
        #: Versions in quarantine among those that were asked about last.
        self._kept_back: set[str] = set()

    def openings(self) -> Iterator[Opening]:
        """Yield what opens the commitments; no hash of a content that is kept back."""
        found = (
            openings(self._permitted)
            if self._subjects is None
            else openings_of(self._subjects, self._permitted)
        )
        for opening in found:
            kept_back = opening.column == CONTENT_COLUMN and opening.subject in self._kept_back
            if opening.column not in _NEVER and not kept_back:
                yield opening

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield the contents of versions, by hash; one that cannot be opened now is left out."""
        versions = visible_versions(self._by, at=self._at).filter(quarantine="", encrypted=True)
        for version in self._chosen(versions):
            try:
                file = open_content(version)
            except (DamagedFile, KeyUnavailable, StoreUnavailable):
                continue
            if file is not None:
                yield version.sha256, _until_damage(pieces(file))

    def _permitted(self, model: type[Recorded], subjects: Collection[str]) -> Collection[str]:
        keys = [subject.partition(":")[2] for subject in subjects]
        rows = VISIBLE[model](self._by, self._at).filter(pk__in=keys).order_by()
        if model is EvidenceVersion:
            self._kept_back = _named(model, rows.exclude(quarantine=""))
        return _named(model, rows)

    def _chosen(self, versions: "QuerySet[EvidenceVersion]") -> Iterator[EvidenceVersion]:
        if self._subjects is None:
            yield from versions.order_by("pk").iterator(chunk_size=_TOGETHER)
            return
        label = f"{EvidenceVersion._meta.label_lower}:"
        keys = [name.removeprefix(label) for name in self._subjects if name.startswith(label)]
        for start in range(0, len(keys), _TOGETHER):
            yield from versions.filter(pk__in=keys[start : start + _TOGETHER])


def _named(model: type[Recorded], rows: "QuerySet[Any]") -> set[str]:
    label = model._meta.label_lower
    return {f"{label}:{key}" for key in rows.values_list("pk", flat=True)}


def _until_damage(content: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a content as far as it can be read: what was altered is found by its hash."""
    try:
        yield from content
    except (DamagedFile, StoreUnavailable):
        return


#: Every model with personal columns stands here.
VISIBLE: dict[type[Recorded], Callable[[Actor, datetime], "QuerySet[Any]"]] = {
    EvidenceItem: lambda by, at: visible_items(by, at=at),
    EvidenceVersion: lambda by, at: visible_versions(by, at=at),
    Person: lambda by, at: visible_persons(by, at=at, active=None),
}
