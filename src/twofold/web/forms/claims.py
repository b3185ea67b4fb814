"""Forms for claims: what evidence is held to show, and why it does not."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.controls.actions.claims import Period
from twofold.evidence.models import EvidenceVersion


def _day(label: Any, help_text: Any = "") -> forms.DateField:  # noqa: ANN401 - a lazy text
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=help_text,
    )


class ClaimForm(forms.Form):
    """What a chosen piece of evidence is held to show, and of which part of its period."""

    evidence = forms.ModelChoiceField(
        queryset=EvidenceVersion.objects.none(), widget=forms.HiddenInput
    )
    need = forms.ChoiceField(label=_("It answers"))
    statement = forms.CharField(
        label=_("What it shows"), max_length=500, widget=forms.Textarea({"rows": 3})
    )
    period_from = _day(_("Period from"))
    period_to = _day(_("Period to"))
    valid_until = _day(
        _("Counts until"), _("No longer than the evidence itself; left empty, just as long.")
    )

    def __init__(
        self,
        *args: Any,
        versions: QuerySet[EvidenceVersion],
        needs: list[tuple[str, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["evidence"].queryset = versions  # type: ignore[attr-defined]
        self.fields["need"].choices = needs  # type: ignore[attr-defined]

    @property
    def period(self) -> Period | None:
        """What is claimed of the evidence's period; a day that is left empty is the evidence's."""
        given = self.cleaned_data
        names = ("period_from", "period_to", "valid_until")
        if not any(given[name] for name in names):
            return None
        return Period(*(given[name] or getattr(given["evidence"], name) for name in names))


class WithdrawForm(forms.Form):
    """Why a claim is taken back."""

    reason = forms.CharField(
        label=_("Why it is taken back"), max_length=500, widget=forms.Textarea({"rows": 3})
    )


class RejectForm(forms.Form):
    """Why evidence does not show what is claimed."""

    reason = forms.CharField(
        label=_("Why it does not show this"), max_length=500, widget=forms.Textarea({"rows": 3})
    )
