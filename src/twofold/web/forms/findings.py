"""Forms of findings."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.controls.models import Implementation
from twofold.controls.queries import library
from twofold.findings.models import Grade
from twofold.people.models import Person, Unit
from twofold.web.forms.seen import SeenForm


class FindingForm(forms.Form):
    """What was found, and what it is about."""

    requirement = forms.CharField(
        label=_("Requirement"),
        max_length=60,
        required=False,
        widget=forms.TextInput({"list": "requirements", "autocomplete": "off"}),
        help_text=_("Its identifier, such as 27001:A.8.15."),
    )
    implementation = forms.ModelChoiceField(
        label=_("Control as it is run"),
        queryset=Implementation.objects.none(),
        required=False,
        empty_label=_("None: about the requirement itself"),
        help_text=_("Then it counts against every requirement that the control serves."),
    )
    unit = forms.ModelChoiceField(
        label=_("Unit"),
        queryset=Unit.objects.none(),
        required=False,
        empty_label=_("Where the control is run"),
        help_text=_("Of a requirement by itself: the widest unit in which you may raise findings."),
    )
    grade = forms.ChoiceField(label=_("Grade"), choices=Grade, initial=Grade.MINOR)
    title = forms.CharField(label=_("Title"), max_length=200)
    statement = forms.CharField(
        label=_("What was found, and where it shows"),
        max_length=4000,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("What is required, what was seen instead, and the record that shows it."),
    )

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        implementations: QuerySet[Implementation],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["implementation"].queryset = implementations  # type: ignore[attr-defined]
        self.fields["implementation"].label_from_instance = _named  # type: ignore[attr-defined]


class AnswerForm(SeenForm):
    """Why it happened, and what is done about it."""

    cause = forms.CharField(
        label=_("Cause"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("Why it could happen, not only what happened."),
    )
    action = forms.CharField(
        label=_("Corrective action"), max_length=4000, widget=forms.Textarea({"rows": 4})
    )
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=Person.objects.none())
    due_date = forms.DateField(label=_("Due"), widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, owners: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class CloseForm(SeenForm):
    """How it was seen that the action works."""

    effectiveness = forms.CharField(
        label=_("How it shows that it works"),
        max_length=4000,
        widget=forms.Textarea({"rows": 4}),
        help_text=_("What was looked at since, and what it showed."),
    )


def _named(row: Implementation) -> str:
    control = library().control_by_id.get(row.control)
    return f"{row.control} {control.title if control else ''}, {row.scope}"
