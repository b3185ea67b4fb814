"""The head of a Statement of Applicability: what it is of, who approved it, and its figures."""

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.domain.soa import Progress
from twofold.reporting.soa.columns import PROGRESS
from twofold.reporting.soa.version import Version

Pairs = list[tuple[str, str]]


def head_lines(version: Version) -> Pairs:
    """Return what a reader must know of a version before its rows, each with its name."""
    statement = version.statement
    return [
        (_("Standard"), str(version.content["framework"]["title"])),
        (_("Organisation"), version.whose),
        (_("Version"), version.label),
        (_("Facts as of"), date_format(version.as_of, "j M Y")),
        (_("What changed"), statement.change_note or _("Nothing noted")),
        (_("Prepared by"), prepared_text(version)),
        (_("Approved by"), approved_text(version)),
        (
            _("Effective from"),
            date_format(statement.effective_date, "j M Y")
            if statement.effective_date
            else _("Not in effect: this is a draft"),
        ),
        (_("SHA-256 of the content"), statement.sha256),
        (_("Record"), statement.ledger_subject),
    ]


def prepared_text(version: Version) -> str:
    """Return who prepared a version, and when."""
    statement = version.statement
    return _("%(name)s on %(day)s") % {
        "name": statement.prepared_by.name,
        "day": date_format(statement.prepared_at, "j M Y"),
    }


def approved_text(version: Version) -> str:
    """Return who approved a version, and when; of a draft, that nobody did."""
    statement = version.statement
    if statement.approved_by is None or statement.approved_at is None:
        return _("Not approved: this is a draft")
    return _("%(name)s on %(day)s") % {
        "name": statement.approved_by.name,
        "day": date_format(statement.approved_at, "j M Y"),
    }


def approval_line(version: Version) -> str:
    """Return one line on the approval of a version, for the foot of every page."""
    statement = version.statement
    if statement.effective_date is None:
        return approved_text(version)
    return _("Approved by %(who)s, effective from %(day)s") % {
        "who": approved_text(version),
        "day": date_format(statement.effective_date, "j M Y"),
    }


def figures(version: Version) -> list[tuple[str, int]]:
    """Return the figures of a version, each with its name."""
    found = version.content["summary"]
    return [
        (_("Controls"), found["controls"]),
        (_("of them our own, beyond the annex"), found["own"]),
        (_("Applicable"), found["applicable"]),
        (_("Excluded"), found["excluded"]),
        (_("Not decided"), found["undecided"]),
        *((str(PROGRESS[entry]), found["statuses"][entry]) for entry in reversed(Progress)),
        (_("With open findings"), found["with_findings"]),
        (_("With a status set by hand"), found["set_by_hand"]),
    ]


def method_lines() -> list[str]:
    """Return how the status of a control is found, in words."""
    return [
        _("Applicability, grounds and justification are decided by a person and recorded."),
        _("The status is computed from records and cannot be typed."),
        _("Not started: no control that serves it is run anywhere."),
        _("Planned: one is described, and its description awaits approval by a second person."),
        _(
            "Partly implemented: run and approved, while what covers it wholly lacks evidence or a "
            "check that holds, something is open against it, or what is run covers it in part."
        ),
        _(
            "Implemented: what covers it wholly is approved and shown by accepted evidence within "
            "its validity, and nothing is open against it or against what only touches it."
        ),
        _("A status that was set by hand is told beside the computed one and never in its place."),
    ]
