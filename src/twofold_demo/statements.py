"""Both Statements of Applicability: prepared by the leads, approved by the approver, and filed."""

from datetime import date, datetime
from functools import partial

from twofold.controls import actions as controls
from twofold.controls.models import Statement
from twofold.people.access import Actor
from twofold.people.queries import root_unit
from twofold.reporting.soa.content import content, content_for
from twofold.reporting.soa.exports import exported
from twofold.reporting.soa.version import read_version
from twofold_demo.cast import Organisation
from twofold_demo.documents.document import Document
from twofold_demo.governance import APPROVER

#: Who prepares the statement of which standard.
PREPARED_BY = {"42001": "marta", "27001": "tomasz"}


def seal(organisation: Organisation, *, at: datetime) -> int:
    """Have both statements prepared and approved; return how many controls they hold."""
    return sum(
        _seal(framework, organisation.actor(key), organisation.actor(APPROVER), at=at)
        for framework, key in PREPARED_BY.items()
    )


def workbook(framework: str, on: date) -> Document:
    """Return the newest sealed version of a statement as a workbook."""
    sealed = Statement.objects.filter(framework=framework).exclude(approved_at=None)
    file = exported(read_version(sealed.latest("number")), "xlsx")
    return Document(
        file.name, file.media_type, file.octets, on, on, "Exported from the sealed statement"
    )


def _seal(framework: str, by: Actor, approver: Actor, *, at: datetime) -> int:
    unit = root_unit()
    assert unit is not None  # noqa: S101 - it was founded at the start
    drafted = controls.prepare_statement(
        framework,
        partial(content, framework, unit=unit, by=by, at=at),
        unit=unit,
        change_note="First version, after the gap assessment.",
        by=by,
        at=at,
    )
    controls.approve_statement(
        drafted,
        content_now=partial(content_for, by=approver, at=at),
        effective_date=at.date(),
        by=approver,
        at=at,
    )
    return len(read_version(drafted).rows)
