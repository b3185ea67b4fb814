"""The score of a requirement on its page: what the figure is, and what holds it back."""

import factories
import pytest
from factories import governed

WHOLLY, PARTLY = "42001:A.6.2.6", "27001:A.8.16"


@pytest.fixture
def page(db, client):
    cast = factories.cast(factories.now())
    at = factories.now()
    run = factories.implementation(cast, at=at)
    governed.finding(cast, about=run, at=at)
    for requirement in (WHOLLY, PARTLY):
        governed.decision(cast, requirement, at=at)
    client.force_login(cast.lead)

    def _page(requirement):
        return " ".join(client.get(f"/requirements/{requirement}/").content.decode().split())

    return _page


@pytest.mark.parametrize("requirement", [WHOLLY, PARTLY])
def test_a_score_says_what_it_is_and_what_is_open_against_it(page, requirement):
    told = page(requirement)

    assert "shown to be met" in told
    assert "Those count for half at most, because what they leave over is not known." in told
    assert "1 open matter holds it back" in told


def test_a_gap_is_said_to_count_as_nothing(db, client):
    cast = factories.cast(factories.now())
    governed.decision(cast, WHOLLY, at=factories.now())
    client.force_login(cast.lead)

    told = client.get(f"/requirements/{WHOLLY}/").content.decode()

    assert "A gap counts as nothing" in told
    assert "count for half at most" not in told


def test_where_no_score_is_defined_none_is_explained(page):
    told = page("27001:A.5.1")

    assert "Score not defined" in told
    assert "count for half at most" not in told
