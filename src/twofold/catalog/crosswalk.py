"""Reading the crosswalk: pairs of requirements, and requirements without a counterpart.

Each file of the folder is CSV. `a-b.csv` holds pairs; `a-b.none.csv` holds the requirements of
either side for which the other side has nothing that shares their meaning.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from twofold.catalog.entries import read_text
from twofold.catalog.errors import CatalogError
from twofold.catalog.model import Pair, Requirement, Unpaired
from twofold.domain.readiness import Relation

_PAIR = ["source", "target", "relation", "strength", "rationale"]
_UNPAIRED = ["requirement", "framework", "rationale"]
_STRENGTHS = {str(strength) for strength in range(1, 11)}
_NONE = ".none.csv"


def pairs(folder: Path, requirements: Mapping[str, Requirement]) -> Iterator[Pair]:
    """Yield every pair of a crosswalk folder.

    Raises:
        CatalogError: a row is malformed, or two requirements stand together twice.
    """
    seen: set[frozenset[str]] = set()
    for path in sorted(folder.glob("*.csv")):
        if path.name.endswith(_NONE):
            continue
        for line, row in _rows(path, _PAIR):
            pair = _pair(path, line, row, requirements)
            ends = frozenset((pair.source, pair.target))
            if ends in seen:
                raise CatalogError(path, line, f"{pair.source} and {pair.target} stand twice")
            seen.add(ends)
            yield pair


def unpaired(
    folder: Path, requirements: Mapping[str, Requirement], found: Sequence[Pair]
) -> Iterator[Unpaired]:
    """Yield every statement that a requirement has no counterpart in a framework.

    Raises:
        CatalogError: a row is malformed, stands twice, or a pair says otherwise.
    """
    paired = {
        (end, requirements[other].framework)
        for pair in found
        for end, other in ((pair.source, pair.target), (pair.target, pair.source))
    }
    frameworks = {entry.framework for entry in requirements.values()}
    seen: set[tuple[str, str]] = set()
    for path in sorted(folder.glob(f"*{_NONE}")):
        for line, row in _rows(path, _UNPAIRED):
            requirement, framework, rationale = row
            _check_end(path, line, requirement, requirements)
            if framework not in frameworks - {requirements[requirement].framework}:
                raise CatalogError(path, line, f"there is no other framework {framework!r}")
            if (requirement, framework) in paired:
                raise CatalogError(
                    path, line, f"{requirement} has a counterpart in {framework} after all"
                )
            if (requirement, framework) in seen:
                raise CatalogError(path, line, f"{requirement} and {framework} stand twice")
            if not rationale.strip():
                raise CatalogError(path, line, "a row needs a rationale")
            seen.add((requirement, framework))
            yield Unpaired(requirement, framework, rationale)


def _rows(path: Path, header: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield each row below the header with the line on which it begins."""
    reader = csv.reader(io.StringIO(read_text(path)), strict=True)
    line = 1
    try:
        if next(reader, None) != header:
            raise CatalogError(path, line, f"the first line must be {','.join(header)}")
        line = reader.line_num + 1
        for row in reader:
            if len(row) != len(header):
                raise CatalogError(path, line, f"has {len(row)} cells, not {len(header)}")
            yield line, row
            line = reader.line_num + 1
    except csv.Error as fault:
        raise CatalogError(path, line, f"is no CSV: {fault}") from None


def _pair(
    path: Path, line: int, row: Sequence[str], requirements: Mapping[str, Requirement]
) -> Pair:
    source, target, relation, strength, rationale = row
    for end in (source, target):
        _check_end(path, line, end, requirements)
    if requirements[source].framework == requirements[target].framework:
        raise CatalogError(path, line, "both ends stand in one framework")
    if relation not in list(Relation):
        raise CatalogError(path, line, f"relation must be one of {', '.join(Relation)}")
    if strength not in _STRENGTHS:
        raise CatalogError(path, line, "strength must be an integer from 1 to 10")
    if not rationale.strip():
        raise CatalogError(path, line, "a pair needs a rationale")
    return Pair(source, target, Relation(relation), int(strength), rationale)


def _check_end(path: Path, line: int, end: str, requirements: Mapping[str, Requirement]) -> None:
    if end not in requirements or not requirements[end].auditable:
        raise CatalogError(path, line, f"there is no auditable requirement {end!r}")
