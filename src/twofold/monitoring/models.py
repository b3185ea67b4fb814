"""Monitors, what they measured, breaches, alerts and filed reports."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.evidence.models import EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.ledger.recorded import Recorded
from twofold.people.models import Person


class Direction(models.TextChoices):
    """On which side of the limit a value is a breach."""

    ABOVE = "above", _("above")
    BELOW = "below", _("below")


class Verdict(models.TextChoices):
    """What a measurement means against its limit."""

    OK = "ok", _("Within limits")
    WARNING = "warning", _("Warning")
    BREACH = "breach", _("Breach")
    INSUFFICIENT = "insufficient", _("Too few events")
    ERROR = "error", _("Not computed")


class Monitor(Recorded):
    """A measure of a system over windows of days, with its limits."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="monitors")
    name = models.CharField(_("name"), max_length=120)
    metric = models.CharField(_("metric"), max_length=60)
    field = models.CharField(_("field"), max_length=60, blank=True)
    window_days = models.PositiveSmallIntegerField(_("window in days"))
    direction = models.CharField(_("breach when"), max_length=5, choices=Direction)
    warn = models.FloatField(_("warning limit"), null=True, blank=True)
    breach = models.FloatField(_("breach limit"))
    minimum_sample = models.PositiveIntegerField(_("minimum sample"), default=30)
    set_up_by = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    set_up_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["system", "name"], name="monitoring_monitor_name_once"),
            models.CheckConstraint(
                condition=models.Q(minimum_sample__gte=30), name="monitoring_no_colour_below_30"
            ),
            models.CheckConstraint(
                condition=models.Q(window_days__gte=1, window_days__lte=366),
                name="monitoring_window_of_a_day_to_a_year",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Measurement(Recorded):
    """What a monitor measured over one window; late events revise it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="measurements")
    window_start = models.DateField()
    window_end = models.DateField()
    value = models.FloatField(null=True)
    sample = models.PositiveBigIntegerField()
    verdict = models.CharField(max_length=12, choices=Verdict)
    reason = models.CharField(max_length=300, blank=True)
    #: JSON: `[{"group", "rate", "sample", "included"}, ...]`
    groups = models.TextField(default="[]")
    #: SHA-256 of the profiles that it was computed from, window and reference.
    profile_sha256 = models.CharField(max_length=64)
    measured_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["monitor", "window_start"], name="monitoring_measurement_once_per_window"
            ),
        ]
        indexes = [models.Index(fields=["window_start"], name="monitoring_measurement_window")]

    def __str__(self) -> str:
        return f"{self.monitor_id} from {self.window_start}"


class Breach(Recorded):
    """An episode of consecutive windows in which a monitor's limit was broken."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    monitor = models.ForeignKey(Monitor, on_delete=models.PROTECT, related_name="breaches")
    first_window = models.DateField()
    last_window = models.DateField()
    worst_value = models.FloatField(null=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    evidence = models.ForeignKey(
        EvidenceVersion, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["monitor"],
                condition=models.Q(closed_at=None),
                name="monitoring_one_open_breach",
            ),
        ]

    def __str__(self) -> str:
        return f"breach of {self.monitor_id}"


class Severity(models.TextChoices):
    """How soon somebody has to look."""

    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Alert(Recorded):
    """The call to look at a breach, until somebody has."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    breach = models.OneToOneField(Breach, on_delete=models.PROTECT, related_name="alert")
    severity = models.CharField(max_length=6, choices=Severity)
    raised_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        Person, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("what was found"), max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(fields=["raised_at"], name="monitoring_alert_raised")]

    def __str__(self) -> str:
        return f"alert of {self.breach_id}"


class MonitoringReport(Recorded):
    """A closed window of a system whose measurements were filed as evidence."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=60)
    window_start = models.DateField()
    window_end = models.DateField()
    evidence = models.ForeignKey(EvidenceVersion, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "kind", "window_start", "window_end"],
                name="monitoring_report_once_per_window",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.system_id} from {self.window_start}"
