"""Applicability decisions, implementations of controls, and evidence claims."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.evidence.models import EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.ledger.recorded import Recorded
from twofold.people.models import Person, Unit


class Applicability(Recorded):
    """The standing decision whether a requirement applies; each change is a revision."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="applicability")
    requirement = models.CharField(max_length=60)
    applicable = models.BooleanField(_("applicable"))
    reason = models.TextField(_("reason"), max_length=1000)
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


class Implementation(Recorded):
    """How a control of the library is run in one scope: a unit, or one AI system of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    control = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="implementations")
    system = models.ForeignKey(
        AISystem, on_delete=models.PROTECT, null=True, blank=True, related_name="implementations"
    )
    owner = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="owned_controls"
    )
    description = models.TextField(_("how it is done here"), max_length=4000)
    described_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    review_due_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["control", "system"],
                condition=models.Q(system__isnull=False),
                name="controls_implementation_once_per_system",
            ),
            models.UniqueConstraint(
                fields=["control", "unit"],
                condition=models.Q(system=None),
                name="controls_implementation_once_per_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None)
                | ~models.Q(approved_by=models.F("described_by")),
                name="controls_implementation_approved_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None)
                | models.Q(owner=None)
                | ~models.Q(approved_by=models.F("owner")),
                name="controls_implementation_not_approved_by_owner",
            ),
            models.CheckConstraint(
                condition=models.Q(approved_by=None, approved_at=None)
                | models.Q(approved_by__isnull=False, approved_at__isnull=False),
                name="controls_implementation_approved_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.control


class EvidenceClaim(Recorded):
    """The smallest statement that evidence is held to show, and who accepted it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    implementation = models.ForeignKey(
        Implementation, on_delete=models.PROTECT, related_name="claims"
    )
    evidence = models.ForeignKey(EvidenceVersion, on_delete=models.PROTECT, related_name="claims")
    #: The evidence kind of the control's needs that it answers.
    need = models.CharField(max_length=60)
    statement = models.CharField(_("what it shows"), max_length=500)
    claimed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["implementation", "evidence", "need"], name="controls_claim_once"
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_by=None)
                | models.Q(claimed_by=None)
                | ~models.Q(accepted_by=models.F("claimed_by")),
                name="controls_claim_accepted_by_another",
            ),
            models.CheckConstraint(
                condition=models.Q(accepted_by=None, accepted_at=None)
                | models.Q(accepted_by__isnull=False, accepted_at__isnull=False),
                name="controls_claim_accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.statement
