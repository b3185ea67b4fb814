"""Asking somebody outside over HTTP, and remembering how it went.

Everything has a time limit and a size limit: whoever is asked must not hold up or fill up the one
who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from django.db import transaction

from twofold.ledger.models import LedgerVoucher

_LIMITS = httpx.Timeout(10.0)
_MOST_BYTES = 1 << 18
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)


class AskingError(Exception):
    """Somebody outside did not vouch; the message says why."""

    alarm = False


class ForkedError(AskingError):
    """Somebody outside has seen another log than this one."""

    alarm = True


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    content_type: str
    body: bytes


def post(url: str, body: bytes, *, headers: Mapping[str, str]) -> Answer:
    """Return the answer to a body that is posted.

    Raises:
        AskingError: nobody answers in time, or the answer is too long.
    """
    try:
        with (
            httpx.Client(timeout=_LIMITS, follow_redirects=False) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            received = bytearray()
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > _MOST_BYTES:
                    raise AskingError("The answer is longer than any that was asked for.")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(response.status_code, kind, bytes(received))
    except (httpx.HTTPError, httpx.InvalidURL) as refusal:
        reason = str(refusal) or type(refusal).__name__
        raise AskingError(f"No answer: {reason}") from refusal


def is_due(kind: str, name: str, *, every: timedelta | None, at: datetime) -> bool:
    """Return whether somebody is to be asked again: later and later while it fails.

    Without a span of time it is due at once.
    """
    if every is None:
        return True
    last = LedgerVoucher.objects.filter(kind=kind, name=name).first()
    if last is None:
        return True
    pause = every
    if last.failures:
        pause = min(_FIRST_PAUSE * 2 ** min(last.failures - 1, 10), _LONGEST_PAUSE)
    # A clock that was set back must not put it off for long.
    return not timedelta(0) <= at - last.asked_at < pause


def remember_success(kind: str, name: str, *, at: datetime) -> None:
    """Note that somebody vouched; with it all earlier failures are over."""
    LedgerVoucher.objects.update_or_create(
        kind=kind,
        name=name,
        defaults={
            "asked_at": at,
            "succeeded_at": at,
            "failures": 0,
            "error": "",
            "alarm": False,
        },
    )


def remember_failure(kind: str, name: str, failure: AskingError, *, at: datetime) -> None:
    """Note that somebody did not vouch; an alarm stays until somebody vouches again."""
    with transaction.atomic():
        row, _made = LedgerVoucher.objects.select_for_update().get_or_create(
            kind=kind, name=name, defaults={"asked_at": at}
        )
        row.asked_at = at
        row.failures += 1
        row.error = str(failure)
        row.alarm = row.alarm or failure.alarm
        row.save()
