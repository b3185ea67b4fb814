"""The library as the organisation has it: what is shipped, with what it added, adapted, retired."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from twofold.catalog.controls import controls
from twofold.catalog.entries import Table
from twofold.catalog.load import assemble, catalog
from twofold.catalog.model import (
    Catalog,
    ControlCheck,
    EvidenceNeed,
    Framework,
    Group,
    Kind,
    LibraryControl,
    Requirement,
)
from twofold.controls.models import Change, Implementation, ImportedFramework, LibraryEntry
from twofold.domain.checks import CheckKind, Rule
from twofold.people.errors import InvalidInput

#: What the library was last put together from, and the outcome.
_kept: list[tuple[object, Catalog]] = []
_DECIMALS = {"at_least", "at_most"}
#: The library of a reading that goes on, such as one request; empty until it is first asked for.
_reading: ContextVar[list[Catalog] | None] = ContextVar("library_reading", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Let everything inside see one library, looked up once, unless it is changed meanwhile."""
    token = _reading.set([])
    try:
        yield
    finally:
        _reading.reset(token)


def library_changed() -> None:
    """Have the library looked up again, in the reading that goes on."""
    # Two changes of one moment would look like one.
    _kept.clear()
    library_may_have_changed()


def library_may_have_changed() -> None:
    """Have the library looked up again in this reading: others may have changed it meanwhile."""
    reading = _reading.get()
    if reading is not None:
        reading.clear()


def library() -> Catalog:
    """Return the catalogue with what the organisation changed of it.

    Two small queries, once in a reading; it is put together again only when something was changed.
    """
    reading = _reading.get()
    if reading:
        return reading[0]
    found = _looked_up()
    if reading is not None:
        reading.append(found)
    return found


def _looked_up() -> Catalog:
    entries = list(
        LibraryEntry.objects.order_by("control").values_list("id", "change", "changed_at")
    )
    followed = ImportedFramework.objects.filter(withdrawn_at=None)
    imports = list(followed.order_by("code").values_list("id", "sha256"))
    if not entries and not imports:
        return catalog()
    made_of = (entries, imports)
    # One assignment: two threads that put it together at once end with the same.
    kept = _kept[:1]
    if not kept or kept[0][0] != made_of:
        changes = LibraryEntry.objects.values_list("control", "change", "content")
        contents = followed.values_list("content", flat=True)
        kept = [(made_of, assembled(changes, contents))]
        _kept[:] = kept
    return kept[0][1]


def library_control(control: str) -> LibraryControl:
    """Return a control of the library.

    Raises:
        InvalidInput: there is none of this id.
    """
    found = library().control_by_id.get(control)
    if found is None:
        raise InvalidInput(_("There is no control %(id)s.") % {"id": control}, field="control")
    return found


def needs_of(implementation: Implementation) -> tuple[EvidenceNeed, ...]:
    """Return the evidence asked for of an implementation: its own terms, or the control's."""
    if implementation.needs is not None:
        return needs_from(implementation.needs)
    control = library().control_by_id.get(implementation.control)
    return control.evidence if control else ()


def checks_of(implementation: Implementation) -> tuple[ControlCheck, ...]:
    """Return the checks that run on an implementation: its own, or those the control suggests."""
    if implementation.checks is not None:
        return checks_from(implementation.checks)
    control = library().control_by_id.get(implementation.control)
    return control.checks if control else ()


def needs_from(values: Sequence[Mapping[str, Any]]) -> tuple[EvidenceNeed, ...]:
    """Return evidence needs from the form in which an implementation keeps them."""
    return tuple(
        EvidenceNeed(entry["kind"], entry["title"], entry["period_days"]) for entry in values
    )


def checks_from(values: Sequence[Mapping[str, Any]]) -> tuple[ControlCheck, ...]:
    """Return checks from the form in which an implementation keeps them.

    Raises:
        RuleError: a rule could not be evaluated.
    """
    return tuple(
        ControlCheck(entry["id"], entry["title"], rule_from(entry["rule"])) for entry in values
    )


def rule_values(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON: what it has, and nothing else."""
    values: dict[str, Any] = {"kind": rule.kind.value, "of": rule.of}
    if rule.where:
        values["where"] = dict(rule.where)
    for name in ("need", "days", "at_least", "at_most", "measure", "by", "first", "second"):
        value = getattr(rule, name)
        if value not in {None, ""}:
            # A float that is whole reads back as the same number, and has a form in the ledger.
            values[name] = int(value) if isinstance(value, float) and value % 1 == 0 else value
    return values


def rule_from(values: Mapping[str, Any]) -> Rule:
    """Return the rule of such JSON, as a record or its revision keeps it.

    Raises:
        RuleError: it could not be evaluated.
    """
    rest = {key: value for key, value in _decimal(values).items() if key not in {"kind", "where"}}
    return Rule(
        kind=CheckKind(values["kind"]), where=tuple(values.get("where", {}).items()), **rest
    )


def is_rule(values: Mapping[str, Any], rule: Rule) -> bool:
    """Return whether JSON, as a record or its revision keeps it, says the same as a rule."""
    return _decimal(values) == rule_values(rule)


def control_values(control: LibraryControl) -> dict[str, Any]:
    """Return a control in the form of its TOML table: what `control_from` reads back."""
    return {
        "id": control.id,
        "title": control.title,
        "purpose": control.purpose,
        "activities": list(control.activities),
        "owner_role": control.owner_role,
        "evidence": [
            {"kind": need.kind, "title": need.title, "period_days": need.period_days}
            for need in control.evidence
        ],
        "requirement": [
            {
                "id": credit.requirement,
                "relation": credit.relation.value,
                "strength": credit.strength,
                "rationale": credit.rationale,
            }
            for credit in control.credits
        ],
        "check": [
            {"id": check.id, "title": check.title, **rule_values(check.rule)}
            for check in control.checks
        ],
    }


def framework_values(framework: Framework) -> dict[str, Any]:
    """Return an imported framework as JSON."""
    return {
        "id": framework.id,
        "title": framework.title,
        "short_title": framework.short_title,
        "edition": framework.edition,
        "groups": [{"id": group.id, "title": group.title} for group in framework.groups],
        "requirements": [
            {
                "id": entry.id,
                "title": entry.title,
                "kind": entry.kind.value,
                "parent": entry.parent,
                "auditable": entry.auditable,
                "summary": entry.summary,
                "evidence": list(entry.evidence),
                "questions": list(entry.questions),
            }
            for entry in framework.requirements
        ],
    }


def framework_from(values: Mapping[str, Any]) -> Framework:
    """Return an imported framework from its JSON: what `framework_values` gave."""
    return Framework(
        id=values["id"],
        title=values["title"],
        short_title=values["short_title"],
        edition=values["edition"],
        certifiable=False,
        groups=tuple(Group(entry["id"], entry["title"]) for entry in values["groups"]),
        requirements=tuple(
            Requirement(
                id=entry["id"],
                framework=values["id"],
                title=entry["title"],
                kind=Kind(entry["kind"]),
                parent=entry["parent"],
                auditable=entry["auditable"],
                summary=entry["summary"],
                evidence=tuple(entry["evidence"]),
                questions=tuple(entry["questions"]),
            )
            for entry in values["requirements"]
        ),
    )


def assembled(
    entries: Iterable[tuple[str, str, Mapping[str, Any] | None]],
    imports: Iterable[Mapping[str, Any]],
) -> Catalog:
    """Return the shipped catalogue with changes of controls and imported frameworks put in.

    Args:
        entries: control, change and content of each, as a `LibraryEntry` or its revision keeps
            them.
        imports: the contents of imported frameworks.
    """
    shipped = catalog()
    changes, imported = (
        sorted(entries, key=lambda entry: entry[0]),
        [framework_from(i) for i in imports],
    )
    if not changes and not imported:
        return shipped
    imported.sort(key=lambda framework: framework.id)
    frameworks = (*shipped.frameworks, *shipped.guidance, *imported)
    known = {entry.id: entry for framework in frameworks for entry in framework.requirements}
    found = dict(shipped.control_by_id)
    for control, change, content in changes:
        if change == Change.RETIRED or content is None:
            found.pop(control, None)
        else:
            area = shipped.control_by_id[control].area if control in found else ""
            made = control_from(_with_decimals(content), known, kept=True)
            found[control] = replace(made, area=area)
    return assemble(
        frameworks,
        pairs=shipped.pairs,
        unpaired=shipped.unpaired,
        controls=tuple(found.values()),
        predicates=shipped.predicates,
    )


def control_from(
    values: Mapping[str, Any], requirements: Mapping[str, Requirement], *, kept: bool = False
) -> LibraryControl:
    """Return a control from the form of its TOML.

    Args:
        kept: whether it was accepted before, when a text could be longer than today.

    Raises:
        CatalogError: it is malformed; with the reason.
    """
    (made,) = controls([Table(values, Path("library"), 1)], requirements, kept=kept)
    return replace(made, area="")


def _with_decimals(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a control's content with the decimals of its checks: a revision has them as texts."""
    return {**content, "check": [_decimal(check) for check in content.get("check", [])]}


def _decimal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule with its decimals as numbers."""
    return {
        key: float(value) if key in _DECIMALS and isinstance(value, str) else value
        for key, value in values.items()
    }
