import difflib

import factories
import pytest
from factories import AT, content
from hypothesis import given
from hypothesis import strategies as st

from twofold.evidence import actions, comparing
from twofold.evidence.comparing import Change, compare, compare_versions, unified
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.reading import read_waiting
from twofold.people.errors import Conflict

LINES = st.lists(st.sampled_from(["a", "b b", "c d e", "c x e", ""]), max_size=30)


def text(line):
    return "".join(piece.text for piece in line.pieces)


def changed(line):
    return [piece.text for piece in line.pieces if piece.changed]


def test_words_are_marked_within_lines_that_are_alike():
    found = compare("The limit is 10 days.\nsame", "The limit is 14 days.\nsame")

    ((first, second),) = found.groups
    assert (changed(first.old), changed(first.new)) == (["10"], ["14"])
    assert (first.old.change, first.new.change) == (Change.GONE, Change.NEW)
    assert (second.same, first.same) == (True, False)
    assert (found.gone, found.new, found.cut) == (1, 1, False)


def test_lines_that_are_not_alike_are_marked_whole():
    ((row,),) = compare("alpha beta gamma", "one two three four").groups

    assert changed(row.old) == ["alpha beta gamma"]
    assert changed(row.new) == ["one two three four"]


def test_a_line_that_is_only_there_once_stands_alone():
    ((same, came),) = compare("a", "a\nb").groups

    assert same.same
    assert (came.old, text(came.new), came.new.number) == (None, "b", 2)
    ((gone, _same),) = compare("b\na", "a").groups
    assert (text(gone.old), gone.new) == ("b", None)


def test_what_is_the_same_far_from_a_change_is_left_out():
    before = [str(number) for number in range(100)]
    after = [*before]
    after[10], after[80] = "x", "y"

    found = compare("\n".join(before), "\n".join(after))

    assert [len(group) for group in found.groups] == [7, 7]
    assert [group[0].old.number for group in found.groups] == [8, 78]


@pytest.mark.parametrize("same", ["", "a\nb\nc"])
def test_texts_that_are_the_same_have_no_groups(same):
    found = compare(same, same)

    assert (found.groups, found.gone, found.new) == ((), 0, 0)


@given(old=LINES, new=LINES)
def test_the_changes_lead_from_one_text_to_the_other(old, new):
    found = compare("\n".join(old), "\n".join(new))
    olds, news = "\n".join(old).splitlines(), "\n".join(new).splitlines()

    for group in found.groups:
        for row in group:
            assert row.old is None or olds[row.old.number - 1] == text(row.old)
            assert row.new is None or news[row.new.number - 1] == text(row.new)
        shown = [(line.change, text(line)) for line in unified(group)]
        assert [words for change, words in shown if change != Change.NEW] == [
            text(row.old) for row in group if row.old
        ]
        assert [words for change, words in shown if change != Change.GONE] == [
            text(row.new) for row in group if row.new
        ]
    plain = list(difflib.unified_diff(olds, news, lineterm=""))[2:]
    assert found.gone == sum(line.startswith("-") for line in plain)
    assert found.new == sum(line.startswith("+") for line in plain)


def test_of_long_texts_and_lines_the_beginning_is_compared():
    many = "\n".join(str(number) for number in range(comparing.MOST_LINES + 5))

    assert compare(many, many + "x").cut
    assert compare(many, many + "x").groups == ()
    assert compare("x" * 2000, "y").cut


def versions(cast, *contents):
    item = factories.evidence_item(cast)
    for data in contents:
        actions.add_version(item, content=content(data), by=factories.actor(cast.owner), at=AT)
    return list(EvidenceVersion.objects.filter(item=item).select_related("item").order_by("number"))


def test_two_versions_are_compared_by_what_was_read_of_them(cast):
    _first, old, new = versions(cast, b"one\ntwo", b"one\n2")
    read_waiting()

    found = compare_versions(old, new)

    assert (found.gone, found.new) == (1, 1)


def test_what_is_not_read_holds_no_text_or_is_kept_back_is_not_compared(cast):
    first, blank = versions(cast, b"  ")
    with pytest.raises(Conflict, match="not read yet"):
        compare_versions(first, blank)
    read_waiting()
    with pytest.raises(Conflict, match="no text to compare"):
        compare_versions(first, blank)
    first.quarantine = "the scanner recognised it"
    with pytest.raises(Conflict, match="kept back"):
        compare_versions(first, blank)
