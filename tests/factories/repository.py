"""What stands around evidence: links, requests and collections, by the cast."""

from datetime import timedelta

import factories
from factories import AT, actor, monitored
from twofold.evidence import collections, links, requests
from twofold.evidence.models import EvidenceCollection


def link(item, to, cast, *, at=AT):
    return links.link(item, to.ledger_subject, purpose="Shows it.", by=actor(cast.owner), at=at)


def request(cast, *, owner=None, about="", at=AT, due_in_days=14):
    asked = requests.Asked(
        title="Minutes of the access review",
        details="Of the last quarter.",
        kind="minutes",
        about=about,
        owner=owner or cast.owner,
        due_date=at.date() + timedelta(days=due_in_days),
    )
    return requests.ask(cast.unit, asked, by=actor(cast.auditor), at=at)


def plan(**changed):
    given = {
        "title": "Report of the backups",
        "kind": "backup-report",
        "about": "",
        "source": EvidenceCollection.Source.FOLDER,
        "locator": "backups",
        "schedule": "0 6 * * 1",
        "period_days": 7,
        "valid_days": 30,
    }
    return collections.Plan(**(given | changed))


def collection(cast, *, at=AT, **changed):
    return collections.plan(cast.unit, plan(**changed), by=actor(cast.owner), at=at)


def watched(cast, *, at=AT):
    """Return a system and its monitor, which measured a breach of one day."""
    system = factories.system(cast, at=at)
    schema = factories.schema(system, cast, at=at)
    monitor = monitored.watch(system, cast, days=1, at=at)
    monitored.decide(schema, cast, approved=40, refused=0, on=at)
    monitored.evaluate(at=at + timedelta(hours=2))
    return system, monitor
