"""Cells of a CSV: no text is a formula where the file is opened in a spreadsheet."""

import csv
import io

import factories
import pytest

from twofold.controls import actions
from twofold.controls.queries import control_values, library
from twofold.reporting.standing import forget
from twofold.web.cells import plain

WATCHING = "TF-MON-01"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_compute_is_marked_as_text(start):
    assert plain([f"{start}1+1", "A"]) == [f"'{start}1+1", "A"]


@pytest.mark.parametrize("text", ["", "1", "a=b", " =1", "'=1", "ISO/IEC 27001", "https://x/-"])
def test_any_other_text_stays_as_it_is(text):
    assert plain([text]) == [text]


@pytest.mark.parametrize(
    ("address", "column", "changed"),
    [
        ("/gap/roadmap/csv/", "owner_role", {"owner_role": "=1+1"}),
        ("/gap/roadmap/csv/", "step", {"title": "@SUM(1)"}),
    ],
)
@pytest.mark.django_db
def test_the_roadmap_holds_no_formula(client, address, column, changed):
    forget()
    cast = factories.cast(factories.now())
    values = {**control_values(library().control_by_id[WATCHING]), **changed}
    by = factories.actor(cast.lead)
    actions.adapt_control(WATCHING, values, reason="Ours.", by=by, at=factories.now())
    client.force_login(cast.lead)

    rows = list(csv.DictReader(io.StringIO(client.get(address).content.decode())))

    (step,) = [row for row in rows if row["control"] == WATCHING]
    assert step[column].startswith("'")


@pytest.mark.django_db
def test_the_crosswalk_holds_no_formula(client):
    toml = """
[[framework]]
id = "house"
title = "House rules"
short_title = "House"
edition = "1"

[[requirement]]
id = "house:1"
title = "=1+1"
kind = "control"
auditable = true
summary = "Doors are shut."
evidence = ["A door", "A lock"]
questions = ["Which door?", "Whose lock?"]
"""
    cast = factories.cast(factories.now())
    actions.import_framework_file(
        toml.encode(), file_name="house.toml", code="", by=factories.actor(cast.lead),
        at=factories.now(),
    )  # fmt: skip
    client.force_login(cast.lead)

    told = client.get("/crosswalk/csv/", {"framework": "house"}).content.decode()

    assert {row["source_title"] for row in csv.DictReader(io.StringIO(told))} == {"'=1+1"}
