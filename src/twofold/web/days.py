"""The day that a page shows: today, or an earlier one that `?as_of=` asks for."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.http import HttpRequest
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from twofold.people.errors import InvalidInput
from twofold.reporting.days import day_to_show

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class ShownDay:
    """The day that is shown, and what its control and the links of the page need.

    Attributes:
        asked: what was asked for, as it was typed; blank: nothing.
        fault: why that is not shown; blank: it is.
        kept: the other parameters of the page, which a choice of another day keeps.
    """

    today: date
    on: date
    asked: str = ""
    fault: str = ""
    kept: tuple[tuple[str, str], ...] = ()

    @property
    def past(self) -> bool:
        """Whether it is a day before today: then nothing can be decided on the page."""
        return self.on < self.today

    @property
    def query(self) -> dict[str, str]:
        """The parameter that keeps the day; none for today."""
        return {"as_of": self.on.isoformat()} if self.past else {}

    @property
    def suffix(self) -> str:
        """What keeps the day at the end of an address that has no parameters."""
        return f"?{urlencode(self.query)}" if self.past else ""

    @property
    def further(self) -> str:
        """What keeps the day at the end of an address that has parameters."""
        return f"&{urlencode(self.query)}" if self.past else ""

    @property
    def back(self) -> str:
        """The parameters of the same page today."""
        return f"?{urlencode(self.kept)}"

    @property
    def status(self) -> int:
        """The status of the answer: a day that cannot be shown is a fault of what was asked."""
        return 422 if self.fault else 200


def shown_day(request: HttpRequest, *, at: datetime) -> ShownDay:
    """Return the day that a page shows; today for a change, and where the day asked for is none."""
    today = at.astimezone(UTC).date()
    asked = request.GET.get("as_of", "").strip()[:40] if request.method != "POST" else ""
    kept = tuple(
        (name, str(request.GET[name]).replace("\0", ""))
        for name in request.GET
        if name not in {"as_of", "page"}
    )
    try:
        return ShownDay(today, day_to_show(_read(asked), at=at), asked, kept=kept)
    except InvalidInput as refusal:
        return ShownDay(today, today, asked, refusal.message, kept)


def _read(asked: str) -> date | None:
    """Return the day that was typed, None for nothing; raise InvalidInput for what is no day."""
    if not asked:
        return None
    try:
        day = date.fromisoformat(asked) if _DAY.fullmatch(asked) else None
    except ValueError:
        day = None
    if day is None:
        text = _("“%(text)s” is no day: write it as 2026-11-03.") % {"text": asked}
        raise InvalidInput(text, field="as_of")
    return day
