"""A control that is written as TOML is read back as the same."""

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from twofold.catalog.writing import control_toml, tables_toml

#: What TOML can hold: no lone surrogates.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.fixed_dictionaries(
    {
        "id": TEXTS,
        "activities": st.lists(TEXTS, min_size=1),
        "evidence": st.lists(
            st.fixed_dictionaries({"kind": TEXTS, "period_days": st.integers(1, 1100)}), min_size=1
        ),
        "check": st.lists(
            st.fixed_dictionaries(
                {
                    "id": TEXTS,
                    "at_least": st.floats(allow_nan=False, allow_infinity=False),
                    "where": st.dictionaries(TEXTS, TEXTS),
                }
            ),
            min_size=1,
        ),
    }
)


@given(values=VALUES)
def test_what_is_written_reads_back_as_it_was(values: dict[str, object]) -> None:
    assert tomllib.loads(control_toml(values)) == {"control": [values]}


def test_what_is_empty_is_left_out() -> None:
    assert control_toml({"id": "A-1", "check": []}) == '[[control]]\nid = "A-1"\n'


def test_tables_by_themselves() -> None:
    assert tables_toml("check", []) == ""
    assert tomllib.loads(tables_toml("check", [{"id": "a"}, {"id": "b"}])) == {
        "check": [{"id": "a"}, {"id": "b"}]
    }
