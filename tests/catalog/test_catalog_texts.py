"""The texts of the catalogue are specific: none repeats another with a name swapped in."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import pytest

from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, Requirement

EVERY = (*catalog().frameworks, *catalog().guidance)
frameworks = pytest.mark.parametrize("framework", EVERY, ids=lambda framework: framework.id)


def texts(requirement: Requirement) -> tuple[str, ...]:
    return (requirement.summary, *requirement.evidence, *requirement.questions)


def asking(framework: Framework) -> list[Requirement]:
    return [entry for entry in framework.requirements if entry.auditable]


def words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text.lower())


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text as words alone, so that punctuation and case hide no repetition."""
    return (" ".join(words(part)) for part in re.split(r"(?<=[.?!;:])\s+", text))


def runs(text: str, length: int) -> set[str]:
    spoken = words(text)
    return {" ".join(spoken[at : at + length]) for at in range(len(spoken) - length + 1)}


def repeated(values: Iterable[str]) -> list[str]:
    return [value for value, times in Counter(values).items() if times > 1]


def shared_runs(entries: Iterable[tuple[str, Iterable[str]]], length: int) -> dict[str, set[str]]:
    """Runs of words that stand in more than one entry, with the entries."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, spoken in entries:
        for text in spoken:
            for run in runs(text, length):
                found[run].add(name)
    return {run: names for run, names in found.items() if len(names) > 1}


def outside(given: Iterable[str], shortest: int, longest: int) -> list[str]:
    return [text for text in given if not shortest <= len(text) <= longest]


def test_the_lint_finds_a_frame_with_a_name_swapped_in() -> None:
    frame = "Show me the {} register that the owner signed"
    entries = [(name, [frame.format(name)]) for name in ("risk", "asset")]
    assert shared_runs(entries, 5) == {
        "register that the owner signed": {"risk", "asset"},
    }
    assert list(sentences("Is it signed?  Show me; today.")) == ["is it signed", "show me", "today"]


def test_no_sentence_stands_twice_in_all_requirements() -> None:
    spoken = [
        sentence
        for framework in EVERY
        for entry in asking(framework)
        for text in texts(entry)
        for sentence in sentences(text)
    ]
    assert len(spoken) > 1500
    assert repeated(spoken) == []


@frameworks
def test_no_run_of_seven_words_is_shared_by_two_requirements(framework: Framework) -> None:
    assert shared_runs(((entry.id, texts(entry)) for entry in asking(framework)), 7) == {}


@frameworks
def test_lengths_and_numbers_of_texts(framework: Framework) -> None:
    entries = asking(framework)
    assert outside((entry.summary for entry in entries), 150, 420) == []
    assert outside((text for entry in entries for text in entry.evidence), 40, 200) == []
    assert outside((text for entry in entries for text in entry.questions), 50, 220) == []
    assert {len(entry.evidence) for entry in entries} <= {2, 3, 4}
    assert {len(entry.questions) for entry in entries} <= {2, 3}


@frameworks
def test_texts_are_clean_sentences(framework: Framework) -> None:
    for entry in asking(framework):
        assert entry.summary.endswith("."), entry.id
        assert all(question[-1] in "?." for question in entry.questions), entry.id
        for text in texts(entry):
            assert text[0].isupper() or text[0].isdigit(), text
            assert " ".join(text.split()) == text, text


def test_no_rationale_stands_twice() -> None:
    rationales = [pair.rationale for pair in catalog().pairs]
    rationales += [entry.rationale for entry in catalog().unpaired]
    rationales += [credit.rationale for control in catalog().controls for credit in control.credits]
    assert repeated(rationales) == []
    assert outside(rationales, 80, 320) == []


def test_no_run_of_nine_words_is_shared_by_two_rationales_of_the_crosswalk() -> None:
    entries = [(f"{pair.source} {pair.target}", [pair.rationale]) for pair in catalog().pairs]
    entries += [
        (f"{row.requirement} {row.framework}", [row.rationale]) for row in catalog().unpaired
    ]
    assert shared_runs(entries, 9) == {}


def test_an_evidence_kind_belongs_to_one_control_so_that_its_title_is_the_one_shown() -> None:
    assert repeated(need.kind for control in catalog().controls for need in control.evidence) == []


def test_a_check_is_a_sentence_that_stands_once_in_the_library() -> None:
    titles = [check.title for control in catalog().controls for check in control.checks]
    assert len(titles) > 250
    assert repeated(" ".join(words(title)) for title in titles) == []
    assert outside(titles, 20, 120) == []
    assert [title for title in titles if title.endswith(".") or not title[0].isupper()] == []


def test_lengths_of_what_a_control_says() -> None:
    controls = catalog().controls
    assert outside((control.title for control in controls), 5, 80) == []
    assert outside((control.purpose for control in controls), 60, 400) == []
    assert outside((text for control in controls for text in control.activities), 40, 300) == []


def test_no_activity_and_no_purpose_stands_twice_in_the_library() -> None:
    spoken = [
        sentence
        for control in catalog().controls
        for text in (control.purpose, *control.activities)
        for sentence in sentences(text)
    ]
    assert repeated(spoken) == []


def test_a_relation_and_its_strength_do_not_contradict_each_other() -> None:
    graded = [(pair.relation, pair.strength) for pair in catalog().pairs]
    graded += [
        (credit.relation, credit.strength)
        for control in catalog().controls
        for credit in control.credits
    ]
    assert {strength for relation, strength in graded if relation == "equal"} <= {9, 10}
    assert {strength for relation, strength in graded if relation != "equal"} <= set(range(1, 10))
