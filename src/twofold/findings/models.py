"""Findings against requirements and against controls as they are run."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.controls.models import Implementation
from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_another, by_somebody
from twofold.people.models import Person, Unit


class Grade(models.TextChoices):
    """How much a finding weighs (ISO/IEC 17021-1 3.12, 3.13)."""

    MAJOR = "major", _("Major nonconformity")
    MINOR = "minor", _("Minor nonconformity")
    IMPROVEMENT = "improvement", _("Opportunity for improvement")


class Finding(Recorded):
    """Something that does not conform, its cause, what is done, and who saw that it works."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Counted up over the organisation, so that people can speak of it.
    number = models.PositiveIntegerField(unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="findings")
    #: The requirement that is not met; blank where the finding is about a control as it is run.
    requirement = models.CharField(max_length=60, blank=True)
    implementation = models.ForeignKey(
        Implementation, on_delete=models.PROTECT, null=True, blank=True, related_name="findings"
    )
    grade = models.CharField(_("grade"), max_length=12, choices=Grade)
    title = models.CharField(_("title"), max_length=200)
    statement = models.TextField(_("what was found, and where it shows"), max_length=4000)
    raised_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_findings"
    )
    cause = models.TextField(_("cause"), max_length=4000, blank=True)
    action = models.TextField(_("corrective action"), max_length=4000, blank=True)
    due_date = models.DateField(_("due"), null=True, blank=True)
    #: Who said so last; None also where nobody had kept it.
    answered_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    #: How it was seen that the action works (10.2 of both standards).
    effectiveness = models.TextField(_("how it shows that it works"), max_length=4000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(requirement="", implementation=None),
                name="findings_finding_about_something",
            ),
            by_another(
                "closed",
                than="owner",
                name="findings_finding_closed_by_another",
                than_may_be_nobody=True,
            ),
            by_another(
                "closed",
                than="answered_by",
                name="findings_finding_not_closed_by_answerer",
                than_may_be_nobody=True,
            ),
            by_somebody("closed", name="findings_finding_closed_by_somebody"),
        ]
        indexes = [
            models.Index(fields=["raised_at"], name="findings_finding_raised"),
            # Lists read their order here, without the long texts of every finding.
            models.Index(
                fields=["unit", "closed_at", "-number", "id"], name="findings_finding_list"
            ),
        ]

    def __str__(self) -> str:
        return f"F-{self.number}"
