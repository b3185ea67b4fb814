"""The form that takes a checkpoint that somebody kept, pasted or as a file."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

_LONGEST = 1 << 16


class _Text(forms.CharField):
    """A text that is one of two ways to answer: neither is optional, and neither needed."""

    def validate(self, value: Any) -> None:  # noqa: ANN401 - as Django's own
        """Leave it to the form whether anything was given."""


class _File(forms.FileField):
    """The other way."""

    def validate(self, value: Any) -> None:  # noqa: ANN401 - as Django's own
        """Leave it to the form whether anything was given."""


class KeptForm(forms.Form):
    """A checkpoint as text; `cleaned_data["note"]` is whichever of both was given."""

    use_required_attribute = False

    checkpoint = _Text(
        label=gettext_lazy("Paste it"),
        max_length=_LONGEST,
        strip=False,
        widget=forms.Textarea({"rows": 6, "spellcheck": "false", "class": "tf-mono"}),
        help_text=gettext_lazy("The whole text, with the lines of signatures at its end."),
    )
    file = _File(label=gettext_lazy("Or choose its file"))

    def clean(self) -> dict[str, Any]:
        """Take the text or the file; refuse both, none, and a file that is no text."""
        given = super().clean() or {}
        text, file = given.get("checkpoint", ""), given.get("file")
        if bool(text.strip()) == bool(file) and not self.errors:
            self.add_error("checkpoint", _("Paste a checkpoint or choose its file, one of both."))
        given["note"] = self._read(file) if file else text
        return given

    def _read(self, file: "UploadedFile[Any]") -> str:
        data = file.read(_LONGEST + 1)
        try:
            if len(data) <= _LONGEST:
                return bytes(data).decode()
        except UnicodeDecodeError:
            pass
        self.add_error("file", _("This file is no checkpoint."))
        return ""
