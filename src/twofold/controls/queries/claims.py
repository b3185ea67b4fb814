"""Reading evidence claims, scoped to what an actor may see, and the state of each."""

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.controls.models import EvidenceClaim
from twofold.controls.queries.records import visible_implementations
from twofold.people.access import Actor
from twofold.people.errors import NotFound


class ClaimState(models.TextChoices):
    """Where a claim stands; whether it still counts, its last day tells."""

    WAITING = "waiting", gettext_lazy("Waits")
    ACCEPTED = "accepted", gettext_lazy("Accepted")
    REJECTED = "rejected", gettext_lazy("Rejected")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")


_STANDING = {"rejected_at": None, "withdrawn_at": None}


def visible_claims(by: Actor, *, at: datetime) -> QuerySet[EvidenceClaim]:
    """Return the claims on controls whose run the actor may read, newest first, with all they name.

    Those on controls that are run no longer are among them.
    """
    seen = visible_implementations(by, at=at).prefetch_related(None).order_by()
    return (
        EvidenceClaim.objects.filter(implementation__in=seen.values("pk"))
        .select_related(
            "implementation__unit",
            "implementation__system",
            "evidence__item",
            "claimed_by",
            "accepted_by",
            "rejected_by",
            "withdrawn_by",
        )
        .order_by("-claimed_at", "pk")
    )


def claims_in(rows: QuerySet[EvidenceClaim], state: ClaimState) -> QuerySet[EvidenceClaim]:
    """Return the claims of a state."""
    if state is ClaimState.WITHDRAWN:
        return rows.exclude(withdrawn_at=None)
    if state is ClaimState.REJECTED:
        return rows.exclude(rejected_at=None)
    standing = rows.filter(**_STANDING)
    if state is ClaimState.ACCEPTED:
        return standing.exclude(accepted_at=None)
    return standing.filter(accepted_at=None)


def claim_state(row: EvidenceClaim) -> ClaimState:
    """Return where a claim stands."""
    if row.withdrawn_at is not None:
        return ClaimState.WITHDRAWN
    if row.rejected_at is not None:
        return ClaimState.REJECTED
    return ClaimState.WAITING if row.accepted_at is None else ClaimState.ACCEPTED


def claim_for(key: UUID, by: Actor, *, at: datetime) -> EvidenceClaim:
    """Return a claim that the actor may see, as `visible_claims` does.

    Raises:
        NotFound: there is none.
    """
    found = visible_claims(by, at=at).filter(pk=key).first()
    if found is None:
        raise NotFound(_("There is no such claim."))
    return found
