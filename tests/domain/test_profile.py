import math
from collections import Counter

import numpy as np
import pytest
from domain.events import (
    AMOUNT,
    CHANNEL,
    GENDER,
    GRANTED,
    PROPERTY,
    REPAID,
    SCHEMA,
    SCORE,
    events,
    is_missing,
    of_column,
    profiled,
)
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.profile import (
    Confusion,
    Field,
    FieldType,
    ProfileError,
    Role,
    merge,
    profile_of,
)


def counts_of(profile):
    """Everything but the sums of floats, which are additive up to rounding only."""
    numbers = {
        name: (t.count, t.missing, t.below, t.above, t.minimum, t.maximum, dict(t.bins))
        for name, t in profile.numbers.items()
    }
    s = profile.scores
    scores = None if s is None else (dict(s.positives), dict(s.negatives), s.outside)
    return profile.events, numbers, dict(profile.categories), profile.outcomes, scores


@PROPERTY
@given(events, events)
def test_merging_two_profiles_is_profiling_the_joined_events(one, other):
    merged = merge([profiled(one), profiled(other)])
    joined = profiled([*one, *other])

    assert counts_of(merged) == counts_of(joined)
    assert merged.scores.squared_error == pytest.approx(joined.scores.squared_error)


@PROPERTY
@given(events, st.randoms(use_true_random=False))
def test_a_profile_does_not_depend_on_the_order_of_events(rows, shuffler):
    shuffled = list(rows)
    shuffler.shuffle(shuffled)

    assert profiled(shuffled) == profiled(rows)


@PROPERTY
@given(events, events, events)
def test_merging_is_associative_in_its_counts(a, b, c):
    a, b, c = map(profiled, (a, b, c))

    assert counts_of(merge([merge([a, b]), c])) == counts_of(merge([a, merge([b, c])]))


@PROPERTY
@given(events)
def test_confusion_agrees_with_counting_event_by_event(rows):
    outcomes = profiled(rows).outcomes
    expected = Counter()
    for _, channel, gender, disabled, granted, _, repaid in rows:
        if granted is not None:
            for group in [(None, None), ("channel", channel), ("gender", gender)]:
                if group == (None, None) or group[1] is not None:
                    expected[group, granted, repaid] += 1
            if disabled is not None:
                expected[("disabled", str(disabled).lower()), granted, repaid] += 1

    found = Counter()
    groups = {(None, None): outcomes.overall}
    for name, values in outcomes.groups.items():
        groups.update({(name, value): confusion for value, confusion in values.items()})
    for group, c in groups.items():
        found[group, True, True] = c.true_positives
        found[group, True, False] = c.false_positives
        found[group, False, False] = c.true_negatives
        found[group, False, True] = c.false_negatives
        found[group, True, None] = c.unlabelled_positives
        found[group, False, None] = c.unlabelled_negatives
    assert +found == +expected


@PROPERTY
@given(st.lists(st.one_of(st.none(), st.floats()), max_size=30))
def test_number_tally_agrees_with_counting_value_by_value(values):
    tally = of_column(values, AMOUNT).numbers["amount"]
    present = [value for value in values if not is_missing(value)]
    finite = [value for value in present if math.isfinite(value)]

    assert (tally.count, tally.missing) == (len(present), len(values) - len(present))
    assert (tally.below, tally.above) == (present.count(-math.inf), present.count(math.inf))
    assert tally.minimum == min(finite, default=None)
    assert tally.maximum == max(finite, default=None)
    assert sum(tally.bins.values()) == len(finite)


def test_sums_are_exact_where_floats_are():
    tally = of_column([1e16, 1.0, -1e16, 3.0, None, math.inf], AMOUNT).numbers["amount"]

    assert tally.total == 4.0
    assert of_column([3.0, 4.0], AMOUNT).numbers["amount"].squares == 25.0


@pytest.mark.parametrize("values", [[1e308, 1e308, 1e308], [-1e308, -1e308, -1e308]])
def test_a_sum_beyond_a_float_is_unknown_and_stays_so(values):
    large = of_column(values, AMOUNT)
    small = of_column([1.0], AMOUNT)

    for profile in (large, merge([large, small])):
        assert profile.numbers["amount"].total is None
        assert profile.numbers["amount"].squares is None
    assert small.numbers["amount"].total == 1.0


def test_a_merged_sum_beyond_a_float_is_unknown():
    half = of_column([1.5e308], AMOUNT)

    assert half.numbers["amount"].total == 1.5e308
    assert merge([half, half]).numbers["amount"].total is None


def test_beyond_the_limit_of_values_merging_stays_exact():
    rng = np.random.default_rng(7)
    one = [f"v{number}" for number in rng.integers(3000, size=4000)]
    other = [f"v{number}" for number in rng.integers(3000, size=1000)]

    merged = merge([of_column(one, CHANNEL), of_column(other, CHANNEL)])
    joined = of_column(one + other, CHANNEL)

    tally = joined.categories["channel"]
    counted = Counter(one + other)
    assert merged == joined
    assert dict(tally.values) == {value: counted[value] for value in sorted(counted)[:500]}
    assert tally.overflow == 5000 - sum(tally.values.values())
    assert tally.last_counted == sorted(counted)[499]


def test_below_the_limit_every_count_is_complete():
    tally = of_column([f"v{i:03}" for i in range(500)], CHANNEL).categories["channel"]

    assert (len(tally.values), tally.overflow, tally.last_counted) == (500, 0, None)


def test_groups_beyond_the_limit_merge_exactly():
    def batch(start):
        names = [f"g{i:04}" for i in range(start, start + 450)]
        return profile_of({"channel": names, "granted": [True] * 450}, [CHANNEL, GRANTED])

    merged = merge([batch(100), batch(0)])
    groups = merged.outcomes.groups["channel"]

    assert sorted(groups) == [f"g{i:04}" for i in range(500)]
    assert groups["g0099"].predictions == 1
    assert groups["g0100"].predictions == 2
    assert merged.outcomes.overall.predictions == 900


def test_a_boolean_is_counted_by_its_text():
    tally = of_column([True, False, True, None], GRANTED).categories["granted"]

    assert dict(tally.values) == {"false": 1, "true": 2}
    assert (tally.count, tally.missing) == (3, 1)


def test_scores_are_counted_by_label_in_a_hundred_bins():
    scores = [0.0, 0.005, 0.995, 1.0, 0.5, 0.5, None, 0.7, 1.2, -0.1, math.nan]
    labels = [False, True, True, True, False, True, True, None, True, False, True]
    tally = profile_of({"score": scores, "repaid": labels}, [SCORE, REPAID]).scores

    assert dict(tally.positives) == {0: 1, 50: 1, 99: 2}
    assert dict(tally.negatives) == {0: 1, 50: 1}
    assert tally.outside == 2
    assert tally.labelled == 6
    assert tally.squared_error == pytest.approx(0.995**2 + 0.005**2 + 0.25 + 0.25)


def test_without_labels_every_prediction_is_unlabelled():
    profile = profile_of({"granted": [True, False, None]}, [GRANTED])

    assert profile.outcomes.overall == Confusion(unlabelled_positives=1, unlabelled_negatives=1)
    assert profile.scores is None


def test_without_a_boolean_prediction_there_are_no_outcomes():
    kind = Field("kind", FieldType.CATEGORY, Role.PREDICTION)

    assert profile_of({"kind": ["a"], "repaid": [True]}, [kind, REPAID]).outcomes is None


def test_a_column_that_is_not_sent_is_missing_and_an_undeclared_one_is_ignored():
    profile = profile_of({"other": ["x", "y"], "amount": [1, 2]}, [AMOUNT, GENDER])

    assert profile.events == 2
    assert profile.categories["gender"].missing == 2
    assert set(profile.numbers) == {"amount"}


def test_a_silent_window_still_knows_its_fields():
    silent = profile_of({}, SCHEMA)

    assert silent.events == 0
    assert set(silent.numbers) == {"amount", "score"}
    assert set(silent.outcomes.groups) == {"channel", "gender", "disabled"}
    assert merge([silent, silent]) == silent


def test_merging_nothing_gives_nothing():
    empty = merge([])

    assert (empty.events, empty.outcomes, empty.scores) == (0, None, None)
    assert merge([empty, of_column([1.0], AMOUNT)]) == of_column([1.0], AMOUNT)


def test_a_field_that_one_profile_does_not_have_is_missing_there():
    merged = merge([of_column([1.0, 2.0], AMOUNT), of_column(["f"], GENDER)])

    assert merged.events == 3
    assert merged.numbers["amount"].missing == 1
    assert merged.categories["gender"].missing == 2


def test_a_name_of_two_types_cannot_be_merged():
    as_text = Field("amount", FieldType.CATEGORY, Role.FEATURE)

    with pytest.raises(ProfileError, match="`amount` is a number in one profile"):
        merge([of_column([1.0], AMOUNT), of_column(["1"], as_text)])


def test_a_schema_that_contradicts_itself_is_refused():
    with pytest.raises(ProfileError, match="declared 2 times"):
        profile_of({}, [AMOUNT, AMOUNT])


def test_arrays_and_lists_give_the_same_profile():
    values = [1.5, 2.5, -3.0]

    assert of_column(np.array(values), AMOUNT) == of_column(values, AMOUNT)
    assert of_column(np.array(["a", "b"]), CHANNEL) == of_column(["a", "b"], CHANNEL)
    assert of_column(np.array([True, False]), GRANTED) == of_column([True, False], GRANTED)
