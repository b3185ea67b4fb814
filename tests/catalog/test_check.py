"""What is missing or contradicts itself over all files is found, each kind both ways."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from small_catalog import (
    CERTIFICATION_FILE,
    CONTROLS_FILE,
    CROSSWALK_FILE,
    NONE_FILE,
    change,
    put,
    write,
)

from twofold.catalog.check import Problem, problems
from twofold.catalog.load import assemble, catalog, load
from twofold.catalog.model import Catalog
from twofold.domain.readiness import Relation

HEADERS = {
    CROSSWALK_FILE: "source,target,relation,strength,rationale\n",
    NONE_FILE: "requirement,framework,rationale\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small catalogue, made complete: each framework is mapped, each requirement covered."""
    write(tmp_path)
    change(tmp_path, CONTROLS_FILE, 'relation = "subset"', 'relation = "superset"')
    change(tmp_path, "frameworks.toml", 'files = ["sec', 'mapped_to = ["ai"]\nfiles = ["sec')
    change(tmp_path, "frameworks.toml", 'files = ["ai', 'mapped_to = ["sec"]\nfiles = ["ai')
    change(tmp_path, "frameworks.toml", 'files = ["law', 'mapped_to = ["ai"]\nfiles = ["law')
    return tmp_path


def test_a_complete_catalogue_has_no_problem(folder: Path) -> None:
    assert problems(load(folder)) == []


def test_the_catalogue_that_ships_is_complete() -> None:
    assert problems(catalog()) == []


def test_a_requirement_without_pair_or_statement_is_an_orphan_on_both_its_sides(
    folder: Path,
) -> None:
    put(folder, CROSSWALK_FILE, HEADERS[CROSSWALK_FILE])
    assert problems(load(folder)) == [
        Problem("sec:A.1", "has no counterpart in ai and is not said to have none"),
        Problem("ai:1", "has no counterpart in sec and is not said to have none"),
    ]


def test_a_statement_that_it_has_none_answers_for_one_side_alone(folder: Path) -> None:
    put(folder, CROSSWALK_FILE, HEADERS[CROSSWALK_FILE])
    put(folder, "crosswalk/more.none.csv", f"{HEADERS[NONE_FILE]}sec:A.1,ai,Nothing is like it\n")
    assert [problem.about for problem in problems(load(folder))] == ["ai:1"]


def test_an_article_of_guidance_may_be_an_orphan_too(folder: Path) -> None:
    (folder / NONE_FILE).unlink()
    assert problems(load(folder)) == [
        Problem("law:Art. 1", "has no counterpart in ai and is not said to have none")
    ]


def test_a_pair_with_a_third_framework_is_no_counterpart_in_the_one_it_is_mapped_to(
    folder: Path,
) -> None:
    put(folder, NONE_FILE, HEADERS[NONE_FILE])
    put(
        folder,
        "crosswalk/law-sec.csv",
        f"{HEADERS[CROSSWALK_FILE]}law:Art. 1,sec:A.1,subset,3,Some is asked by both\n",
    )
    assert [problem.about for problem in problems(load(folder))] == ["law:Art. 1"]


def test_a_framework_that_is_mapped_to_none_has_no_orphans(folder: Path) -> None:
    put(folder, CROSSWALK_FILE, HEADERS[CROSSWALK_FILE])
    for other in ("ai", "sec"):
        change(folder, "frameworks.toml", f'mapped_to = ["{other}"]', "mapped_to = []")
    assert problems(load(folder)) == []


@pytest.mark.parametrize("relation", ["subset", "intersects"])
def test_a_requirement_that_controls_serve_only_in_part_is_uncovered(
    folder: Path, relation: str
) -> None:
    change(folder, CONTROLS_FILE, 'relation = "superset"', f'relation = "{relation}"')
    assert problems(load(folder)) == [
        Problem("ai:1", "is covered wholly by no control of the library")
    ]


def test_an_article_of_guidance_need_not_be_covered(folder: Path) -> None:
    credited = {
        credit.requirement for control in load(folder).controls for credit in control.credits
    }
    assert "law:Art. 1" not in credited
    assert problems(load(folder)) == []


def test_a_pair_that_one_end_does_not_look_up_is_one_sided(folder: Path) -> None:
    sound = load(folder)
    (pair,) = sound.pairs
    forgetful = replace(sound, pairs_of=MappingProxyType({pair.source: (pair,)}))
    assert problems(forgetful) == [Problem("ai:1", "does not know its pair sec:A.1 ai:1")]


@pytest.mark.parametrize(
    ("relation", "back", "symmetric"),
    [
        (Relation.SUBSET, Relation.SUPERSET, True),
        (Relation.SUPERSET, Relation.SUBSET, True),
        (Relation.EQUAL, Relation.EQUAL, True),
        (Relation.INTERSECTS, Relation.INTERSECTS, True),
        (Relation.SUBSET, Relation.SUBSET, False),
        (Relation.EQUAL, Relation.INTERSECTS, False),
    ],
)
def test_a_pair_that_stands_in_both_directions_reads_the_same_in_both(
    folder: Path,
    relation: Relation,
    back: Relation,
    symmetric: bool,  # noqa: FBT001 - of a parametrized test
) -> None:
    found = load(folder)
    (pair,) = found.pairs
    there = replace(pair, relation=relation)
    other = replace(pair, source=pair.target, target=pair.source, relation=back)
    both = assemble(
        (*found.frameworks, *found.guidance),
        pairs=[there, other],
        unpaired=found.unpaired,
        controls=found.controls,
        predicates=found.predicates,
    )
    contradictory = [
        Problem(ends, "the relation is not symmetric") for ends in ("sec:A.1 ai:1", "ai:1 sec:A.1")
    ]
    assert problems(both) == ([] if symmetric else contradictory)


def test_an_evidence_kind_and_a_title_of_two_controls_are_named_once_each(folder: Path) -> None:
    found = load(folder)
    (control,) = found.controls
    assert problems(of_controls(found, 3)) == [
        Problem("kept", "the evidence kind stands in more than one control"),
        Problem(control.checks[0].title, "the title of a check stands in more than one control"),
    ]


def of_controls(found: Catalog, times: int) -> Catalog:
    """The same catalogue with its control so many times, each under an id of its own."""
    (control,) = found.controls
    return assemble(
        (*found.frameworks, *found.guidance),
        pairs=found.pairs,
        unpaired=found.unpaired,
        controls=[replace(control, id=f"TF-{number}") for number in range(times)],
        predicates=found.predicates,
    )


def test_evidence_that_is_expected_and_that_no_control_asks_for(folder: Path) -> None:
    change(folder, CERTIFICATION_FILE, "stage = 1", 'stage = 1\nevidence = ["kept", "minutes"]')
    reason = "no control that it rests on asks for 'minutes'"
    assert problems(load(folder)) == [Problem("S1", reason)]


@pytest.mark.parametrize("stage", [1, 2])
def test_a_standard_of_which_nothing_is_expected_at_a_stage_of_its_audit(
    folder: Path, stage: int
) -> None:
    change(folder, CERTIFICATION_FILE, f"stage = {stage}", f"stage = {3 - stage}")
    reason = f"nothing is expected at stage {stage} of its audit"
    # Of what is not certified, nothing needs to be expected.
    assert problems(load(folder)) == [Problem("sec", reason)]


def test_a_catalogue_that_is_put_together_of_its_parts_is_the_one_that_was_loaded(
    folder: Path,
) -> None:
    found = load(folder)
    again = assemble(
        (*found.guidance, *found.frameworks),
        pairs=found.pairs,
        unpaired=found.unpaired,
        controls=found.controls,
        predicates=found.predicates,
    )
    assert again == found


def test_needs_are_looked_up_by_kind(folder: Path) -> None:
    found = load(folder)
    (need,) = found.controls[0].evidence
    assert found.needs == {"kept": need}
