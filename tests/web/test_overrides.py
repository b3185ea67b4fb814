"""Statuses set by hand: asked for on the requirement, approved by another, shown as such."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed

from twofold.controls.models import Override
from twofold.ledger.queries import history
from twofold.reporting.standing import forget

PAGE = "/requirements/27001:A.8.15/"
ASK = f"{PAGE}override/"


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def signed_in(client):
    def _signed_in(somebody):
        client.force_login(somebody)
        return client

    return _signed_in


@pytest.fixture
def given(cast):
    governed.approve_everywhere(cast)
    return {
        "status": "conforming",
        "reason": "The archive shows it.",
        "expires_date": (factories.now() + timedelta(days=60)).date().isoformat(),
        "unit": cast.root.pk,
    }


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def verdict(page):
    return page.partition('class="tf-verdict"')[2].partition("</ul>")[0]


def test_a_status_is_asked_for_approved_by_another_and_shown_beside_the_computed_one(
    cast, signed_in, given
):
    governed.decision(cast, at=factories.now())
    lead = signed_in(cast.lead)
    assert lead.post(ASK, given)["Location"] == PAGE
    row = Override.objects.get()
    waiting = text_of(lead.get(PAGE))
    assert "Waits for approval" in waiting
    assert "Set by hand" not in verdict(waiting)

    own = text_of(lead.post(f"/overrides/{row.pk}/approve/"), 403)
    assert "Two persons are needed" in own
    approver = signed_in(cast.approver)
    assert approver.post(f"/overrides/{row.pk}/approve/")["Location"] == PAGE

    shown = text_of(signed_in(cast.lead).get(PAGE))
    head = verdict(shown)
    assert head.index("Conforming") < head.index("Set by hand") < head.index("Gap")
    for words in ("The archive shows it.", "Lead, ", "Approver, "):
        assert words in shown.partition('id="override"')[2]
    assert [line.entry.kind for line in history(row.ledger_subject)] == [
        "controls.override.approved",
        "controls.override.requested",
    ]


def test_a_requirement_set_by_hand_is_marked_in_the_list_and_counted_on_its_card(cast, signed_in):
    governed.override(cast, at=factories.now())
    lead = signed_in(cast.lead)

    row = text_of(lead.get("/requirements/?q=A.8.15")).partition("<tbody>")[2]
    only = text_of(lead.get("/requirements/?by_hand=yes"))
    card = text_of(lead.get("/"))

    assert "Set by hand" in row
    assert "1 requirement<" in only
    assert "1 of them set by hand" in card
    assert "/requirements/?framework=27001&amp;by_hand=yes" in card


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"status": "effective"}, "status", "is not one of the available choices"),
        ({"reason": " "}, "reason", "This field is required."),
        ({"reason": "x" * 1001}, "reason", "at most 1000 characters"),
        ({"expires_date": "2001-01-01"}, "expires_date", "An override ends within 365 days."),
        ({"expires_date": "soon"}, "expires_date", "Enter a valid date."),
        ({"unit": ""}, "unit", "This field is required."),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_is_asked_for(
    cast, signed_in, given, changes, field, reason
):
    page = text_of(signed_in(cast.lead).post(ASK, {**given, **changes}), 422)

    assert reason in page.partition(f'id="override-{field}_error"')[2].partition("</div>")[0]
    assert not Override.objects.exists()


def test_a_second_one_for_the_same_requirement_is_refused(cast, signed_in, given):
    lead = signed_in(cast.lead)
    lead.post(ASK, given)

    assert "An override stands or waits there already." in text_of(lead.post(ASK, given), 422)
    assert Override.objects.count() == 1


def test_who_may_not_ask_or_approve_is_offered_neither_and_refused(cast, signed_in, given):
    waiting = governed.override(cast, approved=False, at=factories.now())
    page = signed_in(cast.auditor)

    shown = text_of(page.get(PAGE))
    assert "Ask for another status" not in shown
    assert "/approve/" not in shown
    assert "/withdraw/" not in shown
    assert page.post(ASK, given).status_code == 403
    for act in ("approve", "withdraw"):
        assert page.post(f"/overrides/{waiting.pk}/{act}/").status_code == 403
    waiting.refresh_from_db()
    assert (waiting.approved_at, waiting.withdrawn_at) == (None, None)


def test_an_override_of_another_unit_is_not_there(cast, signed_in):
    row = governed.override(cast, at=factories.now())
    outsider = signed_in(cast.outsider)

    for act in ("approve", "withdraw"):
        assert outsider.post(f"/overrides/{row.pk}/{act}/").status_code == 404
    assert "The archive of the old system" not in text_of(outsider.get("/overrides/"))


def test_a_withdrawn_override_gives_way_to_the_computed_status(cast, signed_in):
    row = governed.override(cast, at=factories.now())
    lead = signed_in(cast.lead)

    assert lead.post(f"/overrides/{row.pk}/withdraw/", {"next": "/overrides/"})["Location"] == (
        "/overrides/"
    )

    assert "Set by hand" not in verdict(text_of(lead.get(PAGE)))
    assert lead.post(f"/overrides/{row.pk}/withdraw/").status_code == 409


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/"])
def test_an_act_leads_nowhere_else(cast, signed_in, address):
    row = governed.override(cast, approved=False, at=factories.now())

    answer = signed_in(cast.approver).post(f"/overrides/{row.pk}/approve/", {"next": address})

    assert answer["Location"] == PAGE


@pytest.mark.parametrize(
    ("query", "shown"),
    [("", {"A.8.15", "A.5.1"}), ("?state=waiting", {"A.5.1"}), ("?state=standing", {"A.8.15"}),
     ("?state=withdrawn", set()), ("?state=strange", {"A.8.15", "A.5.1"})],
)  # fmt: skip
def test_the_list_is_narrowed(cast, signed_in, query, shown):
    governed.override(cast, at=factories.now())
    governed.override(cast, requirement="27001:A.5.1", approved=False, at=factories.now())

    page = text_of(signed_in(cast.lead).get(f"/overrides/{query}"))

    assert {key for key in ("A.8.15", "A.5.1") if f"/requirements/27001:{key}/" in page} == shown
    assert ("None is in this state" in page) == (not shown)


def test_an_empty_list_says_that_every_state_is_computed(cast, signed_in):
    assert "No status is set by hand" in text_of(signed_in(cast.lead).get("/overrides/"))


def test_many_overrides_cost_what_one_costs(cast, signed_in):
    lead, counts = signed_in(cast.lead), []
    for requirements in (["27001:5.1"], ["27001:5.2", "27001:5.3", "27001:6.2", "27001:7.2"]):
        for requirement in requirements:
            governed.override(cast, requirement=requirement, at=factories.now())
        forget()
        with CaptureQueriesContext(connection) as queries:
            text_of(lead.get("/overrides/"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_records_of_overrides_lead_to_their_requirement(cast, signed_in):
    row = governed.override(cast, at=factories.now())

    answer = signed_in(cast.lead).get(f"/records/{row.ledger_subject}/")

    assert answer["Location"] == f"{PAGE}#override"
