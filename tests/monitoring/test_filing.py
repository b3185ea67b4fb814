"""Reports of closed windows and records of breaches become evidence, claimed where asked for."""

import json
from datetime import date

import factories
import pytest
from factories import monitored
from factories.monitored import decide, evaluate, on, watch

from twofold.controls.models import EvidenceClaim
from twofold.evidence.contents import open_content
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.ledger.queries import history
from twofold.monitoring import actions
from twofold.monitoring.models import Breach, MonitoringReport
from twofold.telemetry.sealing import seal


def document(version):
    with open_content(version) as file:
        return json.load(file)


def close(*, at):
    return actions.close_windows(by=monitored.WORKER, at=at)


@pytest.fixture
def watched(loans, cast):
    watch(loans.system, cast, name="Approvals", at=on(2))
    watch(
        loans.system,
        cast,
        name="Parity",
        metric="fairness.demographic_parity_ratio",
        field="sex",
        below=0.8,
        at=on(2),
    )
    return loans


def test_a_breach_record_says_what_was_measured_and_when(watched, cast):
    decide(watched, cast, approved=40, refused=0, on=on(3))
    evaluate(at=on(4))

    version = Breach.objects.get().evidence
    said = document(version)
    assert said["document"] == "Record of a breach"
    assert said["system"]["code"] == "loans"
    assert said["alert"] == {"raised_at": "2026-11-04T12:00:00+00:00"}
    (measured,) = said["measurements"]
    assert (measured["monitor"], measured["value"], measured["verdict"]) == (
        "Approvals",
        1.0,
        "breach",
    )
    assert measured["limits"]["breach"] == 0.6
    assert (version.period_from, version.period_to) == (date(2026, 11, 2), date(2026, 11, 8))
    assert version.valid_until == date(2027, 11, 8)
    assert version.item.about == watched.system.ledger_subject


def test_a_later_breach_of_the_monitor_is_a_version_of_the_same_item(watched, cast):
    for day, refused in ((3, 0), (10, 40), (17, 0)):
        decide(watched, cast, approved=40, refused=refused, on=on(day))
        evaluate(at=on(day + 1))

    item = EvidenceItem.objects.get(kind="breach-record")
    assert [version.number for version in item.versions.order_by("number")] == [1, 2]


def test_a_window_is_reported_once_it_is_closed_one_report_of_each_kind(watched, cast):
    decide(watched, cast, approved=20, refused=20, on=on(3))
    evaluate(at=on(8))
    open_still = MonitoringReport.objects.count()
    filed = close(at=on(9))

    assert open_still == 0
    assert sorted(report.kind for report in filed) == ["fairness-report", "monitoring-report"]
    assert close(at=on(10)) == []
    report = MonitoringReport.objects.get(kind="monitoring-report")
    version = report.evidence
    assert (version.period_from, version.period_to) == (date(2026, 11, 2), date(2026, 11, 8))
    assert version.valid_until == date(2026, 11, 19)
    assert [m["monitor"] for m in document(version)["measurements"]] == ["Approvals"]
    assert str(report) == f"monitoring-report of {watched.system.pk} from 2026-11-02"
    assert [line.entry.kind for line in history(report.ledger_subject)] == [
        "monitoring.monitoringreport.filed"
    ]


def test_a_report_names_the_breaches_and_the_sealed_files_of_its_window(watched, cast):
    decide(watched, cast, approved=40, refused=0, on=on(3))
    evaluate(at=on(4))
    (file,) = seal(by=monitored.WORKER, at=on(4), everything=True)
    close(at=on(9))

    said = document(MonitoringReport.objects.get(kind="monitoring-report").evidence)
    assert said["window"] == {"from": "2026-11-02", "to": "2026-11-08"}
    assert said["sealed_files"] == [{"day": "2026-11-03", "sha256": file.sha256, "events": 40}]
    assert said["breaches"] == [
        {"monitor": "Approvals", "record": Breach.objects.get().ledger_subject}
    ]


def test_late_events_add_a_version_to_the_report_and_not_a_second_report(watched, cast):
    decide(watched, cast, approved=20, refused=20, on=on(3))
    evaluate(at=on(4))
    close(at=on(9))
    decide(watched, cast, approved=10, refused=10, on=on(4), at=on(10))
    evaluate(at=on(10, hour=15))

    report = MonitoringReport.objects.get(kind="monitoring-report")
    assert report.evidence.number == 2
    assert document(report.evidence)["measurements"][0]["sample"] == 60
    assert EvidenceVersion.objects.filter(item__kind="monitoring-report").count() == 2


def test_the_next_window_is_a_version_of_the_same_item(watched, cast):
    for day in (3, 10):
        decide(watched, cast, approved=20, refused=20, on=on(day))
        evaluate(at=on(day))
    close(at=on(16))

    item = EvidenceItem.objects.get(kind="monitoring-report")
    assert [v.period_from.day for v in item.versions.order_by("number")] == [2, 9]
    assert MonitoringReport.objects.count() == 4


def test_windows_of_a_day_are_not_reported(loans, cast):
    watch(loans.system, cast, days=1, at=on(2))
    decide(loans, cast, approved=20, refused=20, on=on(3))
    evaluate(at=on(4))

    assert close(at=on(9)) == []


def test_reports_are_claimed_for_the_controls_of_the_system_that_ask_for_their_kind(watched, cast):
    of = watched.system
    monitoring = factories.implementation(cast, control="TF-MON-01", of=of, at=on(2))
    fairness = factories.implementation(cast, control="TF-FAI-01", of=of, at=on(2))
    other = factories.system(cast, at=on(1))
    factories.implementation(cast, control="TF-MON-01", of=other, at=on(2))
    factories.implementation(cast, control="TF-MON-01", at=on(2))
    decide(watched, cast, approved=20, refused=20, on=on(3))
    evaluate(at=on(4))
    close(at=on(9))

    claims = {claim.implementation: claim for claim in EvidenceClaim.objects.all()}
    assert set(claims) == {monitoring, fairness}
    assert claims[fairness].need == "fairness-report"
    claim = claims[monitoring]
    assert (claim.need, claim.claimed_by, claim.accepted_at) == ("monitoring-report", None, None)
    assert claim.statement == (
        "The behaviour of Loans was measured from 2026-11-02 to 2026-11-08 by 1 monitors on "
        "40 events; 0 found a breach."
    )


def test_the_content_of_evidence_holds_figures_that_any_program_reads(watched, cast):
    decide(watched, cast, approved=0, refused=40, on=on(3))
    evaluate(at=on(4))
    close(at=on(9))

    said = document(MonitoringReport.objects.get(kind="fairness-report").evidence)
    assert said["measurements"][0]["value"] is None
    assert said["measurements"][0]["reason"]
