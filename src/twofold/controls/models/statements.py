"""Versions of the Statements of Applicability."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_another, by_somebody
from twofold.people.models import Person, Unit


class Statement(Recorded):
    """One version of a Statement of Applicability; approval seals it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="statements")
    framework = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    #: Canonical JSON of every row as the facts stood when it was prepared.
    content = models.TextField()
    #: SHA-256 of the content.
    sha256 = models.CharField(max_length=64)
    change_note = models.CharField(_("what changed"), max_length=500, blank=True)
    prepared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    effective_date = models.DateField(_("effective from"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "framework", "number"], name="controls_statement_number_once"
            ),
            models.UniqueConstraint(
                fields=["unit", "framework"],
                condition=models.Q(approved_at=None),
                name="controls_statement_one_draft",
            ),
            by_another(
                "approved", than="prepared_by", name="controls_statement_approved_by_another"
            ),
            by_somebody(
                "approved", name="controls_statement_approved_by_somebody", also="effective_date"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.framework} version {self.number}"
