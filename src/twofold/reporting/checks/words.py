"""Rules and results in words, for the pages."""

from collections.abc import Callable, Mapping

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from twofold.controls.models import CheckResult
from twofold.domain.checks import CheckKind, Outcome, Rule

_POPULATIONS = {
    "evidence": gettext_lazy("Accepted evidence"),
    "claims": gettext_lazy("Evidence claims"),
    "implementation": gettext_lazy("This description"),
    "systems": gettext_lazy("AI systems"),
    "monitors": gettext_lazy("Monitors"),
    "alerts": gettext_lazy("Alerts"),
    "breaches": gettext_lazy("Breaches of limits"),
    "telemetry": gettext_lazy("Days with events"),
    "findings": gettext_lazy("Findings"),
    "decisions": gettext_lazy("Decisions of applicability"),
    "roles": gettext_lazy("Role assignments"),
    "tokens": gettext_lazy("API tokens"),
    "checkpoints": gettext_lazy("Signed checkpoints of the ledger"),
    "statements": gettext_lazy("Approved Statements of Applicability"),
}
_MEASURES = {
    "age_days": gettext_lazy("age in days"),
    "days_left": gettext_lazy("days left"),
    "answer_days": gettext_lazy("days until it was answered"),
    "overdue_days": gettext_lazy("days overdue"),
    "monitors": gettext_lazy("number of monitors"),
    "events": gettext_lazy("number of events"),
    "value": gettext_lazy("value"),
}
_ACTORS = {
    "author": gettext_lazy("author of the file"),
    "claimed_by": gettext_lazy("who claimed it"),
    "accepted_by": gettext_lazy("who accepted it"),
    "owner": gettext_lazy("owner"),
    "described_by": gettext_lazy("who described it"),
    "approved_by": gettext_lazy("who approved it"),
    "acknowledged_by": gettext_lazy("who acknowledged it"),
    "raised_by": gettext_lazy("who raised it"),
    "closed_by": gettext_lazy("who closed it"),
    "decided_by": gettext_lazy("who decided it"),
    "prepared_by": gettext_lazy("who prepared it"),
    "person": gettext_lazy("person"),
}


def rule_text(rule: Rule) -> str:
    """Return what a rule asks, in a sentence without full stop."""
    return _RULES[rule.kind](rule)


def value_text(rule: Rule, result: CheckResult) -> str:
    """Return what a result found, in words; blank where there is nothing to be told."""
    if result.outcome in {Outcome.ERROR, Outcome.NOT_RUN}:
        return ""
    if rule.kind is CheckKind.FRESHNESS and result.value is None:
        return _("there is none")
    return "" if result.value is None else _VALUES[rule.kind](rule, result.value, result)


def _of(rule: Rule) -> str:
    population = str(_POPULATIONS[rule.of])
    labels = [f"{label} {value}".replace("_", " ") for label, value in rule.where]
    if rule.first and rule.kind is not CheckKind.SEPARATION:
        labels.append(_two_persons(rule))
    parts = ", ".join([rule.need, *labels] if rule.need else labels)
    if not parts:
        return population
    return _("%(population)s (%(filter)s)") % {"population": population, "filter": parts}


def _two_persons(rule: Rule) -> str:
    return _("two persons: %(first)s and %(second)s") % {
        "first": _ACTORS[rule.first],
        "second": _ACTORS[rule.second],
    }


def _bounds(rule: Rule) -> str:
    words = {"low": number(rule.at_least), "high": number(rule.at_most)}
    if rule.at_least is None:
        return _("at most %(high)s") % words
    if rule.at_most is None:
        return _("at least %(low)s") % words
    return _("from %(low)s to %(high)s") % words


def number(value: float | None) -> str:
    """Return a number without decimals that say nothing; blank for none."""
    if value is None:
        return ""
    return number_format(int(value) if value % 1 == 0 else round(value, 4), force_grouping=True)


def _count(rule: Rule) -> str:
    words = {"bounds": _bounds(rule), "of": _of(rule), "days": rule.days}
    if rule.days is None:
        return _("%(of)s: %(bounds)s") % words
    return _("%(of)s of the last %(days)s days: %(bounds)s") % words


_RULES: Mapping[CheckKind, Callable[[Rule], str]] = {
    CheckKind.FRESHNESS: lambda rule: (
        _("%(of)s: the newest at most %(days)s days old") % {"of": _of(rule), "days": rule.days}
    ),
    CheckKind.COUNT: _count,
    CheckKind.THRESHOLD: lambda rule: (
        _("%(of)s: %(measure)s %(bounds)s")
        % {"of": _of(rule), "measure": _MEASURES[rule.measure], "bounds": _bounds(rule)}
    ),
    CheckKind.APPROVAL: lambda rule: (
        _("%(of)s: %(actor)s is on record") % {"of": _of(rule), "actor": _ACTORS[rule.by]}
    ),
    CheckKind.SEPARATION: lambda rule: (
        _("%(of)s: two persons, %(first)s and %(second)s")
        % {"of": _of(rule), "first": _ACTORS[rule.first], "second": _ACTORS[rule.second]}
    ),
}
_VALUES: Mapping[CheckKind, Callable[[Rule, float, CheckResult], str]] = {
    CheckKind.FRESHNESS: lambda _rule, value, _result: (
        ngettext("%(days)s day old", "%(days)s days old", int(value)) % {"days": number(value)}
    ),
    CheckKind.COUNT: lambda _rule, value, _result: (
        _("counted: %(count)s") % {"count": number(value)}
    ),
    CheckKind.THRESHOLD: lambda rule, value, _result: (
        _("furthest off: %(measure)s %(value)s")
        % {"measure": _MEASURES[rule.measure], "value": number(value)}
    ),
    CheckKind.APPROVAL: lambda _rule, value, result: _against(value, result),
    CheckKind.SEPARATION: lambda _rule, value, result: _against(value, result),
}


def _against(value: float, result: CheckResult) -> str:
    return _("%(count)s of %(all)s do not") % {
        "count": number(value),
        "all": number(result.looked_at),
    }
