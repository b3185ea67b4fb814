"""Shaping computed answers for templates: words beside codes, so that templates only print."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from twofold.domain.readiness import Readiness, Reason, Status
from twofold.reporting.posture import FrameworkPosture, RequirementState
from twofold.reporting.words import action_text, reason_text


@dataclass(frozen=True)
class ReasonLine:
    """One reason in words, what to do about it, and where its record opens."""

    cause: str
    text: str
    action: str
    href: str


def framework_card(entry: FrameworkPosture) -> dict[str, Any]:
    """Return what the posture page shows of a framework."""
    met = entry.counts[Status.CONFORMING] + entry.counts[Status.EFFECTIVE]
    return {
        "id": entry.framework.id,
        "title": entry.framework.title,
        "short_title": entry.framework.short_title,
        "score": None if entry.score is None else round(entry.score * 100),
        "scored": entry.scored,
        "total": entry.total,
        "met": met,
        "shares": [
            {"state": status.value, "count": entry.counts[status]} for status in reversed(Status)
        ],
    }


def requirement_row(state: RequirementState) -> dict[str, Any]:
    """Return a requirement with its state and its most pressing reason."""
    first = state.readiness.reasons[0]
    return {
        "requirement": state.requirement,
        "state": state.readiness.status.value,
        "score": percent(state.readiness),
        "reason": reason_text(first),
        "action": action_text(first),
        "href": reverse("requirement", args=[state.requirement.id]),
    }


def percent(readiness: Readiness) -> int | None:
    """Return the score in per cent, or None where it is not defined."""
    return None if readiness.score is None else round(readiness.score * 100)


def reason_lines(reasons: Iterable[Reason]) -> list[ReasonLine]:
    """Return reasons in words with links to their records."""
    return [
        ReasonLine(
            reason.cause.value, reason_text(reason), action_text(reason), record_href(reason)
        )
        for reason in reasons
    ]


def record_href(reason: Reason) -> str:
    """Return the page on which the record of a reason can be seen; blank where there is none."""
    label, _separator, _key = reason.record.partition(":")
    if label in {"controls.implementation", "controls.evidenceclaim"}:
        return reverse("record", args=[reason.record])
    if label == "monitoring.breach":
        return reverse("record", args=[reason.record])
    return ""


def choice_filter(name: str, current: str, choices: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return a filter of a list page: its name, its choices and the one chosen."""
    options = [("", _("All")), *choices]
    return {
        "name": name,
        "options": [
            {"value": value, "label": label, "chosen": value == current} for value, label in options
        ],
    }
