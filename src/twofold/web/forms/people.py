"""Forms with which the organisation is founded, and persons, units and roles are kept."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.people.models import Role, Unit


def _new_password() -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": "new-password"})


class PasswordTwice(forms.Form):
    """A new password, typed twice so that a slip of the finger shuts nobody out."""

    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        widget=_new_password(),
        help_text=_("12 characters at least, and no common word."),
    )
    again = forms.CharField(
        label=_("Password again"), max_length=200, strip=False, widget=_new_password()
    )

    def clean(self) -> dict[str, Any]:
        """Say beside the second one when the two differ."""
        given = super().clean() or {}
        first, second = given.get("password"), given.get("again")
        if first is not None and second is not None and first != second:
            self.add_error("again", _("The two passwords are not the same."))
        return given


class FoundForm(PasswordTwice):
    """The organisation and its first administrator."""

    name = forms.CharField(
        label=_("Organisation"), max_length=120, widget=forms.TextInput({"autofocus": True})
    )
    administrator = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        widget=forms.EmailInput({"autocomplete": "username"}),
    )
    leads = forms.BooleanField(
        label=_("I lead the governance of AI too"),
        required=False,
        help_text=_("Only now: later, nobody gives a role to themselves."),
    )
    code = forms.CharField(
        label=_("Set-up code"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        help_text=_(
            "The server printed it when it started. It stands in setup.code in the data folder."
        ),
    )
    field_order = ("name", "administrator", "email", "password", "again", "leads", "code")


class PersonForm(PasswordTwice):
    """A new person and their first role."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput({"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("First role"), choices=[("", "---------"), *Role.choices])
    unit = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        empty_label=None,
        help_text=_("The role holds there and in everything below."),
    )
    field_order = ("name", "email", "role", "unit", "password", "again")

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class RoleForm(forms.Form):
    """A role, where it holds, and from when until when."""

    role = forms.ChoiceField(label=_("Role"), choices=[("", "---------"), *Role.choices])
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none(), empty_label=None)
    from_date = forms.DateField(label=_("From"), widget=forms.DateInput({"type": "date"}))
    until_date = forms.DateField(
        label=_("Last day"), required=False, widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]


class EndRoleForm(forms.Form):
    """The last day of a role."""

    until_date = forms.DateField(
        label=_("Last day"),
        widget=forms.DateInput({"type": "date"}),
        help_text=_("Yesterday ends it at once."),
    )


class UnitForm(forms.Form):
    """A unit below another."""

    name = forms.CharField(label=_("Name"), max_length=120)
    parent = forms.ModelChoiceField(
        label=_("Below"), queryset=Unit.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, units: QuerySet[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = units  # type: ignore[attr-defined]
