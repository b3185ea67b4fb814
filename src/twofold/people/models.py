"""Persons, units, role assignments and API tokens."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded


class Unit(Recorded):
    """A part of the organisation; a role in a unit holds for everything below it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    #: `/<id of the root>/.../<own id>/`: a subtree is a prefix.
    path = models.CharField(max_length=600, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"], name="people_unit_name_once_per_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds persons by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person of an address; raise Person.DoesNotExist when there is none."""
        return self.get(email__iexact=username)


class Person(Recorded, AbstractBaseUser):
    """Somebody who acts: signs in, decides, answers for records."""

    personal: ClassVar[frozenset[str]] = frozenset({"name", "email", "password"})

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    #: Unique among those who have one: of an erased person name, address and password are blank.
    email = models.EmailField(_("e-mail address"))
    is_active = models.BooleanField(default=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    # Signing in changes no record; sessions keep their own time.
    last_login = None

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[PersonManager] = PersonManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=~models.Q(email=""), name="people_person_email_once"
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(is_active=False),
                name="people_person_erased_is_inactive",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def check_password(self, raw_password: str | None) -> bool:
        """Return whether the password is right; never rewrites the stored one on the way."""
        return check_password(raw_password, self.password)


class Role(models.TextChoices):
    """What somebody may be in a unit; `access.PERMISSIONS` says what each permits."""

    ADMINISTRATOR = "administrator", _("Administrator")
    GOVERNANCE_LEAD = "governance_lead", _("AI governance lead")
    SECURITY_LEAD = "security_lead", _("Information security lead")
    SYSTEM_OWNER = "system_owner", _("AI system owner")
    ENGINEER = "engineer", _("ML engineer")
    APPROVER = "approver", _("Approver")
    REVIEWER = "reviewer", _("Reviewer of AI decisions")
    AUDITOR = "auditor", _("Auditor")
    SENDER = "sender", _("Telemetry sender")
    READER = "reader", _("Reader")


class RoleAssignment(Recorded):
    """A role that a person holds in a unit and everything below it, from a day, until a day."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    role = models.CharField(max_length=20, choices=Role)
    from_date = models.DateField()
    until_date = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(until_date=None)
                | models.Q(until_date__gte=models.F("from_date")),
                name="people_assignment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.unit_id}"


class ApiToken(Recorded):
    """A key with which a program acts for a person, within less than that person may."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="tokens")
    name = models.CharField(max_length=80)
    #: SHA-256 of the secret; the secret itself is shown once and kept nowhere.
    digest = models.CharField(max_length=64, unique=True)
    #: Permissions that the token carries; never more than the person's own.
    permissions = models.JSONField()
    #: Ledger name of the one record that the token is for; blank: not restricted.
    restricted_to = models.CharField(max_length=120, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Erasure(Recorded):
    """What one person asked to erase: it waits, another person erased it, or it was taken back.

    The record says why, and nothing of what was erased but its ledger name and its kind.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Ledger name of the record.
    subject = models.CharField(max_length=120)
    #: What kind of record it is, as its own context names kinds; blank: a person.
    kind = models.CharField(max_length=60, blank=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="erasures")
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    #: Why it was taken back; blank: it waits, or the record was erased.
    withdrawal = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject"],
                condition=models.Q(withdrawal=""),
                name="people_erasure_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at=None, decided_by=None, withdrawal="")
                | models.Q(decided_at__isnull=False, decided_by__isnull=False),
                name="people_erasure_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_by=None)
                | ~models.Q(withdrawal="")
                | ~models.Q(decided_by=models.F("asked_by")),
                name="people_erasure_by_two",
            ),
        ]
        indexes = [models.Index(fields=["-asked_at", "id"], name="people_erasure_newest")]

    def __str__(self) -> str:
        return f"erasure of {self.subject}"
