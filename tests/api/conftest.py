import factories
import pytest
from django.test import Client
from factories.programs import Caller

from twofold.people.access import Permission


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The cast, employed in real time: the API reads the clock."""
    return factories.cast(factories.now())


@pytest.fixture
def caller(cast: factories.Cast, client: Client) -> Caller:
    """A program of the lead that may do nearly everything."""
    return Caller(client, factories.token(cast.lead, cast, *_LEADING))


@pytest.fixture
def sender(cast: factories.Cast, client: Client) -> Caller:
    """A program of the engineer that may only send telemetry."""
    return Caller(client, factories.token(cast.engineer, cast, Permission.SEND_TELEMETRY))


_LEADING = (
    Permission.READ,
    Permission.REGISTER_SYSTEM,
    Permission.CONFIGURE_TELEMETRY,
    Permission.CONFIGURE_MONITOR,
    Permission.ACKNOWLEDGE_ALERT,
    Permission.ADD_EVIDENCE,
)
