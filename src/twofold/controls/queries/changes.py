"""The library as a list: each control with what was done to it, and the frameworks imported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from twofold.catalog.difference import differences
from twofold.catalog.load import catalog
from twofold.catalog.model import Framework, LibraryControl, Requirement
from twofold.controls.models import Change, ImportedFramework, LibraryEntry
from twofold.controls.queries.library import control_from, framework_from, library
from twofold.people.errors import NotFound

#: What a control of the library is when nothing was done to it.
SHIPPED = "shipped"
CHANGES = (SHIPPED, *Change.values)


@dataclass(frozen=True)
class LibraryRow:
    """A control of the library, retired ones included.

    Attributes:
        control: as the organisation has it; of a retired one, as it was last.
        change: `shipped`, or what was done to it. One that was taken back to the shipped wording
            is shipped.
        entry: the newest change; None where there was none.
        shipped: the wording of the product; None for a control of the organisation's own.
    """

    control: LibraryControl
    change: str
    entry: LibraryEntry | None
    shipped: LibraryControl | None


def library_rows(
    *, framework: str = "", area: str = "", change: str = "", text: str = ""
) -> list[LibraryRow]:
    """Return the controls of the library, retired ones at the end; one query more than it.

    Args:
        framework: only controls that are credited to a requirement of it; blank: all.
        area: only those of this part of the shipped library; blank: all.
        change: one of `CHANGES`; blank: all.
        text: only those with this in their id, title or owner's role.
    """
    entries = {
        entry.control: entry
        for entry in LibraryEntry.objects.select_related("changed_by").order_by("control")
    }
    rows = [
        *(_row(control, entries.get(control.id)) for control in library().controls),
        *_retired([entry for entry in entries.values() if entry.change == Change.RETIRED]),
    ]
    wanted = text.lower()
    return [
        row
        for row in rows
        if area in {"", row.control.area}
        and change in {"", row.change}
        and (not framework or framework in _frameworks(row.control))
        and wanted in f"{row.control.id} {row.control.title} {row.control.owner_role}".lower()
    ]


def library_row(control: str) -> LibraryRow:
    """Return one control of the library, also a retired one.

    Raises:
        NotFound: there is none of this id.
    """
    entry = LibraryEntry.objects.select_related("changed_by").filter(control=control).first()
    standing = library().control_by_id.get(control)
    if standing is not None:
        return _row(standing, entry)
    if entry is not None:
        return _retired([entry])[0]
    raise NotFound(_("There is no control %(id)s.") % {"id": control})


def imported_frameworks() -> QuerySet[ImportedFramework]:
    """Return the imported frameworks that are followed, by title, without their content."""
    return (
        ImportedFramework.objects.filter(withdrawn_at=None)
        .select_related("imported_by")
        .defer("content")
        .order_by("title")
    )


def imported_framework(code: str) -> tuple[ImportedFramework, Framework]:
    """Return an imported framework: its record, and what it holds.

    Raises:
        NotFound: none of this code is followed.
    """
    found = imported_frameworks().filter(code=code).first()
    if found is None:
        raise NotFound(_("No framework %(code)s was imported.") % {"code": code})
    return found, library().framework(code)


def areas() -> list[str]:
    """Return the parts of the shipped library, in their order."""
    return list(dict.fromkeys(control.area for control in catalog().controls))


def _row(control: LibraryControl, entry: LibraryEntry | None) -> LibraryRow:
    shipped = catalog().control_by_id.get(control.id)
    if entry is None or (shipped is not None and not differences(shipped, control)):
        return LibraryRow(control, SHIPPED, entry, shipped)
    return LibraryRow(control, entry.change, entry, shipped)


def _retired(entries: Sequence[LibraryEntry]) -> list[LibraryRow]:
    """Return retired controls as they were last."""
    known = _known() if entries else {}
    return [_as_it_was(entry, known) for entry in entries]


def _known() -> Mapping[str, Requirement]:
    """Return the requirements that a control may ever have been credited to, by id."""
    withdrawn = ImportedFramework.objects.exclude(withdrawn_at=None).order_by("withdrawn_at")
    contents = [framework_from(values) for values in withdrawn.values_list("content", flat=True)]
    past = {entry.id: entry for framework in contents for entry in framework.requirements}
    return {**past, **library().requirements}


def _as_it_was(entry: LibraryEntry, known: Mapping[str, Requirement]) -> LibraryRow:
    shipped = catalog().control_by_id.get(entry.control)
    if entry.content is None:
        # It was retired as it was shipped.
        control = catalog().control_by_id[entry.control]
    else:
        control = replace(
            control_from(entry.content, known),
            area=shipped.area if shipped else "",
        )
    return LibraryRow(control, Change.RETIRED, entry, shipped)


def _frameworks(control: LibraryControl) -> set[str]:
    return {credit.requirement.partition(":")[0] for credit in control.credits}
