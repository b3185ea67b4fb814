"""Whether the record is looked after, in codes for a monitor that asks without signing in."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from twofold.reporting.alarms import Severity, reasons
from twofold.web.request import now


@login_not_required
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    found = reasons(at=now())
    alarm = any(severity is Severity.ALARM for _code, severity in found)
    status = "alarm" if alarm else "degraded" if found else "ok"
    # Codes alone: figures would tell a stranger how busy the organisation is.
    answer = {"status": status, "reasons": [code.value for code, _severity in found]}
    return JsonResponse(answer, status=503 if alarm else 200)
