"""Forms about getting in: another password, and a decision that needs no words."""

from django import forms
from django.utils.translation import gettext_lazy as _

from twofold.web.forms.people import PasswordTwice


class PasswordForm(PasswordTwice):
    """The password that holds, and the one that is to hold."""

    current = forms.CharField(
        label=_("Current password"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    field_order = ("current", "password", "again")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["password"].label = _("New password")
        self.fields["again"].label = _("New password again")


class ConfirmForm(forms.Form):
    """Nothing is asked: sending it is the decision."""
