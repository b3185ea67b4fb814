"""Schemas, batches, day profiles and sealed files.

`Batch`, `EventId` and `DirtyDay` are the intake's own book-keeping and no records: what they say
ends in profiles and sealed files, which stand in the ledger.
"""

import uuid

from django.db import models

from twofold.inventory.models import AISystem
from twofold.ledger.recorded import Recorded


class EventSchema(Recorded):
    """What the events of one version of a system look like; a change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="schemas")
    version = models.CharField(max_length=40)
    #: `[{"name": ..., "type": ..., "role": ...}, ...]`
    fields = models.JSONField()
    declared_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["system", "version"], name="telemetry_schema_version_once"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class ReferenceProfile(Recorded):
    """The profile that windows of a schema are compared with: usually of the training data."""

    schema = models.OneToOneField(
        EventSchema, on_delete=models.PROTECT, primary_key=True, related_name="reference"
    )
    events = models.PositiveBigIntegerField()
    profile = models.BinaryField()
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"reference of {self.schema_id}"


class DayProfile(Recorded):
    """The profile of one day of one schema: counts that add up to any window."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schema = models.ForeignKey(EventSchema, on_delete=models.PROTECT, related_name="day_profiles")
    day = models.DateField()
    events = models.PositiveBigIntegerField()
    profile = models.BinaryField()
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema", "day"], name="telemetry_profile_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schema_id} on {self.day}"


class SealedFile(Recorded):
    """One immutable Parquet file of events of one schema and day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    schema = models.ForeignKey(EventSchema, on_delete=models.PROTECT, related_name="sealed_files")
    day = models.DateField()
    path = models.CharField(max_length=300, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    events = models.PositiveBigIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sha256"], name="telemetry_sealed_sha256")]

    def __str__(self) -> str:
        return self.path


class Batch(models.Model):
    """Accepted events of one request: where they lie in a segment until they are sealed."""

    schema = models.ForeignKey(EventSchema, on_delete=models.PROTECT, related_name="batches")
    segment = models.CharField(max_length=60)
    offset = models.PositiveBigIntegerField()
    length = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    events = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    profiled = models.BooleanField(default=False)
    #: When it was last found damaged, and how; None: it is sound as far as is known.
    damaged_at = models.DateTimeField(null=True)
    damage = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["id"],
                condition=models.Q(profiled=False),
                name="telemetry_batch_unprofiled",
            ),
            models.Index(fields=["segment"], name="telemetry_batch_segment"),
        ]

    def __str__(self) -> str:
        return f"{self.segment}@{self.offset}"


class EventId(models.Model):
    """An event that was accepted; a repetition is recognised by it."""

    pk = models.CompositePrimaryKey("system_id", "digest")
    system = models.ForeignKey(AISystem, on_delete=models.PROTECT, related_name="+")
    #: First 16 bytes of the SHA-256 of the event's id.
    digest = models.BinaryField(max_length=16)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class DirtyDay(models.Model):
    """A day whose profile changed since monitors last looked at it."""

    schema = models.ForeignKey(EventSchema, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    #: Monitors need not look again before; None: at once.
    not_before = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schema", "day"], name="telemetry_dirty_day_once"),
        ]

    def __str__(self) -> str:
        return f"{self.schema_id} on {self.day}"
