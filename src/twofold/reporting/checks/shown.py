"""Checks as they are shown: each one that runs now, with its newest result if it has any."""

from collections.abc import Iterable
from dataclasses import dataclass

from twofold.catalog.model import ControlCheck
from twofold.controls.models import CheckResult, Implementation
from twofold.controls.queries import checks_of, one_reading, rule_values
from twofold.domain.checks import Outcome


@dataclass(frozen=True)
class CheckView:
    """A check that runs on an implementation.

    Attributes:
        result: the newest one; None: it was never run.
    """

    implementation: Implementation
    check: ControlCheck
    result: CheckResult | None

    @property
    def outcome(self) -> Outcome:
        """The outcome; without a result it is not run, never passed."""
        return Outcome(self.result.outcome) if self.result else Outcome.NOT_RUN

    @property
    def changed_since(self) -> bool:
        """Whether the result is of an earlier wording of the rule."""
        return self.result is not None and self.result.rule != rule_values(self.check.rule)


def check_views(implementations: Iterable[Implementation]) -> list[CheckView]:
    """Return every check of a batch of implementations, in their order; one query for results.

    An implementation whose checks cannot be read has none here; running them reports it.
    """
    given = list(implementations)
    results = {
        (result.implementation_id, result.check_id): result
        for result in CheckResult.objects.filter(implementation__in=[row.pk for row in given])
    }
    with one_reading():
        return [
            CheckView(row, check, results.get((row.pk, check.id)))
            for row in given
            for check in readable_checks(row)
        ]


def readable_checks(implementation: Implementation) -> tuple[ControlCheck, ...]:
    """Return the checks of an implementation; none where a version with other rules wrote them."""
    try:
        return checks_of(implementation)
    except (ValueError, KeyError, TypeError):
        return ()
