"""Collections, the freshness calendar, and what their lists cost."""

from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import repository

from twofold.controls import actions as controls
from twofold.evidence import actions as evidence
from twofold.evidence import collections
from twofold.evidence.models import CollectionRun, EvidenceCollection, EvidenceItem
from twofold.reporting.standing import forget


@pytest.fixture
def cast(db):
    forget()
    return factories.cast(factories.now())


@pytest.fixture
def owner(client, cast):
    client.force_login(cast.owner)
    return client


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def planned(cast, **changed):
    given = {
        "title": "Backups",
        "kind": "monitoring-report",
        "unit": cast.unit.pk,
        "source": "folder",
        "locator": "backups",
        "schedule": "0 6 * * 1",
        "period_days": 7,
        "valid_days": 30,
    }
    return given | changed


def collection(cast, **given):
    return repository.collection(cast, at=factories.now(), **given)


def failed(of, reason="The folder cannot be read.", *, hours=0):
    at = factories.now() + timedelta(hours=hours)
    return collections.enter_run(of, CollectionRun.Outcome.FAILED, message=reason, due_at=at, at=at)


def test_a_collection_is_planned_and_ended(owner, cast, settings, tmp_path):
    settings.COLLECT_FOLDER = tmp_path
    assert "Plan a collection" in text_of(owner.get("/evidence/collections/"))

    response = owner.post("/evidence/collections/plan/", planned(cast))

    made = EvidenceCollection.objects.get()
    assert response["Location"] == f"/evidence/collections/{made.pk}/"
    page = text_of(owner.get(response["Location"]))
    for words in ("Backups", "backups", "0 6 * * 1", "Not run yet", "Collection planned"):
        assert words in page
    owner.post(f"/evidence/collections/{made.pk}/end/")
    assert "Ended" in text_of(owner.get("/evidence/collections/"))
    assert owner.post(f"/evidence/collections/{made.pk}/end/").status_code == 409


def test_the_checks_of_a_control_and_a_monitor_are_chosen_by_name(owner, cast):
    run = factories.implementation(cast, at=factories.now())
    _system, monitor = repository.watched(cast, at=factories.now())
    page = text_of(owner.get(f"/evidence/collections/plan/?monitor={monitor.ledger_subject}"))
    assert f'value="{run.ledger_subject}"' in page
    assert f'value="{monitor.ledger_subject}" selected' in page

    of_checks = planned(cast, source="checks", implementation=run.ledger_subject)
    of_monitor = planned(cast, source="monitor", monitor=monitor.ledger_subject, title="Weekly")
    owner.post("/evidence/collections/plan/", of_checks)
    owner.post("/evidence/collections/plan/", of_monitor)

    checks, watched = EvidenceCollection.objects.order_by("made_at")
    assert run.control in text_of(owner.get(f"/evidence/collections/{checks.pk}/"))
    assert "Open the record" in text_of(owner.get(f"/evidence/collections/{watched.pk}/"))


@pytest.mark.parametrize(
    ("changed", "field", "reason"),
    [
        ({"title": ""}, "title", "This field is required."),
        ({"locator": ""}, "locator", "TWOFOLD_COLLECT_FOLDER"),
        ({"source": "address", "locator": "https://x.example/"}, "locator", "not permitted"),
        ({"source": "checks"}, "implementation", "Name the record"),
        ({"source": "monitor"}, "monitor", "Name the record"),
        ({"source": "monitor", "monitor": "x"}, "monitor", "is not one of the available choices"),
        ({"period_days": 0}, "period_days", "greater than or equal to 1"),
    ],
)
def test_a_fault_of_a_plan_is_told_beside_its_field(owner, cast, changed, field, reason):
    page = text_of(owner.post("/evidence/collections/plan/", planned(cast, **changed)), 422)

    fault = page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    assert reason in fault
    assert not EvidenceCollection.objects.exists()


def test_a_schedule_that_is_none_is_told(owner, cast, settings, tmp_path):
    settings.COLLECT_FOLDER = tmp_path
    response = owner.post("/evidence/collections/plan/", planned(cast, schedule="weekly"))

    assert "five fields of cron" in text_of(response, 422)


def test_a_failure_is_told_on_its_page_in_the_list_and_on_the_home_page(owner, cast):
    made = collection(cast)
    failed(made)

    for page in (f"/evidence/collections/{made.pk}/", "/evidence/collections/", "/"):
        assert "The folder cannot be read" in text_of(owner.get(page))
    owner.force_login(cast.outsider)
    assert "The folder cannot be read" not in text_of(owner.get("/"))


def test_who_may_not_collect_only_reads(client, cast):
    made = collection(cast)
    client.force_login(cast.auditor)
    page = text_of(client.get(f"/evidence/collections/{made.pk}/"))

    assert "/end/" not in page
    assert client.post(f"/evidence/collections/{made.pk}/end/").status_code == 403
    assert client.get("/evidence/collections/plan/").status_code == 403
    client.force_login(cast.outsider)
    assert client.get(f"/evidence/collections/{made.pk}/").status_code == 404
    assert made.title not in text_of(client.get("/evidence/collections/"))


def fresh(cast, *, title, ahead):
    day = factories.now().date()
    content = factories.content(
        title.encode(),
        period_from=day - timedelta(days=30),
        period_to=day - timedelta(days=20),
        valid_until=day + timedelta(days=ahead),
    )
    return evidence.add_item(
        title,
        kind="monitoring-report",
        unit=cast.unit,
        content=content,
        by=factories.actor(cast.engineer),
        at=factories.now(),
    )


def test_the_calendar_shows_what_ends_and_what_loses_credit(owner, cast):
    run = factories.implementation(cast, at=factories.now())
    ended = fresh(cast, title="Ended", ahead=-3)
    claim = factories.claim(run, ended, cast, at=factories.now())
    controls.accept_claim(claim, by=factories.actor(cast.approver), at=factories.now())
    later = fresh(cast, title="Later", ahead=40)

    page = text_of(owner.get("/evidence/calendar/"))

    assert "Ended" in page
    assert "/requirements/42001:A.6.2.6/" in page
    assert "27001" in page
    assert "Expired" in page
    assert f"/evidence/{ended.pk}/version/" in page
    month = (factories.now() + timedelta(days=40)).strftime("%Y-%m")
    assert later.title in text_of(owner.get("/evidence/calendar/", {"in": month}))
    assert "Nothing ends to count then" in text_of(owner.get("/evidence/calendar/", {"in": "x"}))


def test_lists_cost_the_same_for_many_as_for_one(owner, cast):
    pages = (
        "/evidence/collections/",
        "/evidence/requests/",
        "/evidence/calendar/",
        "/evidence/retention/",
        "/",
    )

    def add(number):
        failed(collection(cast, title=f"Collection {number}"), hours=number)
        repository.request(cast, at=factories.now())
        item = fresh(cast, title=f"Item {number}", ahead=-3)
        EvidenceItem.objects.filter(pk=item.pk).update(
            retain_until=factories.now().date() - timedelta(days=1)
        )

    def cost(page):
        owner.get(page)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(page).status_code == 200
        return len(queries)

    add(0)
    one = {page: cost(page) for page in pages}
    for number in range(1, 5):
        add(number)

    assert {page: cost(page) for page in pages} == one


def test_the_page_of_an_item_costs_the_same_for_many_links(owner, cast):
    item = factories.evidence_item(cast, at=factories.now())

    def cost():
        owner.get(f"/evidence/{item.pk}/")
        with CaptureQueriesContext(connection) as queries:
            assert owner.get(f"/evidence/{item.pk}/").status_code == 200
        return len(queries)

    repository.link(item, factories.system(cast, at=factories.now()), cast, at=factories.now())
    one = cost()
    for _ in range(4):
        repository.link(item, factories.system(cast, at=factories.now()), cast, at=factories.now())

    assert cost() == one
