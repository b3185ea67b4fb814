"""What every page shows of the installation."""

from functools import partial
from typing import Any

from django.http import HttpRequest

from twofold import __version__
from twofold.ledger.queries import last_checkpoint
from twofold.people.access import Permission, may_anywhere
from twofold.web.request import actor, now


def installation(request: HttpRequest) -> dict[str, Any]:
    """Return version, and for signed-in persons the log's origin and last size."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {"installation": {"version": __version__}}
    last = last_checkpoint()
    return {
        "installation": {
            "version": __version__,
            "origin": last.note.partition("\n")[0] if last else "",
            "checkpoint_size": last.size if last else 0,
            "checkpoint_at": last.signed_at if last else None,
            # Asked on the pages that offer it alone.
            "may_export": partial(may_anywhere, actor(request), Permission.EXPORT_RECORD, at=now()),
        }
    }
