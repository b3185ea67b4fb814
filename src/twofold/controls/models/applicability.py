"""Whether a requirement applies, and the rare status that is set by hand."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.domain.readiness import Status
from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_another, by_somebody
from twofold.people.models import Person, Unit


class Ground(models.TextChoices):
    """Why a control is included (ISO/IEC 27001 6.1.3 d, ISO/IEC 42001 6.1.3)."""

    RISK = "risk", _("Risk treatment")
    LAW = "law", _("Law or regulation")
    CONTRACT = "contract", _("Contract")
    BUSINESS = "business", _("Business need or good practice")


class Applicability(Recorded):
    """The standing decision whether a requirement applies; each change is a revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="applicability")
    requirement = models.CharField(max_length=60)
    applicable = models.BooleanField(_("applicable"))
    reason = models.TextField(_("reason"), max_length=1000)
    #: `[{"kind": "risk", "reference": "..."}]`: why it is included, and the record that says so.
    grounds = models.JSONField(_("grounds"), default=list)
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "requirement"], name="controls_applicability_once"
            ),
        ]

    def __str__(self) -> str:
        return self.requirement


class Override(Recorded):
    """A status that is set by hand: with a reason, by two persons, until a day."""

    #: What may be set: to work over time is shown by evidence alone, and what applies is decided.
    STATUSES = (Status.GAP, Status.PARTIAL, Status.CONFORMING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="overrides")
    requirement = models.CharField(max_length=60)
    status = models.CharField(max_length=16, choices=[(entry.value, entry) for entry in STATUSES])
    reason = models.TextField(_("reason"), max_length=1000)
    requested_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    expires_date = models.DateField(_("expires on"))
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "requirement"],
                condition=models.Q(withdrawn_at=None),
                name="controls_override_once",
            ),
            by_another(
                "approved", than="requested_by", name="controls_override_approved_by_another"
            ),
            by_somebody("approved", name="controls_override_approved_by_somebody"),
        ]

    def __str__(self) -> str:
        return f"{self.requirement} {self.status}"
