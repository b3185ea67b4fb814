"""How controls are run, each in one scope."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.inventory.models import AISystem
from twofold.ledger.recorded import Recorded
from twofold.people.constraints import by_another, by_somebody
from twofold.people.models import Person, Unit


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
    #: `[{"kind", "title", "period_days"}]`: what is asked for here; None: what the control says.
    needs = models.JSONField(null=True, blank=True)
    #: `[{"id", "title", "rule"}]`: checks that run here; None: those the control suggests.
    checks = models.JSONField(null=True, blank=True)
    #: Who wrote the description.
    described_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    #: Ids of all who described it or changed what is asked for since it was last approved.
    contributors = models.JSONField(default=list, blank=True)
    started_at = models.DateTimeField()
    approved_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    review_due_date = models.DateField(null=True, blank=True)
    #: Who asked that it ends; it is run until another person has confirmed that.
    retirement_asked_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retirement_asked_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    retirement = models.CharField(_("why it is no longer run"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["control", "system"],
                condition=models.Q(system__isnull=False, retired_at=None),
                name="controls_implementation_once_per_system",
            ),
            models.UniqueConstraint(
                fields=["control", "unit"],
                condition=models.Q(system=None, retired_at=None),
                name="controls_implementation_once_per_unit",
            ),
            by_another(
                "approved", than="described_by", name="controls_implementation_approved_by_another"
            ),
            by_another(
                "approved",
                than="owner",
                name="controls_implementation_not_approved_by_owner",
                than_may_be_nobody=True,
            ),
            by_somebody("approved", name="controls_implementation_approved_by_somebody"),
            by_somebody("retirement_asked", name="controls_implementation_retirement_asked"),
            # What ended before two persons were needed has nobody who asked.
            by_another(
                "retired",
                than="retirement_asked_by",
                name="controls_implementation_retired_by_another",
                than_may_be_nobody=True,
            ),
        ]

    def __str__(self) -> str:
        return self.control

    @property
    def scope(self) -> str:
        """Name of the AI system, or of the unit where it is run for all of it."""
        return self.system.name if self.system else self.unit.name

    @property
    def hands(self) -> frozenset[uuid.UUID]:
        """Persons who had a hand in what is approved, and so cannot approve it."""
        named = {uuid.UUID(key) for key in self.contributors} | {self.described_by_id}
        return frozenset(named | ({self.owner_id} if self.owner_id else set()))

    def await_approval(self, after: uuid.UUID) -> None:
        """End the approval, after a change by this person; nothing is saved."""
        before = set(self.contributors)
        if self.approved_at is None:
            # Of what was described before contributors were kept, the author is known alone.
            before.add(str(self.described_by_id))
        self.contributors = sorted(before | {str(after)})
        self.approved_by = self.approved_at = self.review_due_date = None
