"""Forms of the Statements of Applicability: deciding with grounds, preparing, approving."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from twofold.controls.actions import GivenGround
from twofold.controls.models import Applicability, Ground
from twofold.web.forms import ApplicabilityForm
from twofold.web.forms.seen import SeenForm

MOST_GROUNDS = 20
_SLOT = re.compile(r"ground-(\d{1,2})-(kind|reference)")


class DecisionForm(ApplicabilityForm):
    """Whether a control applies, why, and on which grounds: as many as are filled in."""

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        decision: Applicability | None = None,
        revision: int = 0,
        typed: Mapping[str, str] | None = None,
    ) -> None:
        """Take what was sent; or begin with the decision that stands, or with what was typed.

        To what was typed so far there are two further places for grounds.
        """
        begun = typed if typed is not None else _initial(decision)
        super().__init__(data, initial={"expected": revision, **begun})
        self.goes_on = typed is not None
        further = 2 if self.goes_on else 1
        places = max(_places(data or {}), _places(begun) + further, 2)
        self._slots = range(min(places, MOST_GROUNDS))
        for slot in self._slots:
            self.fields[f"ground-{slot}-kind"] = forms.ChoiceField(
                label=_("Ground"), required=False, choices=[("", _("None")), *Ground.choices]
            )
            self.fields[f"ground-{slot}-reference"] = forms.CharField(
                label=_("Refers to"), required=False, max_length=200
            )

    def clean(self) -> dict[str, Any]:
        """Refuse half a ground: it would be lost."""
        given: dict[str, Any] = super().clean() or {}
        for slot in self._slots:
            kind, reference = self._slot(slot, given)
            if kind and not reference:
                self.add_error(f"ground-{slot}-reference", _now("Say what it refers to."))
            elif reference and not kind:
                self.add_error(f"ground-{slot}-kind", _now("Choose the kind of ground."))
        return given

    @property
    def grounds(self) -> tuple[GivenGround, ...]:
        """The grounds of a valid form."""
        given = (self._slot(slot, self.cleaned_data) for slot in self._slots)
        return tuple(GivenGround(Ground(kind), text) for kind, text in given if kind)

    @property
    def ground_fields(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The fields of each ground."""
        return [
            (self[f"ground-{slot}-kind"], self[f"ground-{slot}-reference"]) for slot in self._slots
        ]

    def _slot(self, slot: int, given: Mapping[str, Any]) -> tuple[str, str]:
        return given.get(f"ground-{slot}-kind", ""), given.get(f"ground-{slot}-reference", "")


class PrepareForm(forms.Form):
    """What changed since the version before."""

    change_note = forms.CharField(
        label=_("What changed"),
        required=False,
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("For whoever approves it and for auditors."),
    )


class ApproveStatementForm(SeenForm):
    """From when a version is in effect."""

    effective_date = forms.DateField(
        label=_("Effective from"), widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    )


class GroundsField(forms.CharField):
    """Grounds in one text, a line each: `risk: R-12 Loss of customer data`."""

    def __init__(self, **kwargs: Any) -> None:
        """Take no text for no ground."""
        kwargs.setdefault("widget", forms.Textarea({"rows": 2, "cols": 24}))
        super().__init__(required=False, max_length=5000, **kwargs)

    def clean(self, value: str | None) -> str:
        """Return the text as it is written back: one line a ground, each kind by its name."""
        text = super().clean(value)
        return grounds_text(
            {"kind": ground.kind.value, "reference": ground.reference}
            for ground in grounds_from(text)
        )


class RowForm(forms.Form):
    """The decision on one control among many."""

    applicable = forms.ChoiceField(
        label=_("Applies"),
        required=False,
        choices=[("", _("Not decided")), ("yes", _("Yes")), ("no", _("No"))],
    )
    reason = forms.CharField(
        label=_("Justification"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2, "cols": 40}),
    )
    grounds = GroundsField(label=_("Grounds for inclusion"))
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def clean_reason(self) -> str:
        """Return the text with the line ends that everything else has."""
        return "\n".join(self.cleaned_data["reason"].splitlines())


class FillForm(forms.Form):
    """What holds for every control that is left undecided."""

    fill = forms.BooleanField(
        label=_("Include every control below that is left undecided"), required=False
    )
    reason = forms.CharField(
        label=_("Justification"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Also taken for an included control whose justification you leave empty."),
    )
    grounds = GroundsField(
        label=_("Grounds for inclusion"),
        help_text=_("One a line: risk, law, contract or business, a colon, what it refers to."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for what an inclusion needs."""
        given: dict[str, Any] = super().clean() or {}
        if given.get("fill") and not given.get("reason"):
            self.add_error("reason", _now("Say why these controls are included."))
        return given


def grounds_from(text: str) -> tuple[GivenGround, ...]:
    """Return the grounds of a text; raise ValidationError with the line that is none."""
    kinds = {name.casefold(): kind for kind in Ground for name in (kind.value, str(kind.label))}
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, colon, reference = line.partition(":")
        kind = kinds.get(name.strip().casefold())
        if kind is None or not colon or not reference.strip():
            raise forms.ValidationError(
                _now("“%(line)s”: write risk, law, contract or business, a colon, and a reference.")
                % {"line": line[:60]}
            )
        found.append(GivenGround(kind, reference.strip()))
    return tuple(found)


def grounds_text(grounds: Iterable[Mapping[str, str]]) -> str:
    """Return grounds as a text that `grounds_from` reads."""
    return "\n".join(f"{ground['kind']}: {ground['reference']}" for ground in grounds)


def _places(data: Mapping[str, Any]) -> int:
    """Return how many places for grounds were sent, counted to the last one that holds a text."""
    filled: Sequence[int] = [
        int(match[1]) + 1 for name in data if (match := _SLOT.fullmatch(name)) and data[name]
    ]
    return max(filled, default=0)


def _initial(decision: Applicability | None) -> dict[str, str]:
    """Return a decision as what would be typed to take it."""
    if decision is None:
        return {}
    found = {"applicable": "yes" if decision.applicable else "no", "reason": decision.reason}
    for slot, ground in enumerate(decision.grounds):
        found[f"ground-{slot}-kind"] = ground["kind"]
        found[f"ground-{slot}-reference"] = ground["reference"]
    return found
