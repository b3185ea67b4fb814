"""Tables of the control context, each group in a module of its own."""

from twofold.controls.models.applicability import Applicability, Ground, Override
from twofold.controls.models.checks import CheckResult
from twofold.controls.models.claims import EvidenceClaim
from twofold.controls.models.gap import Answer, GapAnswer
from twofold.controls.models.implementations import Implementation
from twofold.controls.models.library import Change, ImportedFramework, LibraryEntry
from twofold.controls.models.statements import Statement

__all__ = [
    "Answer",
    "Applicability",
    "Change",
    "CheckResult",
    "EvidenceClaim",
    "GapAnswer",
    "Ground",
    "Implementation",
    "ImportedFramework",
    "LibraryEntry",
    "Override",
    "Statement",
]
