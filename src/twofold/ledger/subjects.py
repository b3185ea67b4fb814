"""From ledger names to the rows and salts that they are of, for a few records of a large table."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django.apps import apps
from django.core.exceptions import ValidationError

from twofold.ledger.forms import octets
from twofold.ledger.models import LedgerSalt
from twofold.ledger.recorded import Recorded

#: SQLite takes a limited number of values in one statement.
_TOGETHER = 500


class Rows(NamedTuple):
    """Some rows of one model, and the salts of those that have one."""

    model: type[Recorded]
    keys: list[Any]
    salts: dict[str, bytes]


def rows_of(subjects: Sequence[str]) -> Iterator[Rows]:
    """Yield the rows that ledger names are of, some of one model at a time.

    Names of what has no rows, such as an export, are passed over.
    """
    named: dict[str, list[str]] = {}
    for subject in dict.fromkeys(subjects):
        named.setdefault(subject.partition(":")[0], []).append(subject)
    for label, found in named.items():
        model = _model(label)
        if model is None:
            continue
        for part in parts(found):
            keys = [key for subject in part for key in _key(model, subject)]
            salts: Any = LedgerSalt.objects.filter(subject__in=part)
            told = {subject: octets(salt) for subject, salt in salts.values_list("subject", "salt")}
            yield Rows(model, keys, told)


def parts(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield the items in portions that one statement takes."""
    for start in range(0, len(items), _TOGETHER):
        yield items[start : start + _TOGETHER]


def _model(label: str) -> type[Recorded] | None:
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError):
        return None
    return model if issubclass(model, Recorded) else None


def _key(model: type[Recorded], subject: str) -> Iterator[Any]:
    """Yield the key of a row as its column holds it; nothing for one that it cannot hold."""
    try:
        yield model._meta.pk.to_python(subject.partition(":")[2])
    except ValidationError:
        return
