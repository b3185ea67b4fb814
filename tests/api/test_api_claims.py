"""Claims of evidence over the API."""

import factories
import pytest
from factories.programs import Caller
from problems import faults, problem

from twofold.controls.models import EvidenceClaim
from twofold.ledger.queries import history
from twofold.people.access import Permission

KEY = "00000000-0000-4000-8000-000000000000"
WHY = {"reason": "The report was of another system."}


@pytest.fixture
def owner(cast, client):
    return Caller(client, factories.token(cast.owner, cast, Permission.READ, Permission.CLAIM))


@pytest.fixture
def approver(cast, client):
    return Caller(
        client, factories.token(cast.approver, cast, Permission.READ, Permission.ACCEPT_CLAIM)
    )


@pytest.fixture
def run(cast):
    return factories.implementation(cast, at=factories.now())


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, by=cast.engineer, at=factories.now())


@pytest.fixture
def given(run, item):
    return {
        "implementation": str(run.pk),
        "evidence": str(item.pk),
        "need": "monitoring-report",
        "statement": "The system was watched.",
    }


def test_a_claim_is_made_accepted_by_another_and_withdrawn(cast, owner, approver, run, item, given):
    made = owner.ask("POST", "/claims", given)
    address = f"/claims/{made.json()['id']}"
    own = owner.ask("POST", f"{address}/accept")
    accepted = approver.ask("POST", f"{address}/accept")
    refused = approver.ask("POST", f"{address}/withdraw", WHY)
    withdrawn = owner.ask("POST", f"{address}/withdraw", WHY)

    told = made.json()
    assert (made.status_code, told["state"], told["scope"]) == (201, "waiting", "Lending")
    assert (told["control"], told["evidence"], told["version"]) == ("TF-MON-01", str(item.pk), 1)
    assert told["claimed_by"] == cast.owner.email
    problem(own, 403)
    assert (accepted.json()["state"], accepted.json()["accepted_by"]) == (
        "accepted", cast.approver.email,
    )  # fmt: skip
    problem(refused, 403)
    assert withdrawn.json()["state"] == "withdrawn"
    assert withdrawn.json()["withdrawal"] == WHY["reason"]
    problem(owner.ask("POST", f"{address}/withdraw", WHY), 409)
    assert owner.ask("GET", address).json() == withdrawn.json()
    kinds = [line.entry.kind for line in history(EvidenceClaim.objects.get().ledger_subject)]
    assert [kind.rpartition(".")[2] for kind in kinds] == ["withdrawn", "accepted", "claimed"]


def test_a_claim_is_rejected_with_a_reason(cast, owner, approver, given):
    address = f"/claims/{owner.ask('POST', '/claims', given).json()['id']}"

    assert faults(approver.ask("POST", f"{address}/reject", {"reason": " "})) == {"reason"}
    rejected = approver.ask("POST", f"{address}/reject", WHY).json()

    assert (rejected["state"], rejected["rejection"]) == ("rejected", WHY["reason"])
    assert rejected["rejected_by"] == cast.approver.email


def test_a_part_of_the_period_is_claimed(owner, given):
    days = {"period_from": "2026-11-05", "valid_until": "2026-12-01"}
    told = owner.ask("POST", "/claims", {**given, **days, "version": 1}).json()

    assert (told["period_from"], told["period_to"], told["valid_until"]) == (
        "2026-11-05", "2026-11-15", "2026-12-01",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"implementation": KEY}, {"implementation"}),
        ({"evidence": KEY}, {"evidence"}),
        ({"version": 2}, {"evidence"}),
        ({"version": 0}, {"version"}),
        ({"need": "fairness-report"}, {"need"}),
        ({"statement": " "}, {"statement"}),
        ({"period_from": "2001-01-01"}, {"period_from"}),
        ({"period_to": "soon"}, {"period_to"}),
        ({"strange": 1}, {"strange"}),
    ],
)
def test_a_bad_claim_is_refused_by_field(owner, given, changes, fields):
    assert faults(owner.ask("POST", "/claims", {**given, **changes})) == fields
    assert not EvidenceClaim.objects.exists()


def test_claims_are_listed_narrowed_and_kept_from_others(cast, owner, run, item, client, given):
    row = factories.claim(run, item, cast, at=factories.now())
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.READ))

    def keys(query=""):
        return [entry["id"] for entry in owner.ask("GET", f"/claims{query}").json()]

    assert keys() == keys("?state=waiting") == keys(f"?implementation={run.pk}") == [str(row.pk)]
    assert keys("?state=accepted") == keys("?offset=1") == keys(f"?implementation={KEY}") == []
    assert outsider.ask("GET", "/claims").json() == []
    problem(outsider.ask("GET", f"/claims/{row.pk}"), 404)
    assert faults(owner.ask("GET", "/claims?state=strange")) == {"state"}


def test_a_list_costs_the_same_however_long_it_is(cast, owner, run, django_assert_max_num_queries):
    for _number in range(4):
        item = factories.evidence_item(cast, at=factories.now())
        factories.claim(run, item, cast, at=factories.now())

    with django_assert_max_num_queries(6):
        assert len(owner.ask("GET", "/claims").json()) == 4


def test_a_token_for_another_system_sees_no_claim(cast, run, item, client):
    factories.claim(run, item, cast, at=factories.now())
    system = factories.system(cast, code="loans", at=factories.now())
    narrow = factories.token(cast.owner, cast, Permission.READ, restricted_to=system.ledger_subject)

    assert Caller(client, narrow).ask("GET", "/claims").json() == []


def test_a_token_that_does_not_carry_it_claims_nothing(approver, given):
    problem(approver.ask("POST", "/claims", given), 403)
    assert not EvidenceClaim.objects.exists()
