"""Forms: they check the shape of what was typed; actions decide and save."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.inventory.models import AISystem, RiskTier, Stage, SystemRole
from twofold.people.models import Person, Unit
from twofold.web.forms.seen import SeenForm


class SignInForm(forms.Form):
    """E-mail address and password."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class SystemForm(forms.Form):
    """What the register holds of an AI system."""

    name = forms.CharField(label=_("Name"), max_length=120)
    code = forms.SlugField(
        label=_("Code"),
        max_length=60,
        help_text=_("Short name in addresses and in the SDK. It never changes."),
    )
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=Person.objects.none())
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("What it decides or suggests, for whom, and what it is not for."),
    )
    role = forms.ChoiceField(label=_("Our role"), choices=SystemRole)
    stage = forms.ChoiceField(label=_("Life-cycle stage"), choices=Stage)
    risk_tier = forms.ChoiceField(label=_("Risk tier"), choices=RiskTier)

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        owners: QuerySet[Person],
        registered: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if registered:
            del self.fields["code"], self.fields["unit"]
        else:
            self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class ContentForm(forms.Form):
    """A file and what it speaks of."""

    file = forms.FileField(label=_("File"), max_length=200)
    source = forms.CharField(
        label=_("Source"), max_length=200, help_text=_("Where it comes from, in words.")
    )
    period_from = forms.DateField(label=_("Period from"), widget=forms.DateInput({"type": "date"}))
    period_to = forms.DateField(label=_("Period to"), widget=forms.DateInput({"type": "date"}))
    valid_until = forms.DateField(
        label=_("Valid until"),
        widget=forms.DateInput({"type": "date"}),
        help_text=_("The last day on which it still counts."),
    )


class ImplementForm(forms.Form):
    """How a control is run in a scope."""

    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    system = forms.ModelChoiceField(
        label=_("AI system"),
        queryset=AISystem.objects.none(),
        required=False,
        help_text=_("Leave empty when the control is run for the whole unit."),
    )
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=Person.objects.none(), required=False)
    description = forms.CharField(
        label=_("How it is done here"), max_length=4000, widget=forms.Textarea({"rows": 5})
    )

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        systems: QuerySet[AISystem],
        owners: QuerySet[Person],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["system"].queryset = systems  # type: ignore[attr-defined]
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class ApproveForm(SeenForm):
    """Until when an approval counts."""

    review_due_date = forms.DateField(
        label=_("Next review"), widget=forms.DateInput({"type": "date"})
    )


class ApplicabilityForm(SeenForm):
    """Whether a requirement applies, and why."""

    applicable = forms.ChoiceField(
        label=_("Decision"), choices=[("yes", _("It applies")), ("no", _("It does not apply"))]
    )
    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea({"rows": 3}))


class AcknowledgeForm(forms.Form):
    """What was found when somebody looked."""

    note = forms.CharField(
        label=_("What was found"), max_length=500, widget=forms.Textarea({"rows": 3})
    )
