"""One version of a Statement of Applicability, read for people: on a page, on paper, in a sheet."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from twofold.controls.models import Statement
from twofold.people.errors import Conflict
from twofold.reporting.history import names_of

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What a content names by key, in words.

    Attributes:
        persons: names by ledger name.
        systems: AI systems of the content by code.
    """

    persons: Mapping[str, str]
    systems: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Version:
    """A version with its content as it was prepared or sealed, and the words to tell it in."""

    statement: Statement
    content: Mapping[str, Any]
    words: Words

    @property
    def rows(self) -> list[Row]:
        """The controls, those of the annex in its order and then the organisation's own."""
        found: list[Row] = self.content["rows"]
        return found

    @property
    def sealed(self) -> bool:
        """Whether it was approved; anything else is a draft."""
        return self.statement.approved_at is not None

    @property
    def standard(self) -> str:
        """Short title of the standard with its edition, `ISO/IEC 27001:2022`."""
        framework = self.content["framework"]
        return f"{framework['short_title']}:{framework['edition']}"

    @property
    def title(self) -> str:
        """What the document is called."""
        return _("Statement of Applicability, %(standard)s") % {"standard": self.standard}

    @property
    def whose(self) -> str:
        """Organisation, and the unit where it is not the organisation itself."""
        organisation, unit = self.content["organisation"], self.content["unit"]["name"]
        return str(organisation if unit == organisation else f"{organisation}, {unit}")

    @property
    def as_of(self) -> date:
        """The day of the facts."""
        return date.fromisoformat(self.content["as_of"])

    @property
    def label(self) -> str:
        """Version and state in a few words."""
        if self.sealed:
            return _("Version %(number)d") % {"number": self.statement.number}
        return _("DRAFT of version %(number)d") % {"number": self.statement.number}

    @property
    def file_stem(self) -> str:
        """Name of a file of this version, without its ending."""
        draft = "" if self.sealed else "-draft"
        return f"soa-{self.statement.framework}-v{self.statement.number}{draft}"


def read_version(statement: Statement) -> Version:
    """Return a version with its content; one query for the names of persons.

    Raises:
        Conflict: the content is not the one that the record holds the digest of.
    """
    if hashlib.sha256(statement.content.encode()).hexdigest() != statement.sha256:
        raise Conflict(
            _("The content of this version is not what was recorded: verify the record.")
        )
    content = json.loads(statement.content)
    return Version(statement, content, words_of(content))


def words_of(*contents: Mapping[str, Any]) -> Words:
    """Return the words for contents; where two name the same AI system, the later one's hold."""
    persons = {
        scope["owner"]
        for content in contents
        for row in content["rows"]
        for scope in scopes_of(row)
        if scope["owner"]
    }
    systems = {system["code"]: system for content in contents for system in content["systems"]}
    return Words(names_of(sorted(persons)), systems)


def scopes_of(row: Row) -> Iterable[Mapping[str, str]]:
    """Yield the scopes in which the controls of a row are run."""
    for how in row["how"]:
        yield from how["scopes"]
