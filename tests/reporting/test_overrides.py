"""What is shown of statuses that were set by hand, and what may be done about them."""

from datetime import timedelta

import factories
import pytest
from factories import AT, governed

from twofold.controls.actions import withdraw_override
from twofold.controls.queries import OverrideState
from twofold.domain.readiness import Status
from twofold.reporting.overrides import overrides_behind, overrides_on
from twofold.reporting.posture import posture
from twofold.reporting.standing import standing

LATER = AT + timedelta(days=2)


def on(requirement, somebody, *, at=AT):
    return overrides_on(requirement, factories.actor(somebody), at=at)


@pytest.mark.parametrize(
    ("name", "approve", "withdraw"),
    [("lead", False, True), ("approver", True, False), ("auditor", False, False)],
)
def test_another_person_approves_and_who_may_ask_withdraws(cast, name, approve, withdraw):
    governed.override(cast, approved=False)

    (view,) = on(governed.LOGGING, getattr(cast, name))

    assert (view.state, view.status) == (OverrideState.WAITING, Status.CONFORMING)
    assert (view.may_approve, view.may_withdraw) == (approve, withdraw)


def test_what_is_approved_or_expired_waits_for_nobody(cast):
    governed.override(cast, expires_date=(AT + timedelta(days=1)).date())

    (standing_view,) = on(governed.LOGGING, cast.approver)
    (expired,) = on(governed.LOGGING, cast.approver, at=LATER)

    assert not standing_view.may_approve
    assert (expired.state, expired.may_approve) == (OverrideState.EXPIRED, False)


def test_what_was_withdrawn_is_not_shown_on_the_requirement(cast):
    made = governed.override(cast)
    withdraw_override(made, by=factories.actor(cast.lead), at=AT)

    assert on(governed.LOGGING, cast.lead) == []


def test_the_override_that_stood_on_a_past_day_is_told_after_it_was_withdrawn(cast):
    made = governed.override(cast)
    governed.override(cast, requirement="27001:5.2", approved=False)
    withdraw_override(made, by=factories.actor(cast.lead), at=LATER)
    by = factories.actor(cast.lead)
    then = standing(by, at=LATER, on=AT.date())

    (view,) = overrides_behind(then.readiness[governed.LOGGING], by, at=LATER)

    assert view.override == made
    assert (view.state, view.may_approve, view.may_withdraw) == (
        OverrideState.STANDING, False, False,
    )  # fmt: skip
    assert overrides_behind(then.readiness["27001:5.2"], by, at=LATER) == []


def test_the_posture_counts_what_was_set_by_hand(cast):
    governed.override(cast)
    governed.override(cast, requirement="27001:5.2", approved=False)

    found = posture(factories.actor(cast.lead), at=AT)

    assert {entry.framework.id: entry.overridden for entry in found.frameworks} == {
        entry.framework.id: int(entry.framework.id == "27001") for entry in found.frameworks
    }
