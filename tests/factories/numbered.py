"""Entries under numbers that are given: as if their transactions had drawn them in that order."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models.signals import post_init

from twofold.ledger.models import LedgerEntry


@contextmanager
def entry_number(number: int) -> Iterator[None]:
    """Have the one entry that is written meanwhile drawn this number."""

    def draw(instance: LedgerEntry, **_kwargs: Any) -> None:
        if instance.pk is None:
            instance.pk = number

    post_init.connect(draw, sender=LedgerEntry)
    try:
        yield
    finally:
        post_init.disconnect(draw, sender=LedgerEntry)
