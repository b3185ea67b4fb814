"""Tables of the ledger. Rows are never updated or deleted; triggers of the database refuse it."""

from django.db import models


class LedgerEntry(models.Model):
    """One entry: the exact bytes of the leaf, and its place once the sequencer has given it one."""

    index = models.BigIntegerField(null=True, unique=True)
    subject = models.CharField(max_length=120)
    revision = models.PositiveIntegerField()
    leaf_hash = models.BinaryField(max_length=32)
    data = models.BinaryField()
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "revision"], name="ledger_entry_one_per_revision"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(index=None), name="ledger_entry_unsequenced"
            ),
            # A past day is read from what was recorded by its end.
            models.Index(fields=["recorded_at"], name="ledger_entry_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} revision {self.revision}"


class LedgerRevision(models.Model):
    """The state of a record after one change; the entry commits to its hash."""

    entry = models.OneToOneField(
        LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="kept_revision"
    )
    state = models.TextField()

    def __str__(self) -> str:
        return f"state of entry {self.entry_id}"


class LedgerTile(models.Model):
    """Hashes of one tile (C2SP tlog-tiles); a partial tile is superseded by a wider one."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    width = models.PositiveSmallIntegerField()
    hashes = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "index", "width"], name="ledger_tile_once"),
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.index}.{self.width}"


class LedgerCheckpoint(models.Model):
    """A signed statement of size and root (C2SP tlog-checkpoint)."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField(max_length=32)
    note = models.TextField()
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"checkpoint at {self.size}"


class LedgerLayout(models.Model):
    """The columns of a model's states, once every row was recorded with them."""

    model = models.CharField(max_length=100, unique=True)
    columns = models.JSONField()

    def __str__(self) -> str:
        return f"columns of {self.model}"


class LedgerSalt(models.Model):
    """The salt behind the commitments to one subject's personal data."""

    subject = models.CharField(max_length=120, unique=True)
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return f"salt of {self.subject}"


class LedgerRotation(models.Model):
    """A statement, signed by the old and the new key, of who signs from a size on."""

    size = models.BigIntegerField(unique=True)
    statement = models.TextField()
    rotated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"rotation at {self.size}"


class LedgerStamp(models.Model):
    """An authority's answer (RFC 3161) for the signed text of a checkpoint, and its time."""

    checkpoint = models.ForeignKey(
        LedgerCheckpoint, on_delete=models.PROTECT, related_name="stamps"
    )
    authority = models.CharField(max_length=300)
    token = models.BinaryField()
    stamped_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["stamped_at"], name="ledger_stamp_time")]

    def __str__(self) -> str:
        return f"time stamp by {self.authority}"


class LedgerCosignature(models.Model):
    """A witness's line for a checkpoint (C2SP tlog-cosignature)."""

    checkpoint = models.ForeignKey(
        LedgerCheckpoint, on_delete=models.PROTECT, related_name="cosignatures"
    )
    witness = models.CharField(max_length=300)
    line = models.TextField()
    cosigned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "witness"], name="ledger_cosignature_once"
            ),
        ]

    def __str__(self) -> str:
        return f"cosignature of {self.witness}"


class LedgerVoucher(models.Model):
    """How it went lately with somebody outside who is asked to vouch; the one table that changes.

    It holds no proof: only when to ask again, and what to show when it goes wrong.
    """

    class Kind(models.TextChoices):
        AUTHORITY = "authority"
        WITNESS = "witness"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=300)
    asked_at = models.DateTimeField()
    succeeded_at = models.DateTimeField(null=True)
    #: In a row, since the last success.
    failures = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    #: The log was refused as another one than before, which no repetition mends.
    alarm = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="ledger_voucher_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
