"""Forms for a control as it is run: description, evidence asked for, checks, retirement."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.catalog.model import ControlCheck, EvidenceNeed
from twofold.domain.checks import LONGEST_DAYS, RuleError, require_monotone
from twofold.people.models import Person
from twofold.reporting.checks.words import rule_text

_MOST_NEEDS = 20


class ReviseForm(forms.Form):
    """How a control is run, and who answers for it."""

    owner = forms.ModelChoiceField(label=_("Owner"), queryset=Person.objects.none(), required=False)
    description = forms.CharField(
        label=_("How it is done here"), max_length=4000, widget=forms.Textarea({"rows": 8})
    )

    def __init__(self, *args: Any, owners: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class RetireForm(forms.Form):
    """Why a control is no longer run in a scope."""

    reason = forms.CharField(
        label=_("Why it is no longer run"), max_length=500, widget=forms.Textarea({"rows": 3})
    )


class NeedForm(forms.Form):
    """One kind of evidence that is asked for."""

    title = forms.CharField(label=_("What shows it"), max_length=200)
    kind = forms.RegexField(
        r"^[a-z0-9]+(-[a-z0-9]+)*$",
        label=_("Kind"),
        max_length=60,
        error_messages={"invalid": _("Small letters, digits and single hyphens.")},
    )
    period_days = forms.IntegerField(
        label=_("Renewed after days"), min_value=1, max_value=LONGEST_DAYS
    )


# Django has no parameter there when it runs, only its types have.
class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows of evidence; empty ones are passed over, and a marked one is asked for no more."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("No longer asked for")
        # A row that is empty from the start has nothing to be taken away.
        if index is None or index >= self.initial_form_count():
            del form.fields["DELETE"]


NeedForms = forms.formset_factory(
    NeedForm, formset=_Rows, extra=2, max_num=_MOST_NEEDS, can_delete=True, validate_max=True
)


def needs_given(formset: "forms.BaseFormSet[Any]") -> list[EvidenceNeed]:
    """Return the evidence that stays."""
    return [
        EvidenceNeed(row["kind"], row["title"], row["period_days"])
        for row in formset.cleaned_data
        if row and not row.get("DELETE")
    ]


class CheckForm(forms.Form):
    """Whether a check runs here, and how strict it is."""

    runs = forms.BooleanField(label=_("Runs here"), required=False)
    title = forms.CharField(label=_("What it says when it passes"), max_length=300)
    days = forms.IntegerField(label=_("Days"), min_value=1, max_value=LONGEST_DAYS)
    at_least = forms.FloatField(label=_("At least"))
    at_most = forms.FloatField(label=_("At most"))

    def __init__(self, data: Any, *, check: ControlCheck, runs: bool) -> None:  # noqa: ANN401 - as Django has it
        parts = {name: getattr(check.rule, name) for name in ("days", "at_least", "at_most")}
        initial = {"runs": runs, "title": check.title}
        initial |= {name: _whole(value) for name, value in parts.items() if value is not None}
        super().__init__(data, prefix=check.id, initial=initial)
        self.check = check
        self.rule = rule_text(check.rule)
        for name, value in parts.items():
            if value is None:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Make the check as it shall run; a rule that cannot be evaluated or kept is refused."""
        given = dict(super().clean() or {})
        parts = {name: given[name] for name in ("days", "at_least", "at_most") if name in given}
        try:
            rule = replace(self.check.rule, **parts)
            if given.get("runs"):
                require_monotone(rule)
        except RuleError as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, str(refusal))
        else:
            self.chosen = ControlCheck(self.check.id, given.get("title", ""), rule)
        return given


class CheckForms:
    """One form for each check that may run here."""

    def __init__(
        self,
        available: Iterable[ControlCheck],
        *,
        running: Iterable[ControlCheck],
        data: Any = None,  # noqa: ANN401 - what was typed, as Django has it
    ) -> None:
        """Take the checks that may run and those that do, which go first in their wording."""
        now = {check.id: check for check in running}
        all_of_them = {check.id: check for check in available} | now
        self.forms = [
            CheckForm(data, check=check, runs=check.id in now) for check in all_of_them.values()
        ]

    def is_valid(self) -> bool:
        """Return whether each can run as it was typed."""
        # Each is asked, so that every fault is shown at once.
        return all([form.is_valid() for form in self.forms])  # noqa: C419

    @property
    def chosen(self) -> list[ControlCheck]:
        """The checks that shall run here."""
        return [form.chosen for form in self.forms if form.cleaned_data["runs"]]

    @property
    def wrong(self) -> bool:
        """Whether anything is to be corrected."""
        return any(form.errors for form in self.forms)


def _whole(value: float) -> float:
    """Return a number without decimals where it has none."""
    return int(value) if value % 1 == 0 else value
