"""How evidence is kept: owners, terms, who may see it, legal holds, and what it bears on."""

import tomllib
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from twofold.evidence import keeping, links
from twofold.evidence.keeping import Description
from twofold.evidence.models import Classification, EvidenceItem
from twofold.findings.models import Finding
from twofold.people.access import actor_of
from twofold.people.models import ApiToken, Person
from twofold_demo.governance import CONTENT, PLACES
from twofold_demo.stage import Stage


def describe_all(stage: Stage, *, at: datetime) -> int:
    """Have whoever filed an item say that they keep it, and for how long; return how many.

    What the product filed by itself is described by the owner of the system that it is about.
    """
    items = EvidenceItem.objects.filter(owner=None, erased_at=None).annotate(
        counts_until=Max("versions__valid_until"), speaks_until=Max("versions__period_to")
    )
    said = _said()
    systems = {row.ledger_subject: code for code, row in stage.systems.items()}
    described = list(items.select_related("unit"))
    for item in described:
        code = systems.get(item.about, "")
        owner = _owner(stage, item, code)
        description = Description(
            title=item.title,
            kind=item.kind,
            classification=_classification(said, item.kind),
            owner=owner,
            retain_until=_retained(said, item, code),
        )
        keeping.describe(item, description, by=actor_of(owner), at=at)
    return len(described)


def hold(stage: Stage, *, at: datetime) -> int:
    """Have what is in dispute put on legal hold; return how many items."""
    entries = _said()["hold"]
    for entry in entries:
        by = stage.organisation.actor(entry["by"])
        keeping.hold(_item(entry["item"]), reason=entry["reason"], by=by, at=at)
    return len(entries)


def link_all(stage: Stage, *, at: datetime) -> int:
    """Link items to findings, systems and controls; return how many links stand.

    An item that could not be made on this computer is passed over.
    """
    standing = 0
    for entry in _said()["link"]:
        item = EvidenceItem.objects.filter(title=entry["item"]).select_related("unit").first()
        if item is None:
            continue
        by = stage.organisation.actor(entry["by"])
        made = links.link(item, _target(stage, entry), purpose=entry["purpose"], by=by, at=at)
        if entry.get("taken_away"):
            links.unlink(made, by=by, at=at)
        else:
            standing += 1
    return standing


def _owner(stage: Stage, item: EvidenceItem, code: str) -> Person:
    """Return who filed the first version, behind whatever token; else the owner of the system."""
    author = item.versions.earliest("number").author
    name, _separator, key = author.partition(":")
    if name == "person":
        return Person.objects.get(pk=key)
    if name == "token":
        return ApiToken.objects.select_related("person").get(pk=key).person
    return stage.organisation.people[PLACES[code][1]]


def _classification(said: dict[str, Any], kind: str) -> Classification:
    confidential = kind in said["confidential"]["kinds"]
    return Classification.CONFIDENTIAL if confidential else Classification.INTERNAL


def _retained(said: dict[str, Any], item: Any, code: str) -> date:  # noqa: ANN401 - annotated
    sooner = said["terms_of_kinds"].get(item.kind)
    if sooner is not None:
        until: date = item.speaks_until + timedelta(days=sooner)
        return until
    days = said["terms"].get(code, said["terms"]["usual"])
    kept: date = item.counts_until + timedelta(days=days)
    return kept


def _target(stage: Stage, entry: dict[str, Any]) -> str:
    if "finding" in entry:
        return Finding.objects.get(title=entry["finding"]).ledger_subject
    if "control" in entry:
        return stage.implementations[entry["control"], entry["system"]].ledger_subject
    return stage.systems[entry["system"]].ledger_subject


def _item(title: str) -> EvidenceItem:
    return EvidenceItem.objects.select_related("unit").get(title=title)


def _said() -> dict[str, Any]:
    return tomllib.loads((CONTENT / "keeping.toml").read_text("utf-8"))
