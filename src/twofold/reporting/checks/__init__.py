"""Automated checks: what they look at, what they find, and when they are due.

A check is a rule over a population of records. Here the records are gathered, many implementations
together, and turned into observations; `domain.checks` judges them, and an action of the controls
keeps what was found.
"""

from twofold.reporting.checks.due import (
    batches_running,
    implementations_due,
    implementations_touched,
    lacking,
    without_result,
)
from twofold.reporting.checks.results import found_on, run_checks
from twofold.reporting.checks.shown import CheckView, check_views

__all__ = [
    "CheckView",
    "batches_running",
    "check_views",
    "found_on",
    "implementations_due",
    "implementations_touched",
    "lacking",
    "run_checks",
    "without_result",
]
