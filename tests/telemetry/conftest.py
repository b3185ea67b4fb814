import factories
import pytest

from twofold.telemetry.models import EventSchema


@pytest.fixture
def loans(cast: factories.Cast) -> EventSchema:
    """A declared schema of a system of the cast."""
    return factories.schema(factories.system(cast, code="loans"), cast)
