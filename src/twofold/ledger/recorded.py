"""Records whose every change stands in the ledger: the base class of the models above.

A record's *state* is a canonical text of all its columns. The ledger keeps the text of each
revision and commits to its hash, so that a row that was edited behind the application's back is
found by hashing it again. Columns that hold personal data enter the text as salted commitments:
destroying the salt erases them without touching a proof.
"""

import datetime
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

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


def state_text(row: Recorded, *, salt: bytes | None) -> str:
    """Return the canonical text of a row's columns as they stand on the instance.

    Args:
        row: read from the database, so that each value has its stored form.
        salt: the subject's salt; needed when the model has personal columns.

    Raises:
        ValueError: a personal column has no salt to commit with (it was erased or never made).
    """
    values = {
        field.attname: _value(row, field.attname, salt) for field in row._meta.concrete_fields
    }
    return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def state_hash(text: str) -> str:
    """Return the hex SHA-256 of a state text: what an entry commits to."""
    return hashlib.sha256(text.encode()).hexdigest()


def _value(row: Recorded, attname: str, salt: bytes | None) -> Any:  # noqa: ANN401 - a JSON value
    value = _plain(getattr(row, attname))
    if attname not in row.personal or value is None:
        return value
    if salt is None:
        raise ValueError(f"{row.ledger_subject} has personal data and no salt.")
    message = f"{attname}={json.dumps(value, ensure_ascii=False)}".encode()
    return "commitment:" + hmac.new(salt, message, hashlib.sha256).hexdigest()


def _plain(value: object) -> Any:  # noqa: ANN401, PLR0911 - a JSON value; one line per type
    """Return one stored form per value, the same on every database; floats as their exact text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.UTC).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date | uuid.UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return "sha256:" + hashlib.sha256(bytes(value)).hexdigest()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    raise TypeError(f"A recorded column cannot hold {type(value).__name__}.")
