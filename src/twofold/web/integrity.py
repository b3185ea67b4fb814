"""Shaping what is told of the log for its pages: shares of a figure, commands, files."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from twofold.reporting.alarms import Alarm, Severity
from twofold.reporting.outside import OutsideView, Reach


@dataclass(frozen=True)
class AlarmRow:
    """An alarm in words, how loud it is, and the page where it is looked into."""

    tone: str
    sentence: str
    href: str


@dataclass(frozen=True)
class Share:
    """A part of the log: how many entries rest on what."""

    kind: str
    label: str
    count: int


def alarm_rows(found: Iterable[Alarm]) -> list[AlarmRow]:
    """Return alarms as a banner shows them."""
    return [
        AlarmRow(
            "bad" if alarm.severity is Severity.ALARM else "warn",
            alarm.sentence,
            reverse(alarm.page),
        )
        for alarm in found
    ]


def reach_shares(found: OutsideView) -> list[Share]:
    """Return the log in three parts, oldest first: vouched for, signed by us alone, waiting.

    None when there is nothing, or when an outsider says that it is another log.
    """
    if found.told.reach in {Reach.EMPTY, Reach.REFUSED}:
        return []
    vouched = min(found.exposure.vouched_size, found.position.size)
    return [
        Share("vouched", _("Vouched for by others"), vouched),
        Share("alone", _("Signed by our key alone"), found.position.size - vouched),
        Share("waiting", _("Waiting for a checkpoint"), found.position.waiting),
    ]


def verification_commands(found: OutsideView, email: str) -> list[tuple[str, str]]:
    """Return what to do to verify the record elsewhere, each step with its command."""
    key = found.keys[0].line.key or found.position.verifier
    outsiders = " --tsa-root tsa-root.pem" if found.authority else ""
    outsiders += " --policy policy.txt" if found.witnesses else ""
    return [
        (_("Export the whole record here"), f"twofold export ledger.zip --as {email}"),
        (
            _("Verify the bundle on a machine of your own"),
            f"twofold-verify ledger.zip --key '{key}'{outsiders}",
        ),
        (
            _("The same, with a checkpoint that you kept"),
            f"twofold-verify ledger.zip --key '{key}'{outsiders} --checkpoint kept.txt",
        ),
    ]


def lookup_commands() -> list[tuple[str, str]]:
    """Return the commands that do on a terminal what the page does."""
    return [
        (_("Where the log stands"), "twofold ledger status"),
        (_("Prove that an entry is in it"), "twofold ledger proof 0"),
        (_("Hold a kept checkpoint against it"), "twofold ledger consistency kept.txt"),
    ]


def stamp_command() -> str:
    """Return the command that checks a downloaded time stamp with nothing of ours."""
    return "openssl ts -verify -in stamp-<size>.tsr -data stamped-<size>.txt -CAfile tsa-root.pem"


def attached(
    content: str | bytes, name: str, *, content_type: str = "text/plain; charset=utf-8"
) -> HttpResponse:
    """Return a file to be kept under a name."""
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
