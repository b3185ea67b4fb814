"""Word that events came in."""

import factories
import pytest

from twofold.people.errors import InvalidInput
from twofold.telemetry import actions, arrivals


@pytest.fixture(autouse=True)
def _silence():
    arrivals.wait(0)


@pytest.fixture
def schema(cast):
    system = factories.system(cast, code="loans", at=factories.now())
    return factories.schema(system, cast, at=factories.now())


def test_word_is_heard_once():
    arrivals.tell()

    assert arrivals.wait(0)
    assert not arrivals.wait(0)


def test_events_that_are_accepted_are_told(cast, schema):
    body = factories.body(factories.events(3, at=factories.now()))
    by = factories.actor(cast.engineer)
    actions.accept_events(schema, body=body, by=by, at=factories.now())

    assert arrivals.wait(0)


def test_a_batch_that_is_refused_wakes_nobody(cast, schema):
    by = factories.actor(cast.engineer)
    with pytest.raises(InvalidInput):
        actions.accept_events(schema, body=b"{}", by=by, at=factories.now())

    assert not arrivals.wait(0)
