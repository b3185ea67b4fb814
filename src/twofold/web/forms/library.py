"""Forms that keep the library: controls by file or text, a control adapted, a framework brought."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from twofold.catalog.controls import LONGEST_PERIOD_DAYS
from twofold.catalog.entries import tables_of
from twofold.catalog.errors import CatalogError
from twofold.catalog.imported import MOST_BYTES, text_of
from twofold.catalog.writing import tables_toml
from twofold.domain.readiness import Relation

#: How a control stands to a requirement, read from the control.
RELATIONS = (
    (Relation.EQUAL.value, _("Does just this")),
    (Relation.SUPERSET.value, _("Does all of it and more")),
    (Relation.SUBSET.value, _("Does a part of it")),
    (Relation.INTERSECTS.value, _("Overlaps with it")),
)
#: The id of the list of requirements that a browser offers beside a field.
REQUIREMENTS = "requirements"


def small_enough(file: "UploadedFile[bytes]") -> None:
    """Refuse a file that is too large to be read as a text."""
    if (file.size or 0) > MOST_BYTES:
        raise forms.ValidationError(
            _now("The file may have at most %(most)d MB.") % {"most": MOST_BYTES // 1024**2}
        )


class ReasonForm(forms.Form):
    """Why the library is changed."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Stands in the record beside the change."),
    )


class AddControlsForm(forms.Form):
    """Controls of the organisation's own, as a file or as a text."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        validators=[small_enough],
        required=False,
        help_text=_("TOML with [[control]] tables, at most 5 MB."),
    )
    toml = forms.CharField(
        label=_("Or as text"),
        required=False,
        max_length=MOST_BYTES,
        strip=False,
        widget=forms.Textarea({"rows": 14, "class": "tf-mono", "spellcheck": "false"}),
    )
    reason = ReasonForm.base_fields["reason"]

    def clean(self) -> dict[str, Any]:
        """Return the text of the file, or the text itself."""
        given = super().clean() or {}
        file, text = given.get("file"), given.get("toml") or ""
        if self.errors:
            return given
        if bool(file) == bool(text.strip()):
            raise forms.ValidationError(_now("Give a file or a text, and not both."))
        if file:
            try:
                text = text_of(file.read(), file_name=file.name)
            except CatalogError as refusal:
                self.add_error("file", str(refusal))
        return {**given, "toml": text, "file_name": file.name if file else ""}


class AdaptForm(forms.Form):
    """The texts of a control and its checks; evidence and credits stand in forms beside it."""

    title = forms.CharField(label=_("Title"), max_length=200)
    purpose = forms.CharField(
        label=_("Purpose"), max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    activities = forms.CharField(
        label=_("Activities"),
        max_length=10_000,
        widget=forms.Textarea({"rows": 8}),
        help_text=_("One a line, at least two."),
    )
    owner_role = forms.CharField(label=_("Usual owner"), max_length=120)
    check = forms.CharField(
        label=_("Checks"),
        required=False,
        max_length=20_000,
        strip=False,
        widget=forms.Textarea({"rows": 10, "class": "tf-mono", "spellcheck": "false"}),
        help_text=_("[[check]] tables in TOML; empty for none."),
    )
    reason = ReasonForm.base_fields["reason"]

    def clean_activities(self) -> list[str]:
        """Return the lines that say something."""
        lines = [line.strip() for line in self.cleaned_data["activities"].splitlines()]
        found = [line for line in lines if line]
        if len(found) < 2:
            raise forms.ValidationError(_now("Give at least two activities, one a line."))
        return found

    def clean_check(self) -> list[Mapping[str, Any]]:
        """Return the checks as they are written in the file of a control."""
        text = self.cleaned_data["check"].replace("\r\n", "\n")
        if not text.strip():
            return []
        try:
            tables = tables_of(Path(_now("Checks")), text, "check")
        except CatalogError as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return [table.values for table in tables]


class EvidenceNeedForm(forms.Form):
    """One kind of evidence that shows that a control works."""

    kind = forms.CharField(
        label=_("Kind"), max_length=60, widget=forms.TextInput({"spellcheck": "false"})
    )
    title = forms.CharField(label=_("What it is"), max_length=200)
    period_days = forms.IntegerField(
        label=_("Renewed after days"), min_value=1, max_value=LONGEST_PERIOD_DAYS
    )


class CreditForm(forms.Form):
    """One requirement that a control is credited to."""

    id = forms.CharField(
        label=_("Requirement"),
        max_length=60,
        widget=forms.TextInput({"list": REQUIREMENTS, "autocomplete": "off"}),
    )
    relation = forms.ChoiceField(
        label=_("The control"), choices=RELATIONS, initial=Relation.INTERSECTS.value
    )
    strength = forms.IntegerField(label=_("Strength, 1 to 10"), min_value=1, max_value=10)
    rationale = forms.CharField(
        label=_("Reason for the credit"), max_length=1000, widget=forms.Textarea({"rows": 3})
    )


# Django has no parameter there when it runs, only its types have.
class _Rows(forms.BaseFormSet):  # type: ignore[type-arg]
    """Rows of a list; empty ones are passed over, and a marked one is taken away."""

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["DELETE"].label = _("Take away")
        form.fields["DELETE"].help_text = ""


def _rows(formset: "forms.BaseFormSet[Any]") -> list[dict[str, Any]]:
    """Return the rows that stay, as they are written in the file of a control."""
    return [
        {key: value for key, value in row.items() if key != "DELETE"}
        for row in formset.cleaned_data
        if row and not row["DELETE"]
    ]


EvidenceNeeds = forms.formset_factory(
    EvidenceNeedForm, formset=_Rows, extra=1, max_num=30, can_delete=True, validate_max=True
)
Credits = forms.formset_factory(
    CreditForm, formset=_Rows, extra=1, max_num=200, can_delete=True, validate_max=True
)


class AdaptedControl:
    """The three forms of the page on which a control is adapted, as one."""

    def __init__(
        self, control: str, values: Mapping[str, Any], data: QueryDict | None = None
    ) -> None:
        """Take a control in the form of its TOML, and what was typed."""
        self._control = control
        self.form = AdaptForm(
            data,
            initial={
                **{name: values[name] for name in ("title", "purpose", "owner_role")},
                "activities": "\n".join(values["activities"]),
                "check": tables_toml("check", values["check"]),
            },
        )
        self.evidence = EvidenceNeeds(data, initial=values["evidence"], prefix="evidence")
        self.credits = Credits(data, initial=values["requirement"], prefix="credit")

    def is_valid(self) -> bool:
        """Return whether all that was typed has the right shape."""
        # Each is asked, so that every fault is shown at once.
        return all([self.form.is_valid(), self.evidence.is_valid(), self.credits.is_valid()])

    @property
    def wrong(self) -> bool:
        """Whether anything is to be corrected."""
        return bool(
            self.form.errors
            or self.evidence.total_error_count()
            or self.credits.total_error_count()
        )

    @property
    def reason(self) -> str:
        """Why it is adapted."""
        return str(self.form.cleaned_data["reason"])

    @property
    def values(self) -> dict[str, Any]:
        """What was typed, in the form of a control's TOML."""
        texts = {key: value for key, value in self.form.cleaned_data.items() if key != "reason"}
        return {
            "id": self._control,
            **texts,
            "evidence": _rows(self.evidence),
            "requirement": _rows(self.credits),
        }


class ImportFrameworkForm(forms.Form):
    """A framework that the organisation follows besides those of the product."""

    file = forms.FileField(
        label=_("File"),
        max_length=200,
        validators=[small_enough],
        help_text=_(
            "TOML, or an OSCAL catalogue in JSON; at most 5 MB. Which it is, is found out."
        ),
    )
    code = forms.CharField(
        label=_("Code"),
        required=False,
        max_length=20,
        help_text=_(
            "Stands before each requirement, as in CODE:AC-2, and never changes. "
            "An OSCAL catalogue needs one; a TOML file has its own."
        ),
    )
