"""Shaping computed answers for templates: words beside codes, so that templates only print."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.queries import library
from twofold.domain.readiness import Readiness, Reason, Status
from twofold.ledger.queries import LedgerLine
from twofold.reporting.history import HistoryLine, told
from twofold.reporting.posture import FrameworkPosture, NextAction, RequirementState
from twofold.reporting.words import action_text, reason_text
from twofold.web.records import has_page

STATES = {
    Status.EFFECTIVE: gettext_lazy("Effective"),
    Status.CONFORMING: gettext_lazy("Conforming"),
    Status.PARTIAL: gettext_lazy("Partial"),
    Status.GAP: gettext_lazy("Gap"),
    Status.UNKNOWN: gettext_lazy("Unknown"),
    Status.NOT_APPLICABLE: gettext_lazy("Not applicable"),
}


@dataclass(frozen=True)
class ReasonLine:
    """One reason in words, what to do about it, and where its record opens."""

    cause: str
    text: str
    action: str
    href: str


@dataclass(frozen=True)
class HistoryRow:
    """An entry of the ledger in words, and the page of its record; blank where none shows it."""

    line: HistoryLine
    href: str


def framework_card(entry: FrameworkPosture, keep: Mapping[str, str]) -> dict[str, Any]:
    """Return what the posture page shows of a framework; its links keep these parameters."""
    met = entry.counts[Status.CONFORMING] + entry.counts[Status.EFFECTIVE]
    return {
        "id": entry.framework.id,
        "title": entry.framework.title,
        "short_title": entry.framework.short_title,
        "score": None if entry.score is None else round(entry.score * 100),
        "scored": entry.scored,
        "total": entry.total,
        "met": met,
        "overridden": entry.overridden,
        "href": _requirements_href(framework=entry.framework.id, **keep),
        "by_hand_href": _requirements_href(framework=entry.framework.id, by_hand="yes", **keep),
        "shares": [
            {
                "state": status.value,
                "count": entry.counts[status],
                "href": _requirements_href(
                    framework=entry.framework.id, state=status.value, **keep
                ),
            }
            for status in reversed(Status)
        ],
    }


def requirement_row(state: RequirementState) -> dict[str, Any]:
    """Return a requirement with its state and its most pressing reason."""
    first = state.readiness.reasons[0]
    return {
        "requirement": state.requirement,
        "framework": library().framework(state.requirement.framework).short_title,
        "state": state.readiness.status.value,
        "by_hand": state.readiness.overridden,
        "score": percent(state.readiness),
        "reason": reason_text(first),
        "action": action_text(first),
        "href": reverse("requirement", args=[state.requirement.id]),
    }


def next_action(entry: NextAction) -> dict[str, Any]:
    """Return what to do, why, and how much it holds back."""
    requirement = entry.example.requirement
    return {
        "action": action_text(entry.reason),
        "reason": reason_text(entry.reason),
        "cause": entry.reason.cause.value,
        "href": record_href(entry.reason.record) or reverse("requirement", args=[requirement.id]),
        "requirement": requirement,
        "framework": library().framework(requirement.framework).short_title,
        "others": entry.holds_back - 1,
    }


def percent(readiness: Readiness) -> int | None:
    """Return the score in per cent, or None where it is not defined."""
    return None if readiness.score is None else round(readiness.score * 100)


def reason_lines(reasons: Iterable[Reason]) -> list[ReasonLine]:
    """Return reasons in words with links to their records."""
    return [
        ReasonLine(
            reason.cause.value, reason_text(reason), action_text(reason), record_href(reason.record)
        )
        for reason in reasons
    ]


def record_href(record: str) -> str:
    """Return the address of a record by its ledger name; blank where no page shows its kind."""
    return reverse("record", args=[record]) if has_page(record) else ""


def history_rows(lines: Iterable[LedgerLine]) -> list[HistoryRow]:
    """Return entries in words, each with the page of its record."""
    return [HistoryRow(line, record_href(line.subject)) for line in told(lines)]


def newest_first(line: LedgerLine) -> tuple[bool, float, int]:
    """Return the key that puts entries of several records in order, those that wait on top."""
    return line.index is not None, -line.entry.recorded_at.timestamp(), -(line.index or 0)


def choice_filter(
    name: str, current: str, choices: Iterable[tuple[str, Any]], *, every: bool = True
) -> dict[str, Any]:
    """Return a filter: its name, its choices and the one chosen; with `every`, none may be."""
    options = [("", _("All")), *choices] if every else list(choices)
    return {
        "name": name,
        "options": [
            {"value": value, "label": label, "chosen": value == current} for value, label in options
        ],
    }


def sdk_lines(address: str, code: str) -> str:
    """Return the lines of Python with which a system's first event is sent."""
    return "\n".join(
        (
            "from twofold_sdk import Client, Field",
            f'with Client("{address}", token) as client:',
            '    fields = [Field("approved", "boolean", "prediction")]',
            f'    system = client.system("{code}").declare_schema("1", fields)',
            '    system.log({"approved": True})',
        )
    )


def _requirements_href(**query: str) -> str:
    return f"{reverse('requirements')}?{urlencode(query)}"
