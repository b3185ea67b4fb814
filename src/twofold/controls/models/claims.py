"""Evidence claims: the smallest statements that evidence is held to show."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.controls.models.implementations import Implementation
from twofold.evidence.models import EvidenceVersion
from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_another, by_somebody
from twofold.people.models import Person


class EvidenceClaim(Recorded):
    """Evidence shows something of a scope in a period; a second person accepts or rejects it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    implementation = models.ForeignKey(
        Implementation, on_delete=models.PROTECT, related_name="claims"
    )
    evidence = models.ForeignKey(EvidenceVersion, on_delete=models.PROTECT, related_name="claims")
    #: The evidence kind of the control's needs that it answers.
    need = models.CharField(max_length=60)
    statement = models.CharField(_("what it shows"), max_length=500)
    #: The part of the evidence's period that is claimed, and until when it counts.
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    valid_until = models.DateField(_("valid until"))
    claimed_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField()
    accepted_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    rejected_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    rejected_at = models.DateTimeField(null=True, blank=True)
    rejection = models.CharField(_("why it was rejected"), max_length=500, blank=True)
    withdrawn_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.CharField(_("why it was withdrawn"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["implementation", "evidence", "need"],
                condition=models.Q(rejected_at=None, withdrawn_at=None),
                name="controls_claim_once",
            ),
            by_another(
                "accepted",
                than="claimed_by",
                name="controls_claim_accepted_by_another",
                than_may_be_nobody=True,
            ),
            by_somebody("accepted", name="controls_claim_accepted_by_somebody"),
            by_somebody("rejected", name="controls_claim_rejected_by_somebody"),
            by_somebody("withdrawn", name="controls_claim_withdrawn_by_somebody"),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from"))
                & models.Q(valid_until__gte=models.F("period_to")),
                name="controls_claim_period_ordered",
            ),
        ]

    def __str__(self) -> str:
        return self.statement
