"""Where the organisation stands: kept in memory and following the ledger, or read of a past day."""

import json
import threading
from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from factories import AT, governed, monitored
from factories.changing import Changing
from factories.monitored import on
from factories.numbered import entry_number

from twofold.catalog.load import catalog
from twofold.catalog.model import ControlCheck
from twofold.controls import actions as controls
from twofold.controls.models import Implementation
from twofold.controls.queries import checks_of, control_values, needs_of
from twofold.domain.checks import CheckKind, Outcome, Rule
from twofold.domain.readiness import Cause, Status, assess
from twofold.findings.models import Grade
from twofold.ledger.models import LedgerEntry, LedgerRevision
from twofold.people.access import Actor, Permission, part_of_product, reach
from twofold.people.errors import InvalidInput
from twofold.people.models import Unit
from twofold.reporting import standing as module
from twofold.reporting.book import Book
from twofold.reporting.rows import Now, Then
from twofold.reporting.shelves import Sight
from twofold.reporting.standing import forget, standing

EVERYONE = part_of_product("test")
SEEDS = range(3)
PATIENCE_S = 30
SUMS = ("scopes", "faulty", "present", "credit", "reasons")


def told(book):
    """Return everything that a book says: the states, and the sums that they rest on."""
    return book.readiness(), summed(book.tallies())


def summed(tallies):
    return {
        control: tuple(getattr(tally, name) for name in SUMS)
        for control, tally in tallies.items()
        if tally.scopes
    }


def said(at, *, by=EVERYONE, on=None):
    """Return the same of what a reader is told, from the book in memory or of a past day."""
    found = standing(by, at=at, on=on)
    tallies = {control.id: found.tally(control.id) for control in found.catalog.controls}
    return dict(found.readiness), summed(tallies)


@pytest.fixture
def changing(db, request):
    forget()
    return Changing(factories.cast(), request.param, AT)


@pytest.mark.parametrize("changing", SEEDS, indirect=True)
def test_the_book_that_follows_the_ledger_is_the_one_read_anew(changing):
    at = AT
    said(at)
    for number in range(60):
        kinds = []
        for _number in range(changing.chance.choice([1, 1, 1, 3])):
            at += timedelta(minutes=1)
            kinds.append(changing.change(at))
        if number % 5 == 4:
            at += timedelta(days=changing.chance.choice([1, 1, 2, 6]))
        assert said(at) == told(Book(Now(), at.date())), kinds
    assert len(changing.made) > 15, changing.made


@pytest.mark.parametrize("changing", SEEDS, indirect=True)
def test_what_readers_of_a_part_are_told_follows_the_ledger_too(changing):
    at = AT
    for number in range(60):
        kinds = []
        for _number in range(changing.chance.choice([1, 1, 1, 3])):
            at += timedelta(minutes=1)
            kinds.append(changing.change(at))
        if number % 10 == 9:
            at += timedelta(days=changing.chance.choice([1, 2, 6]))
        book = Book(Now(), at.date())
        for reader in (changing.cast.owner, changing.cast.outsider):
            sees = Sight(reach(factories.actor(reader), Permission.READ, at=at))
            anew = book.readiness(sees), summed(book.tallies(sees))
            assert said(at, by=factories.actor(reader)) == anew, kinds


@pytest.mark.parametrize("changing", SEEDS, indirect=True)
def test_the_book_of_a_past_day_says_what_was_said_at_its_end(changing):
    kept = {}
    at = AT
    for _day in range(8):
        for _number in range(8):
            at += timedelta(minutes=1)
            changing.change(at)
        kept[at.date()] = said(at)
        assert told(Book(Then(at.date()), at.date())) == kept[at.date()]
        at += timedelta(days=1)
    changing.change(at)

    for day, then in kept.items():
        assert said(at, on=day) == then
        assert told(Book(Then(day), day)) == then


@pytest.mark.parametrize("changing", SEEDS, indirect=True)
def test_what_was_rolled_back_is_forgotten(changing):
    at = AT
    # Events are kept for good before anything else happens: they cannot be taken back.
    changing.kinds = [kind for kind in Changing.kinds if kind.__name__ != "break_or_keep_a_limit"]
    for _number in range(15):
        at += timedelta(minutes=1)
        changing.change(at)
    before = said(at)
    for _number in range(15):
        at += timedelta(minutes=1)
        with pytest.raises(monitored.PowerCut):
            monitored.cut_short(lambda at=at: (changing.change(at), said(at)))
        # The units that were added went with the rest.
        changing.units = [unit for unit in changing.units if unit in Unit.objects.all()]
        assert said(at) == before
    changing.change(at)
    assert said(at) == told(Book(Now(), at.date()))


@pytest.mark.parametrize("changing", SEEDS, indirect=True)
def test_every_state_is_explained_by_the_facts_of_its_requirement_alone(changing):
    at = AT
    for _number in range(60):
        at += timedelta(hours=2)
        changing.change(at)
    readers = [EVERYONE, *map(factories.actor, (changing.cast.owner, changing.cast.outsider))]

    for reader in readers:
        found = standing(reader, at=at)
        for key, short in found.readiness.items():
            requirement = found.catalog.requirements[key]
            explained = found.explained(requirement)
            assert assess(found.facts_of(requirement), at.date()) == explained
            assert replace(explained, reasons=short.reasons) == short
            assert set(short.reasons) <= set(explained.reasons)


@pytest.fixture
def cast(db):
    forget()
    return monitored.early_cast()


@pytest.fixture
def run(cast):
    """A control of the unit, approved, with a claim that is accepted."""
    row = factories.implementation(cast, at=on(2))
    made = factories.claim(row, factories.evidence_item(cast, at=on(16)), cast, at=on(16))
    controls.accept_claim(made, by=factories.actor(cast.lead), at=on(16))
    return row


def state(requirement, *, at, by=EVERYONE):
    return standing(by, at=at).readiness[requirement]


def decision_of(requirement, by, *, at):
    return standing(by, at=at).facts_of(catalog().requirements[requirement]).decision


YESTERDAY, TODAY = on(18), on(19)
EDITS = {
    "implementation": lambda cast, run: factories.retire(
        run, reason="Moved.", by=factories.actor(cast.owner), at=TODAY
    ),
    "description": lambda cast, run: controls.revise_implementation(
        run, owner=None, description="Otherwise.", by=factories.actor(cast.owner), at=TODAY
    ),
    "claim": lambda cast, run: factories.claim(
        run,
        factories.evidence_item(cast, kind=needs_of(run)[1].kind, at=TODAY),
        cast,
        at=TODAY,
    ),
    "check": lambda cast, run: governed.checked(run, cast, Outcome.FAIL, at=TODAY),
    "decision": lambda cast, _run: governed.decision(
        cast, "27001:A.8.16", applicable=False, at=TODAY
    ),
    "finding": lambda cast, run: governed.finding(cast, about=run, grade=Grade.MAJOR, at=TODAY),
    "status set by hand": lambda cast, _run: governed.override(
        cast, requirement="27001:9.1", at=TODAY
    ),
    "library": lambda cast, _run: controls.adapt_control(
        "TF-MON-01",
        {**control_values(catalog().control_by_id["TF-MON-01"]), "check": []},
        reason="No checks.",
        by=factories.actor(cast.lead),
        at=TODAY,
    ),
}


@pytest.mark.parametrize("edit", EDITS)
def test_yesterday_is_unchanged_by_what_is_edited_today(cast, run, edit):
    governed.decision(cast, "27001:A.8.16", at=on(2))
    yesterday = said(YESTERDAY)
    today = said(TODAY)
    before = said(TODAY, on=YESTERDAY.date())

    EDITS[edit](cast, run)

    assert said(TODAY, on=YESTERDAY.date()) == before == yesterday
    assert said(TODAY) != today


def test_today_is_the_same_from_the_revisions_as_from_the_rows(cast, run):
    for edit in EDITS.values():
        if edit is not EDITS["implementation"]:
            edit(cast, run)

    assert told(Book(Then(TODAY.date()), TODAY.date())) == told(Book(Now(), TODAY.date()))


def test_a_rule_with_decimals_is_the_same_on_a_past_day(cast, run):
    governed.own_control(cast, at=on(3))
    row = factories.implementation(cast, control="OWN-BAK-01", at=on(3))
    (checked,) = governed.checked(row, cast, at=on(3))
    rule = Rule(CheckKind.COUNT, "alerts", at_most=2.5)
    controls.set_checks(
        run, [ControlCheck("few", "Few", rule)], by=factories.actor(cast.owner), at=on(3)
    )

    assert checked.rule["at_least"] == 0.5
    assert told(Book(Then(on(3).date()), on(3).date())) == said(on(3))


def test_a_claim_that_was_recorded_before_claims_had_periods_speaks_of_all_its_evidence(
    cast, run, untriggered
):
    (kept,) = LedgerRevision.objects.filter(
        entry__subject=run.claims.get().ledger_subject, entry__revision=2
    )
    columns = json.loads(kept.state)
    for added in ("period_from", "period_to", "valid_until", "rejected_at", "rejected_by_id"):
        del columns[added]
    LedgerRevision.objects.filter(pk=kept.pk).update(state=json.dumps(columns))

    assert told(Book(Then(on(16).date()), on(16).date())) == said(on(16))


def test_a_day_ahead_is_refused_and_today_is_not(cast):
    with pytest.raises(InvalidInput) as refusal:
        standing(EVERYONE, at=TODAY, on=TODAY.date() + timedelta(days=1))

    assert refusal.value.field == "as_of"
    assert standing(EVERYONE, at=TODAY, on=TODAY.date()).on == TODAY.date()


def test_before_the_organisation_was_founded_nothing_is_known(cast, run):
    found = standing(EVERYONE, at=TODAY, on=on(1).date() - timedelta(days=1))

    assert {entry.status for entry in found.readiness.values()} == {Status.UNKNOWN, Status.GAP}
    assert not any(found.implementations(control.id) for control in found.catalog.controls)


def test_turning_to_another_day_says_what_is_read_anew_on_that_day(cast, run):
    governed.answered(governed.finding(cast, about=run, at=on(3)), cast, days=20, at=on(3))
    governed.override(cast, requirement="27001:9.1", at=on(3), expires_date=on(21).date())
    governed.checked(run, cast, at=on(17))
    said(on(19))

    for day in (20, 21, 22, 23, 24, 25, 26, 30, 4, 28):
        assert said(on(day)) == told(Book(Now(), on(day).date())), day
    next_year = on(19).replace(year=2027)
    assert said(next_year) == told(Book(Now(), next_year.date()))


def queries_of_one_change(cast, run):
    said(on(17))
    controls.revise_implementation(
        run,
        owner=cast.owner,
        description=f"{Implementation.objects.count()} are run.",
        by=factories.actor(cast.owner),
        at=on(17),
    )
    with CaptureQueriesContext(connection) as captured:
        said(on(17))
    return len(captured)


def test_one_change_costs_the_same_two_queries_however_much_there_is(cast, run):
    few = queries_of_one_change(cast, run)
    for _number in range(8):
        row = factories.implementation(cast, of=factories.system(cast, at=on(17)), at=on(17))
        factories.claim(row, factories.evidence_item(cast, at=on(17)), cast, at=on(17))
        governed.finding(cast, about=row, at=on(17))
    many = queries_of_one_change(cast, run)

    # What changed, and the row that did.
    assert few == many == 2


def test_where_nothing_changed_only_the_ledger_is_asked(cast, run):
    said(on(17))
    with CaptureQueriesContext(connection) as captured:
        said(on(17))
    assert len(captured) == 1


def test_a_past_day_is_read_once(cast, run):
    said(TODAY, on=YESTERDAY.date())
    with CaptureQueriesContext(connection) as captured:
        said(TODAY, on=YESTERDAY.date())
    assert len(captured) == 1


def test_a_past_day_tells_of_what_was_committed_late(cast, run):
    late, newer = (governed.finding(cast, about=run, at=on(10)) for _number in range(2))
    first = LedgerEntry.objects.latest("pk").pk
    with entry_number(first + 2):
        governed.answered(newer, cast, at=YESTERDAY)
    said(TODAY, on=YESTERDAY.date())

    # Its number was drawn first; its transaction ended last.
    with entry_number(first + 1):
        governed.answered(late, cast, at=YESTERDAY)

    day = YESTERDAY.date()
    assert said(TODAY, on=day) == told(Book(Then(day), day))
    (fact,) = standing(EVERYONE, at=TODAY, on=day).implementations(run.control)
    assert all(matter.due_on for matter in fact.matters)


def test_others_read_while_a_past_day_is_read(cast, run, monkeypatch):
    found, read = standing(EVERYONE, at=TODAY), []

    def reading_of_another():
        with found.reading():
            read.append(found.control(run.control).scopes)

    class Slow(Then):
        def rows(self, model):
            if not read:
                other = threading.Thread(target=reading_of_another)
                other.start()
                other.join(PATIENCE_S)
                assert read == [1]
            return super().rows(model)

    monkeypatch.setattr(module, "Then", Slow)

    assert said(TODAY, on=YESTERDAY.date()) == told(Book(Then(YESTERDAY.date()), YESTERDAY.date()))
    assert read == [1]


def test_a_book_that_fails_half_way_is_read_anew(cast, run, monkeypatch):
    said(on(17))
    governed.finding(cast, about=run, grade=Grade.MAJOR, at=on(17))
    with monkeypatch.context() as broken:
        broken.setattr(Now, "rows", out_of_reach)
        with pytest.raises(OperationalError):
            said(on(17))

    assert said(on(17)) == told(Book(Now(), on(17).date()))


def out_of_reach(_source, _model):
    raise OperationalError("the disk is gone")


def test_a_reader_of_a_unit_sees_its_scopes_and_what_was_decided_above_it(cast, run):
    elsewhere = factories.implementation(
        replace(cast, unit=cast.elsewhere, owner=cast.lead, approver=cast.administrator),
        approved=False,
        at=on(2),
    )
    governed.decision(cast, "27001:A.8.16", at=on(2))
    governed.decision(cast, "27001:A.8.15", unit=cast.elsewhere, at=on(2))
    governed.finding(cast, requirement="27001:9.1", unit=cast.elsewhere, at=on(2))
    owner, lead = factories.actor(cast.owner), factories.actor(cast.lead)

    seen = standing(owner, at=on(17)).implementations(run.control)
    assert [fact.record for fact in seen] == [run.ledger_subject]
    everything = standing(lead, at=on(17)).implementations(run.control)
    assert {fact.record for fact in everything} == {run.ledger_subject, elsewhere.ledger_subject}
    assert decision_of("27001:A.8.16", owner, at=on(17)).applicable
    assert decision_of("27001:A.8.15", owner, at=on(17)) is None
    for reader, there in ((owner, False), (lead, True)):
        causes = {reason.cause for reason in state("27001:9.1", by=reader, at=on(17)).reasons}
        assert (Cause.OPEN_MINOR in causes) is there


@pytest.mark.parametrize("on_day", [None, on(16).date()])
def test_a_token_of_one_system_sees_what_is_run_for_that_system_alone(cast, run, on_day):
    systems = [factories.system(cast, at=on(2)) for _number in range(2)]
    mine, _other = [factories.implementation(cast, of=system, at=on(2)) for system in systems]
    governed.decision(cast, "27001:A.8.16", at=on(2))
    governed.finding(cast, requirement="27001:9.1", at=on(2))
    token = restricted(cast, systems[0].ledger_subject)

    found = standing(token, at=on(17), on=on_day)

    seen = found.implementations(run.control)
    assert [fact.record for fact in seen] == [mine.ledger_subject]
    assert decision_of("27001:A.8.16", token, at=on(17)) is None
    assert found.readiness["27001:9.1"].computed is not Status.UNKNOWN
    assert not found.facts_of(catalog().requirements["27001:9.1"]).matters


def test_a_token_of_something_else_sees_nothing(cast, run):
    found = standing(restricted(cast, run.ledger_subject), at=on(17))

    assert found.implementations(run.control) == ()


def restricted(cast, subject):
    lead = factories.actor(cast.lead)
    only = frozenset({Permission.READ})
    return Actor(lead.ledger_name, lead.person_id, only=only, restricted_to=subject)


def test_what_expired_in_a_unit_uncovers_what_stands_above_it(cast):
    above = governed.override(cast, requirement="27001:9.1", unit=cast.root, at=on(2))
    governed.override(
        cast, requirement="27001:9.1", unit=cast.unit, expires_date=on(10).date(), at=on(2)
    )
    owner = factories.actor(cast.owner)

    shown = standing(owner, at=on(17)).readiness["27001:9.1"]
    to_all = standing(factories.actor(cast.lead), at=on(17)).readiness["27001:9.1"]

    assert shown.overridden
    # The record above is not the owner's to open.
    assert [shown.reasons[0].record, to_all.reasons[0].record] == ["", above.ledger_subject]


def test_a_status_that_a_unit_set_by_hand_is_its_own_alone(cast):
    governed.override(cast, requirement="27001:9.1", unit=cast.unit, at=on(2))

    assert standing(factories.actor(cast.owner), at=on(17)).readiness["27001:9.1"].overridden
    assert not state("27001:9.1", at=on(17)).overridden


def test_a_status_that_was_set_by_hand_shows_until_it_expires(cast, run):
    made = governed.override(
        cast,
        requirement="27001:9.1",
        unit=cast.root,
        expires_date=on(18).date(),
        at=on(17),
    )

    shown, after = state("27001:9.1", at=on(18)), state("27001:9.1", at=on(19))

    assert (shown.status, shown.overridden) == (Status.CONFORMING, True)
    assert shown.reasons[0].record == made.ledger_subject
    assert (after.status, after.overridden) == (after.computed, False)
    assert after.status == shown.computed


def test_what_passed_under_another_rule_is_no_result(cast, run):
    governed.checked(run, cast, at=on(17))
    kept = checks_of(run)
    changed = [replace(kept[0], rule=Rule(CheckKind.COUNT, "claims", at_least=1)), *kept[1:]]
    controls.set_checks(run, changed, by=factories.actor(cast.owner), at=on(17))

    (fact,) = standing(EVERYONE, at=on(17)).implementations(run.control)

    assert [check.outcome for check in fact.checks] == [None, *[Outcome.PASS] * (len(kept) - 1)]


def test_what_failed_under_another_rule_still_speaks_against_it(cast, run):
    governed.checked(run, cast, Outcome.FAIL, at=on(17))
    kept = checks_of(run)
    changed = [replace(kept[0], rule=Rule(CheckKind.COUNT, "claims", at_least=1)), *kept[1:]]
    controls.set_checks(run, changed, by=factories.actor(cast.owner), at=on(17))

    (fact,) = standing(EVERYONE, at=on(17)).implementations(run.control)

    assert {check.outcome for check in fact.checks} == {Outcome.FAIL}
