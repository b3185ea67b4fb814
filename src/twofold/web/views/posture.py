"""The home page: posture of all frameworks, alerts that wait, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from twofold.controls.queries import visible_implementations, waiting_claims
from twofold.evidence.queries import requests_owed
from twofold.inventory.queries import visible_systems
from twofold.people.access import Permission, permitted_units, require_anywhere
from twofold.reporting.alarms import alarms
from twofold.reporting.monitoring import alert_views, inbox
from twofold.reporting.posture import posture as compute
from twofold.web.days import shown_day
from twofold.web.integrity import alarm_rows
from twofold.web.present import framework_card, next_action
from twofold.web.request import actor, now, person

ALERTS = 6
OWED = 6


@require_safe
def posture(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    shown = shown_day(request, at=at)
    found = compute(by, at=at, on=shown.on)
    alerts = inbox(by, at=at)
    waiting = alerts.filter(acknowledged_at=None)
    context = {
        "shown": shown,
        "alarms": [] if shown.past else alarm_rows(alarms(by, at=at)),
        "frameworks": [framework_card(entry, shown.query) for entry in found.frameworks],
        "next_actions": [next_action(entry) for entry in found.next_actions],
        "alerts": alert_views(waiting[:ALERTS]),
        "waiting_count": waiting.count(),
        "open_count": alerts.filter(breach__closed_at=None).count(),
        "claim_count": waiting_claims(by, at=at).count(),
        "owed": requests_owed(person(request).pk)[:OWED],
        "owed_count": requests_owed(person(request).pk).count(),
        "today": at.date(),
        "system_count": visible_systems(by, at=at).count(),
        "implementation_count": visible_implementations(by, at=at).count(),
        "may_implement": permitted_units(by, Permission.IMPLEMENT_CONTROL, at=at).exists(),
        "may_register": permitted_units(by, Permission.REGISTER_SYSTEM, at=at).exists(),
    }
    return render(request, "posture.html", context, status=shown.status)
