"""Recording rows anew after a migration changed the columns of their model.

A state is every column, so a new column changes the state of every row. What is recorded anew is
only what nobody touched: a row whose remaining columns no longer say what its last revision says
keeps that revision, and verification goes on naming it.
"""

import json
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from twofold.ledger import actions
from twofold.ledger.models import LedgerEntry, LedgerRevision, LedgerSalt
from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.states import columns_of, read_states

_TOGETHER = 1000
ACTOR = "system:migration"


def record_changed_layouts(*, at: datetime) -> int:
    """Record each row whose model has other columns than its last revision; return how many."""
    return sum(_record(model, at) for model in recorded_models())


def _record(model: type[Recorded], at: datetime) -> int:
    newest = LedgerRevision.objects.filter(
        entry__subject__startswith=f"{model._meta.label_lower}:"
    ).order_by("-entry_id")
    sample = newest.values_list("state", flat=True).first()
    if sample is None or set(json.loads(sample)) == set(columns_of(model)):
        return 0
    untouched = list(_untouched(model))
    with transaction.atomic():
        for start in range(0, len(untouched), _TOGETHER):
            keys = untouched[start : start + _TOGETHER]
            rows = list(model._base_manager.filter(pk__in=keys))  # noqa: SLF001 - every row
            actions.record_all(rows, "migrated", by=ACTOR, at=at)
    return len(untouched)


def _untouched(model: type[Recorded]) -> Iterator[object]:
    """Yield the key of each row whose columns still say what its last revision says of them."""
    prefix = f"{model._meta.label_lower}:"
    salts = {
        subject: bytes(salt)
        for subject, salt in LedgerSalt.objects.filter(subject__startswith=prefix).values_list(
            "subject", "salt"
        )
    }
    entries = LedgerEntry.objects.filter(subject__startswith=prefix).order_by("revision")
    kept = dict(entries.values_list("subject", "kept_revision__state"))
    for subject, text in read_states(model, salts=salts):
        if subject in kept and _agree(json.loads(kept[subject]), text):
            yield subject.removeprefix(prefix)


def _agree(before: dict[str, object], text: str) -> bool:
    try:
        after = json.loads(text)
    except ValueError:
        return False
    return before.keys() != after.keys() and all(
        after[column] == value for column, value in before.items() if column in after
    )
