"""Which days can be shown: from the first one that the record tells of to today."""

from datetime import UTC, date, datetime

from django.utils.translation import gettext as _

from twofold.ledger.queries import began_at
from twofold.people.errors import InvalidInput


def day_to_show(day: date | None, *, at: datetime) -> date:
    """Return the day that is asked for, today for none (UTC).

    Raises:
        InvalidInput: it lies ahead, or before anything was recorded: then nothing could be told of
            it, and what nobody knows is not shown as a figure.
    """
    today = at.astimezone(UTC).date()
    if day is None or day == today:
        return today
    if day > today:
        raise InvalidInput(_("That day lies ahead: choose today or an earlier one."), field="as_of")
    began = began_at()
    first = began.astimezone(UTC).date() if began else today
    if day < first:
        raise InvalidInput(
            _("The record begins on %(day)s: choose that day or a later one.")
            % {"day": first.isoformat()},
            field="as_of",
        )
    return day
