"""One implementation as a page: what it shows, who may act, faults by field, nothing half-done."""

import re
from dataclasses import replace
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import governed
from factories.checked import check

from twofold.catalog.load import catalog
from twofold.controls import actions as controls
from twofold.controls.models import CheckResult, EvidenceClaim, Implementation
from twofold.controls.queries import checks_of, needs_of
from twofold.domain.checks import CheckKind, Outcome
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.reporting.checks import run_checks

PRODUCT = part_of_product("checks")
CONTROL = "TF-MON-01"


@pytest.fixture
def cast(db):
    """The cast, employed in real time: pages read the clock."""
    return factories.cast(factories.now())


@pytest.fixture
def system(cast):
    return factories.system(cast, code="loans", at=factories.now())


@pytest.fixture
def row(cast, system):
    return factories.implementation(cast, of=system, at=factories.now())


@pytest.fixture
def address(row):
    return f"/implementations/{row.pk}/"


@pytest.fixture
def owner(cast, client):
    client.force_login(cast.owner)
    return client


def text(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


def test_the_page_tells_how_it_is_run_and_how_it_stands(owner, cast, row, address):
    item = factories.evidence_item(cast, at=factories.now())
    claim = factories.claim(row, item, cast, at=factories.now())
    shown = text(owner, address)

    assert row.description in shown
    assert claim.statement in shown
    assert "no result yet: The newest monitoring report is at most 31 days old" in shown
    assert "Waits to be accepted" in shown
    assert "Implementation approved" in shown
    for need in needs_of(row):
        assert need.title in shown
    for entry in checks_of(row):
        assert entry.title in shown
    assert shown.count("Not run") == len(checks_of(row))


def test_each_outcome_has_its_own_word_and_sign(owner, cast, row, address):
    own = [check("systems", name=outcome.value) for outcome in Outcome]
    row = controls.set_checks(row, own, by=factories.actor(cast.owner), at=factories.now())
    for outcome in Outcome:
        governed.checked(
            row, cast, outcome, only=[entry for entry in own if entry.id == outcome],
            at=factories.now(),
        )  # fmt: skip
    shown = text(owner, address)

    for outcome, word, icon in (
        ("pass", "Passes", "circle-check"), ("fail", "Fails", "circle-x"),
        ("error", "Could not be checked", "unplug"), ("not_run", "Not run", "circle-dashed"),
    ):  # fmt: skip
        part = shown.partition(f"tf-outcome-{outcome}")[2][:400]
        assert word in part
        assert f"#{icon}" in part


def test_what_speaks_against_a_check_opens_its_record(owner, cast, row, system, address):
    wanted = [
        check("systems", name="unwatched", at_most=0, where=(("monitored", "no"),)),
        check("implementation", name="approved", kind=CheckKind.APPROVAL, by="approved_by"),
    ]
    row = controls.set_checks(row, wanted, by=factories.actor(cast.owner), at=factories.now())
    run_checks([row], by=PRODUCT, at=factories.now())
    shown = text(owner, address)

    assert "AI systems (monitored no): at most 0" in shown
    assert "counted: 1" in shown
    assert "1 of 1 do not" in shown
    assert f'<a href="/records/{system.ledger_subject}/">{system.name}</a>' in shown
    result = CheckResult.objects.get(check_id="unwatched")
    assert f'id="check-{result.pk}"' in shown
    assert owner.get(f"/records/{result.ledger_subject}/")["Location"] == (
        f"{address}#check-{result.pk}"
    )


def test_a_fault_is_told_and_a_rule_that_changed_since_is_marked(owner, cast, row, address):
    first, *others = checks_of(row)
    run_checks([row], by=PRODUCT, at=factories.now())
    CheckResult.objects.filter(check_id=first.id).update(outcome="error", fault="No such moon.")
    changed = replace(first, rule=replace(first.rule, days=17))
    controls.set_checks(row, [changed, *others], by=factories.actor(cast.owner), at=factories.now())
    shown = text(owner, address)

    assert "No such moon." in shown
    assert shown.count("The rule was changed since") == 1


def test_checks_are_run_from_the_page(owner, cast, row, address):
    answer = owner.post(f"{address}run/", follow=True)

    assert answer.redirect_chain[0][0] == f"{address}#checks"
    assert f"{len(checks_of(row))} checks ran." in answer.content.decode()
    result = CheckResult.objects.first()
    (line,) = history(result.ledger_subject)
    assert line.entry.actor == f"person:{cast.owner.pk}"
    assert owner.get(f"{address}run/").status_code == 405


@pytest.mark.parametrize(
    ("name", "offered"),
    [("owner", {"run", "revise", "needs", "checks", "retire", "claim"}),
     ("lead", {"run", "revise", "needs", "checks", "retire", "claim", "approve"}),
     ("auditor", {"run"}), ("approver", {"approve"}), ("reviewer", set())],
)  # fmt: skip
def test_the_page_offers_what_its_reader_may_do(client, cast, address, name, offered):
    client.force_login(getattr(cast, name))
    shown = text(client, address)

    acts = {"run", "revise", "needs", "checks", "retire", "claim", "approve"}
    assert {act for act in acts if f"{address}{act}/" in shown} == offered


@pytest.mark.parametrize("act", ["revise", "needs", "checks", "retire", "claim"])
@pytest.mark.parametrize("name", ["reviewer", "auditor", "approver"])
def test_who_may_not_act_is_refused(client, cast, row, address, act, name):
    client.force_login(getattr(cast, name))

    assert client.get(f"{address}{act}/").status_code == 403
    assert client.post(f"{address}{act}/", {"reason": "x", "description": "x"}).status_code == 403
    assert kinds(row) == ["approved", "described"]


def test_who_may_not_run_checks_is_refused(client, cast, address):
    client.force_login(cast.reviewer)

    assert client.post(f"{address}run/").status_code == 403
    assert not CheckResult.objects.exists()


@pytest.mark.parametrize("act", ["", "run/", "revise/", "needs/", "checks/", "retire/", "claim/"])
def test_an_outsider_finds_nothing(client, cast, address, act):
    client.force_login(cast.outsider)
    method = client.post if act == "run/" else client.get

    assert method(f"{address}{act}").status_code == 404


def test_description_and_owner_are_revised_and_the_approval_ends(owner, cast, row, address):
    given = {"owner": cast.lead.pk, "description": "Every day, by the desk."}

    assert row.description in text(owner, f"{address}revise/")
    assert owner.post(f"{address}revise/", given)["Location"] == address

    row.refresh_from_db()
    assert (row.owner, row.description) == (cast.lead, "Every day, by the desk.")
    assert row.approved_at is None
    assert kinds(row)[0] == "described"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"description": ""}, "description"), ({"description": "x" * 4001}, "description"),
     ({"owner": "nobody"}, "owner")],
)  # fmt: skip
def test_a_bad_revision_is_shown_again_with_the_fault(owner, cast, row, address, changes, field):
    given = {"owner": cast.owner.pk, "description": "Every day.", **changes}
    answer = owner.post(f"{address}revise/", given)

    assert answer.status_code == 422
    assert answer.context["form"].errors.keys() == {field}
    assert kinds(row) == ["approved", "described"]


def test_that_it_ends_is_taken_back(owner, row, address):
    owner.post(f"{address}retire/", {"reason": "The system is gone."})
    assert owner.post(f"{address}keep/")["Location"] == address
    row.refresh_from_db()
    assert (row.retirement_asked_at, row.retirement) == (None, "")
    assert f"{address}retire/" in text(owner, address)
    assert owner.post(f"{address}keep/").status_code == 409


def test_it_is_ended_with_a_reason_and_stays_readable(owner, cast, row, address):
    assert owner.post(f"{address}retire/", {"reason": " "}).status_code == 422
    assert owner.post(f"{address}retire/", {"reason": "The system is gone."})["Location"] == address
    waiting = text(owner, address)
    assert "waits for confirmation by another person" in waiting
    assert "State in this scope" in waiting
    assert f"{address}retire/confirm/" not in waiting
    assert owner.post(f"{address}retire/confirm/").status_code == 403
    row.refresh_from_db()
    assert row.retired_at is None
    approver = Client()
    approver.force_login(cast.approver)
    assert f"{address}retire/confirm/" in text(approver, address)
    assert approver.post(f"{address}retire/confirm/")["Location"] == address
    shown = text(owner, address)

    row.refresh_from_db()
    assert (row.retirement_asked_by, row.retired_by) == (cast.owner, cast.approver)
    assert row.retirement == "The system is gone."
    assert "The system is gone." in shown
    assert "State in this scope" not in shown
    for act in ("run", "revise", "needs", "checks", "retire", "claim"):
        assert f"{address}{act}/" not in shown
        assert owner.post(f"{address}{act}/").status_code == 409
    control = text(owner, f"/controls/{CONTROL}/")
    assert "No longer run" in control
    assert address in control


def needs_data(*rows, initial=2):
    data = {"need-TOTAL_FORMS": len(rows), "need-INITIAL_FORMS": initial}
    for number, (kind, title, days, *marks) in enumerate(rows):
        data |= {f"need-{number}-kind": kind, f"need-{number}-title": title,
                 f"need-{number}-period_days": days}  # fmt: skip
        data |= {f"need-{number}-{mark}": "on" for mark in marks}
    return data


def test_evidence_that_is_asked_for_is_adapted(owner, row, address):
    first, second = needs_of(row)[:2]
    data = needs_data(
        (first.kind, first.title, 62), (second.kind, second.title, second.period_days, "DELETE"),
        ("desk-log", "Log of the desk", 7), ("", "", ""),
    )  # fmt: skip

    assert first.title in text(owner, f"{address}needs/")
    assert owner.post(f"{address}needs/", data)["Location"] == address

    row.refresh_from_db()
    assert [(need.kind, need.period_days) for need in needs_of(row)] == [
        (first.kind, 62), ("desk-log", 7),
    ]  # fmt: skip
    assert kinds(row)[0] == "evidence_required"
    assert "Start from what the control suggests" in text(owner, f"{address}needs/")
    again = text(owner, f"{address}needs/?suggested")
    assert second.title in again
    assert "Log of the desk" not in again


@pytest.mark.parametrize(
    ("rows", "fault"),
    [([("a", "A", 0)], "greater than or equal to 1"), ([("a", "A", 1101)], "less than or equal to"),
     ([("Not A Kind", "A", 31)], "Small letters"), ([("a", "", 31)], "This field is required"),
     ([("a", "A", 31), ("a", "B", 31)], "asked for twice"),
     ([("k" * 61, "A", 31)], "at most 60 characters")],
)  # fmt: skip
def test_bad_evidence_is_shown_again_with_the_fault(owner, row, address, rows, fault):
    answer = owner.post(f"{address}needs/", needs_data(*rows, initial=0))

    assert answer.status_code == 422
    assert fault in answer.content.decode()
    row.refresh_from_db()
    assert row.needs is None


def test_a_control_that_nothing_shows_is_refused(owner, row, address):
    rows = [(need.kind, need.title, need.period_days, "DELETE") for need in needs_of(row)]
    answer = owner.post(f"{address}needs/", needs_data(*rows, initial=len(rows)))

    assert answer.status_code == 422
    assert "Ask for 1 to 20 kinds of evidence." in answer.content.decode()
    row.refresh_from_db()
    assert row.needs is None


def checks_data(row, **changes):
    data = {}
    for entry in checks_of(row):
        given = {"runs": "on", "title": entry.title, "days": entry.rule.days,
                 "at_least": entry.rule.at_least, "at_most": entry.rule.at_most}  # fmt: skip
        data |= {f"{entry.id}-{key}": value for key, value in given.items() if value is not None}
    return {**data, **changes}


def test_checks_are_chosen_and_made_stricter(owner, row, address):
    fresh, *others = checks_of(row)
    data = checks_data(row, **{f"{fresh.id}-days": 14, f"{fresh.id}-title": "At most a fortnight"})
    dropped = others.pop()
    del data[f"{dropped.id}-runs"]

    assert dropped.title in text(owner, f"{address}checks/")
    assert owner.post(f"{address}checks/", data)["Location"] == address

    row.refresh_from_db()
    assert checks_of(row) == (
        replace(fresh, title="At most a fortnight", rule=replace(fresh.rule, days=14)),
        *others,
    )
    assert kinds(row)[0] == "checks_set"
    # What was left out can be chosen again.
    assert dropped.title in text(owner, f"{address}checks/")


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [("days", "0", "greater than or equal to 1"), ("days", "soon", "whole number"),
     ("days", "1101", "less than or equal to 1100"), ("title", "", "This field is required")],
)  # fmt: skip
def test_a_bad_check_is_shown_again_with_the_fault(owner, row, address, part, value, fault):
    first = checks_of(row)[0]
    answer = owner.post(f"{address}checks/", checks_data(row, **{f"{first.id}-{part}": value}))

    assert answer.status_code == 422
    assert fault in answer.content.decode()
    row.refresh_from_db()
    assert row.checks is None


def test_a_rule_that_contradicts_itself_is_refused_beside_its_limit(owner, cast, row, address):
    both = check("systems", at_least=1, at_most=3)
    row = controls.set_checks(row, [both], by=factories.actor(cast.owner), at=factories.now())
    answer = owner.post(f"{address}checks/", checks_data(row, **{"own-check-at_most": "0"}))

    assert answer.status_code == 422
    (form,) = [form for form in answer.context["given"].forms if form.check.id == "own-check"]
    assert form.errors.keys() == {"at_most"}


def test_a_check_kept_from_before_that_more_evidence_could_break_is_refused_or_left_out(
    owner, row, address
):
    waiting = {"kind": "threshold", "of": "claims", "measure": "age_days", "at_most": 30}
    kept = [{"id": "own-check", "title": "None waits", "rule": waiting}]
    Implementation.objects.filter(pk=row.pk).update(checks=kept)
    row.refresh_from_db()

    answer = owner.post(f"{address}checks/", checks_data(row))

    assert answer.status_code == 422
    assert "kind must be freshness or count over claims" in answer.content.decode()
    Implementation.objects.filter(pk=row.pk).update(checks=None)
    row.refresh_from_db()
    suggested = checks_data(row)
    Implementation.objects.filter(pk=row.pk).update(checks=kept)
    data = {**suggested, "own-check-title": "None waits", "own-check-at_most": 30}
    assert owner.post(f"{address}checks/", data).status_code == 302


def test_a_control_that_left_the_library_keeps_its_ended_pages(owner, cast, row, address):
    by, at = factories.actor(cast.lead), factories.now()
    factories.retire(row, reason="Gone.", by=by, at=at)
    controls.retire_control(CONTROL, reason="Another one does it.", by=by, at=at)

    assert CONTROL in text(owner, address)


def grow(cast, row):
    at = factories.now()
    item = factories.evidence_item(cast, at=at)
    claim = factories.claim(row, item, cast, at=at)
    controls.accept_claim(claim, by=factories.actor(cast.lead), at=at)
    factories.system(cast, at=at)
    run_checks(Implementation.objects.select_related("unit", "system"), by=PRODUCT, at=at)


def test_the_page_costs_as_many_queries_for_many_claims_as_for_one(owner, cast, address, row):
    wanted = [check("systems", name="unwatched", at_most=0, where=(("monitored", "no"),))]
    of_unit = factories.implementation(cast, at=factories.now())
    controls.set_checks(of_unit, wanted, by=factories.actor(cast.owner), at=factories.now())
    address = f"/implementations/{of_unit.pk}/"
    grow(cast, of_unit)
    text(owner, address)
    with CaptureQueriesContext(connection) as one:
        text(owner, address)
    for _number in range(14):
        grow(cast, of_unit)
    text(owner, address)
    with CaptureQueriesContext(connection) as many:
        shown = text(owner, address)

    assert len(many) == len(one)
    assert EvidenceClaim.objects.count() == 15
    assert shown.count('class="tf-claim"') == 12
    assert "3 older ones are not shown" in shown


@pytest.mark.parametrize("control", [entry.id for entry in catalog().controls][::7])
def test_checks_of_every_control_have_words(owner, cast, control):
    row = factories.implementation(cast, control=control, at=factories.now())
    run_checks([row], by=PRODUCT, at=factories.now())

    shown = text(owner, f"/implementations/{row.pk}/")

    assert shown.count('class="tf-check"') == len(checks_of(row))
    assert text(owner, f"/implementations/{row.pk}/checks/").count("<fieldset") == len(
        checks_of(row)
    )


def test_an_approval_of_what_was_changed_meanwhile_is_refused_and_shown_anew(client, cast, system):
    row = factories.implementation(cast, of=system, approved=False, at=factories.now())
    client.force_login(cast.approver)
    address = f"/implementations/{row.pk}/approve/"
    seen = re.search(r'name="expected" value="(\d+)"', text(client, address))[1]
    controls.revise_implementation(
        row, owner=cast.owner, description="Otherwise now.",
        by=factories.actor(cast.owner), at=factories.now(),
    )  # fmt: skip
    due = (factories.now() + timedelta(days=90)).date().isoformat()

    refused = client.post(address, {"review_due_date": due, "expected": seen})

    page = refused.content.decode()
    assert refused.status_code == 422
    assert "It was changed since you opened it" in page
    assert "Otherwise now." in page
    row.refresh_from_db()
    assert row.approved_at is None
    # What the page shows now can be approved from it.
    again = re.search(r'name="expected" value="(\d+)"', page)[1]
    assert int(again) == int(seen) + 1
    assert client.post(address, {"review_due_date": due, "expected": again}).status_code == 302
