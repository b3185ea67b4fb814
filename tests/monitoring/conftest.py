import factories
import pytest
from factories import monitored

from twofold.telemetry.models import EventSchema


@pytest.fixture
def cast(db: None) -> factories.Cast:
    return monitored.early_cast()


@pytest.fixture
def loans(cast: factories.Cast) -> EventSchema:
    return monitored.early_loans(cast)
