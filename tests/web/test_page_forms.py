"""What forms do: one action each, a refusal beside the field, nothing half-done."""

from datetime import timedelta

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from twofold.cli.worker import drain
from twofold.controls.models import Applicability, EvidenceClaim, Implementation
from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.ledger.queries import history
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert
from twofold.people.access import part_of_product
from twofold.telemetry import actions as telemetry


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


@pytest.fixture
def system_form(cast):
    return {
        "code": "loans",
        "name": "Loans",
        "unit": cast.unit.pk,
        "owner": cast.owner.pk,
        "purpose": "Suggests which applications to approve.",
        "role": "deployer",
        "stage": "operation",
        "risk_tier": "high",
    }


CONTENT = {
    "source": "The committee",
    "period_from": "2026-03-01",
    "period_to": "2026-03-31",
    "valid_until": "2027-03-31",
}


def file(name="minutes.txt", content=b"What was said."):
    return SimpleUploadedFile(name, content, "text/plain")


def test_a_system_is_registered_and_changed(lead, system_form, cast):
    registered = lead.post("/systems/register/", system_form)
    changed = lead.post("/systems/loans/change/", {**system_form, "name": "Credit"})

    assert registered["Location"] == changed["Location"] == "/systems/loans/"
    system = AISystem.objects.get()
    assert (system.name, system.unit) == ("Credit", cast.unit)
    assert [line.entry.actor for line in history(system.ledger_subject)] == [
        f"person:{cast.lead.pk}"
    ] * 2


@pytest.mark.parametrize(
    "changes",
    [{"code": "Not A Code"}, {"code": "Big"}, {"name": ""}, {"unit": ""}, {"owner": "x"},
     {"role": "king"}, {"purpose": "x" * 2001}, {"name": "a\x00b"}],
)  # fmt: skip
def test_a_bad_system_is_shown_again_with_the_fault(lead, system_form, changes):
    response = lead.post("/systems/register/", {**system_form, **changes})

    assert response.status_code == 422
    assert not AISystem.objects.exists()


def test_a_code_that_is_taken_is_refused(lead, system_form):
    lead.post("/systems/register/", system_form)

    response = lead.post("/systems/register/", system_form)

    assert response.status_code == 422
    assert "There is an AI system with this code already." in response.content.decode()


def test_a_bad_change_changes_nothing(lead, system_form):
    lead.post("/systems/register/", system_form)

    assert lead.post("/systems/loans/change/", {**system_form, "name": " "}).status_code == 422
    assert AISystem.objects.get().name == "Loans"


def test_a_unit_out_of_reach_is_no_choice(client, cast, system_form):
    client.force_login(cast.outsider)

    assert client.post("/systems/register/", system_form).status_code == 422
    assert not AISystem.objects.exists()


def test_evidence_is_added_and_gets_a_second_version(lead, cast):
    given = {**CONTENT, "title": "Minutes", "kind": "monitoring-report", "unit": cast.unit.pk,
             "classification": "internal"}  # fmt: skip
    lead.post("/evidence/add/", {**given, "file": file()})
    item = EvidenceItem.objects.get()

    second = lead.post(f"/evidence/{item.pk}/version/", {**CONTENT, "file": file(content=b"More")})

    assert second["Location"] == f"/evidence/{item.pk}/"
    assert list(item.versions.order_by("number").values_list("number", "size")) == [(1, 14), (2, 4)]


@pytest.mark.parametrize(
    "changes",
    [{"period_to": "2026-02-01"}, {"valid_until": "2026-03-30"}, {"period_from": "soon"},
     {"source": ""}, {"file": ""}, {"file": "empty"}, {"file": "large"}],
)  # fmt: skip
def test_bad_content_is_shown_again_and_nothing_is_kept(lead, cast, settings, changes):
    settings.MAXIMUM_UPLOAD_BYTES = 100
    item = factories.evidence_item(cast, at=factories.now())
    files = {"empty": file(content=b""), "large": file(content=b"x" * 101)}
    given = {**CONTENT, "file": file(), **changes}
    given["file"] = files.get(given["file"], given["file"])

    response = lead.post(f"/evidence/{item.pk}/version/", given)
    item_form = {"title": "x", "kind": "monitoring-report", "unit": cast.unit.pk}
    whole = lead.post("/evidence/add/", {**given, **item_form, "classification": "internal"})

    assert response.status_code == whole.status_code == 422
    assert EvidenceVersion.objects.count() == 1


def test_a_control_is_described_approved_claimed_for_and_accepted(client, cast):
    item = factories.evidence_item(cast, at=factories.now())
    client.force_login(cast.owner)
    client.post(
        "/controls/TF-MON-01/implement/",
        {"unit": cast.unit.pk, "owner": cast.owner.pk, "description": "Every week."},
    )
    run = Implementation.objects.get()
    review = (factories.now() + timedelta(days=90)).date()
    own = client.post(f"/implementations/{run.pk}/approve/", {"review_due_date": review})
    client.post(
        f"/implementations/{run.pk}/claim/",
        {"evidence": item.versions.get().pk, "need": item.kind, "statement": "It was watched."},
    )
    claim = EvidenceClaim.objects.get()
    accepted_by_owner = client.post(f"/claims/{claim.pk}/accept/")

    client.force_login(cast.approver)
    approved = client.post(f"/implementations/{run.pk}/approve/", {"review_due_date": review})
    accepted = client.post(f"/claims/{claim.pk}/accept/", {"next": "//evil.example"})

    assert own.status_code == 422
    assert accepted_by_owner.status_code == 403
    assert approved["Location"] == accepted["Location"] == f"/implementations/{run.pk}/"
    run.refresh_from_db()
    claim.refresh_from_db()
    assert (run.approved_by, run.review_due_date) == (cast.approver, review)
    assert claim.accepted_by == cast.approver
    assert client.post(f"/claims/{claim.pk}/accept/").status_code == 409


def test_bad_descriptions_and_claims_are_shown_again(lead, cast):
    run = factories.implementation(cast, approved=False, at=factories.now())
    item = factories.evidence_item(cast, at=factories.now())
    twice = {"unit": cast.unit.pk, "description": ""}
    empty = {"review_due_date": ""}
    other = {"evidence": item.versions.get().pk, "need": "another-need", "statement": "x"}

    assert lead.post("/controls/TF-MON-01/implement/", twice).status_code == 422
    assert lead.post(f"/implementations/{run.pk}/claim/", other).status_code == 422
    assert lead.post(f"/implementations/{run.pk}/approve/", empty).status_code == 422
    late = {"review_due_date": "2001-01-01"}
    assert lead.post(f"/implementations/{run.pk}/approve/", late).status_code == 422
    assert Implementation.objects.get().approved_at is None
    assert not EvidenceClaim.objects.exists()


def test_applicability_is_decided_with_a_reason(lead, cast):
    path = "/requirements/27001:A.8.30/"

    assert lead.post(path, {"applicable": "no", "reason": ""}).status_code == 422
    assert lead.post(path, {"applicable": "perhaps", "reason": "x"}).status_code == 422
    assert not Applicability.objects.exists()
    decided = lead.post(path, {"applicable": "no", "reason": "Nothing is outsourced."})

    assert decided["Location"] == path
    assert Applicability.objects.get().reason == "Nothing is outsourced."
    assert "Nothing is outsourced." in lead.get(path).content.decode()


def test_what_cannot_be_excluded_and_who_may_not_decide_is_refused(client, cast):
    client.force_login(cast.lead)
    given = {"applicable": "no", "reason": "We do not."}
    clause = client.post("/requirements/27001:9.1/", given)
    client.force_login(cast.auditor)

    assert clause.status_code == 422
    assert client.post("/requirements/27001:A.8.30/", given).status_code == 422
    assert not Applicability.objects.exists()


def test_nothing_is_decided_where_no_organisation_stands(client, cast, monkeypatch):
    monkeypatch.setattr("twofold.web.views.requirements.root_unit", lambda: None)
    client.force_login(cast.lead)

    response = client.post("/requirements/27001:A.8.30/", {"applicable": "no", "reason": "x"})

    assert response.status_code == 200
    assert not Applicability.objects.exists()


@pytest.mark.parametrize(
    "path",
    ["/requirements/nothing/", "/controls/TF-NONE-01/", "/controls/TF-NONE-01/implement/",
     "/systems/nothing/"],
)  # fmt: skip
def test_what_is_not_there_has_a_page_that_says_so(lead, path):
    response = lead.get(path)

    assert response.status_code == 404
    assert "<h1>" in response.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/alerts/{0}/", "/evidence/{0}/", "/evidence/{0}/1/file/", "/implementations/{0}/approve/",
     "/implementations/{0}/claim/", "/claims/{0}/accept/"],
)  # fmt: skip
def test_an_unknown_key_is_not_found(lead, path):
    address = path.format("00000000-0000-4000-8000-000000000000")

    assert lead.post(address).status_code in {404, 405}
    if "accept" not in address:
        assert lead.get(address).status_code == 404


def test_a_lost_file_is_told_and_not_a_failure(lead, cast, settings):
    item = factories.evidence_item(cast, at=factories.now())
    for path in settings.BLOBS.rglob("*"):
        if path.is_file():
            path.unlink()

    assert lead.get(f"/evidence/{item.pk}/1/file/").status_code == 404
    assert lead.get(f"/evidence/{item.pk}/").status_code == 200


def test_an_alert_is_acknowledged_once_with_words(lead, cast):
    now = factories.now()
    system = factories.system(cast, code="loans", at=now)
    schema = factories.schema(system, cast, at=now)
    by = factories.actor(cast.engineer)
    body = factories.body(factories.events(60, at=now + timedelta(hours=1)))
    telemetry.accept_events(schema, body=body, by=by, at=now)
    telemetry.profile_pending(by=part_of_product("telemetry"), at=now)
    limit = monitoring.limits.Limit(None, 50, monitoring.limits.Direction.ABOVE)
    settings = monitoring.MonitorSettings("volume.events", "", 1, limit)
    monitoring.set_up(system, name="Volume", settings=settings, by=by, at=now)
    monitoring.evaluate(by=part_of_product("monitoring"), at=now + timedelta(seconds=1))
    alert = Alert.objects.get()
    path = f"/alerts/{alert.pk}/"

    assert lead.post(path, {"note": ""}).status_code == 422
    assert lead.post(path, {"note": "A campaign."})["Location"] == path
    assert lead.post(path, {"note": "Again."}).status_code == 422
    alert.refresh_from_db()
    assert alert.note == "A campaign."
    for record in (alert, alert.breach, alert.breach.monitor, schema):
        assert lead.get(f"/records/{record.ledger_subject}/").status_code == 302


def test_the_record_is_verified_as_a_page_and_as_a_part_of_it(lead, cast):
    drain()

    page = lead.post("/integrity/verify/")
    part = lead.post("/integrity/verify/", headers={"HX-Request": "true"})

    assert page.status_code == part.status_code == 200
    assert b"<html" in page.content
    assert b"<html" not in part.content
    assert lead.get("/integrity/checkpoint/")["Content-Disposition"].startswith("attachment")
