"""What an implementation itself has to show: its description, its claims, its evidence."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from twofold.controls.models import EvidenceClaim, Implementation
from twofold.domain.checks import Observation, Rule
from twofold.people.models import ApiToken
from twofold.reporting.checks.gathered import Asked, Finder, bounded, days_between, person
from twofold.reporting.facts import counts_until
from twofold.reporting.rows import end_of, known_day

#: Who claims where no person does.
_PRODUCT = "system:twofold"


def implementation(asked: Asked) -> Finder:
    """Look at each implementation itself, dated by its approval."""

    def find(row: Implementation, _rule: Rule) -> Sequence[Observation]:
        due = row.review_due_date
        return [
            Observation(
                row.ledger_subject,
                on=known_day(row.approved_at) if row.approved_at else None,
                labels={"state": "approved" if row.approved_at else "awaiting"},
                measures={"days_left": None if due is None else days_between(asked.on, due)},
                actors={
                    "owner": person(row.owner_id),
                    "described_by": person(row.described_by_id),
                    "approved_by": person(row.approved_by_id),
                },
            )
        ]

    return find


def claims(asked: Asked) -> Finder:
    """Gather the claims that nobody has rejected, dated by when they were made."""
    by_implementation: defaultdict[uuid.UUID, list[Observation]] = defaultdict(list)
    rows = _claims(asked)
    authors = _authors(rows)
    for claim in rows:
        by_implementation[claim.implementation_id].append(
            Observation(
                claim.ledger_subject,
                on=known_day(claim.claimed_at),
                labels={
                    "need": claim.need,
                    "state": "accepted" if claim.accepted_at else "waiting",
                },
                measures={"age_days": days_between(known_day(claim.claimed_at), asked.on)},
                actors=_actors(claim, authors),
            )
        )
    return lambda row, _rule: by_implementation.get(row.pk, ())


def evidence(asked: Asked) -> Finder:
    """Gather all evidence of each need that was ever accepted, dated by the last day it speaks of.

    Whatever is accepted besides stands beside the rest and takes nothing away: only so can a rule
    that more records cannot break be kept by more evidence.
    """
    found: defaultdict[tuple[uuid.UUID, str], list[Observation]] = defaultdict(list)
    periods = {
        (key, need.kind): need.period_days for key, needs in asked.needs.items() for need in needs
    }
    rows = [claim for claim in _claims(asked) if _shows(claim, asked.on)]
    authors = _authors(rows)
    for claim in rows:
        place = claim.implementation_id, claim.need
        until = counts_until(claim.period_to, claim.valid_until, periods.get(place))
        found[place].append(_piece(claim, until, authors, asked.on))
    return lambda row, rule: found.get((row.pk, rule.need), ())


def _shows(claim: EvidenceClaim, on: date) -> bool:
    accepted = claim.accepted_at is not None and known_day(claim.accepted_at) <= on
    # Evidence of a period that has not begun cannot have been seen by anybody.
    return accepted and claim.period_from <= on


def _piece(claim: EvidenceClaim, until: date, authors: dict[str, str], on: date) -> Observation:
    # A period that is not over yet speaks of today at the latest.
    seen = min(claim.period_to, on)
    return Observation(
        claim.ledger_subject,
        on=seen,
        measures={"age_days": days_between(seen, on), "days_left": days_between(on, until)},
        actors=_actors(claim, authors),
    )


def _claims(asked: Asked) -> list[EvidenceClaim]:
    rows = EvidenceClaim.objects.filter(
        implementation__in=asked.keys,
        rejected_at=None,
        withdrawn_at=None,
        claimed_at__lt=end_of(asked.on),
    )
    return list(bounded(rows.select_related("evidence").order_by("pk").iterator()))


def _actors(claim: EvidenceClaim, authors: dict[str, str]) -> dict[str, str]:
    author = claim.evidence.author
    return {
        "author": authors.get(author, author),
        "claimed_by": person(claim.claimed_by_id) or _PRODUCT,
        "accepted_by": person(claim.accepted_by_id),
    }


def _authors(claims: Iterable[EvidenceClaim]) -> dict[str, str]:
    """Return the person behind each token: who works through one is the same person still."""
    names = {claim.evidence.author for claim in claims}
    keys = [name.partition(":")[2] for name in names if name.startswith("token:")]
    if not keys:
        return {}
    rows = ApiToken.objects.filter(pk__in=keys).values_list("pk", "person_id")
    return {f"token:{key}": person(holder) for key, holder in rows}
