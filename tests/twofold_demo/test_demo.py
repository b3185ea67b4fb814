"""The whole command, on three weeks of few flights, on a real server and a real ledger."""

from datetime import timedelta

import click
import pytest
from click.testing import CliRunner

from twofold.controls.models import EvidenceClaim, Implementation
from twofold.domain.readiness import Status
from twofold.evidence.comparing import compare_versions
from twofold.evidence.models import (
    CollectionRun,
    EvidenceItem,
    EvidenceLink,
    EvidenceRequest,
    EvidenceVersion,
)
from twofold.inventory.models import AISystem
from twofold.monitoring import evaluation
from twofold.monitoring.models import Alert, Breach, Measurement, MonitoringReport
from twofold.people.access import part_of_product
from twofold.people.errors import InvalidInput
from twofold.people.models import Erasure, Person
from twofold.reporting.integrity import verify_record
from twofold.reporting.posture import posture
from twofold.telemetry.models import DayProfile, SealedFile
from twofold_demo.cast import found
from twofold_demo.clock import now
from twofold_demo.command import demo
from twofold_demo.weeks import last_full_week

PASSWORD = "a long one for the harbour"
ARGUMENTS = ["--data-scale", "0.02", "--weeks", "3", "--password", PASSWORD]


@pytest.mark.usefixtures("recording_db")
def test_the_demonstration_plays_and_leaves_a_sound_record(monkeypatch):
    # A window that still fills is measured again at once, so that the end need not be waited for.
    monkeypatch.setattr(evaluation, "SETTLE", timedelta(0))

    result = CliRunner().invoke(demo, ARGUMENTS, catch_exceptions=False)

    assert result.exit_code == 0, result.output
    _two_systems_were_played()
    _a_breach_was_found_and_one_alert_answered()
    _both_standards_are_credited()
    _two_persons_stand_behind_every_decision()
    _evidence_is_asked_for_answered_and_collected()
    _evidence_is_kept_held_linked_and_erased()
    _evidence_can_be_read_and_compared()
    report = verify_record()
    assert report.outcome == "sound"
    assert len(report.erasures) == 2
    assert "with 2 erasures; nobody outside vouches for it yet" in result.output
    for person in Person.objects.filter(email__endswith="@harbourline.example"):
        assert person.check_password(PASSWORD) != person.email.startswith("decision")
        assert (person.email in result.output) != person.email.startswith("decision")
    _a_second_run_is_refused()


@pytest.mark.usefixtures("db")
def test_a_password_that_is_not_acceptable_to_one_founds_nothing():
    # Good enough for the administrator, and too like the name of somebody who comes later.
    with pytest.raises(InvalidInput) as refusal:
        found(password="helen.marsh@harbour", at=now())

    assert refusal.value.field == "password"
    assert not Person.objects.exists()


def test_missing_packages_are_named_before_anything_is_done(monkeypatch):
    monkeypatch.setattr("twofold_demo.command.find_spec", lambda name: None)

    with pytest.raises(click.ClickException, match=r"install twofold\[demo\]"):
        demo.main(ARGUMENTS, standalone_mode=False)


def _two_systems_were_played():
    assert set(AISystem.objects.values_list("code", flat=True)) == {
        "delay-forecast",
        "mortgage-precheck",
    }
    monday = last_full_week(now().date())
    days = DayProfile.objects.filter(schema__system__code="delay-forecast")
    assert days.earliest("day").day == monday - timedelta(weeks=2)
    assert days.latest("day").day == monday + timedelta(days=6)
    # All that was counted is sealed.
    for system in AISystem.objects.all():
        counted = DayProfile.objects.filter(schema__system=system).values_list("events", flat=True)
        sealed = SealedFile.objects.filter(schema__system=system).values_list("events", flat=True)
        assert sum(counted) == sum(sealed) > 200


def _a_breach_was_found_and_one_alert_answered():
    wind = Breach.objects.get(monitor__name="Drift of wind", closed_at=None)
    assert wind.worst_value > 0.25
    assert Alert.objects.exclude(acknowledged_at=None).count() == 1
    assert Measurement.objects.filter(verdict="insufficient").exists()
    assert Measurement.objects.filter(verdict="ok").exists()
    assert not Measurement.objects.filter(verdict="error").exists()
    assert MonitoringReport.objects.filter(system__code="delay-forecast").count() == 3


def _both_standards_are_credited():
    found = posture(part_of_product("test"), at=now())
    counts = {entry.framework.id: entry.counts for entry in found.frameworks}
    for framework in ("27001", "42001"):
        assert counts[framework][Status.CONFORMING] + counts[framework][Status.EFFECTIVE]
        assert counts[framework][Status.PARTIAL]
        assert counts[framework][Status.GAP]
    assert counts["27001"][Status.NOT_APPLICABLE] == 6


def _two_persons_stand_behind_every_decision():
    approved = Implementation.objects.exclude(approved_by=None)
    assert approved
    assert Implementation.objects.filter(approved_by=None).exists()
    for row in approved:
        assert row.approved_by_id not in {row.described_by_id, row.owner_id}
    accepted = EvidenceClaim.objects.exclude(accepted_by=None)
    assert accepted
    for claim in accepted.select_related("evidence"):
        assert claim.accepted_by_id != claim.claimed_by_id
        assert claim.evidence.author != f"person:{claim.accepted_by_id}"
    waiting = EvidenceClaim.objects.filter(accepted_by=None).values_list("need", flat=True)
    assert "document-master-list" in waiting
    assert not set(waiting) - {"document-master-list", "fairness-report"}
    assert EvidenceVersion.objects.filter(item__kind="decision-replay-test").count() == 2


def _evidence_is_asked_for_answered_and_collected():
    asked = EvidenceRequest.objects.all()
    answered = asked.exclude(answer=None).get()
    assert answered.answer.author.startswith("token:")
    assert answered.answer.item.owner == answered.owner
    assert asked.filter(closed_at=None).count() == 2
    assert asked.exclude(withdrawal="").count() == 1
    runs = CollectionRun.objects.select_related("collection")
    assert {run.collection.source for run in runs} == {"monitor", "checks"}
    assert {run.outcome for run in runs} == {"added"}
    assert all(run.version.author == "system:collector" for run in runs)


def _evidence_is_kept_held_linked_and_erased():
    standing = EvidenceItem.objects.filter(erased_at=None)
    assert not standing.filter(owner=None).exists()
    assert not standing.filter(retain_until=None).exists()
    assert standing.filter(classification="confidential").exists()
    assert standing.exclude(hold_reason="").get().about
    targets = EvidenceLink.objects.filter(removed_at=None).values_list("target", flat=True)
    assert {target.partition(":")[0] for target in targets} == {
        "controls.implementation",
        "findings.finding",
        "inventory.aisystem",
    }
    assert EvidenceLink.objects.exclude(removed_at=None).count() == 1
    done = Erasure.objects.exclude(decided_at=None)
    assert {row.subject.partition(":")[0] for row in done} == {
        "evidence.evidenceitem",
        "people.person",
    }
    assert all(row.asked_by_id != row.decided_by_id for row in done)
    waiting = Erasure.objects.get(decided_at=None)
    expired = EvidenceItem.objects.get(pk=waiting.subject.partition(":")[2])
    assert expired.retain_until < now().date()
    for stored in (*Person.objects.values_list("name", "email"), *standing.values_list("title")):
        assert "Brenninkamp" not in " ".join(stored)


def _evidence_can_be_read_and_compared():
    versions = EvidenceVersion.objects.filter(item__erased_at=None)
    assert not versions.filter(text=None).exists()
    assert not versions.filter(text__outcome="failed").exists()
    media_types = set(versions.values_list("media_type", flat=True))
    assert {"application/pdf", "image/png", "text/csv", "text/markdown"} <= media_types
    plan = versions.filter(item__title="Operating plan: Flight delay forecast")
    old, new = plan.select_related("item").order_by("number")
    assert compare_versions(old, new).new > compare_versions(old, new).gone > 0


def _a_second_run_is_refused():
    before = Person.objects.count()

    result = CliRunner().invoke(demo, ARGUMENTS)

    assert "An organisation stands already" in str(result.exception)
    assert Person.objects.count() == before
