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
from twofold.ledger.models import LedgerEntry, LedgerLayout, LedgerSalt
from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.states import columns_of, read_states

_TOGETHER = 1000
ACTOR = "system:migration"


def record_changed_layouts(*, at: datetime) -> int:
    """Record each row whose last revision has other columns than its model; return how many.

    A model whose columns are those that were noted after the last time is passed over.
    """
    noted = dict(LedgerLayout.objects.values_list("model", "columns"))
    return sum(
        _record(model, at)
        for model in recorded_models()
        if noted.get(model._meta.label_lower) != list(columns_of(model))
    )


def _record(model: type[Recorded], at: datetime) -> int:
    untouched = list(_untouched(model))
    with transaction.atomic():
        for start in range(0, len(untouched), _TOGETHER):
            keys = untouched[start : start + _TOGETHER]
            rows = list(model._base_manager.filter(pk__in=keys))  # noqa: SLF001 - every row
            actions.record_all(rows, "migrated", by=ACTOR, at=at)
        LedgerLayout.objects.update_or_create(
            model=model._meta.label_lower, defaults={"columns": list(columns_of(model))}
        )
    return len(untouched)


def _untouched(model: type[Recorded]) -> Iterator[object]:
    """Yield the key of each row whose columns still say what its last revision says of them."""
    prefix = f"{model._meta.label_lower}:"
    # A range of the index, as `;` follows `:`.
    own = {"subject__gte": prefix, "subject__lt": f"{model._meta.label_lower};"}
    found = LedgerSalt.objects.filter(**own).values_list("subject", "salt")
    salts = {subject: bytes(salt) for subject, salt in found}
    entries = LedgerEntry.objects.filter(**own).order_by("revision")
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
