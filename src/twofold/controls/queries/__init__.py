"""Reading applicability, implementations, claims, checks, statements and the library."""

from twofold.controls.queries.library import (
    checks_from,
    checks_of,
    control_from,
    control_values,
    framework_values,
    library,
    library_control,
    needs_from,
    needs_of,
    rule_from,
    rule_values,
)
from twofold.controls.queries.records import (
    check_results,
    claims_on,
    gap_answers,
    running,
    visible_decisions,
    visible_implementations,
    visible_overrides,
    visible_statements,
    waiting_claims,
)

__all__ = [
    "check_results",
    "checks_from",
    "checks_of",
    "claims_on",
    "control_from",
    "control_values",
    "framework_values",
    "gap_answers",
    "library",
    "library_control",
    "needs_from",
    "needs_of",
    "rule_from",
    "rule_values",
    "running",
    "visible_decisions",
    "visible_implementations",
    "visible_overrides",
    "visible_statements",
    "waiting_claims",
]
