"""Reading the state of stored rows: a canonical text of all their columns.

Rows are read as the database returns them, without model instances: recording a change and
verifying a whole table go the same way. Columns that hold personal data enter the text as salted
commitments: destroying the salt erases them without touching a proof.
"""

import hmac
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from twofold.ledger.forms import Form, form_of
from twofold.ledger.recorded import Recorded

_CHUNK = 2000
_NO_SALT = "no salt stands for this row"
#: Forms of a column that holds nothing, which is told as it is: that is all that is left of a row
#: whose personal data was erased together with its salt.
_EMPTY = frozenset({"null", '""'})
#: How a column that is committed to begins.
COMMITMENT = "commitment:"


@dataclass(frozen=True)
class _Layout:
    """How the columns of a model, sorted by name, become a text."""

    columns: tuple[str, ...]
    forms: tuple[Form, ...]
    template: str
    key: int
    personal: tuple[int, ...]


def read_states(
    model: type[Recorded], *, salts: Mapping[str, bytes], keys: Collection[Any] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield ledger subject and state text of each stored row, in the order of the table.

    Args:
        salts: by subject; a row that holds something personal and has no salt has a state that
            fits no entry.
        keys: primary keys of the rows to read; None: all of them.

    Raises:
        TypeError: the model has a column whose values have no form.
    """
    layout = _layout_of(model)
    prefix = f"{model._meta.label_lower}:"
    for row in _whole_rows(model, layout, keys):
        parts = [
            "null" if value is None else form(value)
            for form, value in zip(layout.forms, row, strict=True)
        ]
        subject = prefix + parts[layout.key].strip('"')
        if not layout.personal:
            yield subject, layout.template % tuple(parts)
            continue
        try:
            _commit(parts, layout, salts, subject)
        except KeyError:
            yield subject, _NO_SALT
        else:
            yield subject, layout.template % tuple(parts)


def read_personal(
    model: type[Recorded], *, keys: Collection[Any] | None = None
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield ledger subject and the personal columns of each stored row, in the order of its states.

    Each column comes with its canonical form, which is what its commitment is to; one that holds
    nothing is told as it is and left out.
    """
    layout = _layout_of(model)
    prefix = f"{model._meta.label_lower}:"
    for row in _whole_rows(model, layout, keys):
        told = [
            (layout.columns[place], layout.forms[place](row[place]))
            for place in layout.personal
            if row[place] is not None
        ]
        key = layout.forms[layout.key](row[layout.key]).strip('"')
        yield f"{prefix}{key}", [(column, form) for column, form in told if form not in _EMPTY]


def columns_of(model: type[Recorded]) -> tuple[str, ...]:
    """Return the columns that a model's state holds, sorted by name."""
    return _layout_of(model).columns


def commitment_to(column: str, form: str, salt: bytes) -> str:
    """Return the commitment to a column's canonical form: HMAC-SHA-256 of `column=form`, in hex."""
    return f"{COMMITMENT}{hmac.digest(salt, f'{column}={form}'.encode(), 'sha256').hex()}"


def raw_rows(rows: "QuerySet[Any, Any]", *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield these columns of rows as they are stored, converted by nobody, in constant memory."""
    sql, parameters = rows.values_list(*map(_Stored, columns)).query.sql_with_params()
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, parameters)
        while chunk := cursor.fetchmany(_CHUNK):
            yield from chunk


def _whole_rows(
    model: type[Recorded], layout: _Layout, keys: Collection[Any] | None
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of these keys, or all, in the order of the table.

    All columns are read: of fewer, another index might give the rows in another order.
    """
    rows = model._base_manager.order_by()  # noqa: SLF001 - every row, whatever a manager hides
    if keys is not None:
        rows = rows.filter(pk__in=keys)
    return raw_rows(rows, *layout.columns)


class _Stored(Func):
    """A column as it is stored: an expression has no declared type that SQLite's driver acts on."""

    template = "%(expressions)s"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


@cache
def _layout_of(model: type[Recorded]) -> _Layout:
    fields = sorted(model._meta.concrete_fields, key=lambda field: field.attname)
    return _Layout(
        columns=tuple(field.attname for field in fields),
        forms=tuple(form_of(field) for field in fields),
        template="{" + ",".join(f'"{field.attname}":%s' for field in fields) + "}",
        key=next(place for place, field in enumerate(fields) if field.primary_key),
        personal=tuple(n for n, field in enumerate(fields) if field.attname in model.personal),
    )


def _commit(parts: list[str], layout: _Layout, salts: Mapping[str, bytes], subject: str) -> None:
    """Replace the parts that are personal by commitments; an empty column shows as empty."""
    for place in layout.personal:
        if parts[place] not in _EMPTY:
            commitment = commitment_to(layout.columns[place], parts[place], salts[subject])
            parts[place] = f'"{commitment}"'
