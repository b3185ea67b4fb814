import json

import factories
import pytest

from twofold.ledger.queries import position
from twofold.reporting.standing import forget

LEAD = ("--as", "lead@acme.example")
SHOWN = "shown=TF-ROL-01"


@pytest.fixture(autouse=True)
def nothing_kept(db):
    forget()
    yield
    forget()


def refused(ended, beginning):
    assert ended.status == 1
    assert ended.err.startswith(f"twofold: {beginning}"), ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


def test_what_would_turn_is_printed_and_nothing_is_written(run, cast):
    run("person", "list", *LEAD)
    before = position()

    told = run("what-if", "ask", SHOWN, *LEAD)
    turns = {e["id"]: e for e in json.loads(run("what-if", "ask", SHOWN, "--json", *LEAD).out)}

    assert "42001:5.3" in told.out
    assert "-> conforming" in told.out
    assert turns["27001"]["after"]["met"] > turns["27001"]["before"]["met"]
    assert position() == before


def test_what_may_be_supposed_is_printed(run, cast):
    factories.implementation(cast, approved=False, at=factories.now())
    every = run("what-if", "list", *LEAD).out
    some = run("what-if", "list", "--change", "approved", *LEAD).out

    assert f"{SHOWN}  TF-ROL-01" in every
    assert [line.partition("=")[0] for line in some.splitlines()] == ["approved"]
    assert run("what-if", "ask", some.split()[0], *LEAD).status == 0


@pytest.mark.parametrize(
    ("given", "beginning"),
    [
        ("shown=TF-XXX-01", "TF-XXX-01 cannot be supposed for shown."),
        ("shown", "shown: write CHANGE=VALUE"),
        ("explodes=x", "explodes=x: write CHANGE=VALUE"),
    ],
)
def test_what_cannot_be_supposed_is_told_in_a_line(run, cast, given, beginning):
    refused(run("what-if", "ask", given, *LEAD), beginning)
