"""Loading the catalogue: frameworks, crosswalk and control library of a folder, or put together.

The top of the package: what one file cannot know of itself, such as what a control may be credited
to, is checked here.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from twofold.catalog.certification import predicates
from twofold.catalog.controls import controls
from twofold.catalog.crosswalk import pairs, unpaired
from twofold.catalog.entries import tables
from twofold.catalog.errors import CatalogError
from twofold.catalog.frameworks import frameworks
from twofold.catalog.model import (
    Catalog,
    Framework,
    LibraryControl,
    Pair,
    Predicate,
    Requirement,
    Unpaired,
)

DATA = Path(__file__).parent / "data"
_Value = TypeVar("_Value")


@lru_cache(maxsize=1)
def catalog() -> Catalog:
    """Return the product's catalogue, loaded once.

    Raises:
        CatalogError: a file is malformed; file, line and reason.
    """
    return load(DATA)


def load(folder: Path) -> Catalog:
    """Return the catalogue of a folder: `frameworks.toml`, what it names, crosswalk and controls.

    Raises:
        CatalogError: a file is missing or malformed; file, line and reason.
    """
    found = frameworks(folder)
    known = {
        requirement.id: requirement for framework in found for requirement in framework.requirements
    }
    paired = tuple(pairs(folder / "crosswalk", known))
    return assemble(
        found,
        pairs=paired,
        unpaired=tuple(unpaired(folder / "crosswalk", known, paired)),
        controls=_library(folder / "controls", known),
        predicates=predicates(folder / "certification.toml", known),
    )


def assemble(
    frameworks: Iterable[Framework],
    *,
    pairs: Sequence[Pair],
    unpaired: Sequence[Unpaired],
    controls: Sequence[LibraryControl],
    predicates: Sequence[Predicate] = (),
) -> Catalog:
    """Return a catalogue of parts that were read and checked already, with its look-ups."""
    given = tuple(frameworks)
    return Catalog(
        frameworks=tuple(framework for framework in given if not framework.guidance),
        guidance=tuple(framework for framework in given if framework.guidance),
        pairs=tuple(pairs),
        unpaired=tuple(unpaired),
        controls=tuple(controls),
        requirements=MappingProxyType(
            {
                requirement.id: requirement
                for framework in given
                for requirement in framework.requirements
            }
        ),
        control_by_id=MappingProxyType({control.id: control for control in controls}),
        pairs_of=_gathered((end, pair) for pair in pairs for end in (pair.source, pair.target)),
        controls_of=_gathered(
            (credit.requirement, control) for control in controls for credit in control.credits
        ),
        needs=MappingProxyType({need.kind: need for entry in controls for need in entry.evidence}),
        predicates=tuple(predicates),
    )


def _library(folder: Path, known: Mapping[str, Requirement]) -> tuple[LibraryControl, ...]:
    """Return the controls of all files of a folder, in the order of their names."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise CatalogError(folder, 1, "holds no controls")
    return controls((table for path in paths for table in tables(path, "control")), known)


def _gathered(entries: Iterable[tuple[str, _Value]]) -> Mapping[str, tuple[_Value, ...]]:
    found: dict[str, list[_Value]] = {}
    for key, value in entries:
        found.setdefault(key, []).append(value)
    return MappingProxyType({key: tuple(values) for key, values in found.items()})
