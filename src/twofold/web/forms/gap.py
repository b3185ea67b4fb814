"""Answering the gap assessment, a form for each control."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from twofold.controls.models import Answer


class AnswerForm(forms.Form):
    """What is said of one control."""

    answer = forms.ChoiceField(
        label=_("Is it done?"), required=False, choices=Answer, widget=forms.RadioSelect
    )
    note = forms.CharField(
        label=_("How it is done today"),
        required=False,
        max_length=4000,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("With a text, what is done becomes a description that awaits approval."),
    )
    owner = forms.ChoiceField(label=_("Who answers for it"), required=False)

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", _("Nobody yet")), *owners]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse a text or an owner that belongs to no answer: it would be lost."""
        given: dict[str, Any] = super().clean() or {}
        if not given.get("answer") and (given.get("note") or given.get("owner")):
            self.add_error("answer", _("Say whether it is done."))
        return given
