import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twofold_verify import canonical
from twofold_verify.canonical import CanonicalError

TEXTS = st.text(max_size=8).map(
    lambda text: unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode())
)
KEYS = st.text(st.characters(max_codepoint=127), max_size=6)
INTEGERS = st.integers(1 - 2**53, 2**53 - 1)


VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_every_value_comes_back_from_its_encoding(value):
    assert canonical.decode(canonical.encode(value)) == value


@given(VALUES)
def test_encoding_is_json_that_others_read(value):
    assert json.loads(canonical.encode(value)) == value


@settings(max_examples=300)
@given(VALUES, st.data())
def test_changed_bytes_are_refused_or_mean_another_value(value, data):
    encoded = canonical.encode(value)
    place = data.draw(st.integers(0, len(encoded) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda number: number != encoded[place]))
    changed = encoded[:place] + bytes([byte]) + encoded[place + 1 :]
    try:
        other = canonical.decode(changed)
    except CanonicalError:
        return
    assert canonical.encode(other) == changed


def test_encoding_of_the_standard_example_without_its_floats():
    # RFC 8785 3.2.2, its string and literals; the escapes are those that the standard prescribes.
    text = '\u20ac$\u000f\u000aA\'B"\\\\"/'
    value = {"string": text, "literals": [None, True, False]}
    encoded = canonical.encode(value).decode()
    assert encoded == (
        '{"literals":[null,true,false],"string":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_sorted_and_nothing_is_spaced():
    assert canonical.encode({"b": 1, "a": {"d": [1, (2, 3)], "c": ""}}) == (
        b'{"a":{"c":"","d":[1,[2,3]]},"b":1}'
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, r"\$: float has no canonical form"),
        ({"a": [1, float("nan")]}, r"\$\.a\[1\]: float"),
        ({"a": {"b": 2**53}}, r"\$\.a\.b: integer"),
        ([-(2**53)], r"\$\[0\]: integer"),
        ({"\u00e9": 1}, r"\$: key '\u00e9' is not ASCII"),
        ({1: 1}, r"\$: key 1 is not ASCII"),
        (["e\u0301"], r"\$\[0\]: text is not in Unicode normal form C"),
        (["\ud800"], r"\$\[0\]: lone surrogate"),
        ({"a": b"x"}, r"\$\.a: bytes has no canonical form"),
        ([{1, 2}], r"\$\[0\]: set has no canonical form"),
    ],
)
def test_refusal_of_a_value_names_the_place(value, message):
    with pytest.raises(CanonicalError, match=message):
        canonical.encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"01",
        b"-0",
        b"1.0",
        b"1e3",
        b"1E400",
        b"NaN",
        b"-Infinity",
        b"9007199254740992",
        b"[1, 2]",
        b'{"a":1,"a":1}',
        b'{"b":1,"a":2}',
        b'{"a" :1}',
        b'"\\u0041"',
        b'"\\u00e9"',
        b'"\\ud800"',
        b'"\\/"',
        b'"\x01"',
        b'"\xff"',
        b'"e\xcc\x81"',
        b'{"\xc3\xa9":1}',
        b"\xef\xbb\xbf1",
        b"[" * 100 + b"]" * 100,
        b"[" * 50_000,
        b"9" * 5000,
        b"'a'",
    ],
    ids=lambda data: f"{len(data)}-bytes",
)
def test_bytes_that_are_not_the_one_encoding_are_refused(data):
    with pytest.raises(CanonicalError):
        canonical.decode(data)


@pytest.mark.parametrize("number", [0, -1, 10**14, 10**15, 2**53 - 1, 1 - 2**53])
def test_integers_up_to_the_limit_pass(number):
    assert canonical.decode(str(number).encode()) == number


def test_depth_is_limited_in_both_directions():
    deepest: object = 1
    for _ in range(canonical.MAX_DEPTH):
        deepest = [deepest]
    assert canonical.decode(canonical.encode(deepest)) == deepest
    with pytest.raises(CanonicalError, match="nested deeper"):
        canonical.encode([deepest])


def test_many_shallow_brackets_pass():
    value = [[number] for number in range(200)]
    assert canonical.decode(canonical.encode(value)) == value
