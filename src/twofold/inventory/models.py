"""AI systems."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from twofold.ledger.recorded import Recorded
from twofold.people.models import Person, Unit


class SystemRole(models.TextChoices):
    """What the organisation is towards the system (ISO/IEC 22989 5.19)."""

    PROVIDER = "provider", _("Provider")
    DEVELOPER = "developer", _("Developer")
    DEPLOYER = "deployer", _("Deployer")
    PROVIDER_AND_DEPLOYER = "provider_and_deployer", _("Provider and deployer")


class Stage(models.TextChoices):
    """Where the system stands in its life cycle (ISO/IEC 22989 6)."""

    INCEPTION = "inception", _("Inception")
    DESIGN = "design", _("Design and development")
    VERIFICATION = "verification", _("Verification and validation")
    DEPLOYMENT = "deployment", _("Deployment")
    OPERATION = "operation", _("Operation and monitoring")
    RETIREMENT = "retirement", _("Retirement")


class RiskTier(models.TextChoices):
    """How much harm the system could do, as its owner judges; it sets how closely it is watched."""

    HIGH = "high", _("High")
    LIMITED = "limited", _("Limited")
    MINIMAL = "minimal", _("Minimal")


class AISystem(Recorded):
    """An AI system that the organisation answers for."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    #: Short name in addresses and in the SDK; never changes.
    code = models.SlugField(_("code"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=120)
    unit = models.ForeignKey(
        Unit, on_delete=models.PROTECT, related_name="ai_systems", verbose_name=_("unit")
    )
    owner = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="owned_systems", verbose_name=_("owner")
    )
    purpose = models.TextField(_("purpose"), max_length=2000)
    role = models.CharField(_("our role"), max_length=30, choices=SystemRole)
    stage = models.CharField(_("life-cycle stage"), max_length=20, choices=Stage)
    risk_tier = models.CharField(_("risk tier"), max_length=10, choices=RiskTier)
    registered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["name"], name="inventory_system_name")]

    def __str__(self) -> str:
        return self.name
