"""Checks as a page shows them: rule and result in words, and what speaks against each."""

from collections.abc import Sequence
from dataclasses import dataclass

from twofold.reporting.checks import CheckView
from twofold.reporting.checks.named import record_names
from twofold.reporting.checks.words import rule_text, value_text
from twofold.web.present import record_href


@dataclass(frozen=True)
class NamedRecord:
    """A record and its page; blank where none shows it."""

    name: str
    href: str


@dataclass(frozen=True)
class CheckLine:
    """A check with its rule and its result in words.

    Attributes:
        against: what speaks against it, at most 20 records.
    """

    view: CheckView
    rule: str
    value: str
    against: tuple[NamedRecord, ...]


def check_lines(views: Sequence[CheckView]) -> list[CheckLine]:
    """Return checks as a page shows them; one query for each kind of record that is named."""
    names = record_names(
        subject for view in views if view.result for subject in view.result.records
    )
    return [_line(view, names) for view in views]


def _line(view: CheckView, names: dict[str, str]) -> CheckLine:
    found = view.result
    return CheckLine(
        view=view,
        rule=rule_text(view.check.rule),
        value=value_text(view.check.rule, found) if found else "",
        against=tuple(
            NamedRecord(names[subject], record_href(subject))
            for subject in (found.records if found else ())
        ),
    )
