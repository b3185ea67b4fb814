"""Deciding applicability, running controls, claiming evidence, keeping the library.

Each group of actions stands in a module of its own; adapters call them from here.
"""

from twofold.controls.actions.applicability import (
    Decision,
    GivenGround,
    approve_override,
    decide_applicability,
    request_override,
    withdraw_override,
)
from twofold.controls.actions.checks import Found, record_checks
from twofold.controls.actions.claims import accept_claim, claim, reject_claim, withdraw_claim
from twofold.controls.actions.erasure import ask_for_erasure, confirm_erasure, erase_evidence
from twofold.controls.actions.gap import GivenAnswer, answer_gap, take_stock
from twofold.controls.actions.implementations import (
    approve_implementation,
    implement,
    require_evidence,
    revise_implementation,
    set_checks,
)
from twofold.controls.actions.library import (
    adapt_control,
    add_controls,
    import_framework,
    import_framework_file,
    restore_control,
    retire_control,
    withdraw_framework,
)
from twofold.controls.actions.retirements import (
    ask_to_retire,
    confirm_retirement,
    keep_running,
)
from twofold.controls.actions.statements import approve_statement, prepare_statement

__all__ = [
    "Decision",
    "Found",
    "GivenAnswer",
    "GivenGround",
    "accept_claim",
    "adapt_control",
    "add_controls",
    "answer_gap",
    "approve_implementation",
    "approve_override",
    "approve_statement",
    "ask_for_erasure",
    "ask_to_retire",
    "claim",
    "confirm_erasure",
    "confirm_retirement",
    "decide_applicability",
    "erase_evidence",
    "implement",
    "import_framework",
    "import_framework_file",
    "keep_running",
    "prepare_statement",
    "record_checks",
    "reject_claim",
    "request_override",
    "require_evidence",
    "restore_control",
    "retire_control",
    "revise_implementation",
    "set_checks",
    "take_stock",
    "withdraw_claim",
    "withdraw_framework",
    "withdraw_override",
]
