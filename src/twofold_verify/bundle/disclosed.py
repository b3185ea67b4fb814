"""What the maker of a bundle adds to the log, for the reader alone whom it is made for.

The log tells personal columns as commitments and stored files as they lie, encrypted. Whoever may
see them gets what opens the commitments, and the contents in clear.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

from twofold_verify.openings import Opening


class Disclosed(Protocol):
    """What is disclosed in a bundle; the openings come in the order of the live rows, if they can.

    Attributes:
        policy: whom the maker trusts (C2SP tlog-policy), to be compared and never believed; blank
            for nothing.
    """

    policy: str

    def openings(self) -> Iterator[Opening]:
        """Yield what opens commitments of the live rows."""
        ...

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield contents in clear by their hex SHA-256; one may come again."""
        ...


class Nothing:
    """Discloses nothing: the log proves itself without it."""

    policy = ""

    def openings(self) -> Iterator[Opening]:
        """Yield none."""
        return iter(())

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield none."""
        return iter(())


NOTHING = Nothing()
