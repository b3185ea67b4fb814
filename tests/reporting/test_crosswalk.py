import pytest

from twofold.catalog.load import catalog
from twofold.domain.readiness import Relation
from twofold.reporting.crosswalk import (
    NONE,
    Wanted,
    crosswalk_rows,
    heading,
    headings,
    matrix,
)


def rows(**wanted):
    return crosswalk_rows(catalog(), Wanted(**wanted))


def test_everything_stands_there_unless_something_is_looked_for():
    assert len(rows()) == len(catalog().pairs) + len(catalog().unpaired)


def test_the_framework_that_is_named_stands_on_the_left_with_the_relation_turned():
    turned = {(pair.target, pair.source): pair.relation.turned for pair in catalog().pairs}
    found = rows(framework="27001", other="42001", relation=Relation.INTERSECTS.value)
    assert found
    for row in found:
        assert (row.left.framework, row.right.framework) == ("27001", "42001")
        assert turned[row.left.id, row.right.id] is row.relation


def test_naming_the_second_framework_alone_puts_it_on_the_right():
    found = rows(other="42001")
    assert {row.left.framework for row in found} == {"27001", "airmf", "euaia"}
    assert {row.other.id for row in found} == {"42001"}


def test_a_subset_read_from_the_other_end_is_a_superset():
    pair = next(entry for entry in catalog().pairs if entry.relation is Relation.SUBSET)
    end = catalog().requirements[pair.target].framework
    found = rows(framework=end, relation=Relation.SUPERSET.value)
    assert (pair.target, pair.source) in [(row.left.id, row.right.id) for row in found]


def test_requirements_without_counterpart_are_found_with_their_reason():
    found = rows(relation=NONE)
    assert len(found) == len(catalog().unpaired)
    assert {(row.right, row.relation, row.strength) for row in found} == {(None, None, None)}
    assert all(row.rationale for row in found)


def test_strength_text_and_headings_narrow_together():
    strong = rows(framework="42001", other="27001", strength=8)
    assert strong
    assert all(row.strength >= 8 for row in strong)
    narrowed = rows(
        framework="42001", other="27001", strength=8, group="42001:4", other_group="27001:4",
        text="CLIMATE",
    )  # fmt: skip
    assert [(row.left.id, row.right.id) for row in narrowed] == [("42001:4.1", "27001:4.1")]


def test_what_no_crosswalk_holds_finds_nothing():
    assert rows(framework="9001") == []
    assert rows(text="nothing is called so") == []


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("27001:A.8.15", "27001:A.8"),
        ("42001:6.1.2", "42001:6"),
        ("42001:A.6.2.6", "42001:A.6.2"),
        ("airmf:GOVERN 1.1", "airmf:GOVERN 1"),
        ("euaia:Art. 4", "euaia:I"),
        ("42001:10", "42001:10"),
    ],
)
def test_the_heading_is_the_topmost_clause_or_group(requirement, expected):
    assert heading(catalog(), catalog().requirements[requirement]).id == expected


def test_headings_stand_in_the_order_of_the_framework_each_once():
    found = [entry.reference for entry in headings(catalog(), catalog().framework("27001"))]
    assert found == ["4", "5", "6", "7", "8", "9", "10", "A.5", "A.6", "A.7", "A.8"]


@pytest.mark.parametrize(("first", "second"), [("42001", "27001"), ("27001", "42001")])
def test_the_matrix_counts_each_pair_once_and_its_cells_lead_to_what_they_count(first, second):
    found = matrix(catalog(), catalog().framework(first), catalog().framework(second))
    between = rows(framework=first, other=second)
    assert found.total == sum(row.right is not None for row in between) > 200
    assert found.largest == max(map(max, found.counts))
    for row, counts in zip(found.rows, found.counts, strict=True):
        for column, count in zip(found.columns, counts, strict=True):
            behind = rows(framework=first, other=second, group=row.id, other_group=column.id)
            assert len(behind) == count


def test_frameworks_that_nothing_pairs_have_an_empty_matrix():
    found = matrix(catalog(), catalog().framework("27001"), catalog().framework("27001"))
    assert (found.total, found.largest) == (0, 0)
