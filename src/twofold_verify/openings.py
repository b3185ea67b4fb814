"""Openings: the value and the salt behind a commitment to a personal column of a record's state.

A state tells a personal column as `commitment:` and an HMAC-SHA-256 under the record's salt. Who is
given the value and the salt computes it again, and so knows that the value is the one that the log
committed to. Once a salt is destroyed nobody can.
"""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

COMMITMENT = "commitment:"
SALT_BYTES = 32
#: The column whose value names a content by its hex SHA-256.
CONTENT_COLUMN = "sha256"


@dataclass(frozen=True)
class Opening:
    """What opens one commitment.

    Attributes:
        subject: ledger name of the record.
        column: of its state.
        value: the column's value as JSON text: what was committed to.
        salt: of the record.
    """

    subject: str
    column: str
    value: str
    salt: bytes

    def opens(self, state: Mapping[str, Any]) -> bool:
        """Return whether a state commits to this value."""
        digest = hmac.digest(self.salt, f"{self.column}={self.value}".encode(), "sha256")
        return state.get(self.column) == f"{COMMITMENT}{digest.hex()}"

    @property
    def content(self) -> str:
        """The hex SHA-256 of the content that the value names; blank when it names none."""
        if self.column != CONTENT_COLUMN:
            return ""
        name = self.value[1:-1]
        plain = len(name) == 64 and all(letter in "0123456789abcdef" for letter in name)
        return name if plain and self.value == json.dumps(name) else ""
