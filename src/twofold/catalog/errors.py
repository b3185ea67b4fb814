"""Refusals of the catalogue."""

from pathlib import Path


class CatalogError(Exception):
    """A catalogue file is malformed.

    Attributes:
        path: the file.
        line: the line of the faulty entry, from 1; 1 where the file as a whole is at fault.
        reason: what is wrong with it.
    """

    code = "catalog"

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path.name}, line {line}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class FrameworkCodeError(CatalogError):
    """The code that a framework is to stand under is at fault, and not its file."""
