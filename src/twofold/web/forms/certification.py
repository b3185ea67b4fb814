"""Choosing what is supposed to change; nothing is saved."""

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from twofold.domain.supposition import Change, Supposition
from twofold.reporting.supposable import Option, Options, supposition

_LABELS = {
    Change.SHOWN: _("This control is implemented and shown"),
    Change.APPROVED: _("This description is approved"),
    Change.ACCEPTED: _("This claim is accepted"),
    Change.PASSES: _("This check passes"),
    Change.CLOSES: _("This finding or breach closes"),
    Change.EXPIRES: _("This evidence or claim expires"),
    Change.RAISED: _("A major nonconformity is raised against"),
}


class WhatIfForm(forms.Form):
    """One choice of each kind of change, all of them optional."""

    def __init__(self, *args: Any, options: Options, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for change, label in _LABELS.items():
            self.fields[change.value] = forms.ChoiceField(
                label=label, required=False, choices=_choices(options[change])
            )

    def suppositions(self) -> list[Supposition]:
        """Return what was chosen."""
        return [
            supposition(change, value, detail=str(_("supposed")))
            for change in _LABELS
            if (value := self.cleaned_data.get(change.value, ""))
        ]


def _choices(options: tuple[Option, ...]) -> list[Any]:
    """Return choices under their groups; those without a group stand by themselves."""
    choices: list[Any] = [("", _("No change"))]
    for group, members in groupby(options, key=lambda option: option.group):
        pairs = [(member.value, member.label) for member in members]
        choices += [(group, pairs)] if group else pairs
    return choices
