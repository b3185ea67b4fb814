"""Forms around evidence: descriptions, holds, links, requests, collections, uploads."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from twofold.evidence.models import Classification, EvidenceCollection
from twofold.people.models import Person, Unit
from twofold.web.forms import ContentForm
from twofold.web.forms.seen import SeenForm

Kinds = list[tuple[str, str]]
_DATE = {"type": "date"}
_NAME = 200
#: What a classification does, and what it does not.
HANDLING = _("How carefully it is to be handled; who may see it is a matter of roles and units.")


class DescribeForm(SeenForm):
    """What is said of an item beside its versions."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"))
    classification = forms.ChoiceField(
        label=_("Classification"), choices=Classification, help_text=HANDLING
    )
    owner = forms.ModelChoiceField(
        label=_("Owner"),
        queryset=Person.objects.none(),
        required=False,
        empty_label=_("Nobody is named"),
        help_text=_("Who keeps it current."),
    )
    retain_until = forms.DateField(
        label=_("Retain until"),
        required=False,
        widget=forms.DateInput(_DATE),
        help_text=_("The last day that it has to be kept. Afterwards it may be disposed of."),
    )

    def __init__(self, *args: Any, kinds: Kinds, owners: QuerySet[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class ReasonForm(forms.Form):
    """Why something is done; it stands in the record."""

    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea({"rows": 3}))


class PurposeForm(forms.Form):
    """What an item is linked to, and what it shows of that record."""

    target = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)
    purpose = forms.CharField(
        label=_("What it shows of the record"), max_length=300, required=False
    )

    def clean(self) -> None:
        """Say above the form that no record was chosen: there is no field to say it beside."""
        super().clean()
        if not self.cleaned_data.get("target"):
            raise forms.ValidationError(_("Choose a record."))


class RequestForm(forms.Form):
    """What is asked for, of whom, by when."""

    title = forms.CharField(label=_("What is asked for"), max_length=200)
    details = forms.CharField(
        label=_("Details"), max_length=4000, required=False, widget=forms.Textarea({"rows": 4})
    )
    kind = forms.ChoiceField(label=_("Kind"))
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    owner = forms.ModelChoiceField(
        label=_("Owner"), queryset=Person.objects.none(), help_text=_("Who owes it.")
    )
    due_date = forms.DateField(label=_("Due"), widget=forms.DateInput(_DATE))

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        kinds: Kinds,
        owners: QuerySet[Person],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]


class CollectionForm(forms.Form):
    """What is collected, from where, and when."""

    title = forms.CharField(label=_("Title"), max_length=200)
    kind = forms.ChoiceField(label=_("Kind"))
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    source = forms.ChoiceField(label=_("Source"), choices=EvidenceCollection.Source)
    monitor = forms.ChoiceField(
        label=_("Monitor"), required=False, help_text=_("For the report of a monitor.")
    )
    implementation = forms.ChoiceField(
        label=_("Control as it is run"), required=False, help_text=_("For the results of checks.")
    )
    locator = forms.CharField(
        label=_("Folder or address"),
        max_length=500,
        required=False,
        help_text=_("For a folder its path below the permitted one; else an https address."),
    )
    schedule = forms.CharField(
        label=_("Schedule"),
        max_length=100,
        initial="0 6 * * 1",
        help_text=_("Five fields of cron, in UTC: minute, hour, day, month, day of the week."),
    )
    period_days = forms.IntegerField(
        label=_("Days that it speaks of"), min_value=1, max_value=3660, initial=7
    )
    valid_days = forms.IntegerField(
        label=_("Days that it counts"), min_value=1, max_value=3660, initial=30
    )

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        kinds: Kinds,
        monitors: Kinds,
        implementations: Kinds,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        none = ("", _("None"))
        self.fields["monitor"].choices = [none, *monitors]  # type: ignore[attr-defined]
        self.fields["implementation"].choices = [none, *implementations]  # type: ignore[attr-defined]

    def where(self) -> tuple[str, str]:
        """Return where the chosen source lies, and the field that says so."""
        field = {
            EvidenceCollection.Source.MONITOR: "monitor",
            EvidenceCollection.Source.CHECKS: "implementation",
        }.get(EvidenceCollection.Source(self.cleaned_data["source"]), "locator")
        return self.cleaned_data[field], field


class SeveralFiles(forms.FileField):
    """One or more files, as a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ANN401 - Django's own signature
        """Return the files; each is looked at as a single one would be."""
        given = data if isinstance(data, list) else [data]
        return [super(SeveralFiles, self).clean(file, initial) for file in given or [None]]


class _SeveralInput(forms.FileInput):
    allow_multiple_selected = True


class UploadForm(ContentForm):
    """New items, one for each file, with what is said of all of them."""

    title = forms.CharField(
        label=_("Title"),
        max_length=200,
        required=False,
        help_text=_("Left empty, and where there are several files, each takes its file's name."),
    )
    kind = forms.ChoiceField(label=_("Kind"))
    unit = forms.ModelChoiceField(label=_("Unit"), queryset=Unit.objects.none())
    classification = forms.ChoiceField(
        label=_("Classification"), choices=Classification, help_text=HANDLING
    )
    field_order = (
        "file",
        "title",
        "kind",
        "unit",
        "classification",
        "source",
        "period_from",
        "period_to",
        "valid_until",
    )

    def __init__(
        self,
        *args: Any,
        units: QuerySet[Unit],
        kinds: Kinds,
        several: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"] = SeveralFiles(
            label=_("Files") if several else _("File"),
            max_length=200,
            widget=_SeveralInput() if several else forms.FileInput(),
        )
        if not several:
            self.fields["title"].help_text = _("Left empty, it takes the file's name.")
        self.fields["unit"].queryset = units  # type: ignore[attr-defined]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.order_fields(self.field_order)

    def titled(self) -> list[tuple["UploadedFile[Any]", str]]:
        """Return each file with the title of its item."""
        files = self.cleaned_data["file"]
        title = self.cleaned_data["title"] if len(files) == 1 else ""
        return [(file, title or name_without_ending(file.name)) for file in files]


def name_without_ending(name: str) -> str:
    """Return a file's name as a title: without its ending, unless nothing else is left."""
    return (name.rpartition(".")[0] or name)[:_NAME]
