"""The rows that the book of readiness is made of, found from whichever end a change comes."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from twofold.controls.models import (
    Applicability,
    CheckResult,
    EvidenceClaim,
    Implementation,
    Override,
)
from twofold.domain.readiness import MatterFact
from twofold.findings.models import Finding
from twofold.inventory.models import AISystem
from twofold.monitoring.models import Breach, Monitor
from twofold.people.models import Unit
from twofold.reporting.facts import breach_fact, concerns, finding_fact, veiled_matter
from twofold.reporting.rows import COLUMNS, Model, Row, Source, key_of

#: Rows by the key of another record, then by their own.
Index = defaultdict[str, dict[str, Row]]
#: The column by which the rows of a model are found from another record.
_FOUND_BY: Mapping[Model, str] = {
    EvidenceClaim: "implementation_id",
    CheckResult: "implementation_id",
    Finding: "implementation_id",
    Monitor: "system_id",
    Breach: "monitor_id",
    Implementation: "system_id",
    Applicability: "requirement",
    Override: "requirement",
}


@dataclass(frozen=True)
class Sight:
    """What a reader may see.

    Attributes:
        paths: of units; what lies below them is seen too.
        system: key of the one AI system whose records are seen; None: those of all.
        veiled: whether of what holds from above only the state is told, and no record or title.
    """

    paths: tuple[str, ...]
    system: str | None = None
    veiled: bool = True

    def __call__(self, path: str, system: str) -> bool:
        """Return whether records of a unit's path and an AI system (blank: the unit) count.

        What stands for the whole of a unit stands for every unit below it, and counts there.
        """
        if self.system is not None:
            return system == self.system and path.startswith(self.paths)
        if path.startswith(self.paths):
            return True
        return not system and any(own.startswith(path) for own in self.paths)

    def veils(self, path: str) -> bool:
        """Return whether the details of what belongs to a unit's path are kept from the reader."""
        return self.veiled and not path.startswith(self.paths)


class Shelves:
    """Rows by model and key, with the ways from one record to those that lean on it."""

    def __init__(self, source: Source) -> None:
        """Read every row of a source."""
        self.rows: dict[Model, dict[str, Row]] = {model: {} for model in COLUMNS}
        self.index: dict[Model, Index] = {model: defaultdict(dict) for model in _FOUND_BY}
        self._against: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        for model in COLUMNS:
            for row in source.rows(model):
                self.enter(model, row)

    def enter(self, model: Model, row: Row) -> None:
        """Keep a row."""
        key = row["id"]
        self.rows[model][key] = row
        column = _FOUND_BY.get(model)
        if column:
            self.index[model][key_of(row[column])][key] = row
        if model is Finding and row["requirement"]:
            self._against[row["requirement"]][key] = row

    def leave(self, model: Model, key: str) -> None:
        """Let go of a row, if it is there."""
        row = self.rows[model].pop(key, None)
        if row is None:
            return
        column = _FOUND_BY.get(model)
        if column:
            self.index[model][key_of(row[column])].pop(key, None)
        if model is Finding:
            self._against[row["requirement"]].pop(key, None)

    def touched(self, model: Model, keys: Iterable[str]) -> set[str]:
        """Return the implementations that rows of a model bear on."""
        if model is Implementation:
            return set(keys)
        found: set[str] = set()
        for key in keys:
            row = self.rows[model].get(key)
            if row is None:
                continue
            if model in {EvidenceClaim, CheckResult, Finding}:
                found.add(key_of(row["implementation_id"]))
            elif model is AISystem:
                found |= set(self.index[Implementation][key])
            elif model in {Monitor, Breach}:
                found |= set(self.index[Implementation][self._system_of(model, row)])
        return found

    def _system_of(self, model: Model, row: Row) -> str:
        monitor = row if model is Monitor else self.rows[Monitor].get(key_of(row["monitor_id"]))
        return key_of(monitor["system_id"]) if monitor else ""

    def requirements_of(self, model: Model, keys: Iterable[str]) -> set[str]:
        """Return the requirements that rows of a model are about."""
        if model not in {Applicability, Override, Finding}:
            return set()
        rows = (self.rows[model].get(key) for key in keys)
        return {row["requirement"] for row in rows if row is not None}

    def scope(self, row: Row) -> str:
        """Return the name of the AI system or unit in which an implementation is run."""
        system = self.rows[AISystem].get(key_of(row["system_id"]))
        if system:
            return str(system["name"])
        unit = self.rows[Unit].get(key_of(row["unit_id"]))
        return str(unit["name"]) if unit else ""

    def breaches(self, system: str, needs: Iterable[str]) -> Iterable[MatterFact]:
        """Yield the breaches of a system's monitors that concern a control with these needs."""
        if not system:
            return
        name = str(self.rows[AISystem][system]["name"])
        for monitor_key, monitor in self.index[Monitor][system].items():
            if concerns(monitor["metric"], needs):
                for row in self.index[Breach][monitor_key].values():
                    yield breach_fact(row, monitor, name)

    def findings(self, key: str) -> Iterable[MatterFact]:
        """Yield the findings against one implementation."""
        for row in self.index[Finding][key].values():
            fact = finding_fact(row)
            if fact is not None:
                yield fact

    def told(
        self,
        model: Model,
        requirement: str,
        sees: Sight | None,
        counts: Callable[[Row], bool] = bool,
    ) -> list[Row]:
        """Return what holds of a requirement for a reader, one row for each of their units.

        For a unit holds what was told in the nearest unit at or above it. What a unit below tells
        holds for that one alone.

        Args:
            counts: whether a row counts at all.
        """
        rows = [row for row in self.index[model].get(requirement, {}).values() if counts(row)]
        found = (self._nearest(path, rows) for path in self.paths_of(sees))
        return [row for row in found if row is not None]

    def below(self, model: Model, requirement: str, sees: Sight | None) -> list[Row]:
        """Return what units below those of a reader told of a requirement."""
        paths = self.paths_of(sees)
        return [
            row
            for row in self.index[model].get(requirement, {}).values()
            if any(self.path(row) != path and self.path(row).startswith(path) for path in paths)
        ]

    def paths_of(self, sees: Sight | None) -> tuple[str, ...]:
        """Return the paths of a reader's widest units; of one who sees everything, the root's."""
        if sees is not None:
            # Decisions are those of a unit: who is restricted to one record of it sees none.
            return sees.paths if sees.system is None else ()
        roots = [str(row["path"]) for row in self.rows[Unit].values()]
        return (min(roots, key=len),) if roots else ()

    def _nearest(self, path: str, rows: Iterable[Row]) -> Row | None:
        above = [row for row in rows if path.startswith(self.path(row))]
        return max(above, key=lambda row: (len(self.path(row)), row["id"])) if above else None

    def path(self, row: Row) -> str:
        """Return the path of the unit that a row belongs to."""
        unit = self.rows[Unit].get(key_of(row["unit_id"]))
        return str(unit["path"]) if unit else ""

    def against(self, requirement: str, sees: Sight | None) -> Iterable[MatterFact]:
        """Yield the findings against a requirement itself, as a reader may see them."""
        for row in self._against.get(requirement, {}).values():
            if sees is None or sees(self.path(row), ""):
                fact = finding_fact(row)
                if fact is not None:
                    yield veiled_matter(fact) if sees and sees.veils(self.path(row)) else fact
