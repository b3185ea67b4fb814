"""The home page: posture of all frameworks, alerts that wait, and what to do next."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from twofold.inventory.queries import visible_systems
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Permission, require_anywhere
from twofold.reporting.posture import posture as compute
from twofold.web.present import framework_card, requirement_row
from twofold.web.request import actor, now


@require_safe
def posture(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = compute(by, at=at)
    alerts = list(visible_alerts(by, at=at).filter(breach__closed_at=None)[:6])
    context = {
        "on": found.on,
        "frameworks": [framework_card(entry) for entry in found.frameworks],
        "next_actions": [requirement_row(state) for state in found.next_actions],
        "alerts": alerts,
        "system_count": visible_systems(by, at=at).count(),
    }
    return render(request, "posture.html", context)
