"""What a statement says: computed from records that the product's actions wrote."""

from datetime import date, timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import AT, stated

from twofold.controls import actions
from twofold.controls.actions import Decision
from twofold.controls.actions.statements import canonical
from twofold.controls.exclusions import Need, asking
from twofold.controls.queries import control_values, library_control
from twofold.domain.readiness import Status
from twofold.findings import actions as findings
from twofold.findings.models import Grade
from twofold.people.errors import AccessDenied, InvalidInput
from twofold.people.models import Role
from twofold.reporting.soa.content import content, content_for, open_points
from twofold.reporting.soa.rows import SHORT, shortened

#: A control of each annex that the monitoring control serves.
WATCHED, EVENTS = "42001:A.6.2.6", "27001:A.8.16"
TOML = """
[[control]]
id = "OWN-01"
title = "Two people at the till"
purpose = "Nobody counts the day's money alone."
activities = ["Two people count the money every evening.", "Both sign the sheet."]
owner_role = "Branch lead"
[[control.evidence]]
kind = "till-sheets"
title = "Signed sheets"
period_days = 31
[[control.requirement]]
id = "27001:9.1"
relation = "subset"
strength = 2
rationale = "Counting the till is one measurement among those that the clause asks for."
"""


def said(cast, framework="42001", *, by=None, unit=None, at=AT):
    by = factories.actor(by or cast.lead)
    return content(framework, unit=unit or cast.unit, by=by, at=at)


def row(cast, key, **options):
    rows = said(cast, key.partition(":")[0], **options)["rows"]
    return next(entry for entry in rows if entry["id"] == key)


def add_own(cast):
    actions.add_controls(
        TOML, file_name="own.toml", reason="The regulator asks for it.",
        by=factories.actor(cast.lead), at=AT,
    )  # fmt: skip


@pytest.mark.parametrize(("framework", "count", "first", "last"), [
    ("27001", 93, "27001:A.5.1", "27001:A.8.34"), ("42001", 38, "42001:A.2.2", "42001:A.10.4"),
])  # fmt: skip
def test_every_control_of_the_annex_stands_in_the_order_of_the_standard(
    cast, framework, count, first, last
):
    found = said(cast, framework)

    ids = [entry["id"] for entry in found["rows"]]
    assert (len(ids), ids[0], ids[-1]) == (count, first, last)
    assert ids == stated.annex(framework)
    assert all(entry["title"] and entry["group"] for entry in found["rows"])
    assert found["framework"]["id"] == framework
    assert (found["organisation"], found["unit"]["name"]) == ("Acme", "Lending")
    assert found["as_of"] == AT.date().isoformat()


def test_what_nobody_has_decided_is_told_as_undecided(cast):
    found = said(cast)

    assert {entry["applicable"] for entry in found["rows"]} == {None}
    assert {entry["status"] for entry in found["rows"]} == {"not_started"}
    assert found["summary"]["undecided"] == found["summary"]["controls"] == 38
    assert found["summary"]["applicable"] == found["summary"]["statuses"]["not_started"] == 0


def test_a_decision_is_told_with_its_grounds_and_an_exclusion_with_its_reason(cast):
    stated.decide(cast, excluded={"42001:A.10.2": "Nobody supplies us."})

    kept, out = row(cast, WATCHED), row(cast, "42001:A.10.2")

    assert kept["applicable"] is True
    assert kept["grounds"] == [{"kind": "risk", "reference": "R-1 Unwatched decisions"}]
    assert kept["decided_on"] == AT.date().isoformat()
    assert kept["decision"].startswith("controls.applicability:")
    assert (out["applicable"], out["grounds"], out["reason"]) == (False, [], "Nobody supplies us.")
    assert said(cast)["summary"]["excluded"] == 1


def test_how_it_is_implemented_is_told_by_control_scope_owner_and_evidence(cast):
    system = factories.system(cast, code="loans")
    run = factories.implementation(cast, of=system)
    item = factories.evidence_item(cast)
    made = factories.claim(run, item, cast)
    actions.accept_claim(made, by=factories.actor(cast.approver), at=AT)

    found = row(cast, WATCHED)

    (how,) = [entry for entry in found["how"] if entry["control"] == "TF-MON-01"]
    (scope,) = how["scopes"]
    assert scope["scope"] == "Loans"
    assert scope["owner"] == f"person:{cast.owner.pk}"
    assert scope["approved_on"] == AT.date().isoformat()
    assert scope["text"] == run.description
    (shown,) = found["evidence"]
    assert (shown["title"], shown["record"]) == (item.title, made.ledger_subject)
    assert date.fromisoformat(shown["valid_until"]) > AT.date()
    assert found["systems"] == ["loans"]
    assert said(cast)["systems"] == [{"code": "loans", "name": "Loans", "stage": "operation"}]
    assert (found["status"], found["since"]) == ("partly", AT.date().isoformat())


def test_evidence_that_nobody_has_accepted_is_not_told(cast):
    run = factories.implementation(cast, of=factories.system(cast))
    factories.claim(run, factories.evidence_item(cast), cast)

    assert row(cast, WATCHED)["evidence"] == []


def test_a_description_that_awaits_approval_is_a_plan(cast):
    factories.implementation(cast, approved=False)

    assert row(cast, WATCHED)["status"] == "planned"


def test_a_control_of_a_whole_unit_covers_its_systems_in_the_statement_on_ai_alone(cast):
    factories.system(cast, code="loans")
    factories.implementation(cast)

    assert row(cast, WATCHED)["systems"] == ["loans"]
    assert row(cast, EVENTS)["systems"] == []


def test_an_open_finding_is_told_until_it_is_closed(cast):
    run = factories.implementation(cast)
    finding = findings.raise_finding(
        findings.Observed("No reports", "None since March.", Grade.MINOR, implementation=run),
        unit=cast.unit, by=factories.actor(cast.owner), at=AT,
    )  # fmt: skip

    (told,) = row(cast, WATCHED)["findings"]
    assert (told["grade"], told["record"]) == ("minor", finding.ledger_subject)
    assert "No reports" in told["title"]
    assert said(cast)["summary"]["with_findings"] > 0
    answer = findings.Answer("Nobody read it.", "It is read.", AT.date() + timedelta(9), cast.owner)
    findings.answer_finding(finding, answer, by=factories.actor(cast.owner), at=AT)
    findings.close_finding(
        finding, effectiveness="It is read.", by=factories.actor(cast.lead), at=AT
    )
    assert row(cast, WATCHED)["findings"] == []


def test_a_status_set_by_hand_is_told_beside_the_computed_one(cast):
    factories.implementation(cast)
    before = row(cast, WATCHED)["status"]
    made = actions.request_override(
        WATCHED, status=Status.CONFORMING, reason="The auditor saw it.",
        expires_date=AT.date() + timedelta(days=30), unit=cast.unit,
        by=factories.actor(cast.lead), at=AT,
    )  # fmt: skip
    assert row(cast, WATCHED)["override"] is None
    actions.approve_override(made, by=factories.actor(cast.approver), at=AT)

    found = row(cast, WATCHED)

    assert found["status"] == before
    assert found["override"]["status"] == "conforming"
    assert (found["override"]["reason"], found["override"]["record"]) == (
        "The auditor saw it.",
        made.ledger_subject,
    )
    assert row(cast, WATCHED, at=AT + timedelta(days=31))["override"] is None


def test_an_own_control_stands_behind_the_annex_once_it_is_run(cast):
    add_own(cast)
    assert len(said(cast, "27001")["rows"]) == 93
    factories.implementation(cast, control="OWN-01")

    found = said(cast, "27001")

    own = found["rows"][-1]
    assert (own["id"], own["own"], own["applicable"]) == ("OWN-01", True, True)
    assert own["grounds"] == [{"kind": "business", "reference": "The regulator asks for it."}]
    assert own["how"][0]["scopes"][0]["scope"] == "Lending"
    assert found["summary"]["own"] == 1
    assert said(cast, "42001")["rows"][-1]["id"] == "OWN-01"


def test_the_ground_of_an_own_control_is_why_it_was_added_and_not_why_it_was_changed(cast):
    add_own(cast)
    lead, later = factories.actor(cast.lead), AT + timedelta(days=2)
    values = {**control_values(library_control("OWN-01")), "owner_role": "Cashier"}
    actions.adapt_control("OWN-01", values, reason="Another role.", by=lead, at=later)
    factories.implementation(cast, control="OWN-01")

    own = said(cast, "27001", at=later)["rows"][-1]

    assert own["grounds"] == [{"kind": "business", "reference": "The regulator asks for it."}]
    assert own["decided_on"] == AT.date().isoformat()


def test_only_what_is_told_is_read(cast):
    run = factories.implementation(cast)
    shown, unseen = (factories.claim(run, factories.evidence_item(cast), cast) for _ in range(2))
    actions.accept_claim(shown, by=factories.actor(cast.approver), at=AT)
    unit = cast.elsewhere
    actions.implement("TF-MON-01", unit=unit, owner=None, description="Elsewhere.",
                      by=factories.actor(cast.lead), at=AT)  # fmt: skip
    said(cast)

    with CaptureQueriesContext(connection) as captured:
        said(cast)

    asked = [query["sql"] for query in captured]
    (rows,) = [sql for sql in asked if 'FROM "controls_implementation"' in sql]
    (titles,) = [sql for sql in asked if 'FROM "controls_evidenceclaim"' in sql]
    assert run.pk.hex in rows.replace("-", "")
    assert rows.partition("WHERE")[2].count(",") == 0
    assert shown.pk.hex in titles.replace("-", "")
    assert unseen.pk.hex not in titles.replace("-", "")


def test_an_own_control_that_serves_the_annex_stands_in_the_rows_that_it_serves(cast):
    toml = TOML.replace("27001:9.1", EVENTS)
    actions.add_controls(toml, file_name="own.toml", reason="Asked for.",
                         by=factories.actor(cast.lead), at=AT)  # fmt: skip
    factories.implementation(cast, control="OWN-01")

    assert [how["control"] for how in row(cast, EVENTS)["how"]] == ["OWN-01"]
    assert len(said(cast, "27001")["rows"]) == 93


def test_what_is_run_for_a_unit_above_is_run_for_this_one_too_and_a_system_there_is_not(cast):
    lead = factories.actor(cast.lead)
    actions.implement("TF-MON-01", unit=cast.root, owner=cast.lead, description="For all.",
                      by=lead, at=AT)  # fmt: skip
    factories.implementation(cast)

    scopes = [scope["scope"] for how in row(cast, WATCHED)["how"] for scope in how["scopes"]]
    elsewhere = row(cast, WATCHED, by=cast.outsider, unit=cast.elsewhere)["how"]

    assert scopes == ["Acme", "Lending"]
    assert [scope["scope"] for how in elsewhere for scope in how["scopes"]] == ["Acme"]


def test_it_says_the_same_whoever_asks_and_at_any_time_of_the_day(cast):
    factories.claim(factories.implementation(cast), factories.evidence_item(cast), cast)
    stated.decide(cast)

    texts = {
        canonical(said(cast, by=by, at=at))
        for by in (cast.lead, cast.approver, cast.auditor, cast.reviewer)
        for at in (AT, AT.replace(hour=23))
    }

    assert len(texts) == 1


def test_it_holds_no_name_of_a_person(cast):
    factories.implementation(cast)
    stated.decide(cast)

    text = canonical(said(cast))

    assert not [
        person
        for person in (cast.owner, cast.lead, cast.approver)
        if person.email in text or f'"{person.name}"' in text
    ]


def test_on_a_later_day_a_version_says_the_same_while_nothing_has_changed(cast):
    stated.decide(cast)
    draft = stated.prepare(cast)

    later = content_for(draft, by=factories.actor(cast.lead), at=AT + timedelta(days=3))

    assert canonical(later) == draft.content


def test_who_may_not_read_the_unit_is_told_nothing(cast):
    with pytest.raises(AccessDenied):
        said(cast, by=cast.outsider)


@pytest.mark.parametrize("framework", ["airmf", "euaia", "nothing", ""])
def test_only_a_standard_has_a_statement(cast, framework):
    with pytest.raises(InvalidInput) as refusal:
        said(cast, framework)

    assert refusal.value.field == "framework"


def test_what_is_undecided_groundless_or_needed_is_an_open_point(cast):
    lead = factories.actor(cast.lead)
    everything = stated.annex("42001")
    actions.decide_applicability(
        [Decision(everything[0], applicable=True, reason="Yes."),
         Decision(everything[1], applicable=False, reason="No.")],
        unit=cast.unit, by=lead, at=AT,
    )  # fmt: skip

    def needed(requirements, unit):
        return [Need(key, "R-7 Bias") for key in requirements]

    with asking(needed):
        points = open_points(said(cast), cast.unit)

    assert points.groundless == (everything[0],)
    assert points.undecided == tuple(everything[2:])
    assert points.needed == {everything[1]: ["R-7 Bias"]}
    assert points
    stated.decide(cast)
    assert not open_points(said(cast), cast.unit)


@pytest.mark.parametrize(("text", "short"), [
    ("One.\n\nTwo.", "One. Two."), ("x" * SHORT, "x" * SHORT), ("ab " * 200, None),
    ("y" * (SHORT + 1), "y" * (SHORT - 1) + "…"),
])  # fmt: skip
def test_a_long_description_is_cut_at_a_word(text, short):
    found = shortened(text)

    assert len(found) <= SHORT
    assert found == (short or f"{('ab ' * 79).strip()}…")


def queries_with(cast, systems):
    for _ in range(systems):
        run = factories.implementation(cast, of=factories.system(cast))
        made = factories.claim(run, factories.evidence_item(cast), cast)
        actions.accept_claim(made, by=factories.actor(cast.approver), at=AT)
    # What changed is read anew by whoever comes first.
    said(cast)
    with CaptureQueriesContext(connection) as captured:
        found = said(cast)
    assert len(found["systems"]) >= systems
    return len(captured)


def test_it_costs_the_same_number_of_queries_however_much_there_is(cast):
    stated.decide(cast)

    assert queries_with(cast, 1) == queries_with(cast, 6) <= 12


def test_a_person_with_a_role_below_may_not_speak_for_the_whole(cast):
    assert Role.APPROVER in {a.role for a in cast.approver.assignments.all()}
    with pytest.raises(AccessDenied):
        said(cast, by=cast.approver, unit=cast.root)
