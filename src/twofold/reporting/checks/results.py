"""Evaluating the checks of implementations: many together, and none stopped by another's fault."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from twofold.catalog.model import ControlCheck
from twofold.controls import actions
from twofold.controls.actions import Found
from twofold.controls.models import CheckResult as Row
from twofold.controls.models import Implementation
from twofold.controls.queries import checks_of, needs_of, one_reading
from twofold.domain.checks import CheckResult, Outcome, evaluate
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold.people.errors import Conflict
from twofold.reporting.checks import governed, holders, own, watched
from twofold.reporting.checks.gathered import Asked, Finder, TooManyRecords
from twofold.reporting.rows import known_day

_log = logging.getLogger(__name__)
GATHER: Mapping[str, Callable[[Asked], Finder]] = {
    "evidence": own.evidence,
    "claims": own.claims,
    "implementation": own.implementation,
    "systems": watched.systems,
    "monitors": watched.monitors,
    "alerts": watched.alerts,
    "breaches": watched.breaches,
    "telemetry": watched.telemetry,
    "findings": governed.findings,
    "decisions": governed.decisions,
    "roles": holders.roles,
    "tokens": holders.tokens,
    "checkpoints": governed.checkpoints,
    "statements": governed.statements,
}


def run_checks(implementations: Iterable[Implementation], *, by: Actor, at: datetime) -> list[Row]:
    """Evaluate every check of these implementations and record what was found; one transaction.

    Args:
        implementations: loaded with unit and system; a batch, for all are held in memory.

    Raises:
        AccessDenied: the actor may not run checks of one of them.
        Conflict: one of them is no longer run.
    """
    given = list(implementations)
    for row in given:
        subject = row.system.ledger_subject if row.system else ""
        access.require(by, Permission.RUN_CHECKS, unit=row.unit, at=at, subject=subject)
        if row.retired_at is not None:
            raise Conflict(_("This control is no longer run there."))
    return actions.record_checks(found_on(given, on=known_day(at)), by=by, at=at)


def found_on(implementations: Iterable[Implementation], *, on: date) -> list[Found]:
    """Return what every check of these implementations finds on a day.

    The queries do not grow with the number of implementations. A population that cannot be gathered
    makes its checks an error, with the reason, and leaves the others alone.

    Args:
        implementations: loaded with their units.
    """
    with one_reading():
        given = list(implementations)
        wanted = [(row, check) for row in given for check in _checks(row)]
        asked = Asked(given, {row.pk: needs_of(row) for row in given}, on)
        finders = {name: _gathered(name, asked) for name in {c.rule.of for _row, c in wanted}}
        return [_found(row, check, finders[check.rule.of], on) for row, check in wanted]


def _checks(row: Implementation) -> Sequence[ControlCheck]:
    try:
        return checks_of(row)
    except (ValueError, KeyError, TypeError):
        # Written by a version with other rules: the page shows that they have no result.
        _log.exception("The checks of %s cannot be read", row.ledger_subject)
        return ()


def _gathered(population: str, asked: Asked) -> Finder | str:
    """Return what finds the observations of a population, or why they could not be gathered."""
    try:
        with _apart():
            return GATHER[population](asked)
    except TooManyRecords as refusal:
        return _fault(population, str(refusal))
    except Exception as failure:  # noqa: BLE001 - the other populations go on
        _log.exception("The population %s could not be gathered", population)
        return _fault(population, type(failure).__name__)


def _found(row: Implementation, check: ControlCheck, finder: Finder | str, on: date) -> Found:
    if isinstance(finder, str):
        return Found(row, check, CheckResult(Outcome.ERROR, 0), finder)
    try:
        result = evaluate(check.rule, finder(row, check.rule), on=on)
    except Exception as failure:  # noqa: BLE001 - the other checks go on
        _log.exception("The check %s of %s failed", check.id, row.ledger_subject)
        fault = _fault(check.rule.of, type(failure).__name__)
        return Found(row, check, CheckResult(Outcome.ERROR, 0), fault)
    fault = ""
    if result.outcome is Outcome.ERROR:
        fault = _("%(measure)s is not known of every record.") % {"measure": check.rule.measure}
    return Found(row, check, result, fault)


def _fault(population: str, reason: str) -> str:
    words = {"population": population, "reason": reason}
    return _("The population %(population)s could not be read: %(reason)s.") % words


def _apart() -> AbstractContextManager[object]:
    """Let a query that fails inside leave a transaction that goes on usable."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
