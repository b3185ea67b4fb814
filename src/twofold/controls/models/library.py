"""What an organisation changed of the shipped library, and frameworks that it imported."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_somebody
from twofold.people.models import Person


class Change(models.TextChoices):
    """What was done to a control of the library."""

    ADDED = "added", _("Added")
    ADAPTED = "adapted", _("Adapted")
    RETIRED = "retired", _("Retired")


class LibraryEntry(Recorded):
    """A control that the organisation added, adapted or retired."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    control = models.CharField(max_length=40, unique=True)
    change = models.CharField(max_length=8, choices=Change)
    #: The control as it is read from TOML; None where it is retired.
    content = models.JSONField(null=True, blank=True)
    reason = models.CharField(_("why"), max_length=500)
    changed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.control} {self.change}"


class ImportedFramework(Recorded):
    """A framework that the organisation follows besides those of the product."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Prefix of its requirements' ids.
    code = models.CharField(max_length=20)
    title = models.CharField(_("title"), max_length=300)
    #: Framework, groups and requirements as they were read.
    content = models.JSONField()
    requirement_count = models.PositiveIntegerField()
    format = models.CharField(max_length=10)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    imported_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField()
    withdrawn_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.CharField(_("why it is followed no longer"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"],
                condition=models.Q(withdrawn_at=None),
                name="controls_framework_code_once",
            ),
            by_somebody("withdrawn", name="controls_framework_withdrawn_by_somebody"),
        ]

    def __str__(self) -> str:
        return self.title
