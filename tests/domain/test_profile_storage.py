import json

import pytest
from domain.events import PROPERTY, SCHEMA, events, profiled
from hypothesis import given

from twofold.domain.profile import ProfileError, from_json, merge, profile_of, to_json

ROWS = [
    (12.5, "web", "f", True, True, 0.75, True),
    (-3.0, "shop", "m", False, False, 0.25, True),
    (0.0, None, "f", None, True, 0.5, None),
]


def stored():
    return json.loads(to_json(profiled(ROWS)))


@PROPERTY
@given(events)
def test_a_stored_profile_reads_back_the_same(rows):
    profile = profiled(rows)

    assert from_json(to_json(profile)) == profile


@PROPERTY
@given(events)
def test_equal_profiles_are_stored_as_equal_text(rows):
    backwards = to_json(profiled(rows[::-1]))

    assert backwards == to_json(profiled(rows))
    assert to_json(from_json(backwards)) == backwards


def test_a_merged_profile_is_stored_like_one_made_at_once():
    halves = [profiled(ROWS[:1]), profiled(ROWS[1:])]

    assert to_json(merge(halves)) == to_json(profiled(ROWS))


def test_only_bins_that_hold_something_are_stored():
    silent = to_json(profile_of({}, SCHEMA))

    assert '"bins":{}' in silent
    assert len(to_json(profiled(ROWS))) < 2500


def test_order_of_names_and_blanks_do_not_matter():
    reordered = json.dumps(dict(reversed(stored().items())), indent=2)

    assert from_json(reordered) == profiled(ROWS)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "{}", '{"version":1}', '{"version":1,"profile":7}', "\ud800"]
)
def test_another_document_is_refused(text):
    with pytest.raises(ProfileError, match="not a stored profile"):
        from_json(text)


def test_another_version_is_refused():
    with pytest.raises(ProfileError, match="not a stored profile"):
        from_json(json.dumps(stored() | {"version": 2}))


CONTRADICTIONS = {
    "events": ("events", 4),
    "number count": ("numbers.amount.count", 2),
    "number missing": ("numbers.amount.missing", 1),
    "minimum without values": ("numbers.amount.minimum", None),
    "category count": ("categories.gender.count", 2),
    "overflow without need": (
        "categories.gender",
        {"count": 3, "missing": 0, "overflow": 1, "values": {"f": 2}},
    ),
    "more in groups than overall": ("outcomes.overall.true_positives", 0),
    "squared error": ("scores.squared_error", 2.5),
    "score bin": ("scores.positives", {"100": 2}),
    "bin beyond the scale": ("numbers.amount.bins", {"0": 1, "99999": 2}),
    "too many values": (
        "categories.gender",
        {"count": 501, "missing": 0, "overflow": 0, "values": {str(i): 1 for i in range(501)}},
    ),
    "too many groups": (
        "outcomes.groups.gender",
        {str(i): dict.fromkeys(stored()["profile"]["outcomes"]["overall"], 0) for i in range(501)},
    ),
}


def changed(path, value):
    document = stored()
    *parents, last = path.split(".")
    place = document["profile"]
    for name in parents:
        place = place[name]
    place[last] = value
    return json.dumps(document)


@pytest.mark.parametrize(("path", "value"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_counts_that_contradict_one_another_are_refused(path, value):
    with pytest.raises(ProfileError, match="contradict"):
        from_json(changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("events", -3),
        ("events", 3.5),
        ("events", True),
        ("numbers.amount.bins", {"x": 3}),
        ("categories.gender.values", {"f": 0}),
        ("numbers.amount.surprise", 1),
        ("surprise", 1),
    ],
)
def test_a_value_of_the_wrong_type_or_name_is_refused(path, value):
    with pytest.raises(ProfileError, match="not a stored profile"):
        from_json(changed(path, value))
