import pytest

from twofold.catalog.load import catalog
from twofold.catalog.model import Pair
from twofold.domain.readiness import Relation
from twofold.web.present import STATES, choice_filter, pair_line, record_href, sdk_lines

HERE, THERE = "42001:9.1", "27001:9.1"


@pytest.mark.parametrize(
    ("relation", "outward", "inward"),
    [
        (Relation.EQUAL, "asks the same", "asks the same"),
        (Relation.SUPERSET, "asks all of it and more", "asks a part of it"),
        (Relation.SUBSET, "asks a part of it", "asks all of it and more"),
        (Relation.INTERSECTS, "overlaps with it", "overlaps with it"),
    ],
)
def test_pair_is_read_from_the_requirement_that_is_looked_at(
    relation: Relation, outward: str, inward: str
) -> None:
    pair = Pair(HERE, THERE, relation, 7, "Both look at figures.")
    requirements = catalog().requirements
    from_source = pair_line(requirements[HERE], pair)
    from_target = pair_line(requirements[THERE], pair)
    assert (from_source.other.id, from_source.relation) == (THERE, outward)
    assert (from_target.other.id, from_target.relation) == (HERE, inward)


def test_filter_offers_all_and_marks_the_one_chosen() -> None:
    offered = choice_filter("state", "gap", [("gap", "Gap"), ("partial", "Partial")])
    assert [(option["value"], option["chosen"]) for option in offered["options"]] == [
        ("", False),
        ("gap", True),
        ("partial", False),
    ]


def test_choice_that_must_be_made_offers_no_all() -> None:
    offered = choice_filter("field", "", [("sex", "sex")], every=False)
    assert [option["value"] for option in offered["options"]] == ["sex"]


def test_every_state_has_a_word() -> None:
    assert all(str(STATES[state]) for state in STATES)
    assert {state.value for state in STATES} >= {"unknown", "gap", "effective"}


def test_record_without_a_page_has_no_address() -> None:
    assert record_href("people.person:x") == ""
    assert record_href("") == ""


def test_lines_of_the_sdk_are_python() -> None:
    compile(sdk_lines("http://127.0.0.1:8000", "loans"), "lines", "exec")
