"""Alerts: the inbox, and one alert with its breach."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.models import Alert
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Permission, may, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.reporting.monitoring import alert_views, breach_consequences, inbox, monitor_chart
from twofold.web.forms import AcknowledgeForm
from twofold.web.present import history_rows, newest_first, requirement_row
from twofold.web.request import actor, now, page_of, show_refusal


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    found = inbox(by, at=at)
    page = page_of(request, found)
    context = {
        "page": page,
        "rows": alert_views(page.object_list),
        "waiting_count": found.filter(acknowledged_at=None).count(),
    }
    return render(request, "alerts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = visible_alerts(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such alert."))
    form = AcknowledgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _acknowledge(request, found, form):
        messages.success(request, _("The alert is acknowledged."))
        return redirect("alert", key=key)
    breach = found.breach
    lines = history(breach.ledger_subject) + history(found.ledger_subject)
    lines.sort(key=newest_first)
    consequences = breach_consequences(breach, by, at=at)
    context = {
        "view": alert_views([found])[0],
        "chart": monitor_chart(breach.monitor),
        "consequences": [requirement_row(state) for state in consequences],
        "history": history_rows(lines),
        "form": form,
        "may_acknowledge": found.acknowledged_at is None
        and may(by, Permission.ACKNOWLEDGE_ALERT, unit=breach.monitor.system.unit, at=at),
    }
    return render(request, "alert.html", context, status=422 if form.errors else 200)


def _acknowledge(request: HttpRequest, found: Alert, form: AcknowledgeForm) -> bool:
    try:
        actions.acknowledge(found, note=form.cleaned_data["note"], by=actor(request), at=now())
    except Refusal as refusal:
        show_refusal(form, refusal)
        return False
    return True
