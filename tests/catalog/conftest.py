"""Has it said when lists and catalogues that lie beside the checkout are not there."""

import pytest
from reporting_of_unrun import FRAMEWORK_FACTS, OSCAL_CATALOGUE


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(FRAMEWORK_FACTS, "unrun-framework-facts")
    config.pluginmanager.register(OSCAL_CATALOGUE, "unrun-oscal-catalogue")
