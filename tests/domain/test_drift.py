import math
from itertools import pairwise

import numpy as np
import pytest
from domain.events import AMOUNT, CHANNEL, PROPERTY, numbers, of_column, words
from hypothesis import given
from hypothesis import strategies as st

from twofold.domain.drift import GROUPS, jensen_shannon, kolmogorov_smirnov, psi

MEASURES = [psi, jensen_shannon, kolmogorov_smirnov]


def number(values):
    return of_column(values, AMOUNT).numbers["amount"]


def category(values):
    return of_column(values, CHANNEL).categories["channel"]


def exact_kolmogorov_smirnov(one, other):
    """The two-sample statistic by its definition, value by value."""

    def share_up_to(values, x):
        return sum(v <= x for v in values) / len(values)

    return max(abs(share_up_to(one, x) - share_up_to(other, x)) for x in {*one, *other})


# Known answers.


def test_psi_of_three_categories():
    reference = category(["a"] * 50 + ["b"] * 30 + ["c"] * 20)
    window = category(["a"] * 40 + ["b"] * 30 + ["c"] * 30)

    found = psi(reference, window)

    assert found.value == pytest.approx(-0.1 * math.log(0.8) + 0.1 * math.log(1.5))
    assert found.value == pytest.approx(0.0628609, abs=1e-7)
    assert (found.sample, found.reason) == (100, "")


def test_unseen_categories_are_one_group_that_counts_half_an_event_in_the_reference():
    reference = category(["a"] * 100)
    window = category(["a"] * 80 + ["new"] * 15 + ["newer"] * 5)

    expected = -0.2 * math.log(0.8) + (0.2 - 0.005) * math.log(0.2 / 0.005)
    assert psi(reference, window).value == pytest.approx(expected)


def test_a_category_that_vanished_counts_half_an_event_in_the_window():
    reference = category(["a"] * 90 + ["gone"] * 10)

    expected = 0.1 * math.log(1 / 0.9) + (0.01 / 2 - 0.1) * math.log(0.01 / 2 / 0.1)
    assert psi(reference, category(["a"] * 100)).value == pytest.approx(expected)


def test_psi_of_a_number_uses_ten_groups_of_the_reference():
    values = [1.1**i for i in range(100)]

    found = psi(number(values), number(values[:50] * 2))

    expected = 5 * 0.1 * math.log(2) + 5 * (0.005 - 0.1) * math.log(0.005 / 0.1)
    assert found.value == pytest.approx(expected)


def test_values_outside_the_range_of_the_reference_are_a_group():
    reference, expected = number([5.0] * 100), 2 * 0.995 * math.log(200)

    assert psi(reference, number([7.0] * 100)).value == pytest.approx(expected)
    assert psi(reference, number([-7.0] * 100)).value == pytest.approx(expected)
    assert psi(reference, number([math.inf] * 50 + [0.0] * 50)).value == pytest.approx(expected)


def test_a_number_in_a_gap_of_the_reference_is_noticed():
    reference = number([1.0] * 50 + [9.0] * 50)
    window = number([1.0] * 40 + [3.0] * 20 + [9.0] * 40)

    gap = (0.2 - 0.005) * math.log(0.2 / 0.005)
    assert psi(reference, window).value == pytest.approx(gap - 2 * 0.1 * math.log(0.8))


def test_infinities_are_values_like_others():
    reference = number([-math.inf] * 50 + [1.0] * 50)
    window = number([-math.inf] * 25 + [1.0] * 75)

    expected = -0.25 * math.log(0.5) + 0.25 * math.log(1.5)
    assert psi(reference, window).value == pytest.approx(expected)
    found = kolmogorov_smirnov(reference, window)
    assert found.value == 0.25


def test_jensen_shannon_of_two_categories():
    found = jensen_shannon(category(["a"] * 40), category(["a", "b"] * 30))

    # KL((1, 0), (3/4, 1/4)) = log2(4/3); KL((1/2, 1/2), (3/4, 1/4)) = (log2(2/3) + 1) / 2.
    divergence = (math.log2(4 / 3) + (math.log2(2 / 3) + 1) / 2) / 2
    assert found.value == pytest.approx(math.sqrt(divergence))
    assert found.value == pytest.approx(0.5579230, abs=1e-7)
    assert found.sample == 40


def test_jensen_shannon_joins_the_bins_of_a_number_by_the_mass_of_both_sides():
    reference = number([1.1**i for i in range(100)])
    window = number([1.1**i for i in range(50, 150)])

    # Of the tenths of the even mixture the outer two on each side hold one side alone, the inner
    # four both alike, and those between them (3/20, 1/20) and (1/20, 3/20).
    between = (0.15 * math.log2(1.5) + 0.05 * math.log2(0.5)) / 2
    found = jensen_shannon(reference, window).value
    assert found == pytest.approx(math.sqrt(4 * 0.2 * math.log2(2) / 2 + 2 * between))


def test_kolmogorov_smirnov_of_four_values():
    found = kolmogorov_smirnov(number([1, 2, 3, 4]), number([3, 4, 5, 6]))

    assert found.value == 0.5
    assert found.sample == 4


def test_what_a_bin_hides_is_within_the_error():
    one, other = [100.0] * 10, [100.5] * 10

    found = kolmogorov_smirnov(number(one), number(other))

    assert found.value == 0.0
    assert exact_kolmogorov_smirnov(one, other) == found.error == 1.0


def test_the_error_is_that_of_the_worse_side():
    spread, heap = number([50.0, 100.0]), number([100.5])

    # At the edges they differ by a half; were 100 and 100.5 told apart, by all.
    for one, other in [(spread, heap), (heap, spread)]:
        found = kolmogorov_smirnov(one, other)
        assert (found.value, found.error) == (0.5, 0.5)


@PROPERTY
@given(*[st.lists(st.floats(1, 1.1), min_size=1, max_size=20)] * 2)
def test_the_error_holds_where_many_values_share_a_bin(one, other):
    found = kolmogorov_smirnov(number(one), number(other))
    exact = exact_kolmogorov_smirnov(one, other)

    assert found.value - 1e-12 <= exact <= found.value + found.error + 1e-12


def test_zeros_and_infinities_hide_nothing():
    values = number([0.0, 0.0, math.inf, -math.inf])

    assert kolmogorov_smirnov(values, values).error == 0.0


# Properties.


@PROPERTY
@given(numbers, numbers)
def test_kolmogorov_smirnov_is_below_the_exact_statistic_by_at_most_its_error(one, other):
    found = kolmogorov_smirnov(number(one), number(other))
    exact = exact_kolmogorov_smirnov(one, other)

    assert found.value - 1e-12 <= exact <= found.value + found.error + 1e-12


@PROPERTY
@given(st.lists(st.integers(-60, 60), min_size=1), st.lists(st.integers(-60, 60), min_size=1))
def test_kolmogorov_smirnov_is_exact_where_every_bin_holds_one_value(one, other):
    # Powers of 1.1 are further apart than the bins are wide.
    one, other = ([math.copysign(1.1 ** abs(i), i) for i in side] for side in (one, other))

    found = kolmogorov_smirnov(number(one), number(other)).value
    assert found == pytest.approx(exact_kolmogorov_smirnov(one, other))


@PROPERTY
@given(numbers, numbers)
def test_measures_of_numbers_lie_in_their_range(one, other):
    one, other = number(one), number(other)

    assert psi(one, other).value >= 0
    assert 0 <= jensen_shannon(one, other).value <= 1
    assert 0 <= kolmogorov_smirnov(one, other).value <= 1


@PROPERTY
@given(words, words)
def test_measures_of_categories_lie_in_their_range(one, other):
    one, other = category(one), category(other)

    assert psi(one, other).value >= 0
    assert 0 <= jensen_shannon(one, other).value <= 1


@PROPERTY
@given(words, words)
def test_jensen_shannon_of_categories_agrees_with_the_entropy_form(one, other):
    def entropy(shares):
        return -sum(s * math.log2(s) for s in shares if s)

    p, q = ([side.count(letter) / len(side) for letter in "abcdef"] for side in (one, other))
    mixed = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    divergence = entropy(mixed) - (entropy(p) + entropy(q)) / 2

    found = jensen_shannon(category(one), category(other)).value
    assert found**2 == pytest.approx(divergence, abs=1e-12)


@PROPERTY
@given(numbers, numbers, words, words)
def test_jensen_shannon_and_kolmogorov_smirnov_are_symmetric(one, other, word, sword):
    one, other, word, sword = number(one), number(other), category(word), category(sword)

    assert jensen_shannon(one, other) == jensen_shannon(other, one)
    assert jensen_shannon(word, sword) == jensen_shannon(sword, word)
    there, back = kolmogorov_smirnov(one, other), kolmogorov_smirnov(other, one)
    assert there.value == back.value


@PROPERTY
@given(numbers, words)
def test_a_distribution_does_not_drift_from_itself(values, letters):
    for tally in (number(values), category(letters)):
        assert psi(tally, tally).value == 0.0
        assert jensen_shannon(tally, tally).value == 0.0
    assert kolmogorov_smirnov(number(values), number(values)).value == 0.0


@PROPERTY
@given(numbers, st.integers(2, 5))
def test_only_shares_matter_not_how_many_events_there_are(values, times):
    for measure in (jensen_shannon, kolmogorov_smirnov):
        found = measure(number(values), number(values * times)).value
        assert found == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize("measure", [jensen_shannon, kolmogorov_smirnov])
@pytest.mark.parametrize("sizes", [(50, 50), (1000, 40), (37, 900)])
def test_distributions_with_nothing_in_common_are_as_far_apart_as_can_be(measure, sizes):
    reference = number(np.linspace(1, 2, sizes[0]))
    window = number(np.linspace(3, 9, sizes[1]))

    assert measure(reference, window).value == pytest.approx(1.0)


def test_psi_grows_with_the_shift():
    rng = np.random.default_rng(1)
    reference = number(rng.normal(10, 2, 4000))

    found = [psi(reference, number(rng.normal(10 + s, 2, 4000))).value for s in (0, 0.5, 1, 2)]

    assert all(small < large for small, large in pairwise(found))
    assert found[0] < 0.01


@pytest.mark.parametrize("shift", [0.5, 1.0])
def test_psi_of_shifted_normals_is_near_its_population_value(shift):
    """Of two normals with one variance the population value is (shift / sigma) squared."""
    rng = np.random.default_rng(2)
    reference, window = rng.normal(100, 1, 50_000), rng.normal(100 + shift, 1, 50_000)

    # Bins of relative width 2 % are wide against this spread; moved near zero they are not.
    found = psi(number(reference - 100), number(window - 100)).value
    assert found == pytest.approx(shift**2, rel=0.1)


def test_two_samples_of_one_distribution_hardly_differ():
    rng = np.random.default_rng(3)
    one, other = (number(rng.lognormal(size=1000)) for _ in range(2))

    assert psi(one, other).value < 4 * GROUPS * (1 / 1000 + 1 / 1000)
    assert jensen_shannon(one, other).value < 0.1
    # The critical value of the test at 0.1 % is 1.95 sqrt(2 / n).
    assert kolmogorov_smirnov(one, other).value < 1.95 * math.sqrt(2 / 1000)


# Beyond the limit of counted values.


def test_only_completely_counted_values_are_compared_one_by_one():
    reference = category([f"v{i:04}" for i in range(1000)])
    window = category([f"v{i:04}" for i in range(0, 1000, 2)])

    # All of the window is counted, the reference up to v0499: the rest is one group.
    # 250 values doubled, 250 vanished, and half of either side in the rest.
    vanished = 250 * (0.5 / 500 - 0.001) * math.log((0.5 / 500) / 0.001)
    expected = 250 * 0.001 * math.log(2) + vanished
    assert psi(reference, window).value == pytest.approx(expected)
    assert psi(reference, reference).value == 0.0


# When there is no value.


@pytest.mark.parametrize("measure", MEASURES)
def test_without_a_reference_there_is_a_reason_and_no_value(measure):
    found = measure(None, number([1.0] * 40))

    assert (found.value, found.sample) == (None, 40)
    assert found.reason == "There is no reference to compare with."


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("window", [None, number([]), number([None] * 50)])
def test_without_values_in_the_window_there_is_no_value(measure, window):
    found = measure(number([1.0] * 40), window)

    assert (found.value, found.sample) == (None, 0)
    assert found.reason == "The window has no value of this field."


@pytest.mark.parametrize("measure", MEASURES)
def test_an_empty_reference_gives_no_value(measure):
    found = measure(number([None]), number([1.0]))

    assert (found.value, found.sample) == (None, 0)
    assert found.reason == "The reference has no value of this field."


@pytest.mark.parametrize("measure", MEASURES)
def test_a_field_that_changed_its_type_gives_no_value(measure):
    for pair in [(number([1.0]), category(["a"])), (category(["a"]), number([1.0]))]:
        found = measure(*pair)
        assert found.value is None
        assert found.reason.startswith("The field is a number on one side")


def test_categories_have_no_kolmogorov_smirnov():
    found = kolmogorov_smirnov(category(["a"]), category(["a"]))

    assert (found.value, found.reason) == (None, "Categories have no order to compare.")
