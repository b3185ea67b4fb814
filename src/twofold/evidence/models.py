"""Evidence items, their versions and keys; links, requests and collections around them."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.models import Person, Unit


class Classification(models.TextChoices):
    """How carefully an item is to be handled; who may see it is a matter of roles and units."""

    INTERNAL = "internal", _("Internal")
    CONFIDENTIAL = "confidential", _("Confidential")


class EvidenceItem(Recorded):
    """One piece of evidence, whose content is renewed version by version."""

    personal: ClassVar[frozenset[str]] = frozenset({"title"})

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
    #: Who keeps it current; none: nobody was named.
    owner = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence_kept"
    )
    #: The last day that it has to be kept; none: no end was set.
    retain_until = models.DateField(_("retain until"), null=True, blank=True)
    #: Why it may not be erased, whatever its retention says; blank: no hold.
    hold_reason = models.CharField(_("legal hold"), max_length=300, blank=True)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["about", "kind"], name="evidence_item_about_kind"),
            models.Index(fields=["retain_until"], name="evidence_item_retained"),
        ]

    def __str__(self) -> str:
        return self.title


class EvidenceVersion(Recorded):
    """One content of an item: a stored file, the period it speaks of, and until when it counts.

    The file lies encrypted under its item's key; `sha256` and `size` tell of the content in clear
    and are committed to with a salt, `stored_sha256` and `stored_size` of what lies on the disk.
    """

    personal: ClassVar[frozenset[str]] = frozenset({"sha256", "file_name", "source"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(EvidenceItem, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    stored_sha256 = models.CharField(max_length=64)
    stored_size = models.PositiveBigIntegerField()
    encrypted = models.BooleanField(default=True)
    #: Why nobody may open it: what a scanner said, or that it was not scanned yet; blank: open.
    quarantine = models.CharField(max_length=300, blank=True)
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
        indexes = [
            models.Index(fields=["-added_at", "id"], name="evidence_version_added"),
            models.Index(fields=["valid_until"], name="evidence_version_valid"),
            models.Index(fields=["stored_sha256"], name="evidence_version_stored"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} version {self.number}"


class EvidenceKey(models.Model):
    """The key of one item's files, wrapped by the installation's; erasing an item destroys it."""

    item = models.OneToOneField(
        EvidenceItem, on_delete=models.PROTECT, primary_key=True, related_name="key"
    )
    wrapped = models.BinaryField(max_length=200)

    def __str__(self) -> str:
        return f"key of {self.item_id}"


class EvidenceText(models.Model):
    """What can be read in a version, for searching; made by the worker, gone with an erasure."""

    class Outcome(models.TextChoices):
        """What became of the reading."""

        READ = "read", _("Read")
        NOTHING = "nothing", _("Holds no text")
        FAILED = "failed", _("Could not be read")

    version = models.OneToOneField(
        EvidenceVersion, on_delete=models.CASCADE, primary_key=True, related_name="text"
    )
    outcome = models.CharField(max_length=10, choices=Outcome)
    #: Why it could not be read, or that it was cut off; blank: read whole.
    remark = models.CharField(max_length=300, blank=True)
    content = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"text of {self.version_id}"


class EvidenceLink(Recorded):
    """An item bears on a record of any kind: made by somebody, and perhaps taken away again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    item = models.ForeignKey(EvidenceItem, on_delete=models.PROTECT, related_name="links")
    #: Ledger name of the record.
    target = models.CharField(max_length=120)
    #: What it shows of the record, in words.
    purpose = models.CharField(_("purpose"), max_length=300, blank=True)
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    removed_by = models.CharField(max_length=120, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "target"],
                condition=models.Q(removed_at=None),
                name="evidence_link_once",
            ),
            models.CheckConstraint(
                condition=models.Q(removed_at=None, removed_by="")
                | (models.Q(removed_at__isnull=False) & ~models.Q(removed_by="")),
                name="evidence_link_removed_by_somebody",
            ),
        ]
        indexes = [models.Index(fields=["target"], name="evidence_link_target")]

    def __str__(self) -> str:
        return f"{self.item_id} for {self.target}"


class EvidenceRequest(Recorded):
    """Somebody is asked for evidence by a day; answered by an item, or taken back."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="evidence_requests")
    title = models.CharField(_("what is asked for"), max_length=200)
    details = models.TextField(_("details"), max_length=4000, blank=True)
    kind = models.CharField(_("kind"), max_length=60)
    #: Ledger name of the record that it is about, such as an AI system; blank: the unit.
    about = models.CharField(max_length=120, blank=True)
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="evidence_owed")
    due_date = models.DateField(_("due"))
    asked_by = models.CharField(max_length=120)
    asked_at = models.DateTimeField()
    answer = models.ForeignKey(
        EvidenceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    #: Why it was taken back; blank when it was answered or is open.
    withdrawal = models.CharField(_("reason"), max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(closed_at=None, answer=None, withdrawal="")
                | models.Q(closed_at__isnull=False, answer__isnull=False, withdrawal="")
                | (models.Q(closed_at__isnull=False, answer=None) & ~models.Q(withdrawal="")),
                name="evidence_request_closed_one_way",
            ),
        ]
        indexes = [models.Index(fields=["due_date"], name="evidence_request_due")]

    def __str__(self) -> str:
        return self.title


class EvidenceCollection(Recorded):
    """Evidence that is fetched by itself: from where, when, and into which item."""

    class Source(models.TextChoices):
        """Where the content comes from."""

        MONITOR = "monitor", _("Report of a monitor")
        CHECKS = "checks", _("Results of checks")
        FOLDER = "folder", _("Newest file of a folder")
        ADDRESS = "address", _("File at a web address")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="evidence_collections")
    title = models.CharField(_("title"), max_length=200)
    kind = models.CharField(_("kind"), max_length=60)
    about = models.CharField(max_length=120, blank=True)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    #: A ledger name, a path below a permitted folder, or a permitted address.
    locator = models.CharField(_("where"), max_length=500)
    #: Five fields of cron, in UTC.
    schedule = models.CharField(_("schedule"), max_length=100)
    period_days = models.PositiveSmallIntegerField(_("days that it speaks of"))
    valid_days = models.PositiveSmallIntegerField(_("days that it counts"))
    #: Where the versions go; made by the first run.
    item = models.ForeignKey(
        EvidenceItem, null=True, blank=True, on_delete=models.PROTECT, related_name="collections"
    )
    made_by = models.CharField(max_length=120)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(period_days__gte=1, valid_days__gte=1),
                name="evidence_collection_days",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class CollectionRun(models.Model):
    """One run of a collection: what it added, or why it could not."""

    class Outcome(models.TextChoices):
        """What became of it."""

        ADDED = "added", _("Added")
        UNCHANGED = "unchanged", _("Nothing new")
        FAILED = "failed", _("Failed")

    collection = models.ForeignKey(
        EvidenceCollection, on_delete=models.PROTECT, related_name="runs"
    )
    due_at = models.DateTimeField()
    ran_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    message = models.CharField(max_length=300, blank=True)
    version = models.ForeignKey(
        EvidenceVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["collection", "due_at"], name="evidence_run_once"),
        ]
        indexes = [models.Index(fields=["collection", "-due_at"], name="evidence_run_newest")]

    def __str__(self) -> str:
        return f"{self.collection_id} due {self.due_at}"
