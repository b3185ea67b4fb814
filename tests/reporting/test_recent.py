"""What is costly is made once, kept for a while, and keeps nobody else waiting."""

import threading

import pytest

from twofold.reporting.recent import Recent

PATIENCE_S = 30


def test_a_value_is_made_once_and_the_one_asked_for_longest_ago_makes_room():
    kept, made = Recent(2), []

    def get(key):
        return kept.get(key, lambda: made.append(key) or key)

    assert [get(key) for key in "abab"] == list("abab")
    get("a")
    get("c")
    assert made == ["a", "b", "c"]
    get("a")
    assert made == ["a", "b", "c"]
    get("b")
    assert made == ["a", "b", "c", "b"]


def test_what_is_forgotten_is_made_anew():
    kept, made = Recent(2), []
    for _time in range(2):
        kept.get("a", lambda: made.append("a"))
        kept.forget()

    assert made == ["a", "a"]


def test_a_failure_is_told_and_not_kept():
    kept = Recent(2)

    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 / 0)
    assert kept.get("a", lambda: 7) == 7


def test_others_get_theirs_while_one_is_made_and_who_wants_the_same_waits_for_it():
    kept, made = Recent(2), []
    begun, may_end = threading.Event(), threading.Event()

    def slowly():
        begun.set()
        assert may_end.wait(PATIENCE_S)
        made.append("slow")
        return "slow"

    got = []
    waiting = [
        threading.Thread(target=lambda: got.append(kept.get("slow", slowly))) for _number in "ab"
    ]
    waiting[0].start()
    assert begun.wait(PATIENCE_S)
    waiting[1].start()

    assert kept.get("quick", lambda: "quick") == "quick"
    assert got == []
    may_end.set()
    for thread in waiting:
        thread.join(PATIENCE_S)
    assert (got, made) == (["slow", "slow"], ["slow"])


def test_who_waits_for_what_fails_is_told_too():
    kept, told = Recent(2), []
    begun, may_end = threading.Event(), threading.Event()

    def failing():
        begun.set()
        assert may_end.wait(PATIENCE_S)
        raise ValueError("the disk is gone")

    def ask():
        try:
            kept.get("a", failing)
        except ValueError as failure:
            told.append(str(failure))

    asking = [threading.Thread(target=ask) for _number in "ab"]
    asking[0].start()
    assert begun.wait(PATIENCE_S)
    asking[1].start()
    may_end.set()
    for thread in asking:
        thread.join(PATIENCE_S)
    assert told == ["the disk is gone"] * 2
