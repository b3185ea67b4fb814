"""Building the facts of readiness out of rows."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta

from django.utils.translation import gettext as _

from twofold.catalog.model import Catalog, ControlCheck, EvidenceNeed
from twofold.controls.queries import checks_from, is_rule, needs_from
from twofold.domain.checks import Outcome, monotony_fault
from twofold.domain.readiness import (
    ApplicabilityFact,
    CheckFact,
    ClaimFact,
    ImplementationFact,
    MatterFact,
    MatterKind,
    OverrideFact,
    Status,
)
from twofold.reporting.rows import Row, day_of, key_of, known_day

#: A result of a check counts for so many days: checks run daily, and one run may be missed.
CHECK_COUNTS_DAYS = 7


def needs_in(row: Row, catalog: Catalog) -> tuple[EvidenceNeed, ...]:
    """Return the evidence that is asked for of an implementation."""
    if row.get("needs") is not None:
        return needs_from(row["needs"])
    control = catalog.control_by_id.get(row["control"])
    return control.evidence if control else ()


def checks_in(row: Row, catalog: Catalog) -> tuple[ControlCheck, ...]:
    """Return the checks that run on an implementation."""
    if row.get("checks") is not None:
        return checks_from(row["checks"])
    control = catalog.control_by_id.get(row["control"])
    return control.checks if control else ()


def implementation_fact(
    row: Row,
    *,
    scope: str,
    catalog: Catalog,
    claims: Iterable[Row],
    results: Iterable[Row],
    matters: Iterable[MatterFact],
) -> ImplementationFact:
    """Return the fact of one implementation with its claims, checks and open matters."""
    needs = {need.kind: need for need in needs_in(row, catalog)}
    by_check = {result["check_id"]: result for result in results}
    return ImplementationFact(
        control=row["control"],
        scope=scope,
        record=f"controls.implementation:{row['id']}",
        owner=key_of(row["owner_id"]),
        needs=tuple(needs),
        started_on=known_day(row["started_at"]),
        approved_on=day_of(row["approved_at"]),
        review_due=day_of(row["review_due_date"]),
        retired_on=day_of(row.get("retired_at")),
        claims=tuple(
            _claim(claim, needs)
            for claim in claims
            if not claim.get("rejected_at") and not claim.get("withdrawn_at")
        ),
        matters=tuple(matters),
        checks=tuple(_check(check, by_check.get(check.id)) for check in checks_in(row, catalog)),
    )


def breach_fact(row: Row, monitor: Row, system: str) -> MatterFact:
    """Return an episode of a broken limit as a matter."""
    return MatterFact(
        title=_("%(monitor)s of %(system)s is in breach")
        % {"monitor": monitor["name"], "system": system},
        opened_on=known_day(row["opened_at"]),
        closed_on=day_of(row["closed_at"]),
        record=f"monitoring.breach:{row['id']}",
    )


def finding_fact(row: Row) -> MatterFact | None:
    """Return a finding as a matter; an opportunity for improvement is none."""
    if row["grade"] not in {MatterKind.MAJOR, MatterKind.MINOR}:
        return None
    return MatterFact(
        title=f"F-{row['number']} {row['title']}",
        opened_on=known_day(row["raised_at"]),
        closed_on=day_of(row["closed_at"]),
        record=f"findings.finding:{row['id']}",
        kind=MatterKind(row["grade"]),
        due_on=day_of(row["due_date"]),
    )


def veiled(fact: ImplementationFact) -> ImplementationFact:
    """Return how a control is run without what only readers of its unit may know.

    The state that follows is the same: days and outcomes stay, records and titles of matters go.
    """
    return replace(
        fact,
        record="",
        claims=tuple(replace(claim, record="") for claim in fact.claims),
        matters=tuple(map(veiled_matter, fact.matters)),
        checks=tuple(replace(check, record="") for check in fact.checks),
    )


def veiled_matter(fact: MatterFact) -> MatterFact:
    """Return a matter of which no more is told than that it is open, since when and how grave."""
    return replace(fact, title=_("told in the unit above alone"), record="")


def veiled_override(fact: OverrideFact) -> OverrideFact:
    """Return a status set by hand of which no more is told than what it is and until when."""
    return replace(fact, reason=_("told in the unit above alone"), record="")


def decision_fact(row: Row) -> ApplicabilityFact:
    """Return a decision whether a requirement applies."""
    return ApplicabilityFact(
        row["applicable"],
        row["reason"],
        known_day(row["decided_at"]),
        record=f"controls.applicability:{row['id']}",
    )


def override_fact(row: Row) -> OverrideFact:
    """Return a status that was set by hand."""
    return OverrideFact(
        status=Status(row["status"]),
        reason=row["reason"],
        approved_on=day_of(row["approved_at"]),
        expires_on=known_day(row["expires_date"]),
        record=f"controls.override:{row['id']}",
    )


def concerns(metric: str, needs: Iterable[str]) -> bool:
    """Return whether a breach of a metric is a matter of a control: it asks for such reports."""
    wanted = "fairness-report" if metric.startswith("fairness.") else "monitoring-report"
    return wanted in needs


def _claim(row: Row, needs: Mapping[str, EvidenceNeed]) -> ClaimFact:
    period_to = known_day(row["period_to"])
    need = needs.get(row["need"])
    return ClaimFact(
        need=row["need"],
        period_from=known_day(row["period_from"]),
        period_to=period_to,
        valid_until=counts_until(
            period_to, known_day(row["valid_until"]), need.period_days if need else None
        ),
        claimed_on=known_day(row["claimed_at"]),
        accepted_on=day_of(row["accepted_at"]),
        record=f"controls.evidenceclaim:{row['id']}",
    )


#: Evidence of a period is written after it: it counts so many days longer than its period.
GRACE_DAYS = 7


def counts_until(period_to: date, valid_until: date, period_days: int | None) -> date:
    """Return the last day on which evidence counts for a need.

    Args:
        period_days: after how many days it must be renewed; None: nobody asks for it any more.
    """
    if period_days is None:
        return valid_until
    # What must be renewed monthly does not count for a year because its author says so.
    return min(valid_until, period_to + timedelta(days=period_days + GRACE_DAYS))


def _check(check: ControlCheck, result: Row | None) -> CheckFact:
    # A rule kept from before that more evidence could break says nothing, nor does what it found.
    if result is None or monotony_fault(check.rule) is not None:
        return CheckFact(check.title, None, rule=check.rule)
    outcome = Outcome(result["outcome"])
    if outcome is Outcome.PASS and not is_rule(result["rule"], check.rule):
        # What was asked before held; nobody knows yet whether this does.
        return CheckFact(check.title, None, rule=check.rule)
    ran_on = known_day(result["ran_at"])
    return CheckFact(
        title=check.title,
        outcome=outcome,
        ran_on=ran_on,
        valid_until=ran_on + timedelta(days=CHECK_COUNTS_DAYS),
        record=f"controls.checkresult:{result['id']}",
        rule=check.rule,
    )
