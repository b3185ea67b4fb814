"""Shaping certification, what-if and roadmap for templates."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.domain.forecast import Forecast, Point
from twofold.people.models import Unit
from twofold.reporting.certification import Owed, PredicateView, StageView, StandardView
from twofold.reporting.forecasts import forecast_text, method_text
from twofold.reporting.posture import FrameworkPosture
from twofold.reporting.roadmap import Phase, Step
from twofold.reporting.whatif import StandardTurn
from twofold.reporting.words import action_text, reason_text
from twofold.web.present import percent, record_href

STAGES = {
    1: (gettext_lazy("Stage 1"), gettext_lazy("Is the way designed?")),
    2: (gettext_lazy("Stage 2"), gettext_lazy("Is it walked?")),
}
PHASES = {
    Phase.DECIDE: (
        gettext_lazy("Decide"),
        gettext_lazy("Whether each control of the annexes applies, with the reason."),
    ),
    Phase.DESCRIBE: (
        gettext_lazy("Describe"),
        gettext_lazy("How each control is run, in plain words, with an owner."),
    ),
    Phase.APPROVE: (
        gettext_lazy("Approve"),
        gettext_lazy("A second person reads each description and approves it."),
    ),
    Phase.EVIDENCE: (
        gettext_lazy("Evidence"),
        gettext_lazy("What shows that it is done; a second person accepts it."),
    ),
    Phase.PROVE: (
        gettext_lazy("Prove over time"),
        gettext_lazy("Evidence of a second period shows that it goes on."),
    ),
}


def standard_summary(view: StandardView, chosen: str) -> dict[str, Any]:
    """Return the line of a standard at the top of the page."""
    return {
        "id": view.framework.id,
        "title": view.framework.short_title,
        "chosen": view.framework.id == chosen,
        "href": f"{reverse('certification')}?standard={view.framework.id}",
        "stages": [
            {"title": STAGES[stage.stage][0], "met": stage.met, "total": stage.total}
            for stage in view.stages
        ],
        "forecast": forecast_text(view.forecast),
        "open": view.forecast.open,
    }


def stage_card(view: StageView) -> dict[str, Any]:
    """Return a stage with its predicates."""
    title, question = STAGES[view.stage]
    return {
        "title": title,
        "question": question,
        "met": view.met,
        "total": view.total,
        "predicates": [_predicate(entry) for entry in view.predicates],
    }


def forecast_card(found: Forecast) -> dict[str, Any]:
    """Return a forecast in words and figures."""
    return {
        "found": found,
        "text": forecast_text(found),
        "method": method_text(found),
    }


def history_chart(points: tuple[Point, ...]) -> dict[str, Any]:
    """Return the weekly history as a chart with its table."""
    return {
        "kind": "line",
        "unit": _("requirements"),
        "columns": [_("Day"), _("Open"), _("Closed since the point before")],
        # One point is no history.
        "rows": [
            [point.on.isoformat(), point.open, point.closed if place else None]
            for place, point in enumerate(points)
            if len(points) > 1
        ],
    }


def turn_card(view: StandardTurn) -> dict[str, Any]:
    """Return how a standard would move."""
    return {
        "id": view.framework.id,
        "title": view.framework.short_title,
        "before": figures(view.before),
        "after": figures(view.after),
        "open_before": view.forecast_before.open,
        "open_after": view.forecast_after.open,
        "forecast_before": forecast_text(view.forecast_before),
        "forecast_after": forecast_text(view.forecast_after),
        "requirements": [
            {
                "requirement": turn.requirement,
                "before": turn.before.status.value,
                "after": turn.after.status.value,
                "score_before": percent(turn.before),
                "score_after": percent(turn.after),
                "reason": reason_text(turn.after.reasons[0]),
            }
            for turn in view.requirements
        ],
        "predicates": [
            {
                "predicate": turn.predicate,
                "before": turn.before.value,
                "after": turn.after.value,
            }
            for turn in view.predicates
        ],
    }


def figures(entry: FrameworkPosture) -> dict[str, Any]:
    """Return score in per cent (None: unknown), how many are met, and of how many."""
    counts = {status.value: count for status, count in entry.counts.items()}
    return {
        "score": None if entry.score is None else round(entry.score * 100),
        "met": counts["conforming"] + counts["effective"],
        "total": entry.total,
        "shares": [
            {"state": state, "count": count} for state, count in reversed(list(counts.items()))
        ],
    }


def step_row(step: Step, unit: Unit, *, decides: bool) -> dict[str, Any]:
    """Return a step of the roadmap in words, and where it is taken."""
    return {
        "step": step,
        "title": step_title(step),
        "href": step_href(step, unit, decides=decides),
        "unlocks": [
            {"standard": entry.framework.short_title, "requirements": entry.requirements}
            for entry in step.unlocks
        ],
    }


def step_title(step: Step) -> str:
    """Return what is done in a step."""
    if step.framework is not None:
        return _("Decide which controls of %(standard)s apply") % {
            "standard": step.framework.short_title
        }
    control = step.control.title if step.control else ""
    return str(_STEPS[step.phase]) % {"control": control}


def step_href(step: Step, unit: Unit, *, decides: bool) -> str:
    """Return the address of the page on which a step is taken.

    Args:
        decides: whether the reader may decide what applies in the unit; else that page is not
            named, which they may not open.
    """
    if step.control is not None:
        name = "implement" if step.phase is Phase.DESCRIBE else "control"
        return reverse(name, args=[step.control.id])
    return decide_href(step.framework.id, unit) if step.framework and decides else ""


def decide_href(framework: str, unit: Unit) -> str:
    """Return where it is decided which controls of a standard apply in a unit."""
    return f"{reverse('statement-decide', args=[framework])}?{urlencode({'unit': str(unit.pk)})}"


_STEPS = {
    Phase.DESCRIBE: gettext_lazy("Describe: %(control)s"),
    Phase.APPROVE: gettext_lazy("Approve: %(control)s"),
    Phase.EVIDENCE: gettext_lazy("Evidence: %(control)s"),
    Phase.PROVE: gettext_lazy("Show again: %(control)s"),
}


def _predicate(view: PredicateView) -> dict[str, Any]:
    owed = [_owed(entry) for entry in view.owed]
    return {
        "predicate": view.predicate,
        "state": view.state.value,
        "first": owed[0] if owed else None,
        "others": owed[1:],
        "met": view.met,
        "excluded": view.excluded,
        "asked": len({entry.requirement.id for entry in view.owed}) + len(view.met),
    }


def _owed(entry: Owed) -> dict[str, Any]:
    return {
        "requirement": entry.requirement,
        "cause": entry.reason.cause.value,
        "reason": reason_text(entry.reason),
        "action": action_text(entry.reason),
        "href": record_href(entry.reason.record)
        or reverse("requirement", args=[entry.requirement.id]),
        "who": who_owes(entry),
    }


def who_owes(entry: Owed) -> str:
    """Return in words who owes the next step."""
    if entry.second:
        if not entry.owner:
            return _("a second person")
        return _("somebody other than %(owner)s") % {"owner": entry.owner}
    return entry.owner or _("nobody yet; usually: %(role)s") % {"role": entry.role}
