"""Evidence items and their versions."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.models import Unit


class Classification(models.TextChoices):
    """Who may see an item."""

    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")


class EvidenceItem(Recorded):
    """One piece of evidence, whose content is renewed version by version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="evidence_items")
    title = models.CharField(_("title"), max_length=200)
    #: Kind as the control library names it, such as `monitoring-report`.
    kind = models.CharField(_("kind"), max_length=60)
    classification = models.CharField(
        _("classification"),
        max_length=20,
        choices=Classification,
        default=Classification.INTERNAL,
    )
    #: Ledger name of the record it is about, such as an AI system; blank: the unit.
    about = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["about", "kind"], name="evidence_item_about_kind")]

    def __str__(self) -> str:
        return self.title


class EvidenceVersion(Recorded):
    """One content of an item: a stored file, the period it speaks of, and until when it counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(EvidenceItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    file_name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    #: Ledger name of who or what made it.
    author = models.CharField(max_length=120)
    source = models.CharField(_("source"), max_length=200)
    period_from = models.DateField(_("period from"))
    period_to = models.DateField(_("period to"))
    valid_until = models.DateField(_("valid until"))
    added_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "number"], name="evidence_version_number_once"),
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")),
                name="evidence_version_period_ordered",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until__gte=models.F("period_to")),
                name="evidence_version_valid_after_period",
            ),
        ]
        indexes = [models.Index(fields=["-added_at", "id"], name="evidence_version_added")]

    def __str__(self) -> str:
        return f"{self.item_id} version {self.number}"
