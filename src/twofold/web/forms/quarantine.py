"""The form that lets a version out of quarantine."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ReleaseForm(forms.Form):
    """Why a version may be opened in spite of the scanner."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("How you know that the file does no harm. It stands in the record."),
    )
