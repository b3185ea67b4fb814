"""What a form remembers of the record that it was opened on, so that nothing unseen is decided."""

from typing import Any

from django import forms


class SeenForm(forms.Form):
    """A form about a record as it stood when the page was opened."""

    #: Several such forms may stand on one page: the field bears no id.
    expected = forms.IntegerField(
        required=False, min_value=0, widget=forms.HiddenInput({"id": False})
    )

    def look_again(self, revision: int) -> None:
        """Take the record as it stands now for what was seen: the page shows it anew."""
        data: dict[str, Any] = dict(self.data.items())
        self.data = {**data, self.add_prefix("expected"): revision}
