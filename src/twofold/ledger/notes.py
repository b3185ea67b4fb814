"""Things that happened and changed no row, on their way into the ledger."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from twofold.ledger.errors import LedgerError
from twofold.ledger.floor import require_after_floor
from twofold.ledger.recorded import recorded_models
from twofold_verify.entry import Draft, EntryError

#: As long as the column is.
_SUBJECT_LENGTH = 120


@dataclass(frozen=True)
class Note:
    """Something that happened and changed no row.

    Attributes:
        subject: what it happened to, `app.thing:<id>`; no recorded row.
        kind: what happened, dotted.
        by: the actor's name in the ledger.
        at: when.
        body: facts of it.
    """

    subject: str
    kind: str
    _: KW_ONLY
    by: str
    at: datetime
    body: Mapping[str, Any] = field(default_factory=dict)

    def draft(self) -> Draft:
        """Return the entry as far as it can be written before its turn.

        Raises:
            LedgerError: the subject is a recorded row, a part has no form in an entry, or the time
                lies before the newest time stamp.
        """
        require_after_floor(self.at)
        if self.subject.partition(":")[0] in _recorded_labels():
            raise LedgerError(f"{self.subject} is a record: append its state.")
        if len(self.subject) > _SUBJECT_LENGTH:
            raise LedgerError(f"A subject has at most {_SUBJECT_LENGTH} characters.")
        try:
            return Draft.of(kind=self.kind, subject=self.subject, actor=self.by, body=self.body)
        except EntryError as refusal:
            raise LedgerError(f"{self.subject}: {refusal}") from refusal


@cache
def _recorded_labels() -> frozenset[str]:
    return frozenset(model._meta.label_lower for model in recorded_models())
