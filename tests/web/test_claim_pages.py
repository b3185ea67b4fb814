"""Claiming evidence: choosing it, saying what it shows, accepting and rejecting."""

from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from twofold.catalog.model import EvidenceNeed
from twofold.controls import actions as controls
from twofold.controls.models import EvidenceClaim
from twofold.ledger.queries import history
from twofold.web.request import ROWS

NEED = "monitoring-report"


@pytest.fixture
def cast(db):
    """The cast, employed in real time: pages read the clock."""
    return factories.cast(factories.now())


@pytest.fixture
def row(cast):
    return factories.implementation(cast, at=factories.now())


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


@pytest.fixture
def version(item):
    return item.versions.get()


@pytest.fixture
def address(row):
    return f"/implementations/{row.pk}/claim/"


@pytest.fixture
def owner(cast, client):
    client.force_login(cast.owner)
    return client


@pytest.fixture
def claim(cast, row, item):
    return factories.claim(row, item, cast, at=factories.now())


def given(version, **changes):
    return {"evidence": version.pk, "need": NEED, "statement": "It was watched.", **changes}


def test_evidence_is_chosen_from_a_list_and_then_claimed(owner, cast, row, version, address):
    chosen = f"{address}?need={NEED}&amp;evidence={version.pk}"
    assert chosen in owner.get(f"{address}?need={NEED}").content.decode()
    form = owner.get(chosen.replace("&amp;", "&")).content.decode()
    assert f'value="{version.pk}"' in form
    assert 'value="2026-11-01"' in form

    answer = owner.post(address, given(version))

    assert answer["Location"] == f"/implementations/{row.pk}/"
    made = EvidenceClaim.objects.get()
    assert (made.evidence, made.claimed_by) == (version, cast.owner)
    assert (made.period_from, made.valid_until) == (version.period_from, version.valid_until)


def test_a_part_of_the_period_is_claimed(owner, version, address):
    owner.post(address, given(version, period_to="2026-11-07", valid_until="2026-12-01"))

    made = EvidenceClaim.objects.get()
    assert (made.period_from, made.period_to, made.valid_until) == (
        date(2026, 11, 1), date(2026, 11, 7), date(2026, 12, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"statement": ""}, "statement"), ({"statement": "x" * 501}, "statement"),
     ({"need": "moon-phase"}, "need"), ({"period_from": "2026-10-31"}, "period_from"),
     ({"period_from": "soon"}, "period_from"), ({"period_to": "2026-10-01"}, "period_to"),
     ({"valid_until": "2027-01-01"}, "valid_until"),
     ({"valid_until": "2026-11-14"}, "valid_until")],
)  # fmt: skip
def test_a_bad_claim_is_shown_again_with_the_fault(owner, version, address, changes, field):
    answer = owner.post(address, given(version, **changes))

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert not EvidenceClaim.objects.exists()


def test_evidence_that_is_claimed_already_is_no_choice(owner, claim, version, address):
    listed = owner.get(f"{address}?need={NEED}").content.decode()
    answer = owner.post(address, given(version))

    assert "Claimed already" in listed
    assert f"evidence={version.pk}" not in listed
    assert answer.status_code == 422
    assert "This evidence is claimed for this already." in answer.content.decode()


@pytest.mark.parametrize("evidence", ["", "no-key", "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"])
def test_without_evidence_the_choice_is_shown_again(owner, version, address, evidence):
    answer = owner.post(address, {**given(version), "evidence": evidence})

    assert answer.status_code == 422
    assert "Choose a version of evidence that you may read." in answer.content.decode()


def test_evidence_out_of_reach_cannot_be_chosen(client, cast, version):
    far = controls.implement(
        "TF-MON-01", unit=cast.elsewhere, owner=None, description="Over there.",
        by=factories.actor(cast.outsider), at=factories.now(),
    )  # fmt: skip
    client.force_login(cast.outsider)
    address = f"/implementations/{far.pk}/claim/"

    assert version.item.title not in client.get(address).content.decode()
    assert client.post(address, given(version)).status_code == 422
    assert not EvidenceClaim.objects.exists()


def test_evidence_of_the_kind_that_is_asked_for_comes_first_and_is_found_by_words(
    owner, cast, row, item, address
):
    other = factories.evidence_item(cast, kind="operating-plan", at=factories.now())
    by_kind = owner.get(f"{address}?need={NEED}").content.decode()
    by_other = owner.get(f"{address}?need=operating-plan").content.decode()
    found = owner.get(f"{address}?need={NEED}&q={other.title}").content.decode()
    nothing = owner.get(f"{address}?q=moon").content.decode()

    assert by_kind.index(item.title) < by_kind.index(other.title)
    assert by_other.index(other.title) < by_other.index(item.title)
    assert other.title in found
    assert item.title not in found
    assert "No evidence fits" in nothing


def test_the_choice_has_pages_and_costs_the_same_for_many(owner, cast, item, address):
    with CaptureQueriesContext(connection) as one:
        owner.get(f"{address}?need={NEED}")
    for _number in range(ROWS):
        factories.evidence_item(cast, at=factories.now())
    with CaptureQueriesContext(connection) as many:
        first = owner.get(f"{address}?need={NEED}").content.decode()
    second = owner.get(f"{address}?need={NEED}&page=2").content.decode()

    assert len(many) == len(one)
    assert first.count(">Choose<") == ROWS
    assert second.count(">Choose<") == 1


def test_only_what_is_asked_for_here_can_be_answered(owner, cast, row, version, address):
    controls.require_evidence(
        row, [EvidenceNeed("desk-log", "Log of the desk", 7)],
        by=factories.actor(cast.owner), at=factories.now(),
    )  # fmt: skip

    assert owner.post(address, given(version)).status_code == 422
    assert owner.post(address, given(version, need="desk-log")).status_code == 302


def test_a_claim_is_rejected_with_a_reason(client, cast, row, claim):
    client.force_login(cast.approver)
    address = f"/claims/{claim.pk}/reject/"

    assert claim.statement in client.get(address).content.decode()
    assert client.post(address, {"reason": " "}).status_code == 422
    answer = client.post(address, {"reason": "It speaks of another system."})
    shown = client.get(f"/implementations/{row.pk}/").content.decode()

    assert answer["Location"] == f"/implementations/{row.pk}/"
    claim.refresh_from_db()
    assert (claim.rejected_by, claim.rejection) == (cast.approver, "It speaks of another system.")
    assert "Rejected by Approver" in shown
    assert "It speaks of another system." in shown
    assert [line.entry.kind for line in history(claim.ledger_subject)] == [
        "controls.evidenceclaim.rejected", "controls.evidenceclaim.claimed",
    ]  # fmt: skip
    assert client.post(address, {"reason": "Again."}).status_code == 422
    assert client.post(f"/claims/{claim.pk}/accept/").status_code == 409


@pytest.mark.parametrize("name", ["owner", "reviewer", "auditor"])
def test_who_may_not_judge_a_claim_is_refused(client, cast, claim, name):
    client.force_login(getattr(cast, name))

    assert client.post(f"/claims/{claim.pk}/reject/", {"reason": "No."}).status_code == 403
    assert client.post(f"/claims/{claim.pk}/accept/").status_code == 403
    claim.refresh_from_db()
    assert claim.rejected_at is claim.accepted_at is None


def test_nobody_judges_their_own_claim(client, cast, row, item):
    made = controls.claim(
        row, evidence=item.versions.get(), need=NEED, statement="Watched.",
        by=factories.actor(cast.lead), at=factories.now(),
    )  # fmt: skip
    client.force_login(cast.lead)

    answer = client.post(f"/claims/{made.pk}/reject/", {"reason": "No."})

    assert answer.status_code == 422
    assert "Two persons are needed" in answer.content.decode()
    made.refresh_from_db()
    assert made.rejected_at is None


def test_an_outsider_finds_no_claim(client, cast, claim):
    client.force_login(cast.outsider)

    assert client.get(f"/claims/{claim.pk}/reject/").status_code == 404
    assert client.post(f"/claims/{claim.pk}/accept/").status_code == 404


def test_buttons_are_for_those_who_may_judge(client, cast, row, claim):
    offered = {}
    for name in ("owner", "approver", "lead", "reviewer"):
        client.force_login(getattr(cast, name))
        page = client.get(f"/implementations/{row.pk}/").content.decode()
        offered[name] = f"/claims/{claim.pk}/reject/" in page
    assert offered == {"owner": False, "approver": True, "lead": True, "reviewer": False}


def test_what_is_renewed_sooner_counts_no_longer_than_that(client, cast, row, item):
    claim = factories.claim(row, item, cast, at=factories.now())
    client.force_login(cast.owner)
    page = client.get(f"/implementations/{row.pk}/").content.decode()

    until = claim.period_to + timedelta(days=31 + 7)
    assert until < claim.valid_until
    assert f'<time datetime="{until.isoformat()}">' in page


def test_a_claim_is_withdrawn_by_page_with_a_reason(cast, client):
    at = factories.now()
    run = factories.implementation(cast, at=at)
    made = factories.claim(run, factories.evidence_item(cast, at=at), cast, at=at)
    address = f"/claims/{made.pk}/withdraw/"
    client.force_login(cast.owner)

    assert address in client.get(f"/implementations/{run.pk}/").content.decode()
    assert client.get(address).status_code == 200
    assert client.post(address, {"reason": ""}).status_code == 422
    assert client.post(address, {"reason": "Of another year."}).status_code == 302

    page = client.get(f"/implementations/{run.pk}/").content.decode()
    assert "Withdrawn by Owner" in page
    assert "Of another year." in page
    assert "withdrawn already" in client.post(address, {"reason": "Again."}).content.decode()
    client.force_login(cast.approver)
    assert client.get(address).status_code == 403
