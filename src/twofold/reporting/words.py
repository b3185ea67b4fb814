"""Reasons of readiness in words, and what to do about each."""

from collections.abc import Callable

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.controls.queries import library
from twofold.domain.readiness import Cause, Reason


def reason_text(reason: Reason) -> str:
    """Return the sentence that tells a reason."""
    return _SENTENCES[reason.cause](reason)


def action_text(reason: Reason) -> str:
    """Return what to do about a reason; blank where nothing is to be done."""
    return _ACTIONS[reason.cause](reason)


def _control(reason: Reason) -> str:
    found = library().control_by_id.get(reason.detail or reason.about)
    return f"{found.id} {found.title}" if found else reason.detail or reason.about


def _need(reason: Reason) -> str:
    need = library().needs.get(reason.detail)
    return need.title if need else reason.detail


def _standard(reason: Reason) -> str:
    known = {entry.id: entry.short_title for entry in library().frameworks}
    return known.get(reason.about, reason.about)


def _day(reason: Reason) -> str:
    return date_format(reason.on, "j M Y") if reason.on else _("an unknown day")


_SENTENCES: dict[Cause, Callable[[Reason], str]] = {
    Cause.OVERRIDDEN: lambda r: (
        _("Set by hand until %(day)s: %(why)s") % {"day": _day(r), "why": r.detail}
    ),
    Cause.OPEN_MAJOR: lambda r: (
        _("Major nonconformity since %(day)s: %(title)s.") % {"title": r.detail, "day": _day(r)}
    ),
    Cause.OPEN_MINOR: lambda r: (
        _("Minor nonconformity since %(day)s: %(title)s.") % {"title": r.detail, "day": _day(r)}
    ),
    Cause.ACTION_OVERDUE: lambda r: (
        _("The corrective action was due on %(day)s: %(title)s.")
        % {"title": r.detail, "day": _day(r)}
    ),
    Cause.CHECK_FAILED: lambda r: (
        _("%(scope)s: does not hold: %(title)s.") % {"scope": r.about, "title": r.detail}
    ),
    Cause.CHECK_ERROR: lambda r: (
        _("%(scope)s: could not be checked: %(title)s.") % {"scope": r.about, "title": r.detail}
    ),
    Cause.CHECK_NOT_RUN: lambda r: (
        _("%(scope)s: no result yet: %(title)s.") % {"scope": r.about, "title": r.detail}
    ),
    Cause.CHECK_PASSED: lambda r: (
        _("%(scope)s: holds: %(title)s.") % {"scope": r.about, "title": r.detail}
    ),
    Cause.EXCLUDED: lambda r: _("Decided not to apply: %(why)s") % {"why": r.detail},
    Cause.NOT_DECIDED: lambda _r: _("Nobody has decided whether it applies."),
    Cause.NO_CONTROL: lambda _r: _("No control of the library is mapped to it yet."),
    Cause.NOT_IMPLEMENTED: lambda r: (
        _("%(control)s is not implemented anywhere.") % {"control": _control(r)}
    ),
    Cause.NO_OWNER: lambda r: (
        _("%(control)s has no owner in %(scope)s.") % {"control": _control(r), "scope": r.about}
    ),
    Cause.NOT_APPROVED: lambda r: (
        _("%(control)s in %(scope)s awaits approval by a second person.")
        % {"control": _control(r), "scope": r.about}
    ),
    Cause.REVIEW_OVERDUE: lambda r: (
        _("The review of %(control)s in %(scope)s was due on %(day)s.")
        % {"control": _control(r), "scope": r.about, "day": _day(r)}
    ),
    Cause.NO_EVIDENCE: lambda r: (
        _("%(scope)s: no evidence of this kind: %(need)s.") % {"need": _need(r), "scope": r.about}
    ),
    Cause.EVIDENCE_EXPIRED: lambda r: (
        _("%(scope)s: expired on %(day)s: %(need)s.")
        % {"need": _need(r), "scope": r.about, "day": _day(r)}
    ),
    Cause.EVIDENCE_NOT_ACCEPTED: lambda r: (
        _("%(scope)s: waits to be accepted: %(need)s.") % {"need": _need(r), "scope": r.about}
    ),
    Cause.NO_STATEMENT: lambda r: (
        _("No approved Statement of Applicability of %(standard)s is in force.")
        % {"standard": _standard(r)}
    ),
    Cause.STATEMENT_OUTRUN: lambda r: (
        _("The Statement of Applicability of %(standard)s in force tells %(id)s otherwise.")
        % {"standard": _standard(r), "id": r.detail}
    ),
    Cause.NOT_KEPT: lambda r: (
        _("Cannot be shown yet: no %(record)s is kept here.") % {"record": r.detail}
    ),
    Cause.OPEN_BREACH: lambda r: (
        _("%(title)s, found on %(day)s.") % {"title": r.detail, "day": _day(r)}
    ),
    Cause.ONLY_PARTLY_COVERED: lambda r: (
        _("The controls that are run cover it only in part; the closest is %(control)s.")
        % {"control": _control(r)}
    ),
    Cause.EVIDENCED_ONCE: lambda r: (
        _("%(scope)s: shown for one period, until %(day)s: %(need)s.")
        % {"need": _need(r), "scope": r.about, "day": _day(r)}
    ),
    Cause.EVIDENCED: lambda r: (
        _("%(scope)s: shown again and again, until %(day)s: %(need)s.")
        % {"need": _need(r), "scope": r.about, "day": _day(r)}
    ),
}
_ACTIONS: dict[Cause, Callable[[Reason], str]] = {
    Cause.OVERRIDDEN: lambda _r: _("Have the facts say it before it expires."),
    Cause.OPEN_MAJOR: lambda _r: _("Correct it, remove its cause, and show that this works."),
    Cause.OPEN_MINOR: lambda _r: _("Remove its cause, and show that this works."),
    Cause.ACTION_OVERDUE: lambda _r: _("Finish the corrective action."),
    Cause.CHECK_FAILED: lambda r: _("See that this holds: %(title)s.") % {"title": r.detail},
    Cause.CHECK_ERROR: lambda _r: _("Find out why it could not be computed."),
    Cause.CHECK_NOT_RUN: lambda _r: _("Run the check, or give it something to look at."),
    Cause.CHECK_PASSED: lambda _r: "",
    Cause.EXCLUDED: lambda _r: "",
    Cause.NOT_DECIDED: lambda _r: _("Decide whether it applies, with a reason."),
    Cause.NO_CONTROL: lambda _r: _("Choose or write a control that serves it."),
    Cause.NOT_IMPLEMENTED: lambda r: (
        _("Describe how %(control)s is done, and name an owner.") % {"control": _control(r)}
    ),
    Cause.NO_OWNER: lambda _r: _("Name an owner."),
    Cause.NOT_APPROVED: lambda _r: _("Have a second person approve the description."),
    Cause.REVIEW_OVERDUE: lambda _r: _("Review the description and approve it again."),
    Cause.NO_EVIDENCE: lambda r: _("Add evidence and claim it: %(need)s.") % {"need": _need(r)},
    Cause.EVIDENCE_EXPIRED: lambda r: _("Renew the evidence: %(need)s.") % {"need": _need(r)},
    Cause.EVIDENCE_NOT_ACCEPTED: lambda _r: _("Have a second person accept the claim."),
    Cause.NO_STATEMENT: lambda r: (
        _("Prepare the statement of %(standard)s and have a second person approve it.")
        % {"standard": _standard(r)}
    ),
    Cause.STATEMENT_OUTRUN: lambda _r: _("Prepare a new version of the statement."),
    Cause.NOT_KEPT: lambda r: (
        _("Show the %(record)s to the auditor from where it is kept.") % {"record": r.detail}
    ),
    Cause.OPEN_BREACH: lambda _r: _("Find the cause of the breach and bring it within limits."),
    Cause.ONLY_PARTLY_COVERED: lambda _r: _("Run a control that covers what is left over."),
    Cause.EVIDENCED_ONCE: lambda _r: _("Keep operating it; a second period shows that it works."),
    Cause.EVIDENCED: lambda _r: "",
}
