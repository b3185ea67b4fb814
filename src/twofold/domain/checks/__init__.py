"""Checks: small declarative tests over records, evidence and telemetry.

A rule names a population of records and what must hold of it; `evaluate` is told the observations
and the day. The four outcomes are kept apart: an error is never a fail, and no result is never a
pass. Of evidence a rule asks only what more evidence cannot break. The vocabulary stands here;
reporting gathers the observations.
"""

from twofold.domain.checks.evaluation import CheckResult, Observation, Outcome, evaluate
from twofold.domain.checks.monotony import OF_EVIDENCE, monotony_fault, require_monotone
from twofold.domain.checks.rules import (
    EVIDENCE,
    LONGEST_DAYS,
    POPULATIONS,
    CheckKind,
    Population,
    Rule,
    RuleError,
)

__all__ = [
    "EVIDENCE",
    "LONGEST_DAYS",
    "OF_EVIDENCE",
    "POPULATIONS",
    "CheckKind",
    "CheckResult",
    "Observation",
    "Outcome",
    "Population",
    "Rule",
    "RuleError",
    "evaluate",
    "monotony_fault",
    "require_monotone",
]
