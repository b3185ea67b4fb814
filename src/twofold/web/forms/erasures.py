"""The form that says why something is erased, or why not."""

from django import forms
from django.utils.translation import gettext_lazy as _


class ErasureReasonForm(forms.Form):
    """A reason that stays on record for good."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_(
            "It stays in the ledger for good and cannot be erased: name nobody and quote nothing."
        ),
    )


class KeepForm(forms.Form):
    """Why something is not erased after all."""

    reason = forms.CharField(
        label=_("Why it is not erased"), max_length=500, widget=forms.Textarea({"rows": 2})
    )
