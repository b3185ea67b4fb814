"""Who may act in a scope: role assignments, and API tokens.

Roles are held in units: those of an AI system's unit are looked at where a control is run for one
system. A token is in the units in which its person holds or held a role, and in the scope of the
one AI system that it is restricted to.
"""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Q

from twofold.controls.models import Implementation
from twofold.domain.checks import Observation, Rule
from twofold.inventory.models import AISystem
from twofold.people.models import ApiToken, RoleAssignment
from twofold.reporting.checks.gathered import Asked, Finder, bounded, days_between, person
from twofold.reporting.checks.scopes import Scope, below, scope_of
from twofold.reporting.rows import known_day

_SYSTEM = AISystem._meta.label_lower


def roles(asked: Asked) -> Finder:
    """Gather the role assignments that have begun, dated by their first day."""
    paths = {scope.path for scope in asked.scopes}
    rows = RoleAssignment.objects.filter(below(paths, "unit__path"), from_date__lte=asked.on)
    found = rows.order_by("pk").values_list(
        "pk", "unit__path", "role", "from_date", "until_date", "person_id", "person__is_active"
    )
    by_path: defaultdict[str, list[Observation]] = defaultdict(list)
    for key, path, role, first, last, holder, active in bounded(found.iterator()):
        current = active and (last is None or last >= asked.on)
        by_path[path].append(
            Observation(
                f"people.roleassignment:{key}",
                on=first,
                labels={"role": role, "state": "current" if current else "ended"},
                measures={"age_days": days_between(first, asked.on)},
                actors={"person": person(holder)},
            )
        )
    known: dict[str, list[Observation]] = {}

    def find(implementation: Implementation, _rule: Rule) -> Sequence[Observation]:
        own = implementation.unit.path
        if own not in known:
            known[own] = [
                entry
                for path, entries in by_path.items()
                if path.startswith(own)
                for entry in entries
            ]
        return known[own]

    return find


def tokens(asked: Asked) -> Finder:
    """Gather the API tokens, dated by when they were issued.

    The days that are left of a token are negative once it has ended.
    """
    units = [scope.path for scope in asked.scopes if scope.system is None]
    subjects = {f"{_SYSTEM}:{scope.system}" for scope in asked.scopes if scope.system is not None}
    holders = RoleAssignment.objects.filter(below(units, "unit__path"), from_date__lte=asked.on)
    rows = ApiToken.objects.filter(
        Q(person__in=holders.values("person")) | Q(restricted_to__in=subjects)
    )
    found = rows.order_by("pk").values_list(
        "pk", "person_id", "restricted_to", "created_at", "expires_at", "revoked_at"
    )
    by_person: defaultdict[uuid.UUID, list[Observation]] = defaultdict(list)
    by_subject: defaultdict[str, list[Observation]] = defaultdict(list)
    for key, holder, subject, created_at, expires_at, revoked_at in bounded(found.iterator()):
        entry = _token(key, holder, created_at, expires_at, revoked_at, asked.on)
        by_person[holder].append(entry)
        by_subject[subject].append(entry)
    places = list(holders.values_list("unit__path", "person_id").distinct())
    known: dict[Scope, list[Observation]] = {}

    def find(implementation: Implementation, _rule: Rule) -> Sequence[Observation]:
        scope = scope_of(implementation)
        if scope.system is not None:
            return by_subject[f"{_SYSTEM}:{scope.system}"]
        if scope not in known:
            within = {holder for path, holder in places if path.startswith(scope.path)}
            known[scope] = [entry for key in within for entry in by_person[key]]
        return known[scope]

    return find


def _token(
    key: uuid.UUID,
    holder: uuid.UUID,
    created_at: datetime,
    expires_at: datetime,
    revoked_at: datetime | None,
    on: date,
) -> Observation:
    end = min(expires_at, revoked_at) if revoked_at else expires_at
    running = "live" if known_day(expires_at) >= on else "expired"
    return Observation(
        f"people.apitoken:{key}",
        on=known_day(created_at),
        labels={"state": "revoked" if revoked_at else running},
        measures={
            "age_days": days_between(known_day(created_at), on),
            "days_left": days_between(on, known_day(end)),
        },
        actors={"person": person(holder)},
    )
