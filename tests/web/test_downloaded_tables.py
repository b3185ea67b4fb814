"""Tables that are downloaded: no text in them is a formula where a spreadsheet opens them."""

import csv
import io
from dataclasses import replace

import factories
import pytest

from twofold.catalog.load import catalog
from twofold.controls import actions
from twofold.controls.queries import control_values, library
from twofold.reporting.standing import forget
from twofold.web.views import crosswalk

WATCHING = "TF-MON-01"


@pytest.mark.django_db
def test_the_roadmap_holds_no_formula(client):
    forget()
    cast = factories.cast(factories.now())
    values = {**control_values(library().control_by_id[WATCHING]), "owner_role": "=1+1"}
    by = factories.actor(cast.lead)
    actions.adapt_control(WATCHING, values, reason="Ours.", by=by, at=factories.now())
    client.force_login(cast.lead)

    told = client.get("/gap/roadmap/csv/").content.decode()

    (step,) = [row for row in csv.DictReader(io.StringIO(told)) if row["control"] == WATCHING]
    assert step["owner_role"] == "'=1+1"


@pytest.mark.django_db
def test_the_crosswalk_holds_no_formula(client, monkeypatch):
    cast = factories.cast(factories.now())
    client.force_login(cast.lead)
    shipped = catalog()
    pairs = (replace(shipped.pairs[0], rationale="@SUM(1)"),)
    monkeypatch.setattr(crosswalk, "library", lambda: replace(shipped, pairs=pairs, unpaired=()))

    told = client.get("/crosswalk/csv/").content.decode()

    assert [row["rationale"] for row in csv.DictReader(io.StringIO(told))] == ["'@SUM(1)"]
