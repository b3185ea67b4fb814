"""Records whose every change stands in the ledger: the base class of the models above.

A record's *state* is a canonical text of all its columns, which `states` reads. The ledger keeps
the text of each revision and commits to its hash, so that a row that was edited behind the
application's back is found by hashing it again.
"""

import hashlib
from collections.abc import Iterator
from typing import ClassVar

from django.apps import apps
from django.db import models


class Recorded(models.Model):
    """A model whose rows are written by actions that also append to the ledger."""

    #: Columns that are committed to with the subject's salt and never appear in clear.
    personal: ClassVar[frozenset[str]] = frozenset()

    class Meta:
        abstract = True

    @property
    def ledger_subject(self) -> str:
        """The name of this row in the ledger: `app.model:key`."""
        return f"{self._meta.label_lower}:{self.pk}"


def recorded_models() -> Iterator[type[Recorded]]:
    """Yield every concrete recorded model, in a fixed order."""
    found = [model for model in apps.get_models() if issubclass(model, Recorded)]
    yield from sorted(found, key=lambda model: model._meta.label_lower)


def state_hash(text: str) -> str:
    """Return the hex SHA-256 of a state text: what an entry commits to."""
    return hashlib.sha256(text.encode()).hexdigest()
