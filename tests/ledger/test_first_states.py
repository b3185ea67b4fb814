"""The first state of records: what was recorded when each came to be."""

from datetime import timedelta

import factories
from factories import AT

from twofold.controls import actions
from twofold.controls.queries import control_values, library
from twofold.ledger.queries import first_states

WATCHING = "TF-MON-01"


def test_the_first_state_is_what_was_recorded_before_any_change(cast):
    values, by = control_values(library().control_by_id[WATCHING]), factories.actor(cast.lead)
    later = AT + timedelta(days=1)
    row = actions.adapt_control(WATCHING, values, reason="Ours.", by=by, at=AT)
    actions.adapt_control(WATCHING, values, reason="Ours again.", by=by, at=later)

    found = first_states([row.ledger_subject, cast.unit.ledger_subject, "controls.claim:none"])

    assert set(found) == {row.ledger_subject, cast.unit.ledger_subject}
    assert found[row.ledger_subject]["reason"] == "Ours."
    assert found[cast.unit.ledger_subject]["name"] == "Lending"
    assert first_states([]) == {}
