"""A breach opens once, grows, closes and comes back, as its measurements say."""

import factories
import pytest
from factories import monitored
from factories.monitored import decide, evaluate, on, watch

from twofold.inventory import actions as inventory
from twofold.inventory.models import RiskTier, Stage, SystemRole
from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.models import Alert, Breach, Measurement, Severity
from twofold.monitoring.queries import breaches_of, visible_alerts
from twofold.people.access import Actor, Permission
from twofold.people.errors import AccessDenied, Conflict, InvalidInput


def week(schema, cast, day, rate, *, at=None):
    """Have forty decisions made on a day, of which this share is yes, and evaluate."""
    decide(
        schema, cast, approved=round(40 * rate), refused=round(40 * (1 - rate)), on=on(day), at=at
    )
    return evaluate(at=at or on(day + 1))


def kinds(record):
    return [line.entry.kind.rpartition(".")[2] for line in reversed(history(record.ledger_subject))]


def span(breach):
    return breach.first_window.day, breach.last_window.day


@pytest.fixture
def monitor(loans, cast):
    return watch(loans.system, cast, at=on(2))


@pytest.mark.usefixtures("monitor")
class TestEpisodes:
    def test_a_breach_opens_with_an_alert_and_evidence(self, loans, cast):
        (opened,) = week(loans, cast, 3, 1.0)

        assert Breach.objects.get() == opened
        assert span(opened) == (2, 2)
        assert (opened.worst_value, opened.closed_at) == (1.0, None)
        assert Alert.objects.get().breach == opened
        assert kinds(opened) == ["opened", "evidenced"]
        assert kinds(opened.alert) == ["raised"]
        assert opened.evidence.item.kind == "breach-record"

    def test_more_of_the_same_window_says_nothing_new(self, loans, cast):
        week(loans, cast, 3, 1.0)

        assert week(loans, cast, 4, 1.0) == []
        assert Alert.objects.count() == 1

    def test_the_next_window_extends_it_with_its_worst_value(self, loans, cast):
        week(loans, cast, 3, 0.7)
        week(loans, cast, 10, 0.9)
        week(loans, cast, 17, 0.8)

        breach = Breach.objects.get()
        assert span(breach) == (2, 16)
        assert breach.worst_value == 0.9
        assert kinds(breach) == ["opened", "evidenced", "extended", "extended"]

    def test_a_window_within_limits_closes_it(self, loans, cast):
        week(loans, cast, 3, 1.0)
        week(loans, cast, 10, 0.5)

        breach = Breach.objects.get()
        assert breach.closed_at == on(11)
        assert kinds(breach) == ["opened", "evidenced", "closed"]

    def test_too_few_events_close_nothing(self, loans, cast):
        week(loans, cast, 3, 1.0)
        decide(loans, cast, approved=0, refused=10, on=on(10))
        evaluate(at=on(11))

        assert Breach.objects.get().closed_at is None

    def test_a_later_breach_is_another_one_with_its_own_alert(self, loans, cast):
        for day, rate in ((3, 1.0), (10, 0.5), (17, 1.0)):
            week(loans, cast, day, rate)

        assert [span(breach) for breach in breaches_of([loans.system])] == [(16, 16), (2, 2)]
        assert Alert.objects.count() == 2

    def test_late_events_that_bring_the_window_within_limits_close_it(self, loans, cast):
        week(loans, cast, 3, 1.0)
        week(loans, cast, 4, 0.0, at=on(12))

        assert Breach.objects.get().closed_at == on(12)

    def test_late_events_that_break_the_limit_again_reopen_it_without_a_new_alert(
        self, loans, cast
    ):
        week(loans, cast, 3, 1.0)
        week(loans, cast, 4, 0.0, at=on(12))
        for day in (5, 6):
            decide(loans, cast, approved=80, refused=0, on=on(day), at=on(13))
        opened = evaluate(at=on(13))

        breach = Breach.objects.get()
        assert opened == []
        assert breach.closed_at is None
        assert kinds(breach) == ["opened", "evidenced", "closed", "reopened"]

    def test_late_events_of_an_older_window_close_nothing(self, loans, cast):
        week(loans, cast, 3, 0.5)
        week(loans, cast, 10, 1.0)
        week(loans, cast, 4, 0.4, at=on(12))

        assert Breach.objects.get().closed_at is None

    def test_late_events_that_broke_a_limit_long_ago_are_told_and_closed_at_once(self, loans, cast):
        week(loans, cast, 3, 0.5)
        week(loans, cast, 10, 0.5)
        (opened,) = week(loans, cast, 4, 1.0, at=on(12))

        assert Breach.objects.get() == opened
        assert (span(opened), opened.closed_at) == ((2, 2), on(12))
        assert Alert.objects.get().breach == opened

    def test_more_of_a_past_breach_changes_nothing(self, loans, cast):
        week(loans, cast, 3, 1.0)
        week(loans, cast, 10, 0.5)
        week(loans, cast, 4, 1.0, at=on(12))

        breach = Breach.objects.get()
        assert breach.closed_at == on(11)
        assert kinds(breach) == ["opened", "evidenced", "closed"]

    def test_an_older_window_extends_a_standing_breach_backwards(self, loans, cast):
        week(loans, cast, 10, 0.8)
        week(loans, cast, 3, 0.9, at=on(12))

        breach = Breach.objects.get()
        assert span(breach) == (2, 9)
        assert breach.worst_value == 0.9


def test_the_worst_of_a_lower_limit_is_the_lowest_value(loans, cast):
    watch(loans.system, cast, below=0.4, at=on(2))
    for day, rate in ((3, 0.3), (10, 0.1), (17, 0.2)):
        week(loans, cast, day, rate)

    assert Breach.objects.get().worst_value == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("tier", "severity"),
    [
        (RiskTier.HIGH, Severity.HIGH),
        (RiskTier.LIMITED, Severity.MEDIUM),
        (RiskTier.MINIMAL, Severity.LOW),
    ],
)
def test_an_alert_is_as_severe_as_the_system_is_risky(loans, cast, tier, severity):
    inventory.change(
        loans.system,
        description=inventory.SystemDescription(
            "Loans", cast.owner, "Suggests.", SystemRole.DEPLOYER, Stage.OPERATION, tier
        ),
        by=factories.actor(cast.owner),
        at=on(2),
    )
    loans.refresh_from_db()
    watch(loans.system, cast, at=on(2))
    week(loans, cast, 3, 1.0)

    assert Alert.objects.get().severity == severity


@pytest.fixture
def alert(loans, cast, monitor):
    week(loans, cast, 3, 1.0)
    return Alert.objects.get()


def acknowledge(alert, by, note="A batch job ran twice."):
    return actions.acknowledge(alert, note=note, by=by, at=on(5))


def test_who_owns_the_system_acknowledges_its_alert_once(alert, cast):
    acknowledge(alert, factories.actor(cast.owner), " It was a batch job. ")

    alert.refresh_from_db()
    assert (alert.acknowledged_by, alert.acknowledged_at) == (cast.owner, on(5))
    assert alert.note == "It was a batch job."
    assert kinds(alert) == ["raised", "acknowledged"]
    with pytest.raises(Conflict):
        acknowledge(alert, factories.actor(cast.lead))
    alert.refresh_from_db()
    assert alert.acknowledged_by == cast.owner


@pytest.mark.parametrize("who", ["outsider", "engineer", "approver", "auditor"])
def test_nobody_else_acknowledges_it(alert, cast, who):
    with pytest.raises(AccessDenied):
        acknowledge(alert, factories.actor(getattr(cast, who)))

    alert.refresh_from_db()
    assert alert.acknowledged_at is None


def test_no_part_of_the_product_acknowledges_an_alert(alert):
    with pytest.raises(AccessDenied):
        acknowledge(alert, monitored.WORKER)


@pytest.mark.parametrize("note", ["", "  ", "x" * 501, "a\0"])
def test_something_is_to_be_said(alert, cast, note):
    with pytest.raises(InvalidInput) as refusal:
        acknowledge(alert, factories.actor(cast.owner), note)

    assert refusal.value.field == "note"


def test_alerts_are_seen_within_the_unit_alone(alert, cast, loans):
    def seen(actor):
        return list(visible_alerts(actor, at=on(5)))

    def restricted(to):
        owner = factories.actor(cast.owner)
        only = frozenset({Permission.READ})
        return Actor(owner.ledger_name, owner.person_id, only=only, restricted_to=to)

    other = factories.system(cast, at=on(1))
    assert seen(factories.actor(cast.auditor)) == [alert]
    assert seen(factories.actor(cast.outsider)) == []
    assert seen(restricted(loans.system.ledger_subject)) == [alert]
    assert seen(restricted(other.ledger_subject)) == []


def test_alerts_that_wait_stand_before_those_that_were_acknowledged(alert, cast, loans):
    for day, rate in ((10, 0.5), (17, 1.0)):
        week(loans, cast, day, rate)
    newer = Alert.objects.exclude(pk=alert.pk).get()
    acknowledge(newer, factories.actor(cast.owner))

    assert list(visible_alerts(factories.actor(cast.auditor), at=on(18))) == [alert, newer]


def test_every_record_has_a_name(alert, monitor):
    assert str(monitor) == "Approvals"
    assert all(str(row) for row in (alert, alert.breach, Measurement.objects.get()))
