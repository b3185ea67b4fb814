"""The controls that were credited to a requirement on a past day."""

from datetime import timedelta

import factories
from factories import AT

from twofold.catalog.load import catalog
from twofold.reporting.credited import credits_then
from twofold.reporting.standing import standing

SERVED = "42001:A.6.2.6"


def scopes(cast, *, on, at):
    found = standing(factories.actor(cast.lead), at=at, on=on.date())
    told = credits_then(found.catalog.requirements[SERVED], found)
    return {entry.control.id: entry.scopes for entry in told}


def test_controls_are_told_with_where_they_were_run_and_who_owned_them(cast):
    day, later = AT + timedelta(days=1), AT + timedelta(days=5)
    factories.implementation(cast, approved=False, at=day)

    before = scopes(cast, on=AT, at=later)
    (scope,) = scopes(cast, on=day, at=later)["TF-MON-01"]

    assert before.keys() == {control.id for control in catalog().controls_of[SERVED]}
    assert set(before.values()) == {()}
    assert (scope.name, scope.owner, scope.approved_on) == ("Lending", "Owner", None)


def test_a_control_was_run_until_the_day_it_was_retired(cast):
    day, last, later = AT + timedelta(days=1), AT + timedelta(days=3), AT + timedelta(days=5)
    run = factories.implementation(cast, at=AT)
    factories.retire(run, reason="It is gone.", by=factories.actor(cast.lead), at=last)

    assert len(scopes(cast, on=day, at=later)["TF-MON-01"]) == 1
    assert scopes(cast, on=last, at=later)["TF-MON-01"] == ()
