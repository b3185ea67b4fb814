"""What can be supposed to change: the records that a reader may choose from, by kind of change."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from twofold.domain.checks import Outcome
from twofold.domain.readiness import ImplementationFact, MatterFact, Status
from twofold.domain.supposition import Change, Supposition
from twofold.evidence.models import EvidenceItem
from twofold.evidence.queries import newest_versions
from twofold.people.access import Actor
from twofold.people.errors import InvalidInput
from twofold.reporting.judged import auditable, certified
from twofold.reporting.standing import Standing, standing

#: Longer lists are cut: what turns first is offered.
MOST = 100
_BETWEEN = "|"


@dataclass(frozen=True)
class Option:
    """Something that may be supposed: its value in a form or request, in words, and its group."""

    value: str
    label: str
    group: str = ""


Options = Mapping[Change, tuple[Option, ...]]


def supposable(by: Actor, *, at: datetime, chosen: Mapping[str, str]) -> Options:
    """Return what may be supposed to change, at most `MOST` of each group; one query.

    Args:
        chosen: the value chosen already, by change; it is offered however long the list is.
    """
    return {
        change: tuple(_cut(options, chosen.get(change.value, "")))
        for change, options in _offered(standing(by, at=at), by, at).items()
    }


@dataclass(frozen=True)
class Choice:
    """A value that a program supposes for a change; `detail` has the words of what is raised."""

    change: Change
    value: str
    detail: str = ""


def suppositions(choices: Sequence[Choice], by: Actor, *, at: datetime) -> list[Supposition]:
    """Return what is supposed; any value may be chosen that `supposable` would offer uncut.

    Raises:
        InvalidInput: a value cannot be supposed, or not by this actor; `field` names its place,
            such as `suppositions.0.value`.
    """
    found = standing(by, at=at)
    offered = {
        change: {option.value for option in options}
        for change, options in _offered(found, by, at).items()
    }
    for place, choice in enumerate(choices):
        evidence = choice.change is Change.EXPIRES and _is_evidence(choice.value, by, at)
        if not evidence and choice.value not in offered.get(choice.change, ()):
            raise InvalidInput(
                _("%(value)s cannot be supposed for %(change)s.")
                % {"value": choice.value[:120], "change": choice.change.value},
                field=f"suppositions.{place}.value",
            )
    return [supposition(entry.change, entry.value, detail=entry.detail) for entry in choices]


def _offered(found: Standing, by: Actor, at: datetime) -> Mapping[Change, Iterable[Option]]:
    run = [fact for control in found.catalog.controls for fact in _run(found, control.id)]
    return {
        Change.EXPIRES: [*_evidence(by, at), *_claims(found, run, accepted=True)],
        Change.ACCEPTED: _claims(found, run, accepted=False),
        Change.CLOSES: _matters(found, run),
        Change.RAISED: [*_requirements(found), *_implementations(found, run, lambda _f: True)],
        Change.PASSES: _checks(run),
        Change.APPROVED: _implementations(found, run, lambda fact: not _approved(fact, found)),
        Change.SHOWN: _controls(found),
    }


def _is_evidence(value: str, by: Actor, at: datetime) -> bool:
    """Return whether a value names evidence that counts today, however many there are."""
    label, _separator, key = value.partition(":")
    if label != EvidenceItem._meta.label_lower:
        return False
    try:
        versions = newest_versions(by, at=at).filter(item=UUID(key))
    except ValueError:
        return False
    # The name is compared as it is written: another spelling of the key is no name of a record.
    return value == f"{label}:{UUID(key)}" and versions.filter(valid_until__gte=at.date()).exists()


def supposition(change: Change, value: str, *, detail: str = "") -> Supposition:
    """Return what is supposed when a value is chosen for a change.

    Args:
        detail: words of what is raised.
    """
    about, _separator, title = value.partition(_BETWEEN)
    return Supposition(change, about, title or detail)


def _cut(options: Iterable[Option], chosen: str) -> Iterator[Option]:
    counts: dict[str, int] = {}
    for option in options:
        counts[option.group] = counts.get(option.group, 0) + 1
        if counts[option.group] <= MOST or option.value == chosen:
            yield option


def _run(found: Standing, control: str) -> list[ImplementationFact]:
    return [
        fact
        for fact in found.implementations(control)
        # What is run above the reader's units is theirs to know and not to suppose.
        if fact.record and (fact.retired_on is None or fact.retired_on > found.on)
    ]


def _evidence(by: Actor, at: datetime) -> Iterator[Option]:
    today = at.date()
    versions = newest_versions(by, at=at).filter(valid_until__gte=today)
    for version in versions.order_by("valid_until", "pk")[:MOST]:
        words = {"title": version.item.title, "day": _day(version.valid_until)}
        label = _("%(title)s, counts until %(day)s") % words
        yield Option(version.item.ledger_subject, label, _("Evidence"))


def _claims(
    found: Standing, run: Iterable[ImplementationFact], *, accepted: bool
) -> Iterator[Option]:
    claims = [
        (claim, fact)
        for fact in run
        for claim in fact.claims
        if claim.valid_until >= found.on and (claim.accepted_on is not None) is accepted
    ]
    for claim, fact in sorted(claims, key=lambda pair: (pair[0].valid_until, pair[0].record)):
        need = found.catalog.needs.get(claim.need)
        words = {
            "need": need.title if need else claim.need,
            "scope": fact.scope,
            "day": _day(claim.valid_until),
        }
        label = _("%(scope)s: %(need)s, counts until %(day)s") % words
        yield Option(claim.record, label, _("Claims"))


def _matters(found: Standing, run: Iterable[ImplementationFact]) -> Iterator[Option]:
    """Yield what is open, each once: a finding may be against several."""
    own = (
        matter
        for framework in certified(found)
        for entry in auditable(framework)
        for matter in found.terms_of(entry).matters
    )
    matters = [*(matter for fact in run for matter in fact.matters), *own]
    still = {matter.record: matter for matter in matters if matter.record and _open(matter, found)}
    for matter in sorted(still.values(), key=lambda entry: (entry.opened_on, entry.record)):
        yield Option(matter.record, matter.title)


def _open(matter: MatterFact, found: Standing) -> bool:
    return matter.closed_on is None or matter.closed_on > found.on


def _requirements(found: Standing) -> Iterator[Option]:
    for framework in certified(found):
        for entry in auditable(framework):
            label = f"{entry.reference} {entry.title}"
            yield Option(entry.id, label, framework.short_title)


def _implementations(
    found: Standing,
    run: Iterable[ImplementationFact],
    wanted: Callable[[ImplementationFact], bool],
) -> Iterator[Option]:
    for fact in run:
        if wanted(fact):
            control = found.catalog.control_by_id[fact.control]
            yield Option(
                fact.record, f"{control.title}, {fact.scope}", _("Controls as they are run")
            )


def _approved(fact: ImplementationFact, found: Standing) -> bool:
    return fact.approved_on is not None and (fact.review_due is None or fact.review_due >= found.on)


def _checks(run: Iterable[ImplementationFact]) -> Iterator[Option]:
    for fact in run:
        for check in fact.checks:
            if check.outcome is not Outcome.PASS:
                value = f"{fact.record}{_BETWEEN}{check.title}"
                yield Option(value, f"{fact.scope}: {check.title}")


def _controls(found: Standing) -> Iterator[Option]:
    for control in found.catalog.controls:
        if found.control(control.id).status is not Status.EFFECTIVE:
            yield Option(control.id, f"{control.id} {control.title}")


def _day(day: date) -> str:
    return date_format(day, "j M Y")
