"""Readiness of a requirement on a date, computed from dated facts and from nothing else.

Three questions are asked: is the way to fulfil it designed (owner, approved description,
applicability), does it operate (evidence within its validity that a second person accepted, checks
that hold), and is anything open against it (nonconformities, overdue actions, breaches). A control
is tested once and credited to each requirement it is mapped to, by the relation of the mapping
(NIST IR 8477): only `equal` and `superset` cover a requirement wholly, so partial relations never
give full credit. The package belongs to the pure domain: reporting gathers the facts, and whoever
asks names the day.

`assess` answers for one requirement and tells every reason. `Tally` keeps the same sums of a
control over all its scopes and changes them by one scope at a time, so that an answer after one
change costs the same however many scopes there are; `conclude` answers from tallies.
"""

from twofold.domain.readiness.assessment import (
    PARTIAL_RELATIONS_CAP,
    assess,
    bears,
    conclude,
    is_covered,
)
from twofold.domain.readiness.facts import (
    ApplicabilityFact,
    Cause,
    CheckFact,
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    MatterKind,
    OverrideFact,
    Readiness,
    Reason,
    Relation,
    RequirementFacts,
    Status,
)
from twofold.domain.readiness.scopes import ScopeState, scope_state, turning_days
from twofold.domain.readiness.tally import Tally

__all__ = [
    "PARTIAL_RELATIONS_CAP",
    "ApplicabilityFact",
    "Cause",
    "CheckFact",
    "ClaimFact",
    "Credit",
    "ImplementationFact",
    "MatterFact",
    "MatterKind",
    "OverrideFact",
    "Readiness",
    "Reason",
    "Relation",
    "RequirementFacts",
    "ScopeState",
    "Status",
    "Tally",
    "assess",
    "bears",
    "conclude",
    "is_covered",
    "scope_state",
    "turning_days",
]
