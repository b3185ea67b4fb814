"""Rules, results and records in words."""

import pytest
from factories.checked import rule

from twofold.catalog.load import catalog
from twofold.controls.models import CheckResult
from twofold.domain.checks import POPULATIONS, CheckKind
from twofold.reporting.checks.words import number, rule_text, value_text

FRESHNESS, THRESHOLD = CheckKind.FRESHNESS, CheckKind.THRESHOLD
APPROVAL, SEPARATION = CheckKind.APPROVAL, CheckKind.SEPARATION


@pytest.mark.parametrize(
    ("asked", "text"),
    [
        (rule("telemetry", kind=FRESHNESS, days=2),
         "Days with events: the newest at most 2 days old"),
        (rule("systems", at_least=1), "AI systems: at least 1"),
        (rule("roles", at_most=3, where=(("role", "administrator"), ("state", "current"))),
         "Role assignments (role administrator, state current): at most 3"),
        (rule("findings", at_least=2, at_most=4, days=365),
         "Findings of the last 365 days: from 2 to 4"),
        (rule("evidence", need="x", at_least=2, first="author", second="accepted_by"),
         "Accepted evidence (x, two persons: author of the file and who accepted it): at least 2"),
        (rule("alerts", kind=THRESHOLD, measure="age_days", at_most=7.5),
         "Alerts: age in days at most 7.5"),
        (rule("tokens", kind=APPROVAL, by="person"), "API tokens: person is on record"),
        (rule("findings", kind=SEPARATION, first="owner", second="closed_by"),
         "Findings: two persons, owner and who closed it"),
    ],
)  # fmt: skip
def test_a_rule_is_told_in_a_sentence(asked, text):
    assert rule_text(asked) == text


def result(outcome, value=None, looked_at=4):
    return CheckResult(outcome=outcome, value=value, looked_at=looked_at)


@pytest.mark.parametrize(
    ("asked", "found", "text"),
    [
        (rule("telemetry", kind=FRESHNESS, days=2), result("fail", 9), "9 days old"),
        (rule("telemetry", kind=FRESHNESS, days=2), result("pass", 1), "1 day old"),
        (rule("telemetry", kind=FRESHNESS, days=2), result("fail"), "there is none"),
        (rule("systems", at_least=1), result("pass", 1200), "counted: 1,200"),
        (rule("alerts", kind=THRESHOLD, measure="age_days", at_most=7), result("pass"), ""),
        (rule("alerts", kind=THRESHOLD, measure="age_days", at_most=7), result("fail", 9.25),
         "furthest off: age in days 9.25"),
        (rule("alerts", kind=THRESHOLD, measure="age_days", at_most=7), result("error"), ""),
        (rule("tokens", kind=APPROVAL, by="person"), result("fail", 1), "1 of 4 do not"),
        (rule("findings", kind=SEPARATION, first="owner", second="closed_by"),
         result("not_run", looked_at=0), ""),
    ],
)  # fmt: skip
def test_a_result_is_told_in_words(asked, found, text):
    assert value_text(asked, found) == text


def test_whole_numbers_have_no_decimals_and_none_is_blank():
    assert [number(3.0), number(0.25), number(None)] == ["3", "0.25", ""]


@pytest.mark.parametrize("of", POPULATIONS)
def test_every_population_has_words_for_its_measures_and_actors(of):
    need = "x" if of == "evidence" else ""
    population = POPULATIONS[of]
    for measure in population.measures:
        told = rule_text(rule(of, kind=THRESHOLD, need=need, measure=measure, at_most=1))
        assert "_" not in told
    for actor in population.actors:
        assert "_" not in rule_text(rule(of, kind=APPROVAL, need=need, by=actor))


def test_every_rule_of_the_library_has_words():
    rules = [entry.rule for control in catalog().controls for entry in control.checks]

    assert all(rule_text(entry) for entry in rules)
