import json

from twofold.catalog.load import catalog


def test_certification_is_told_as_json(run, cast):
    found = json.loads(run("certification", "--json").out)

    assert [entry["id"] for entry in found["standards"]] == ["42001", "27001"]
    told = {predicate["id"] for entry in found["standards"] for predicate in entry["predicates"]}
    assert told == {predicate.id for predicate in catalog().predicates}
    forecast = found["standards"][0]["forecast"]
    assert (forecast["why_not"], forecast["expected"]) == ("short_history", None)
    assert forecast["text"].startswith("No forecast")
    first = found["standards"][0]["predicates"][0]
    assert first["state"] == "not_met"
    assert first["missing"][0]["action"]


def test_certification_is_told_in_lines(run, cast):
    out = run("certification").out

    assert "ISO/IEC 42001: No forecast" in out
    assert "Stage 2: 0 of 14 met" in out
    assert "S1-01  not_met" in out
