"""Keeping the library: adding, adapting and retiring controls, importing frameworks."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from twofold.catalog.controls import controls
from twofold.catalog.difference import Part, differences
from twofold.catalog.entries import tables_of
from twofold.catalog.errors import CatalogError, FrameworkCodeError
from twofold.catalog.imported import read_framework
from twofold.catalog.load import catalog
from twofold.catalog.model import Framework
from twofold.controls.models import Change, Implementation, ImportedFramework, LibraryEntry
from twofold.controls.queries import (
    control_from,
    control_values,
    framework_values,
    library,
    library_changed,
    library_may_have_changed,
    on_terms_of_library,
    require_library_keeper,
    uses_of_framework,
)
from twofold.ledger import actions as ledger
from twofold.people.access import Actor
from twofold.people.errors import Conflict, InvalidInput, NotFound
from twofold.people.given import person_behind, required
from twofold.people.models import Unit

_MOST_CONTROLS = 500
#: What an id of a control of one's own may look like, so that it stands in an address.
_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._")


@transaction.atomic
def add_controls(
    toml: str, *, file_name: str, reason: str, by: Actor, at: datetime
) -> list[LibraryEntry]:
    """Add the controls of a TOML text, `[[control]]` tables in the form of the shipped library.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        InvalidInput: the text is malformed (with line and reason), or no reason is given.
        Conflict: a control of such an id stands already.
    """
    person_id = _keeper_alone(by, at)
    reason = _reason(reason)
    known = library()
    try:
        tables = tables_of(Path(file_name or "controls.toml"), toml, "control")
        made = controls(tables, known.requirements)
    except CatalogError as refusal:
        raise InvalidInput(str(refusal), field="file") from None
    if len(made) > _MOST_CONTROLS:
        raise InvalidInput(
            _("At most %(most)d controls at once.") % {"most": _MOST_CONTROLS}, field="file"
        )
    for control in made:
        _check_id(control.id)
    kept = set(LibraryEntry.objects.values_list("control", flat=True))
    taken = [control.id for control in made if control.id in kept | known.control_by_id.keys()]
    if taken:
        raise Conflict(
            _("A control of this id stands already: %(ids)s.") % {"ids": ", ".join(taken)},
            field="file",
        )
    return [
        _keep(
            LibraryEntry(control=control.id), Change.ADDED, table.values, reason, person_id, by, at
        )
        for table, control in zip(tables, made, strict=True)
    ]


@transaction.atomic
def adapt_control(
    control: str, values: Mapping[str, Any], *, reason: str, by: Actor, at: datetime
) -> LibraryEntry:
    """Change the wording, evidence, credits or checks of a control for this organisation.

    Where it is run on such terms, the approval ends: they are not those that were approved.

    Args:
        values: the whole control in the form of its TOML table.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        NotFound: there is no such control.
        InvalidInput: the control is malformed (with the reason), or no reason is given.
    """
    person_id = _keeper_alone(by, at)
    known = library()
    if control not in known.control_by_id:
        raise NotFound(_("There is no control %(id)s.") % {"id": control})
    try:
        made = control_from(values, known.requirements)
    except CatalogError as refusal:
        raise InvalidInput(refusal.reason, field="control") from None
    if made.id != control:
        raise InvalidInput(_("The id of a control never changes."), field="control")
    row = LibraryEntry.objects.select_for_update().filter(control=control).first()
    row = row or LibraryEntry(control=control)
    change = Change.ADAPTED if control in catalog().control_by_id else Change.ADDED
    kept = _keep(row, change, values, _reason(reason), person_id, by, at)
    parts = {entry.part for entry in differences(known.control_by_id[control], made)}
    _end_approvals(control, parts, person_id, by, at)
    return kept


@transaction.atomic
def retire_control(control: str, *, reason: str, by: Actor, at: datetime) -> LibraryEntry:
    """Take a control out of the library; it must not be run anywhere.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        NotFound: there is no such control.
        Conflict: it is run somewhere.
        InvalidInput: no reason is given.
    """
    person_id = _keeper_alone(by, at)
    if control not in library().control_by_id:
        raise NotFound(_("There is no control %(id)s.") % {"id": control})
    scopes = Implementation.objects.filter(control=control, retired_at=None).count()
    if scopes:
        raise Conflict(
            _("%(id)s is run in %(scopes)d scopes: end that first.")
            % {"id": control, "scopes": scopes}
        )
    row = LibraryEntry.objects.select_for_update().filter(control=control).first()
    row = row or LibraryEntry(control=control)
    return _keep(row, Change.RETIRED, row.content, _reason(reason), person_id, by, at)


@transaction.atomic
def restore_control(control: str, *, reason: str, by: Actor, at: datetime) -> LibraryEntry:
    """Put a retired control back, as it was before.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        NotFound: no such control is retired.
        InvalidInput: no reason is given, or what it was credited to is there no longer.
    """
    person_id = _keeper_alone(by, at)
    row = (
        LibraryEntry.objects.select_for_update()
        .filter(control=control, change=Change.RETIRED)
        .first()
    )
    if row is None:
        raise NotFound(_("No control %(id)s is retired.") % {"id": control})
    shipped = control in catalog().control_by_id
    content = row.content
    if content is None:
        # It was retired as it was shipped.
        content = control_values(catalog().control_by_id[control])
    try:
        control_from(content, library().requirements)
    except CatalogError as refusal:
        raise InvalidInput(refusal.reason, field="control") from None
    change = Change.ADAPTED if shipped else Change.ADDED
    return _keep(row, change, content, _reason(reason), person_id, by, at)


@transaction.atomic
def import_framework(
    framework: Framework, *, source: bytes, file_name: str, format_: str, by: Actor, at: datetime
) -> ImportedFramework:
    """Follow a further framework: its requirements are listed, mapped to controls and assessed.

    Args:
        framework: as it was read from the source.
        format_: `toml` or `oscal`.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        InvalidInput: it holds nothing that can be assessed.
        Conflict: a framework of this id stands already.
    """
    person_id = _keeper_alone(by, at)
    asking = sum(entry.auditable for entry in framework.requirements)
    if not asking:
        raise InvalidInput(_("It holds nothing that can be assessed."), field="file")
    known = library()
    if framework.id in {entry.id for entry in (*known.frameworks, *known.guidance)}:
        raise Conflict(_("A framework %(id)s stands already.") % {"id": framework.id}, field="code")
    made = ImportedFramework.objects.create(
        code=framework.id,
        title=framework.title[:300],
        content=framework_values(framework),
        requirement_count=asking,
        format=format_,
        file_name=file_name.replace("\0", "")[:200],
        sha256=hashlib.sha256(source).hexdigest(),
        imported_by_id=person_id,
        imported_at=at,
    )
    library_changed()
    ledger.record(made, "imported", by=by.ledger_name, at=at)
    return made


def import_framework_file(
    data: bytes, *, file_name: str, code: str, by: Actor, at: datetime
) -> ImportedFramework:
    """Follow the framework of a file: of TOML, or an OSCAL catalogue in JSON.

    Args:
        code: prefix of its requirements' ids; blank for a file of TOML, which has its own.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        InvalidInput: the file or the code is at fault; the message names file, line and reason.
        Conflict: a framework of this id stands already.
    """
    _keeper(by, at)
    try:
        framework, format_ = read_framework(data, file_name=file_name, code=code.strip())
    except FrameworkCodeError as refusal:
        raise InvalidInput(refusal.reason, field="code") from None
    except CatalogError as refusal:
        raise InvalidInput(str(refusal), field="file") from None
    return import_framework(
        framework, source=data, file_name=file_name, format_=format_, by=by, at=at
    )


@transaction.atomic
def withdraw_framework(code: str, *, reason: str, by: Actor, at: datetime) -> ImportedFramework:
    """Follow an imported framework no longer, when nothing of this context bears on it.

    What findings name is known above: adapters call the action of that name in `findings`. The
    record stays, past days show the framework as before, and its code is free again.

    Raises:
        AccessDenied: the actor may not keep the library, or is no person.
        NotFound: no imported framework of this code is followed.
        Conflict: controls, decisions, overrides or statements name it; the message tells which.
        InvalidInput: no reason is given.
    """
    person_id = _keeper_alone(by, at)
    row = ImportedFramework.objects.select_for_update().filter(code=code, withdrawn_at=None).first()
    if row is None:
        raise NotFound(_("No framework %(code)s was imported.") % {"code": code})
    uses = uses_of_framework(code)
    if uses:
        raise Conflict(
            _("%(code)s cannot be withdrawn, it is used by %(uses)s.")
            % {"code": code, "uses": "; ".join(uses)}
        )
    row.withdrawal = _reason(reason)
    row.withdrawn_by_id = person_id
    row.withdrawn_at = at
    row.save(update_fields=["withdrawn_by", "withdrawn_at", "withdrawal"])
    library_changed()
    ledger.record(row, "withdrawn", by=by.ledger_name, at=at)
    return row


def _keeper(by: Actor, at: datetime) -> uuid.UUID:
    require_library_keeper(by, at=at)
    return person_behind(by)


def _keeper_alone(by: Actor, at: datetime) -> uuid.UUID:
    """Return who keeps the library; whoever else would change it, or run a control, waits."""
    person_id = _keeper(by, at)
    list(Unit.objects.select_for_update(no_key=True).filter(parent=None))
    library_may_have_changed()
    return person_id


def _end_approvals(
    control: str, parts: set[Part], person_id: uuid.UUID, by: Actor, at: datetime
) -> None:
    """End the approval wherever these parts hold; who changed them cannot give it again."""
    rows = list(on_terms_of_library(control, parts).select_for_update(no_key=True))
    approved = [row for row in rows if row.approved_at is not None]
    waiting = [row for row in rows if row.approved_at is None]
    for row in rows:
        row.await_approval(person_id)
    Implementation.objects.bulk_update(
        rows, ["contributors", "approved_by", "approved_at", "review_due_date"], batch_size=100
    )
    ledger.record_all(approved, "approval_ended", by=by.ledger_name, at=at)
    ledger.record_all(waiting, "terms_changed", by=by.ledger_name, at=at)


def _reason(reason: str) -> str:
    return required(
        reason, 500, field="reason", message=_("Give a reason of 1 to %(maximum)s characters.")
    )


def _check_id(control_id: str) -> None:
    if not set(control_id) <= _ID:
        raise InvalidInput(
            _("%(id)s: an id has letters, digits, hyphens, dots and underscores alone.")
            % {"id": control_id},
            field="file",
        )


def _keep(
    row: LibraryEntry,
    change: Change,
    content: Mapping[str, Any] | None,
    reason: str,
    person_id: uuid.UUID,
    by: Actor,
    at: datetime,
) -> LibraryEntry:
    row.change = change
    row.content = None if content is None else dict(content)
    row.reason = reason
    row.changed_by_id = person_id
    row.changed_at = at
    row.save()
    library_changed()
    ledger.record(row, change.value, by=by.ledger_name, at=at)
    return row
