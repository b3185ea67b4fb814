from datetime import timedelta

import factories
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import repository

from twofold.evidence.models import EvidenceItem, EvidenceVersion
from twofold.inventory.models import AISystem
from twofold.ledger import actions as ledger
from twofold.monitoring import actions as monitoring
from twofold.monitoring.models import Alert
from twofold.people.access import part_of_product
from twofold.reporting.standing import forget
from twofold.telemetry import actions as telemetry

ATTACK = "<script>alert('x')</script>\"onload=x"
LISTS = ["/", "/requirements/", "/systems/", "/controls/", "/evidence/", "/alerts/", "/findings/",
         "/overrides/", "/integrity/"]  # fmt: skip


@pytest.fixture
def cast(db):
    return factories.cast(factories.now())


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


@pytest.fixture
def breached(cast):
    """A function that makes a system with a breached monitor and its alert."""

    def _breached(code):
        now = factories.now()
        system = factories.system(cast, code=code, at=now)
        schema = factories.schema(system, cast, at=now)
        events = factories.events(60, at=now + timedelta(hours=1))
        by = factories.actor(cast.engineer)
        telemetry.accept_events(schema, body=factories.body(events), by=by, at=now)
        telemetry.profile_pending(by=part_of_product("telemetry"), at=now)
        limit = monitoring.limits.Limit(None, 50, monitoring.limits.Direction.ABOVE)
        monitoring.set_up(
            system,
            name="Volume",
            settings=monitoring.MonitorSettings("volume.events", "", 1, limit),
            by=by,
            at=now,
        )
        monitoring.evaluate(by=part_of_product("monitoring"), at=now + timedelta(seconds=1))
        return Alert.objects.get(breach__monitor__system=system)

    return _breached


@pytest.fixture
def pages(cast, breached):
    """The address of every page that shows records."""
    alert = breached("loans")
    item = factories.evidence_item(cast, at=factories.now())
    run = factories.implementation(cast, approved=False, at=factories.now())
    request = repository.request(cast, at=factories.now())
    collection = repository.collection(cast, at=factories.now())
    ledger.sequence(at=factories.now())
    return [
        *LISTS,
        "/kit/",
        "/requirements/27001:A.8.15/",
        "/systems/loans/",
        "/controls/TF-MON-01/",
        f"/evidence/{item.pk}/",
        f"/evidence/{item.pk}/1/file/",
        "/evidence/requests/",
        f"/evidence/requests/{request.pk}/",
        "/evidence/calendar/",
        "/evidence/retention/",
        "/evidence/collections/",
        f"/evidence/collections/{collection.pk}/",
        f"/implementations/{run.pk}/",
        f"/implementations/{run.pk}/approve/",
        f"/alerts/{alert.pk}/",
        "/integrity/checkpoint/",
        "/integrity/kept/",
        "/integrity/policy/",
        "/integrity/stamps/",
        "/integrity/entries/",
    ]


FORMS = [
    "/systems/register/",
    "/systems/loans/change/",
    "/controls/TF-MON-01/implement/",
    "/evidence/add/",
    "/evidence/collections/plan/",
]


@pytest.mark.parametrize("somebody", ["lead", "auditor"])
def test_every_page_opens_and_answers_head_without_a_body(client, cast, pages, somebody):
    client.force_login(getattr(cast, somebody))

    for page in pages:
        for response in (client.get(page), client.head(page)):
            assert response.status_code == 200, page
            # Reading a download to its end closes its file.
            list(response.streaming_content if response.streaming else ())
    for form in FORMS:
        assert client.get(form).status_code == (
            200 if somebody == "lead" else 403 if form != "/systems/loans/change/" else 404
        ), form


def test_every_page_asks_who_is_signed_out_to_sign_in(client, pages):
    for page in [*pages, *FORMS]:
        response = client.get(page)
        assert (response.status_code, response["Location"].split("?")[0]) == (302, "/sign-in/")


def test_what_lies_elsewhere_is_not_there_for_an_outsider(client, cast, pages):
    client.force_login(cast.outsider)

    own = [page for page in pages if any(part.isdigit() for part in page) or "loans" in page]
    for page in own:
        if "27001" not in page and "TF-MON" not in page:
            assert client.get(page).status_code == 404, page
    assert client.get("/systems/loans/change/").status_code == 404
    assert Alert.objects.get().acknowledged_at is None


@pytest.mark.parametrize(
    "address", ["/", "/sign-in/", "/nothing/", "/api/v1/systems", "/sign-out/"]
)
def test_every_answer_bears_the_headers_of_security(lead, address):
    response = lead.get(address)

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]


def test_a_host_of_another_name_is_refused(lead):
    assert lead.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert lead.get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 200


def test_a_download_is_an_attachment_that_no_browser_interprets(lead, cast):
    given = {
        "title": "A page",
        "kind": "monitoring-report",
        "unit": cast.unit.pk,
        "classification": "internal",
        "source": "Somebody",
        "period_from": "2026-11-01",
        "period_to": "2026-11-15",
        "valid_until": "2027-11-15",
        "file": SimpleUploadedFile("<b>.html", b"<script>alert(1)</script>", "text/html"),
    }
    added = lead.post("/evidence/add/", given)
    item = EvidenceItem.objects.get()

    response = lead.get(f"/evidence/{item.pk}/1/file/")

    assert added["Location"] == f"/evidence/{item.pk}/"
    assert response["Content-Disposition"].startswith("attachment;")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response.streaming_content) == b"<script>alert(1)</script>"
    page = lead.get(f"/evidence/{item.pk}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;.html" in page
    assert "<script>alert" not in page
    assert lead.get(f"/evidence/{item.pk}/{2**70}/file/").status_code == 404


def test_what_people_type_is_shown_and_not_run(lead, cast):
    system = factories.system(cast, code="loans", at=factories.now())
    AISystem.objects.filter(pk=system.pk).update(name=ATTACK, purpose=ATTACK)
    item = factories.evidence_item(cast, at=factories.now())
    EvidenceItem.objects.update(title=ATTACK, kind=ATTACK)
    EvidenceVersion.objects.update(file_name=ATTACK, source=ATTACK)

    for page in ["/systems/", "/systems/loans/", "/systems/loans/change/", "/evidence/",
                 f"/evidence/{item.pk}/"]:  # fmt: skip
        text = lead.get(page).content.decode()
        assert "&lt;script&gt;alert" in text, page
        assert "<script>alert" not in text, page
        assert '"onload=x' not in text, page


@pytest.mark.parametrize("page", ["/systems/", "/evidence/", "/requirements/"])
@pytest.mark.parametrize("q", ["%", "_", "'", '"', "\\", "\x00", ATTACK])
def test_a_search_is_literal_and_escaped(lead, cast, page, q):
    factories.system(cast, code="loans", at=factories.now())
    factories.evidence_item(cast, at=factories.now())

    response = lead.get(page, {"q": q})

    text = response.content.decode()
    assert response.status_code == 200
    assert "<script>alert" not in text
    if q != "\x00" and page != "/requirements/":
        assert "Loans" not in text
        assert "Item " not in text


@pytest.mark.parametrize("number", ["0", "-1", "99999", "9" * 5000, "last", "x", ""])
@pytest.mark.parametrize("page", ["/systems/", "/evidence/", "/alerts/", "/requirements/"])
def test_a_strange_page_number_leads_to_the_nearest_page(lead, page, number):
    assert lead.get(page, {"page": number}).status_code == 200


@pytest.mark.parametrize("page", ["/systems/", "/evidence/", "/", "/requirements/", "/controls/"])
def test_a_list_of_thirty_costs_what_one_costs(lead, cast, page):
    counts = []
    for more in (1, 29):
        for _number in range(more):
            factories.system(cast, at=factories.now())
            factories.evidence_item(cast, at=factories.now())
        # Read anew both times: what is kept in memory would hide what reading costs.
        forget()
        with CaptureQueriesContext(connection) as queries:
            assert lead.get(page).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("page", ["/alerts/", "/", "/systems/loans/"])
def test_many_alerts_cost_what_one_costs(lead, breached, page):
    counts = []
    for codes in (["loans"], [f"loans-{number}" for number in range(4)]):
        for code in codes:
            breached(code)
        forget()
        with CaptureQueriesContext(connection) as queries:
            assert lead.get(page).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
