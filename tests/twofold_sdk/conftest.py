"""The stand-in of the API and a client that pauses for no longer than a test can wait."""

from collections.abc import Iterator

import pytest
from api_stand_in import TOKEN, ApiStandIn, serving

from twofold_sdk import Client, Retry

QUICK = Retry(attempts=4, first_s=0.001, longest_s=0.01)


@pytest.fixture
def api() -> Iterator[ApiStandIn]:
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def client(api: ApiStandIn) -> Iterator[Client]:
    with Client(api.url, TOKEN, timeout_s=5, retry=QUICK) as made:
        yield made
