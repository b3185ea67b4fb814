"""Alerts: the inbox, and one alert with its breach."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.queries import visible_alerts
from twofold.people.access import Permission, may, require_anywhere
from twofold.people.errors import NotFound, Refusal
from twofold.reporting.monitoring import breach_consequences, monitor_chart
from twofold.web.forms import AcknowledgeForm
from twofold.web.request import actor, now, page_of, show_refusal


@require_safe
def alerts(request: HttpRequest) -> HttpResponse:
    by, at = actor(request), now()
    require_anywhere(by, Permission.READ, at=at)
    return render(request, "alerts.html", {"page": page_of(request, visible_alerts(by, at=at))})


@require_http_methods(["GET", "HEAD", "POST"])
def alert(request: HttpRequest, key: UUID) -> HttpResponse:
    by, at = actor(request), now()
    found = visible_alerts(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such alert."))
    form = AcknowledgeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.acknowledge(found, note=form.cleaned_data["note"], by=by, at=at)
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, _("The alert is acknowledged."))
            return redirect("alert", key=key)
    breach = found.breach
    context = {
        "alert": found,
        "breach": breach,
        "chart": monitor_chart(breach.monitor),
        "consequences": breach_consequences(breach, by, at=at),
        "history": history(breach.ledger_subject) + history(found.ledger_subject),
        "form": form,
        "may_acknowledge": found.acknowledged_at is None
        and may(by, Permission.ACKNOWLEDGE_ALERT, unit=breach.monitor.system.unit, at=at),
    }
    return render(request, "alert.html", context, status=422 if form.errors else 200)
