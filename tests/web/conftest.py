import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def forgotten_failures(request: pytest.FixtureRequest) -> None:
    """Begin without failed sign-ins of tests whose changes were committed."""
    if "db" in request.fixturenames or "cast" in request.fixturenames:
        request.getfixturevalue("db")
        cache.clear()
