"""What stands in evidence, over the API."""

import factories
import pytest
from factories.programs import Caller
from problems import problem

from twofold.evidence import actions
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.reading import read_waiting
from twofold.people.access import Permission

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def lead(cast, client):
    return Caller(
        client,
        factories.token(cast.lead, cast, Permission.READ, Permission.RELEASE_EVIDENCE),
    )


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


def test_evidence_is_found_with_the_words_told_apart(lead, item):
    read_waiting()

    found = lead.ask("GET", "/evidence/search?q=seen").json()

    assert (found["count"], found["more"]) == (1, False)
    (hit,) = found["hits"]
    assert (hit["id"], hit["version"], hit["newest"]) == (str(item.pk), 1, True)
    assert hit["excerpt"] == [{"text": "what was ", "hit": False}, {"text": "seen", "hit": True}]
    assert lead.ask("GET", "/evidence/search?q=seen&offset=1").json()["hits"] == []
    assert lead.ask("GET", "/evidence/search?q=%22").json()["count"] == 0
    assert lead.ask("GET", "/evidence/search").status_code == 422


def test_outsiders_find_nothing_and_compare_nothing(cast, client, item):
    outsider = Caller(client, factories.token(cast.outsider, cast, Permission.READ))
    read_waiting()

    assert outsider.ask("GET", "/evidence/search?q=seen").json()["hits"] == []
    assert outsider.ask("GET", f"/evidence/{item.pk}/compare?old=1&new=1").status_code == 404


def test_versions_are_compared(cast, lead, item):
    actions.add_version(
        item,
        content=factories.content(b"what was heard"),
        by=factories.actor(cast.owner),
        at=factories.now(),
    )
    address = f"/evidence/{item.pk}/compare?old=1&new=2"
    assert problem(lead.ask("GET", address), 409)
    read_waiting()

    found = lead.ask("GET", address).json()

    assert (found["gone"], found["new"], found["cut"]) == (1, 1, False)
    assert found["groups"] == [
        [
            {"change": "gone", "number": 1, "text": "what was seen"},
            {"change": "new", "number": 1, "text": "what was heard"},
        ]
    ]
    assert lead.ask("GET", f"/evidence/{item.pk}/compare?old=1&new=3").status_code == 404


def test_a_version_is_released_by_somebody_else_with_a_reason(cast, lead, settings, tmp_path):
    settings.SCANNER = f"unix:{tmp_path / 'none'}"
    item = factories.evidence_item(cast, at=factories.now())
    address = f"/evidence/{item.pk}/versions/1/release"
    assert lead.ask("POST", address, {"reason": ""}).status_code == 422

    released = lead.ask("POST", address, {"reason": "A known file."})

    assert (released.status_code, released.json()["quarantine"]) == (200, "")
    assert EvidenceVersion.objects.get().quarantine == ""
    assert lead.ask("POST", address, {"reason": "Again."}).status_code == 409
    far = f"/evidence/{item.pk}/versions/{2**40}/release"
    assert lead.ask("POST", far, {"reason": "r"}).status_code == 404
    nowhere = f"/evidence/{NOWHERE}/versions/1/release"
    assert lead.ask("POST", nowhere, {"reason": "r"}).status_code == 404
