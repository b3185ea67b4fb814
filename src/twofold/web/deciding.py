"""Deciding on many controls at once: what was typed, what of it is new, what is wrong with it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _

from twofold.catalog.model import Framework, Requirement
from twofold.controls.actions import Decision
from twofold.controls.models import Applicability
from twofold.web.forms.statements import FillForm, RowForm, grounds_from, grounds_text


@dataclass(frozen=True)
class DecisionRow:
    """A control and the form of its decision."""

    requirement: Requirement
    form: RowForm


class Deciding:
    """The decisions on all controls of an annex in one unit, on one page."""

    def __init__(
        self,
        framework: Framework,
        standing: Mapping[str, Applicability],
        data: QueryDict | None = None,
    ) -> None:
        """Take the decisions that stand in the unit, and what was typed."""
        self._framework = framework
        self._standing = standing
        self.fill = FillForm(data, prefix="all")
        self.rows = [
            DecisionRow(entry, self._form(entry, data))
            for entry in framework.requirements
            if entry.excludable and entry.auditable
        ]

    @property
    def groups(self) -> list[tuple[str, list[DecisionRow]]]:
        """The rows below the headings of the annex."""
        return [
            (group.title, rows)
            for group in self._framework.groups
            if (rows := [row for row in self.rows if row.requirement.parent == group.id])
        ]

    @property
    def wrong(self) -> int:
        """How many rows hold an error."""
        return sum(bool(row.form.errors) for row in self.rows)

    def is_valid(self) -> bool:
        """Return whether everything that was typed can be decided; mark what cannot."""
        valid = self.fill.is_valid()
        for row in self.rows:
            if row.form.is_valid() and valid:
                self._check(row)
        return valid and not self.wrong

    def decisions(self) -> list[Decision]:
        """Return what is decided anew: only the rows that say something else than before."""
        return [
            Decision(row.requirement.id, applicable == "yes", reason, grounds_from(grounds))
            for row in self.rows
            for applicable, reason, grounds in [self._given(row)]
            if applicable and self._changed(row)
        ]

    def _form(self, entry: Requirement, data: QueryDict | None) -> RowForm:
        values = _values(self._standing.get(entry.id))
        initial = dict(zip(("applicable", "reason", "grounds"), values, strict=True))
        return RowForm(data, prefix=entry.reference, initial={**initial, "seen": _digest(values)})

    def _given(self, row: DecisionRow) -> tuple[str, str, str]:
        """Return what a row says, completed by what was typed for all."""
        typed, common = row.form.cleaned_data, self.fill.cleaned_data
        applicable, reason, grounds = typed["applicable"], typed["reason"], typed["grounds"]
        if not applicable and common["fill"]:
            applicable = "yes"
        if applicable == "yes":
            reason, grounds = reason or common["reason"], grounds or common["grounds"]
        return applicable, reason, grounds

    def _changed(self, row: DecisionRow) -> bool:
        given = _digest(self._given(row))
        seen = row.form.cleaned_data["seen"] or self._now(row)
        return given not in {seen, self._now(row)}

    def _now(self, row: DecisionRow) -> str:
        return _digest(_values(self._standing.get(row.requirement.id)))

    def _check(self, row: DecisionRow) -> None:
        for field, message in self._faults(row):
            row.form.add_error(field, message)

    def _faults(self, row: DecisionRow) -> Iterator[tuple[str | None, str]]:
        applicable, reason, grounds = self._given(row)
        if not applicable and row.requirement.id in self._standing:
            yield "applicable", _("It was decided before: say yes or no.")
        elif not applicable and (reason or grounds):
            yield "applicable", _("Say whether it applies.")
        if applicable and not reason:
            yield "reason", _("Give a reason.")
        if applicable == "no" and grounds:
            yield "grounds", _("It is excluded: it has no grounds for inclusion.")
        seen = row.form.cleaned_data["seen"]
        if seen and seen != self._now(row) and self._changed(row):
            yield None, self._conflict(row)

    def _conflict(self, row: DecisionRow) -> str:
        """Return what stands now; saved again, the row is decided as it was typed."""
        row.form.data = {**row.form.data, row.form.add_prefix("seen"): self._now(row)}
        applicable, reason, grounds = _values(self._standing.get(row.requirement.id))
        return _(
            "Somebody has decided on it meanwhile (%(what)s). Save again to decide as typed here."
        ) % {"what": "; ".join(filter(None, (applicable, reason, *grounds.splitlines())))}


def standing_in(rows: Iterable[Applicability]) -> dict[str, Applicability]:
    """Return decisions by requirement."""
    return {row.requirement: row for row in rows}


def _values(decision: Applicability | None) -> tuple[str, str, str]:
    if decision is None:
        return "", "", ""
    applicable = "yes" if decision.applicable else "no"
    reason = "\n".join(decision.reason.splitlines())
    return applicable, reason, grounds_text(decision.grounds)


def _digest(values: tuple[str, str, str]) -> str:
    return hashlib.sha256("\0".join(values).encode()).hexdigest()
