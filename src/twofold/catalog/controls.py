"""Reading controls of the library out of tables."""

from collections.abc import Iterable, Mapping

from twofold.catalog.entries import Table
from twofold.catalog.model import (
    ControlCheck,
    ControlCredit,
    EvidenceNeed,
    LibraryControl,
    Requirement,
)
from twofold.domain.checks import CheckKind, Rule, RuleError, require_monotone
from twofold.domain.readiness import Relation

LONGEST_PERIOD_DAYS = 1100
#: The most characters of the texts of a control and of its tables; more is not kept anywhere.
LONGEST: Mapping[str, Mapping[str, int]] = {
    "control": {"id": 40, "title": 300, "purpose": 2000, "activities": 1000, "owner_role": 120},
    "evidence": {"kind": 60, "title": 200},
    "requirement": {"rationale": 1000},
    "check": {"id": 60, "title": 300},
}


def controls(
    entries: Iterable[Table], requirements: Mapping[str, Requirement], *, kept: bool = False
) -> tuple[LibraryControl, ...]:
    """Return the controls of `[[control]]` tables.

    Args:
        requirements: those that may be credited, by id.
        kept: whether they were accepted before, when a text could be longer than `LONGEST` and a
            check could be one that more evidence breaks.

    Raises:
        CatalogError: a control is malformed or stands twice; file, line and reason.
    """
    found: dict[str, LibraryControl] = {}
    for table in entries:
        control = _control(table, requirements)
        if not kept:
            _fit(table)
            _hold(table, control)
        if control.id in found:
            raise table.refuse(f"{control.id} stands twice")
        found[control.id] = control
    return tuple(found.values())


def _control(table: Table, requirements: Mapping[str, Requirement]) -> LibraryControl:
    table.only(
        "id", "title", "purpose", "activities", "owner_role", "evidence", "requirement", "check"
    )
    needs = _needs(table)
    return LibraryControl(
        id=table.text("id"),
        title=table.text("title"),
        purpose=table.text("purpose"),
        activities=table.texts("activities", 2),
        owner_role=table.text("owner_role"),
        evidence=needs,
        credits=_credits(table, requirements),
        checks=_checks(table, {need.kind for need in needs}),
        area=table.path.stem,
    )


def _fit(table: Table) -> None:
    """Return when no text of a control is too long."""
    _fit_texts(table, LONGEST["control"])
    for key in ("evidence", "requirement", "check"):
        for entry in table.tables(key):
            _fit_texts(entry, LONGEST[key])


def _hold(table: Table, control: LibraryControl) -> None:
    """Return when no check of a control could fail because evidence is added."""
    for entry, check in zip(table.tables("check"), control.checks, strict=True):
        try:
            require_monotone(check.rule)
        except RuleError as refusal:
            raise entry.refuse(f"the check {check.id}: {refusal}") from None


def _fit_texts(table: Table, longest: Mapping[str, int]) -> None:
    for key, most in longest.items():
        value = table.values[key]
        each = "" if isinstance(value, str) else " each"
        if any(len(text) > most for text in ([value] if isinstance(value, str) else value)):
            raise table.refuse(f"{key} must have at most {most} characters{each}")


def _needs(table: Table) -> tuple[EvidenceNeed, ...]:
    found: dict[str, EvidenceNeed] = {}
    for entry in table.tables("evidence", minimum=1):
        entry.only("kind", "title", "period_days")
        kind, title = entry.text("kind"), entry.text("title")
        if kind in found:
            raise entry.refuse(f"the evidence {kind} stands twice")
        found[kind] = EvidenceNeed(kind, title, entry.number("period_days", 1, LONGEST_PERIOD_DAYS))
    return tuple(found.values())


def _credits(table: Table, requirements: Mapping[str, Requirement]) -> tuple[ControlCredit, ...]:
    found: dict[str, ControlCredit] = {}
    for entry in table.tables("requirement", minimum=1):
        credit = _credit(entry, requirements)
        if credit.requirement in found:
            raise entry.refuse(f"{credit.requirement} is credited twice")
        found[credit.requirement] = credit
    return tuple(found.values())


def _credit(table: Table, requirements: Mapping[str, Requirement]) -> ControlCredit:
    table.only("id", "relation", "strength", "rationale")
    requirement = table.text("id")
    if requirement not in requirements or not requirements[requirement].auditable:
        raise table.refuse(f"there is no auditable requirement {requirement!r}")
    return ControlCredit(
        requirement,
        table.choice("relation", Relation),
        table.number("strength", 1, 10),
        table.text("rationale"),
    )


def _checks(table: Table, needs: set[str]) -> tuple[ControlCheck, ...]:
    found: dict[str, ControlCheck] = {}
    for entry in table.tables("check"):
        check = _check(entry)
        if check.id in found:
            raise entry.refuse(f"the check {check.id} stands twice")
        if check.rule.need and check.rule.need not in needs:
            raise entry.refuse(f"the control has no evidence {check.rule.need!r}")
        found[check.id] = check
    return tuple(found.values())


def _check(table: Table) -> ControlCheck:
    table.only("id", "title", *Rule.__dataclass_fields__)
    texts = {key: table.text(key, default="") for key in ("need", "measure", "by", "first")}
    try:
        rule = Rule(
            kind=table.choice("kind", CheckKind),
            of=table.text("of"),
            second=table.text("second", default=""),
            where=table.pairs("where"),
            days=table.number("days", 1, LONGEST_PERIOD_DAYS) if "days" in table.values else None,
            at_least=table.decimal("at_least"),
            at_most=table.decimal("at_most"),
            **texts,
        )
    except RuleError as refusal:
        raise table.refuse(str(refusal)) from None
    return ControlCheck(table.text("id"), table.text("title"), rule)
