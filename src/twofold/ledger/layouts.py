"""Recording rows anew after a migration changed the columns of their model.

A state is every column, so a new column changes the state of every row, and so does a column that
became personal and is committed to from then on. What is recorded anew is only what nobody touched:
a row whose remaining columns no longer say what its last revision says keeps that revision, and
verification goes on naming it.
"""

import json
import secrets
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction

from twofold.ledger import actions
from twofold.ledger.forms import text as written
from twofold.ledger.models import LedgerEntry, LedgerLayout, LedgerSalt
from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.states import COMMITMENT, columns_of, commitment_to, read_states

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
        if noted.get(model._meta.label_lower) != _layout(model)
    )


def _layout(model: type[Recorded]) -> list[str]:
    """Return the columns of a model's states as they are noted, those committed to marked."""
    return [
        f"{column} committed" if column in model.personal else column
        for column in columns_of(model)
    ]


def _record(model: type[Recorded], at: datetime) -> int:
    untouched = list(_untouched(model))
    with transaction.atomic():
        for start in range(0, len(untouched), _TOGETHER):
            keys = untouched[start : start + _TOGETHER]
            rows = list(model._base_manager.filter(pk__in=keys))  # noqa: SLF001 - every row
            actions.record_all(rows, "migrated", by=ACTOR, at=at)
        LedgerLayout.objects.update_or_create(
            model=model._meta.label_lower, defaults={"columns": _layout(model)}
        )
    return len(untouched)


def _untouched(model: type[Recorded]) -> Iterator[object]:
    """Yield the key of each row whose columns still say what its last revision says of them."""
    prefix = f"{model._meta.label_lower}:"
    # A range of the index, as `;` follows `:`.
    own = {"subject__gte": prefix, "subject__lt": f"{model._meta.label_lower};"}
    found = LedgerSalt.objects.filter(**own).values_list("subject", "salt")
    # A record that had nothing personal has no salt yet; one that is thrown away will do here.
    salts: dict[str, bytes] = defaultdict(lambda: secrets.token_bytes(32))
    salts.update((subject, bytes(salt)) for subject, salt in found)
    entries = LedgerEntry.objects.filter(**own).order_by("revision")
    kept = dict(entries.values_list("subject", "kept_revision__state"))
    for subject, text in read_states(model, salts=salts):
        if subject in kept and _agree(json.loads(kept[subject]), text, salts[subject]):
            yield subject.removeprefix(prefix)


def _agree(before: dict[str, object], text: str, salt: bytes) -> bool:
    """Return whether a state has another layout than before, and says the same where it can."""
    after: dict[str, object] = json.loads(text)
    changed = before.keys() != after.keys()
    for column in before.keys() & after.keys():
        value = before[column]
        if _is_commitment(after[column]) and value is not None and not _is_commitment(value):
            value, changed = commitment_to(column, written(value), salt), True
        if after[column] != value:
            return False
    return changed


def _is_commitment(value: object) -> bool:
    return isinstance(value, str) and value.startswith(COMMITMENT)
