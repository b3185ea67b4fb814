"""Invented figures for the design kit page, which shows every component in every state.

They are seen at `/kit` only and stand for no organisation.
"""

import hashlib
import math
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.utils.translation import gettext_lazy as _

from twofold.controls.queries import OverrideState
from twofold.web.days import ShownDay


class SampleForm(forms.Form):
    """One field of each widget that the pages use."""

    name = forms.CharField(label=_("Name"), help_text=_("As people in the organisation call it."))
    tier = forms.ChoiceField(
        label=_("Risk tier"), choices=[("high", _("High")), ("limited", _("Limited"))]
    )
    purpose = forms.CharField(label=_("Purpose"), widget=forms.Textarea, required=False)
    stages = forms.MultipleChoiceField(
        label=_("Stages"),
        choices=[("design", _("Design")), ("operation", _("Operation"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    review_date = forms.DateField(label=_("Next review"))
    public = forms.BooleanField(label=_("Shown to the public"), required=False)


def sample() -> dict[str, Any]:
    """Return the context `sample` of `kit.html`."""
    at = datetime(2026, 11, 24, 3, 41, tzinfo=UTC)
    shares = {
        "effective": 62, "conforming": 38, "partial": 45, "gap": 21, "unknown": 25,
        "not_applicable": 12,
    }  # fmt: skip
    weeks = [f"W{number:02}" for number in range(1, 27)]
    drift = [round(0.06 + 0.004 * n + 0.05 * math.sin(n / 2.3), 3) for n in range(26)]
    drift[21:23] = [0.271, 0.312]
    return {
        "at": at,
        "hash": hashlib.sha256(b"kit").hexdigest(),
        "shares": [{"state": state, "count": count} for state, count in shares.items()],
        "total": sum(shares.values()),
        "requirements": [
            {"id": "27001:A.8.15", "title": _("Logging"), "state": "effective", "evidence": 12,
             "checked_at": at},
            {"id": "42001:A.6.2.8", "title": _("AI system recording of event logs"),
             "state": "partial", "evidence": 4, "checked_at": at},
            {"id": "42001:9.1", "title": _("Monitoring, measurement, analysis and evaluation"),
             "state": "gap", "evidence": 1, "checked_at": at},
            {"id": "airmf:MEASURE 2.11", "title": _("Fairness and bias are evaluated"),
             "state": "unknown", "evidence": 0, "checked_at": None},
        ],
        "filter": {
            "name": "state",
            "options": [
                {"value": "", "label": _("All"), "chosen": True},
                {"value": "gap", "label": _("Gap"), "chosen": False},
            ],
        },
        "page": Paginator(range(203), 20).page(3),
        "line": {
            "kind": "line", "unit": "PSI", "columns": [str(_("Week")), str(_("Drift"))],
            "rows": [[week, None if n == 11 else value]
                     for n, (week, value) in enumerate(zip(weeks, drift, strict=True))],
            "limits": [{"label": str(_("Warning")), "value": 0.1, "verdict": "warning"},
                       {"label": str(_("Breach")), "value": 0.25, "verdict": "breach"}],
            "breaches": [21, 22],
        },
        "bar": {
            "kind": "bar", "unit": "%",
            "columns": [str(_("Group")), str(_("Reference")), str(_("Window"))],
            "rows": [["A", 86.2, 84.9], ["B", 81.0, 69.3], ["C", 84.4, 83.1]],
        },
        "histogram": {
            "kind": "histogram", "unit": "%",
            "columns": [str(_("Score")), str(_("Reference")), str(_("Window"))],
            "rows": [[f"{n / 10:.1f}", round(24 * math.exp(-((n - 4) ** 2) / 6), 1),
                      round(22 * math.exp(-((n - 5.4) ** 2) / 7), 1)] for n in range(10)],
        },
        "today": at.date(),
        "findings": [
            {},
            {"action": "x"},
            {"action": "x", "due_date": at.date() - timedelta(days=1)},
            {"closed_at": at},
        ],
        "override_states": OverrideState.values,
        "shown": ShownDay(at.date(), at.date() - timedelta(days=21)),
        "nothing": {"kind": "line", "columns": [], "rows": []},
        "form": SampleForm({"name": "Flight delay", "review_date": "yesterday-ish"}),
    }  # fmt: skip
