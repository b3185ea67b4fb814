"""What opens the commitments to personal columns, for somebody who may see them."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice

from twofold.ledger.recorded import Recorded, recorded_models
from twofold.ledger.source import Salts
from twofold.ledger.states import read_personal
from twofold.ledger.subjects import rows_of
from twofold_verify.openings import Opening

#: How many records are asked about at once.
_TOGETHER = 500
#: Of these ledger names of one model, returns those that may be seen.
Permitted = Callable[[type[Recorded], Collection[str]], Collection[str]]
_Row = tuple[str, list[tuple[str, str]]]


def openings(permitted: Permitted) -> Iterator[Opening]:
    """Yield what opens the personal columns of each row that may be seen, in the order of the rows.

    A row whose salt is gone opens nothing: it was erased.
    """
    for model in recorded_models():
        if model.personal:
            yield from _openings(model, read_personal(model), Salts(model), permitted)


def openings_of(subjects: Sequence[str], permitted: Permitted) -> Iterator[Opening]:
    """Yield the same of some records alone."""
    for model, keys, salts in rows_of(subjects):
        if model.personal:
            yield from _openings(model, read_personal(model, keys=keys), salts, permitted)


def _openings(
    model: type[Recorded], rows: Iterator[_Row], salts: Mapping[str, bytes], permitted: Permitted
) -> Iterator[Opening]:
    while batch := list(islice(rows, _TOGETHER)):
        seen = set(permitted(model, [subject for subject, _columns in batch]))
        for subject, columns in batch:
            if subject in seen and columns:
                yield from _of_row(subject, columns, salts)


def _of_row(
    subject: str, columns: list[tuple[str, str]], salts: Mapping[str, bytes]
) -> Iterator[Opening]:
    try:
        salt = salts[subject]
    except KeyError:
        return
    for column, form in columns:
        yield Opening(subject, column, form, salt)
