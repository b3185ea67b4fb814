import factories
import pytest
from factories.monitored import on

from twofold.telemetry.models import EventSchema


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The cast, employed before the weeks in which the system is watched."""
    return factories.cast(at=on(1))


@pytest.fixture
def loans(cast: factories.Cast) -> EventSchema:
    """A system of high risk with a schema; weeks begin on the 2nd, 9th, 16th, 23rd and 30th."""
    return factories.schema(factories.system(cast, code="loans", at=on(1)), cast, at=on(1))
