"""Pages of the Statements of Applicability: prepared by one, approved by another, compared."""

import json
import re
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from factories import stated

from twofold.controls import actions
from twofold.controls.models import Statement
from twofold.ledger.queries import history

NOW = factories.now


@pytest.fixture
def cast(db):
    return factories.cast(NOW())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


@pytest.fixture
def approver(cast, client_of):
    return client_of(cast.approver)


@pytest.fixture
def client_of():
    def sign_in(person):
        client = Client()
        client.force_login(person)
        return client

    return sign_in


def unit(cast):
    return f"?unit={cast.unit.pk}"


def text(response):
    return response.content.decode()


def test_a_statement_is_prepared_by_one_and_approved_by_another(lead, approver, cast):
    stated.decide(cast, at=NOW())

    prepared = lead.post(f"/statements/42001/prepare/{unit(cast)}", {"change_note": "The first."})
    draft = Statement.objects.get()
    page = f"/statements/{draft.pk}/"
    own = lead.post(f"{page}approve/", {"effective_date": NOW().date()})
    approved = approver.post(f"{page}approve/", {"effective_date": NOW().date()})

    assert prepared["Location"] == approved["Location"] == page
    assert own.status_code == 422
    assert "Two persons are needed" in text(own)
    draft.refresh_from_db()
    assert (draft.unit, draft.approved_by, draft.change_note) == (
        cast.unit,
        cast.approver,
        "The first.",
    )
    assert [line.entry.kind for line in history(draft.ledger_subject)] == [
        "controls.statement.approved",
        "controls.statement.prepared",
    ]
    assert "Sealed" in text(approver.get(page))


def test_the_list_tells_what_blocks_an_approval(lead, cast):
    before = text(lead.get(f"/statements/{unit(cast)}"))
    stated.decide(cast, at=NOW())
    after = text(lead.get(f"/statements/{unit(cast)}"))

    assert before.count("Nobody has decided whether these apply:") == 2
    assert "and 81 more" in before
    assert after.count("Nobody has decided whether these apply:") == 1
    assert "Nothing: every control is decided, with its grounds." in after


def test_a_draft_with_open_points_is_not_approved(lead, approver, cast):
    lead.post(f"/statements/42001/prepare/{unit(cast)}", {"change_note": ""})
    draft = Statement.objects.get()

    refused = approver.post(f"/statements/{draft.pk}/approve/", {"effective_date": NOW().date()})

    assert refused.status_code == 422
    assert "Nobody has decided on 42001:A.2.2" in text(refused)
    assert "It cannot be approved yet" in text(lead.get(f"/statements/{draft.pk}/"))
    assert Statement.objects.get().approved_at is None


@pytest.mark.parametrize("day", ["", "soon", "2001-01-01"])
def test_a_day_that_cannot_be_is_named_beside_the_field(approver, cast, day):
    stated.decide(cast, at=NOW())
    draft = stated.prepare(cast, at=NOW())

    response = approver.post(f"/statements/{draft.pk}/approve/", {"effective_date": day})

    assert response.status_code == 422
    assert 'id="id_effective_date_error"' in text(response)
    assert Statement.objects.get().approved_at is None


def test_a_draft_that_the_facts_have_left_behind_says_so_and_is_not_approved(lead, approver, cast):
    stated.decide(cast, at=NOW())
    draft = stated.prepare(cast, at=NOW())
    factories.implementation(cast, at=NOW())

    shown = text(lead.get(f"/statements/{draft.pk}/"))
    refused = approver.post(f"/statements/{draft.pk}/approve/", {"effective_date": NOW().date()})
    compared = text(lead.get(f"/statements/{draft.pk}/compare/"))

    assert "The facts have changed since it was prepared" in shown
    assert refused.status_code == 422
    assert "TF-MON-01, Lending:" in compared
    assert "Not started" in compared


def test_rows_are_filtered_and_htmx_gets_the_rows_alone(lead, cast):
    stated.decide(cast, excluded={"42001:A.10.2": "Nobody supplies us."}, at=NOW())
    draft = stated.prepare(cast, at=NOW())
    page = f"/statements/{draft.pk}/"

    assert "38 of 38 controls" in text(lead.get(page))
    assert "1 of 38 controls" in text(lead.get(f"{page}?applicable=no"))
    assert "Nobody supplies us." in text(lead.get(f"{page}?applicable=no"))
    assert "37 of 38 controls" in text(lead.get(f"{page}?status=not_started"))
    assert "No control fits" in text(lead.get(f"{page}?status=implemented"))
    fragment = lead.get(f"{page}?q=a.6.2.6", headers={"HX-Request": "true"})
    assert "1 of 38 controls" in text(fragment)
    assert "<html" not in text(fragment)
    assert "HX-Request" in fragment["Vary"]


def test_two_versions_stand_side_by_side_from_the_earlier_to_the_later(lead, cast):
    first = stated.sealed(cast, at=NOW())
    factories.implementation(cast, at=NOW())
    second = stated.prepare(cast, at=NOW())

    for one, other in ((first, second), (second, first)):
        page = text(lead.get(f"/statements/{one.pk}/compare/?with={other.pk}"))
        assert "Version 1 and DRAFT of version 2" in page
        assert page.index("Not started") < page.index("Partly implemented")
    assert "Both say the same" in text(lead.get(f"/statements/{second.pk}/compare/"))


def test_versions_of_different_statements_are_not_compared(lead, cast):
    stated.decide(cast, "27001", at=NOW())
    one, other = stated.prepare(cast, "27001", at=NOW()), stated.prepare(cast, at=NOW())

    assert lead.get(f"/statements/{one.pk}/compare/?with={other.pk}").status_code == 404
    assert lead.get(f"/statements/{one.pk}/compare/?with=nothing").status_code == 404


@pytest.mark.parametrize(("name", "start"), [
    ("xlsx", b"PK"), ("docx", b"PK"), ("pdf", b"%PDF-1.7"), ("oscal", b"{"),
])  # fmt: skip
def test_a_version_is_downloaded_in_every_format(lead, cast, name, start):
    made = stated.sealed(cast, at=NOW())

    response = lead.get(f"/statements/{made.pk}/export/{name}/")

    assert response.status_code == 200
    assert response.content.startswith(start)
    assert response["Content-Disposition"].startswith('attachment; filename="soa-42001-v1.')


def test_a_sealed_version_shows_what_was_sealed(lead, cast):
    made = stated.sealed(cast, at=NOW())
    stated.decide(cast, excluded={"42001:A.10.2": "Changed our mind."}, at=NOW())
    factories.implementation(cast, at=NOW())

    page = text(lead.get(f"/statements/{made.pk}/"))
    plan = lead.get(f"/statements/{made.pk}/export/oscal/").content

    assert "Changed our mind." not in page
    assert "Partly implemented</" not in page.partition('id="rows"')[2]
    assert json.loads(plan)["system-security-plan"]["metadata"]["version"] == "1"
    assert "Changed our mind." not in plan.decode()


@pytest.mark.parametrize("who", ["outsider"])
def test_who_may_not_read_the_unit_finds_nothing(client_of, cast, who):
    made = stated.sealed(cast, at=NOW())
    client = client_of(getattr(cast, who))

    for path in ("", "approve/", "compare/", "export/xlsx/"):
        assert client.get(f"/statements/{made.pk}/{path}").status_code == 404
    assert client.get(f"/statements/{unit(cast)}").status_code == 404


@pytest.mark.parametrize("who", ["auditor", "reviewer", "owner", "approver"])
def test_who_only_reads_prepares_nothing(client_of, cast, who):
    client = client_of(getattr(cast, who))

    page = client.get(f"/statements/42001/prepare/{unit(cast)}")
    sent = client.post(f"/statements/42001/prepare/{unit(cast)}", {"change_note": ""})

    assert "You may not prepare one here" in text(page)
    assert sent.status_code == 422
    assert not Statement.objects.exists()


def test_the_widest_unit_that_one_may_read_is_shown_first(client_of, cast):
    assert f'value="{cast.root.pk}" selected' in text(client_of(cast.lead).get("/statements/"))
    # Of one unit there is nothing to choose.
    assert 'name="unit"' not in text(client_of(cast.approver).get("/statements/"))


@pytest.mark.parametrize("path", [
    "/statements/airmf/prepare/", "/statements/nothing/decide/", "/statements/?unit=x",
    "/statements/00000000-0000-4000-8000-000000000000/",
])  # fmt: skip
def test_what_is_not_there_is_refused_with_a_page(lead, path):
    assert lead.get(path).status_code in {400, 404}


def queries(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(path)
    assert response.status_code == 200
    return len(captured)


def test_a_version_in_effect_that_the_facts_have_outrun_says_so(lead, cast):
    made = stated.sealed(cast, at=NOW())
    pages = (f"/statements/{unit(cast)}", f"/statements/{made.pk}/")
    for page in pages:
        assert "The facts have changed since" not in text(lead.get(page))

    # The scope is told in every row that the control serves.
    factories.implementation(cast, at=NOW())

    compared = lead.get(f"/statements/{made.pk}/compare/").context["comparison"]
    for page in pages:
        shown = text(lead.get(page))
        assert "The facts have changed since" in shown
        assert f"{compared.differing} controls are told otherwise today." in shown
        assert f'href="/statements/{made.pk}/compare/"' in shown


def test_a_version_that_differs_in_no_row_says_that(lead, cast):
    made = stated.sealed(cast, at=NOW())
    factories.system(cast, at=NOW())

    for page in (f"/statements/{unit(cast)}", f"/statements/{made.pk}/"):
        assert "No control is told otherwise" in text(lead.get(page))


def test_pages_cost_the_same_number_of_queries_however_much_there_is(lead, cast):
    stated.decide(cast, "27001", at=NOW())
    stated.decide(cast, at=NOW())
    made = []
    for framework in ("27001", "42001"):
        factories.implementation(cast, of=factories.system(cast, at=NOW()), at=NOW())
        made.append(stated.approve(stated.prepare(cast, framework, at=NOW()), cast, at=NOW()))
    outrun, current = made
    few = [queries(lead, path) for path in paths_of(cast, outrun, current)]
    for _ in range(4):
        factories.implementation(cast, of=factories.system(cast, at=NOW()), at=NOW())
        current = stated.approve(stated.prepare(cast, "42001", at=NOW()), cast, at=NOW())

    many = [queries(lead, path) for path in paths_of(cast, outrun, current)]
    assert many == few
    assert max(few) < 40


def paths_of(cast, *versions):
    pages = [f"/statements/{row.pk}/{what}" for row in versions for what in ("", "compare/")]
    return [f"/statements/{unit(cast)}", *pages]


def test_the_record_of_a_statement_opens_its_page(lead, cast):
    made = stated.prepare(cast, at=NOW())

    assert lead.get(f"/records/{made.ledger_subject}/")["Location"] == f"/statements/{made.pk}/"


def test_a_version_is_in_effect_from_its_day(lead, cast):
    made = stated.sealed(cast, at=NOW())
    Statement.objects.filter(pk=made.pk).update(effective_date=NOW().date() + timedelta(days=5))

    page = text(lead.get(f"/statements/{unit(cast)}"))

    assert "Approved, not yet in effect" in page
    assert "No version is in effect." in page


def test_a_row_shows_its_first_evidence_and_counts_the_rest(lead, cast):
    for _ in range(12):
        run = factories.implementation(cast, of=factories.system(cast, at=NOW()), at=NOW())
        claim = factories.claim(run, factories.evidence_item(cast, at=NOW()), cast, at=NOW())
        actions.accept_claim(claim, by=factories.actor(cast.approver), at=NOW())
    draft = stated.prepare(cast, at=NOW())

    page = text(lead.get(f"/statements/{draft.pk}/?q=A.6.2.6"))

    assert "12 pieces" in page
    assert page.count("valid until") == 10
    assert "and 2 more, in the workbook" in page


def test_a_draft_that_was_prepared_anew_is_not_sealed_unseen(lead, approver, cast):
    stated.decide(cast, at=NOW())
    draft = stated.prepare(cast, at=NOW())
    page = f"/statements/{draft.pk}/approve/"
    (seen,) = re.findall(r'name="expected" value="(\d+)"', text(approver.get(page)))
    stated.prepare(cast, note="Prepared anew.", at=NOW())
    given = {"effective_date": NOW().date()}

    refused = approver.post(page, {**given, "expected": seen})

    assert refused.status_code == 422
    assert "It was changed since you opened it" in text(refused)
    assert Statement.objects.get().approved_at is None
    assert approver.post(page, {**given, "expected": int(seen) + 1}).status_code == 302
