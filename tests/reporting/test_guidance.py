from datetime import date, timedelta

import factories
import pytest

from twofold.catalog.load import catalog
from twofold.reporting.guidance import ADDRESSEES, addressee_text, articles
from twofold.reporting.overlap import Basis, basis

SHIPPED = Basis(catalog(), {}, None)
LAW = catalog().framework("euaia")


def test_an_article_applies_from_its_day_on():
    day = date(2027, 12, 2)
    before = articles(SHIPPED, LAW, day=day - timedelta(days=1))
    then = articles(SHIPPED, LAW, day=day)
    begun = {
        new.requirement.id
        for old, new in zip(before, then, strict=True)
        if new.applies != old.applies
    }
    assert begun == {entry.id for entry in LAW.requirements if entry.effective.applies_from == day}
    assert "euaia:Art. 9" in begun


def test_every_article_names_whom_it_binds_in_words():
    for entry in LAW.requirements:
        assert entry.effective.addressee in ADDRESSEES
        assert addressee_text(entry.effective.addressee) != ""
    assert addressee_text("notified body") == "notified body"


def test_states_are_those_of_what_answers_the_article(cast):
    on = basis(factories.actor(cast.lead), at=factories.AT)
    found = {entry.requirement.id: entry for entry in articles(on, LAW, day=factories.AT.date())}
    literacy = found["euaia:Art. 4"]
    assert literacy.mapped == sum(literacy.counts.values()) > 0
    assert literacy.heading.id == "euaia:I"
    assert (found["euaia:Art. 40"].mapped, dict(found["euaia:Art. 40"].counts)) == (0, {})


@pytest.mark.parametrize("requirement", ["euaia:Art. 40", "euaia:Art. 43"])
def test_an_article_that_nothing_answers_is_said_to_have_no_counterpart(requirement):
    assert requirement in {entry.requirement for entry in catalog().unpaired}
