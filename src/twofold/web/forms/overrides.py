"""The form with which a status is set by hand."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.controls.models import Override
from twofold.people.models import Unit
from twofold.web.present import STATES


class OverrideForm(forms.Form):
    """Which status is asked for, why, and until when."""

    status = forms.ChoiceField(
        label=_("Status to show"),
        choices=[(status.value, STATES[status]) for status in Override.STATUSES],
    )
    expires_date = forms.DateField(
        label=_("Until"),
        widget=forms.DateInput({"type": "date"}),
        help_text=_("At most a year ahead."),
    )
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    reason = forms.CharField(
        label=_("Why the facts do not tell it"),
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
