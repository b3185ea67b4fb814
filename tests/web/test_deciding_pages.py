"""Deciding with grounds: one control on its page, and a whole annex on one."""

import html
import re

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import stated

from twofold.controls.exclusions import Need, asking
from twofold.controls.models import Applicability

NOW = factories.now
PAGE = "/statements/42001/decide/"
POLICY, SUPPLIERS = "A.2.2", "A.10.2"
COUNT = 38


@pytest.fixture
def cast(db):
    return factories.cast(NOW())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


def text(response):
    return html.unescape(response.content.decode())


def form(client, cast):
    """Return what a browser would send of the page as it stands."""
    page = client.get(f"{PAGE}?unit={cast.unit.pk}").content.decode()
    hidden = re.findall(r'<input type="hidden" name="([^"]+-seen)" value="([^"]*)"', page)
    given = {"unit": str(cast.unit.pk), **dict(hidden)}
    for name, area in re.findall(
        r'<textarea name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', page, re.DOTALL
    ):
        given[name] = html.unescape(area)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'value="([^"]*)"[^>]* selected', options)
        given[name] = chosen[1] if chosen else ""
    return given


def row(reference, applicable, reason="", grounds=""):
    return {f"{reference}-applicable": applicable, f"{reference}-reason": reason,
            f"{reference}-grounds": grounds}  # fmt: skip


def decided(reference):
    return Applicability.objects.get(requirement=f"42001:{reference}")


def test_a_control_is_decided_with_as_many_grounds_as_are_filled_in(lead, cast):
    path = f"/requirements/42001:{POLICY}/"
    given = {
        "applicable": "yes", "reason": "We make promises with AI.",
        "ground-0-kind": "law", "ground-0-reference": "EU AI Act",
        "ground-1-kind": "", "ground-1-reference": "",
        "ground-2-kind": "risk", "ground-2-reference": "R-1 Bias",
    }  # fmt: skip

    response = lead.post(path, given)

    assert response["Location"] == path
    assert decided(POLICY).grounds == [
        {"kind": "law", "reference": "EU AI Act"},
        {"kind": "risk", "reference": "R-1 Bias"},
    ]
    page = text(lead.get(path))
    assert "Law or regulation: EU AI Act" in page
    # The decision stands in the form, with a place for one more ground.
    assert 'value="R-1 Bias"' in page
    assert 'name="ground-2-kind"' in page
    assert 'name="ground-3-kind"' not in page


@pytest.mark.parametrize(("changes", "wrong"), [
    ({"ground-0-kind": "law"}, "Say what it refers to."),
    ({"ground-0-reference": "R-1"}, "Choose the kind of ground."),
    ({"ground-0-kind": "whim", "ground-0-reference": "R-1"}, "Select a valid choice."),
    ({"ground-0-kind": "law", "ground-0-reference": "x" * 201}, "at most 200 characters"),
    ({"applicable": "no", "ground-0-kind": "law", "ground-0-reference": "EU AI Act"},
     "it has no grounds for inclusion"),
])  # fmt: skip
def test_half_a_ground_is_refused_and_nothing_is_lost(lead, cast, changes, wrong):
    given = {"applicable": "yes", "reason": "Because.", "ground-1-kind": "risk",
             "ground-1-reference": "R-2 Drift", **changes}  # fmt: skip

    response = lead.post(f"/requirements/42001:{POLICY}/", given)

    assert response.status_code == 422
    assert wrong in text(response)
    assert "R-2 Drift" in text(response)
    assert not Applicability.objects.exists()


def test_more_places_for_grounds_are_given_without_script_and_without_loss(lead, cast):
    given = {"applicable": "no", "reason": "Half a", "ground-0-kind": "law",
             "ground-0-reference": "", "more": "yes"}  # fmt: skip

    page = lead.post(f"/requirements/42001:{POLICY}/", given)

    assert page.status_code == 200
    assert "Half a</textarea>" in text(page)
    assert 'name="ground-2-kind"' in text(page)
    assert not Applicability.objects.exists()


def test_only_what_is_changed_is_recorded(lead, cast):
    stated.decide(cast, at=NOW())
    before = {entry.requirement: entry.decided_at for entry in Applicability.objects.all()}
    given = form(lead, cast) | row(SUPPLIERS, "no", "Nobody supplies us.")

    response = lead.post(PAGE, given)

    assert response["Location"] == f"/statements/?unit={cast.unit.pk}"
    changed = {
        entry.requirement
        for entry in Applicability.objects.all()
        if entry.decided_at != before[entry.requirement]
    }
    assert changed == {f"42001:{SUPPLIERS}"}
    assert (decided(SUPPLIERS).applicable, decided(SUPPLIERS).grounds) == (False, [])
    assert "1 decision is recorded." in text(lead.get(response["Location"]))


def test_a_page_that_is_sent_as_it_stands_changes_nothing(lead, cast):
    stated.decide(cast, at=NOW())
    given = form(lead, cast)
    assert len(given) < 1000

    response = lead.post(PAGE, given)

    assert "Nothing was changed." in text(lead.get(response["Location"]))


def test_all_that_are_left_are_included_for_one_reason(lead, cast):
    given = form(lead, cast) | row(SUPPLIERS, "no", "Nobody supplies us.")
    given |= row(POLICY, "yes", "We promise.", "law: EU AI Act\r\nContract: Frame with ours")
    given |= {"all-fill": "on", "all-reason": "Part of the system.", "all-grounds": "risk: R-1"}

    lead.post(PAGE, given)

    assert Applicability.objects.count() == COUNT
    assert decided("A.3.2").reason == "Part of the system."
    assert decided("A.3.2").grounds == [{"kind": "risk", "reference": "R-1"}]
    assert decided(SUPPLIERS).reason == "Nobody supplies us."
    assert decided(POLICY).grounds == [
        {"kind": "law", "reference": "EU AI Act"},
        {"kind": "contract", "reference": "Frame with ours"},
    ]


@pytest.mark.parametrize(("changes", "wrong"), [
    (row(POLICY, "yes"), "Give a reason."),
    (row(POLICY, "no"), "Give a reason."),
    (row(POLICY, "", "A reason alone."), "Say whether it applies."),
    (row(POLICY, "perhaps", "x"), "Select a valid choice."),
    (row(POLICY, "no", "Not ours.", "law: EU AI Act"), "it has no grounds for inclusion"),
    (row(POLICY, "yes", "x", "EU AI Act"), "write risk, law, contract or business"),
    (row(POLICY, "yes", "x", "whim: ours"), "write risk, law, contract or business"),
    (row(POLICY, "yes", "x", "law:"), "write risk, law, contract or business"),
    (row(POLICY, "yes", "x", "law: " + "y" * 201), "1 to 200 characters"),
    ({"all-fill": "on"}, "Say why these controls are included."),
])  # fmt: skip
def test_what_is_wrong_is_named_and_everything_that_was_typed_stands(lead, cast, changes, wrong):
    given = form(lead, cast) | row(SUPPLIERS, "yes", "A text that must not be lost.", "risk: R-9")

    response = lead.post(PAGE, given | changes)

    assert response.status_code == 422
    assert wrong in text(response)
    assert "A text that must not be lost." in text(response)
    assert not Applicability.objects.exists()


def test_a_decision_is_not_taken_back_by_leaving_it_open(lead, cast):
    stated.decide(cast, at=NOW())
    given = form(lead, cast) | row(POLICY, "", "", "")

    response = lead.post(PAGE, given)

    assert response.status_code == 422
    assert "It was decided before: say yes or no." in text(response)


def test_what_somebody_else_decided_meanwhile_is_not_overwritten_unseen(lead, cast):
    stated.decide(cast, at=NOW())
    given = form(lead, cast) | row(POLICY, "yes", "My own words.", "risk: R-1")
    stated.decide(cast, excluded={f"42001:{POLICY}": "Theirs."}, at=NOW())

    refused = lead.post(PAGE, given)
    assert refused.status_code == 422
    assert "Somebody has decided on it meanwhile (no; Theirs.)" in text(refused)
    assert "My own words." in text(refused)
    assert not decided(POLICY).applicable
    seen = re.search(rf'name="{POLICY}-seen" value="([^"]+)"', refused.content.decode())[1]
    assert seen != given[f"{POLICY}-seen"]
    lead.post(PAGE, given | {f"{POLICY}-seen": seen})

    assert decided(POLICY).reason == "My own words."


def test_what_a_risk_needs_is_not_excluded_here_either(lead, cast):
    given = form(lead, cast) | row(POLICY, "no", "Not ours.")

    with asking(lambda keys, _unit: [Need(key, "R-3 Bias") for key in keys]):
        response = lead.post(PAGE, given)

    assert response.status_code == 422
    assert "it is needed by R-3 Bias" in text(response)
    assert "Not ours." in text(response)
    assert not Applicability.objects.exists()


@pytest.mark.parametrize("who", ["owner", "approver", "auditor", "outsider"])
def test_who_may_not_decide_sees_no_form(client, cast, who):
    client.force_login(getattr(cast, who))

    given = {"unit": str(cast.unit.pk), **row(POLICY, "no", "x")}

    assert client.get(f"{PAGE}?unit={cast.unit.pk}").status_code in {403, 404}
    assert client.post(PAGE, given).status_code in {403, 404}
    assert not Applicability.objects.exists()


def test_the_page_costs_the_same_number_of_queries_with_and_without_decisions(lead, cast):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert lead.get(f"{PAGE}?unit={cast.unit.pk}").status_code == 200
        return len(captured)

    queries()
    none = queries()
    stated.decide(cast, at=NOW())

    assert queries() == none < 20
