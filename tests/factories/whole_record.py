"""One row of every recorded model, made through the product's own actions."""

from datetime import timedelta

from django.db import transaction

import factories
from factories import AT, governed, repository
from twofold.domain.limits import Direction, Limit
from twofold.evidence import erasure
from twofold.evidence.models import EvidenceItem
from twofold.ledger import actions as ledger
from twofold.ledger.recorded import recorded_models
from twofold.monitoring import actions as monitoring
from twofold.monitoring.actions import MonitorSettings
from twofold.people.access import Permission, part_of_product
from twofold.telemetry import actions as telemetry
from twofold.telemetry.sealing import seal

_BEFORE = AT - timedelta(days=10)
_WORKER = part_of_product("worker")


def make():
    """Make the rows, put their entries under a checkpoint, and return the cast."""
    cast = factories.cast(at=_BEFORE)
    factories.token(cast.owner, cast, Permission.READ, at=_BEFORE)
    system = factories.system(cast, at=_BEFORE)
    _watch(system, cast)
    run = factories.implementation(cast, of=system)
    item = factories.evidence_item(cast)
    factories.claim(run, item, cast)
    repository.link(item, run, cast)
    repository.request(cast)
    repository.collection(cast)
    erasure.ask(item, reason="Its period is over.", by=factories.actor(cast.lead), at=AT)
    governed.checked(run, cast)
    governed.decision(cast)
    governed.override(cast)
    governed.statement(cast)
    governed.gap_answer(cast)
    governed.own_control(cast)
    governed.imported_framework(cast)
    governed.finding(cast, about=run)
    sequence()
    missing = [model.__name__ for model in recorded_models() if not model.objects.exists()]
    assert not missing, missing
    return cast


def sequence(at=AT):
    while ledger.sequence(at=at):
        pass


def fill(cast, count):
    """Add so many records of one kind, and put them under a checkpoint."""
    rows = EvidenceItem.objects.bulk_create(
        EvidenceItem(unit=cast.unit, title="Item", kind="r", created_at=AT) for _ in range(count)
    )
    with transaction.atomic():
        ledger.record_all(rows, "added", by="system:test", at=AT)
    sequence()


def _watch(system, cast):
    """Let events break a limit in a window that has closed since, and seal them."""
    schema = factories.schema(system, cast, at=_BEFORE)
    engineer = factories.actor(cast.engineer)
    reference = factories.body(factories.events(40, name="reference", at=_BEFORE))
    telemetry.add_reference(schema, body=reference, by=engineer, at=_BEFORE)
    events = factories.body(factories.events(40, at=_BEFORE))
    telemetry.accept_events(schema, body=events, by=engineer, at=_BEFORE)
    limit = Limit(warn=1.0, breach=2.0, direction=Direction.ABOVE, minimum_sample=30)
    monitoring.set_up(
        system,
        name="Volume",
        settings=MonitorSettings("volume.events", "", 7, limit),
        by=factories.actor(cast.owner),
        at=_BEFORE,
    )
    telemetry.profile_pending(by=_WORKER, at=_BEFORE)
    monitoring.evaluate(by=_WORKER, at=_BEFORE)
    monitoring.close_windows(by=_WORKER, at=AT)
    assert seal(by=_WORKER, at=AT, everything=True)
