"""Facts of readiness for tests: sound ones unless told otherwise, and strategies that draw any."""

from datetime import date, timedelta

from hypothesis import strategies as st

from twofold.domain.checks import Outcome
from twofold.domain.readiness import (
    ApplicabilityFact,
    CheckFact,
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    MatterKind,
    OverrideFact,
    Relation,
    RequirementFacts,
    Status,
)

DAY = date(2026, 6, 15)
LONG_AGO = date(2026, 2, 1)
FAR_AHEAD = date(2026, 12, 31)
YESTERDAY = date(2026, 6, 14)
# The period of the sound claim, and the days on which it was claimed and accepted.
FROM, TO, UNTIL = date(2026, 6, 5), date(2026, 6, 10), date(2026, 7, 5)
CLAIMED, ACCEPTED = date(2026, 6, 11), date(2026, 6, 12)


def claim(
    need: str,
    *,
    period_from: date = FROM,
    period_to: date = TO,
    valid_until: date = UNTIL,
    claimed_on: date = CLAIMED,
    accepted_on: date | None = ACCEPTED,
    record: str = "claim:1",
) -> ClaimFact:
    return ClaimFact(need, period_from, period_to, valid_until, claimed_on, accepted_on, record)


def twice(need: str) -> tuple[ClaimFact, ClaimFact]:
    """Accepted evidence of two periods, the second of which is current."""
    earlier = claim(
        need,
        period_from=date(2026, 5, 16),
        period_to=date(2026, 5, 26),
        valid_until=date(2026, 6, 7),
    )
    return earlier, claim(need, record="claim:2")


def matter(
    title: str = "Breach",
    *,
    opened_on: date = YESTERDAY,
    closed_on: date | None = None,
    record: str = "breach:0",
    kind: MatterKind = MatterKind.BREACH,
    due_on: date | None = None,
) -> MatterFact:
    return MatterFact(title, opened_on, closed_on, record, kind, due_on)


def check(
    outcome: Outcome | None = Outcome.PASS,
    *,
    title: str = "Reports are fresh",
    ran_on: date | None = YESTERDAY,
    valid_until: date | None = FAR_AHEAD,
    record: str = "result:1",
) -> CheckFact:
    if outcome is None:
        return CheckFact(title, None)
    return CheckFact(title, outcome, ran_on, valid_until, record)


def override(
    status: Status = Status.CONFORMING,
    *,
    approved_on: date | None = YESTERDAY,
    expires_on: date = FAR_AHEAD,
) -> OverrideFact:
    return OverrideFact(status, "Seen by the auditor", approved_on, expires_on, "override:1")


def implementation(
    *,
    control: str = "TF-1",
    scope: str = "Lending model",
    owner: str = "Ada",
    needs: tuple[str, ...] = ("report",),
    started_on: date = LONG_AGO,
    approved_on: date | None = LONG_AGO,
    review_due: date | None = FAR_AHEAD,
    claims: tuple[ClaimFact, ...] = (),
    matters: tuple[MatterFact, ...] = (),
    checks: tuple[CheckFact, ...] = (),
    retired_on: date | None = None,
) -> ImplementationFact:
    return ImplementationFact(
        control=control,
        scope=scope,
        record="impl:1",
        owner=owner,
        needs=needs,
        started_on=started_on,
        approved_on=approved_on,
        review_due=review_due,
        claims=claims,
        matters=matters,
        checks=checks,
        retired_on=retired_on,
    )


def credit(
    *implementations: ImplementationFact,
    control: str = "TF-1",
    relation: Relation = Relation.EQUAL,
    strength: int = 10,
) -> Credit:
    return Credit(control, relation, strength, implementations)


def facts(
    *credits_given: Credit,
    decision: ApplicabilityFact | None = None,
    excludable: bool = False,
    needs_decision: bool = False,
    matters: tuple[MatterFact, ...] = (),
    override: OverrideFact | None = None,
) -> RequirementFacts:
    return RequirementFacts(
        "R", excludable, needs_decision, decision, credits_given, matters, override
    )


def offset(first: int, last: int) -> st.SearchStrategy[date]:
    """Days so many days from DAY."""
    return st.integers(first, last).map(lambda number: DAY + timedelta(days=number))


# Close to DAY on both sides, so that every comparison is drawn in all three outcomes.
days = offset(-8, 8)
#: Mostly in the past: a draw in which everything is faulty would never reach the upper states.
past = offset(-40, 0) | offset(-40, 0) | offset(-40, 0) | days
records = st.sampled_from(["r1", "r2", "r3"])
_KINDS = ["a", "b"]


@st.composite
def claims(draw: st.DrawFn) -> ClaimFact:
    """Any claim with its period in order, as the evidence's constraints demand."""
    period_from = draw(past)
    period_to = period_from + timedelta(days=draw(st.integers(0, 8)))
    valid_until = period_to + timedelta(days=draw(st.integers(0, 40)))
    accepted_on = draw(past | past | past | st.none())
    need = draw(st.sampled_from(_KINDS))
    return ClaimFact(
        need, period_from, period_to, valid_until, draw(past), accepted_on, draw(records)
    )


matters = st.builds(
    MatterFact,
    title=records,
    opened_on=days,
    closed_on=st.none() | days,
    record=records,
    kind=st.sampled_from(MatterKind),
    due_on=st.none() | days,
)
#: Mostly nothing is open.
open_matters = st.just(()) | st.just(()) | st.lists(matters, max_size=2).map(tuple)


@st.composite
def checks(draw: st.DrawFn, *outcomes: Outcome | None) -> CheckFact:
    """Any check with a result of these outcomes, whose validity does not end before it ran."""
    outcome = draw(st.sampled_from(outcomes or (*Outcome, None)))
    title = draw(records)
    if outcome is None:
        return CheckFact(title, None)
    ran_on = draw(past)
    lasts = draw(st.none() | st.integers(0, 40))
    valid_until = None if lasts is None else ran_on + timedelta(days=lasts)
    return CheckFact(title, outcome, ran_on, valid_until, draw(records))


def results(drawn: st.SearchStrategy[CheckFact]) -> st.SearchStrategy[tuple[CheckFact, ...]]:
    return st.lists(drawn, max_size=2).map(tuple)


overrides = st.builds(
    OverrideFact,
    status=st.sampled_from(Status),
    reason=st.just("why"),
    approved_on=st.none() | days,
    expires_on=days,
    record=records,
)
implementations = st.builds(
    ImplementationFact,
    control=st.sampled_from(["TF-1", "TF-2"]),
    scope=st.sampled_from(["S1", "S2"]),
    record=records,
    owner=st.sampled_from(["Ada", "Ada", "Ada", "Ada", ""]),
    needs=st.sampled_from([("a",), ("b",), ("a", "b"), ()]),
    started_on=past,
    approved_on=past | past | past | st.none(),
    review_due=st.none() | offset(0, 40) | days,
    claims=st.lists(claims(), max_size=4).map(tuple)
    | st.just((*twice("a"), *twice("b")))
    | st.tuples(st.just(claim("a")), claims(), claims()),
    matters=open_matters,
    checks=st.just(()) | results(checks(Outcome.PASS)) | results(checks()),
    retired_on=st.none() | st.none() | st.none() | days,
)


def credited(*relations: Relation) -> st.SearchStrategy[Credit]:
    """Credits of these relations."""
    return st.builds(
        Credit,
        control=st.sampled_from(["TF-1", "TF-2", "TF-3"]),
        relation=st.sampled_from(relations),
        strength=st.integers(1, 10),
        implementations=st.lists(implementations, max_size=2).map(tuple),
    )


def known(
    credits_drawn: st.SearchStrategy[Credit], *, minimum: int = 0
) -> st.SearchStrategy[RequirementFacts]:
    """Everything that can be known of one requirement."""
    decisions = st.builds(
        ApplicabilityFact,
        applicable=st.sampled_from([True, True, False]),
        reason=st.just("why"),
        decided_on=past,
    )
    return st.builds(
        RequirementFacts,
        requirement=st.just("R"),
        excludable=st.booleans(),
        needs_decision=st.sampled_from([False, False, True]),
        decision=decisions | st.none(),
        credits=st.lists(credits_drawn, min_size=minimum, max_size=2).map(tuple),
        matters=open_matters,
        override=st.none() | st.none() | overrides,
    )
