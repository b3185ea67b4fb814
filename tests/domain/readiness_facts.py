"""Facts of readiness for tests: sound unless told otherwise, and strategies that draw any of them."""

from datetime import date, timedelta

from hypothesis import strategies as st

from twofold.domain.readiness import (
    ApplicabilityFact,
    ClaimFact,
    Credit,
    ImplementationFact,
    MatterFact,
    Relation,
    RequirementFacts,
)

DAY = date(2026, 6, 15)


def _day(offset: int) -> date:
    return DAY + timedelta(days=offset)


def claim(
    need: str,
    *,
    period_from: date = _day(-10),
    period_to: date = _day(-5),
    valid_until: date = _day(20),
    claimed_on: date = _day(-4),
    accepted_on: date | None = _day(-3),
    record: str = "claim:1",
) -> ClaimFact:
    return ClaimFact(need, period_from, period_to, valid_until, claimed_on, accepted_on, record)


def twice(need: str) -> tuple[ClaimFact, ClaimFact]:
    """Accepted evidence of two periods, the second of which is current."""
    earlier = claim(need, period_from=_day(-30), period_to=_day(-20), valid_until=_day(-8))
    return earlier, claim(need, record="claim:2")


def matter(
    title: str = "Breach",
    *,
    opened_on: date = _day(-1),
    closed_on: date | None = None,
    record: str = "breach:0",
) -> MatterFact:
    return MatterFact(title, opened_on, closed_on, record)


def implementation(
    *,
    control: str = "TF-1",
    scope: str = "Lending model",
    owner: str = "Ada",
    needs: tuple[str, ...] = ("report",),
    started_on: date = _day(-100),
    approved_on: date | None = _day(-90),
    review_due: date | None = _day(200),
    claims: tuple[ClaimFact, ...] = (),
    matters: tuple[MatterFact, ...] = (),
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
) -> RequirementFacts:
    return RequirementFacts("R", excludable, needs_decision, decision, credits_given)


# Days close to DAY on both sides, so that every comparison is drawn in all three outcomes.
days = st.integers(-8, 8).map(_day)
needs = st.sampled_from(["a", "b", "c"])
records = st.sampled_from(["r1", "r2", "r3"])


@st.composite
def claims(draw: st.DrawFn) -> ClaimFact:
    period_from, period_to, valid_until = sorted([draw(days), draw(days), draw(days)])
    accepted_on = draw(st.none() | days)
    return ClaimFact(
        draw(needs), period_from, period_to, valid_until, draw(days), accepted_on, draw(records)
    )


matters = st.builds(
    MatterFact, title=records, opened_on=days, closed_on=st.none() | days, record=records
)


def _some(values: st.SearchStrategy[ClaimFact]) -> st.SearchStrategy[tuple[ClaimFact, ...]]:
    return st.lists(values, max_size=4).map(tuple)


implementations = st.builds(
    ImplementationFact,
    control=st.sampled_from(["TF-1", "TF-2"]),
    scope=st.sampled_from(["S1", "S2"]),
    record=records,
    owner=st.sampled_from(["Ada", "Ada", "Ada", ""]),
    needs=st.lists(needs, max_size=3, unique=True).map(tuple),
    started_on=days,
    approved_on=st.none() | days,
    review_due=st.none() | days,
    claims=_some(claims()),
    matters=st.lists(matters, max_size=1).map(tuple),
)


def credited(*relations: Relation) -> st.SearchStrategy[Credit]:
    """Credits of these relations."""
    return st.builds(
        Credit,
        control=st.sampled_from(["TF-1", "TF-2", "TF-3"]),
        relation=st.sampled_from(relations),
        strength=st.integers(1, 10),
        implementations=st.lists(implementations, max_size=3).map(tuple),
    )


def known(
    credits_drawn: st.SearchStrategy[Credit], *, minimum: int = 0
) -> st.SearchStrategy[RequirementFacts]:
    """Everything that can be known of one requirement."""
    return st.builds(
        RequirementFacts,
        requirement=st.just("R"),
        excludable=st.booleans(),
        needs_decision=st.booleans(),
        decision=st.none()
        | st.builds(
            ApplicabilityFact, applicable=st.booleans(), reason=st.just("why"), decided_on=days
        ),
        credits=st.lists(credits_drawn, min_size=minimum, max_size=3).map(tuple),
    )
