"""Has it said when the cross-checked lists of identifiers and titles are not there."""

import pytest
from reporting_of_unrun import FRAMEWORK_FACTS


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FRAMEWORK_FACTS, "unrun-framework-facts")
