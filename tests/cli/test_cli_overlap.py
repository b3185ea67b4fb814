import json

import factories
import pytest

from twofold.catalog.load import catalog


def test_both_directions_are_told_of_the_library_alone(run, cast):
    found = json.loads(run("catalog", "overlap", "--json").out)["ways"]

    assert [(way["first"], way["second"]) for way in found] == [
        ("27001", "42001"),
        ("42001", "27001"),
    ]
    assert all(0 < way["least"] < way["most"] < 1 for way in found)
    assert {(way["shown"], way["running"]) for way in found} == {(None, None)}


def test_what_is_shown_today_is_told_to_one_who_may_see_it(run, cast):
    factories.implementation(cast, at=factories.now())
    answer = run("catalog", "overlap", "--as", cast.lead.email, "--first", "42001", "--json")
    found = json.loads(answer.out)["ways"][0]
    assert (found["second"], found["running"], found["shown"]) == ("27001", 1, 0)


def test_lines_for_people_say_unknown_where_nobody_looks(run, cast):
    lines = run("catalog", "overlap").out.splitlines()
    assert len(lines) == 2
    assert all("unknown shown today" in line for line in lines)
    assert all("(counting only the whole)" in line for line in lines)
    told = run("catalog", "overlap", "--as", cast.lead.email).out
    assert "0.0% shown today" in told


def test_a_control_and_a_requirement_are_told_apart_by_their_id(run, cast):
    control = run("catalog", "overlap", "TF-MON-01").out.splitlines()
    requirement = json.loads(run("catalog", "overlap", "42001:A.6.2.6", "--json").out)
    none = run("catalog", "overlap", "27001:A.5.13").out

    assert len(control) == len(catalog().control_by_id["TF-MON-01"].credits)
    assert requirement["controls"] == ["TF-MON-01"]
    assert "no counterpart" in none


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing"], "There is no requirement or control nothing."),
        (["42001:6.1"], "There is no requirement or control 42001:6.1."),
        (["--first", "9001"], "There is no framework 9001."),
        (["--as", "nobody@acme.example"], "nobody@acme.example"),
    ],
)
def test_what_is_not_there_ends_with_one_line(run, cast, arguments, sentence):
    ended = run("catalog", "overlap", *arguments)
    assert ended.status == 1
    assert sentence in ended.err
    assert len(ended.err.splitlines()) == 1
