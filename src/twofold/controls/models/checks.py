"""What automated checks found: one row a check of an implementation, revised by each run."""

import uuid

from django.db import models

from twofold.controls.models.implementations import Implementation
from twofold.domain.checks import Outcome
from twofold.ledger.recorded import Recorded


class CheckResult(Recorded):
    """The newest result of one check; earlier ones are its revisions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    implementation = models.ForeignKey(
        Implementation, on_delete=models.PROTECT, related_name="check_results"
    )
    #: Id of the check within the implementation.
    check_id = models.CharField(max_length=60)
    title = models.CharField(max_length=300)
    #: The rule as it was evaluated.
    rule = models.JSONField()
    outcome = models.CharField(
        max_length=8, choices=[(outcome.value, outcome.value) for outcome in Outcome]
    )
    looked_at = models.PositiveIntegerField()
    value = models.FloatField(null=True)
    #: Ledger names of what speaks against it.
    records = models.JSONField(default=list)
    #: Why it could not be computed.
    fault = models.CharField(max_length=300, blank=True)
    ran_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["implementation", "check_id"], name="controls_check_result_once"
            ),
        ]
        indexes = [models.Index(fields=["ran_at"], name="controls_check_result_ran")]

    def __str__(self) -> str:
        return f"{self.check_id}: {self.outcome}"
