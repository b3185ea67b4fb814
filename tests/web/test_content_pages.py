"""Pages of what stands in evidence: searching, showing, comparing, releasing."""

import io

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from twofold.evidence import actions
from twofold.evidence.models import EvidenceVersion
from twofold.evidence.reading import read_waiting


@pytest.fixture
def cast(db):
    """The cast, employed in real time: pages read the clock."""
    return factories.cast(factories.now())


def signed_in(client, person):
    client.force_login(person)
    return client


def content(data, name):
    given = factories.content(data)
    values = {field: getattr(given, field) for field in given.__dataclass_fields__}
    return actions.Content(**values | {"file_name": name, "media_type": "application/octet-stream"})


def add(cast, data=b"words", name="a.txt", *, title="Report"):
    return actions.add_item(
        title,
        kind="minutes",
        unit=cast.unit,
        content=content(data, name),
        by=factories.actor(cast.owner),
        at=factories.now(),
    )


def add_version(item, cast, data, name="a.txt"):
    by, at = factories.actor(cast.owner), factories.now()
    return actions.add_version(item, content=content(data, name), by=by, at=at)


def picture():
    made = io.BytesIO()
    Image.new("RGB", (30, 20), "teal").save(made, "JPEG")
    return made.getvalue()


def page(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_hits_are_marked_and_what_was_uploaded_is_escaped(cast, client):
    item = add(cast, b"before <script>kestrel</script> after", title="<i>Kestrel</i>")
    read_waiting()

    shown = page(signed_in(client, cast.auditor), "/evidence/?q=kestrel")

    assert "&lt;i&gt;<mark>Kestrel</mark>&lt;/i&gt;" in shown
    assert "&lt;script&gt;<mark>kestrel</mark>&lt;/script&gt;" in shown
    assert f'href="/evidence/{item.pk}/"' in shown
    assert "1 item" in shown


def test_a_hit_in_an_older_version_leads_there(cast, client):
    item = add(cast, b"kestrel")
    add_version(item, cast, b"falcon")
    read_waiting()

    shown = page(signed_in(client, cast.auditor), "/evidence/?q=kestrel")

    assert f'href="/evidence/{item.pk}/?version=1#content-of-version"' in shown
    assert "kestrel" in page(client, f"/evidence/{item.pk}/?version=1")
    assert "falcon" in page(client, f"/evidence/{item.pk}/")


@pytest.mark.parametrize(
    ("query", "said"), [("zzz", "holds all of these words"), ("%22*", "no word to look for")]
)
def test_a_search_that_finds_nothing_says_why(cast, client, query, said):
    add(cast)

    assert said in page(signed_in(client, cast.auditor), f"/evidence/?q={query}")


def test_pages_of_hits_take_the_same_queries_however_many_there_are(cast, client):
    signed_in(client, cast.auditor)
    add(cast, title="Kestrel")
    page(client, "/evidence/?q=kestrel")
    with CaptureQueriesContext(
        connection,
    ) as few:
        page(client, "/evidence/?q=kestrel")
    for _ in range(22):
        add(cast, title="Kestrel")

    with CaptureQueriesContext(connection) as many:
        shown = page(client, "/evidence/?q=kestrel&page=2")

    assert len(many) == len(few)
    assert "21 to 23 of 23" in shown
    assert "<mark>" in page(client, "/evidence/?q=kestrel&page=strange")


def test_what_is_found_is_what_may_be_read(cast, client):
    add(cast, title="Kestrel")

    assert "<mark>" not in page(signed_in(client, cast.outsider), "/evidence/?q=kestrel")


def test_a_picture_is_shown_by_one_of_ours_that_is_asked_for_again(cast, client):
    item = add(cast, picture(), "a.jpg")
    signed_in(client, cast.auditor)
    address = f"/evidence/{item.pk}/1/picture/1/"

    assert f'src="{address}"' in page(client, f"/evidence/{item.pk}/")
    drawn = client.get(address)
    again = client.get(address, headers={"If-None-Match": drawn["ETag"]})

    assert drawn.content.startswith(b"\x89PNG")
    assert (drawn["Content-Type"], drawn["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert "no-cache" in drawn["Cache-Control"]
    assert (again.status_code, again.content) == (304, b"")
    for other in (f"/evidence/{item.pk}/1/picture/2/", f"/evidence/{item.pk}/2/picture/1/"):
        assert client.get(other).status_code == 404
    client.force_login(cast.outsider)
    assert client.get(address, headers={"If-None-Match": drawn["ETag"]}).status_code == 404


def test_a_table_and_what_cannot_be_read_are_shown(cast, client):
    rows = "\n".join(f"<b>{number}</b>,x" for number in range(250)).encode()
    table, broken = add(cast, rows, "a.csv"), add(cast, b"%PDF-1.4 no more", "a.pdf")
    read_waiting()
    signed_in(client, cast.auditor)

    shown = page(client, f"/evidence/{table.pk}/")
    assert "<td>&lt;b&gt;1&lt;/b&gt;</td>" in shown
    assert "50 more rows are in the file." in shown
    assert "Its text could not be read:" in page(client, f"/evidence/{broken.pk}/")


@pytest.mark.parametrize("query", ["version=99", "version=99999999999", "part=x&version=x"])
def test_a_strange_version_is_none_or_the_newest(cast, client, query):
    item = add(cast)
    answer = signed_in(client, cast.auditor).get(f"/evidence/{item.pk}/?{query}")

    assert answer.status_code == (404 if query == "version=99" else 200)


def test_two_versions_are_compared_one_below_the_other_and_side_by_side(cast, client):
    item = add(cast, b"The limit is <10> days.\nsame")
    add_version(item, cast, b"The limit is <14> days.\nsame")
    add_version(item, cast, b"The limit is <14> days.\nsame\nmore")
    read_waiting()
    signed_in(client, cast.auditor)
    address = f"/evidence/{item.pk}/compare/"

    assert address in page(client, f"/evidence/{item.pk}/")
    newest = page(client, address)
    assert "<ins>more</ins>" in newest
    for view in ("below", "beside"):
        shown = page(client, f"{address}?old=1&new=2&view={view}")
        assert "&lt;<del>10</del>&gt;" in shown
        assert "&lt;<ins>14</ins>&gt;" in shown
    assert "The text is the same" in page(client, f"{address}?old=2&new=2")


def test_what_cannot_be_compared_says_why(cast, client):
    item = add(cast)
    signed_in(client, cast.auditor)
    address = f"/evidence/{item.pk}/compare/"
    assert client.get(address).status_code == 404
    add_version(item, cast, b"more")

    assert "not read yet" in page(client, address)
    assert "no such evidence" in page(client, f"{address}?old=7")


@pytest.fixture
def kept_back(cast, settings, tmp_path):
    settings.SCANNER = f"unix:{tmp_path / 'none'}"
    return add(cast)


def test_a_version_in_quarantine_is_said_to_be_there_and_is_released(cast, client, kept_back):
    address = f"/evidence/{kept_back.pk}/1/release/"
    assert address not in page(signed_in(client, cast.auditor), f"/evidence/{kept_back.pk}/")
    assert client.get(address).status_code == 403
    signed_in(client, cast.lead)
    shown = page(client, f"/evidence/{kept_back.pk}/")
    assert address in shown
    assert "not scanned yet" in shown
    assert f"/evidence/{kept_back.pk}/1/file/" not in shown
    assert client.get(f"/evidence/{kept_back.pk}/1/file/").status_code == 409
    assert "In quarantine" in page(client, "/evidence/")

    assert "not scanned yet" in page(client, address)
    assert client.post(address, {"reason": " "}).status_code == 422
    released = client.post(address, {"reason": "A known file."})

    assert released.status_code == 302
    assert EvidenceVersion.objects.get().quarantine == ""
    assert client.post(address, {"reason": "Again."}).status_code == 422


def test_who_added_it_is_told_that_somebody_else_releases_it(cast, client, settings, tmp_path):
    settings.SCANNER = f"unix:{tmp_path / 'none'}"
    item = actions.add_item(
        "Report",
        kind="minutes",
        unit=cast.unit,
        content=content(b"x", "a.txt"),
        by=factories.actor(cast.lead),
        at=factories.now(),
    )

    refused = signed_in(client, cast.lead).post(
        f"/evidence/{item.pk}/1/release/", {"reason": "Mine."}
    )

    assert refused.status_code == 422
    assert "Two persons are needed" in refused.content.decode()


def test_evidence_in_quarantine_is_not_offered_for_a_claim(cast, client, kept_back):
    row = factories.implementation(cast, at=factories.now())

    shown = page(signed_in(client, cast.owner), f"/implementations/{row.pk}/claim/")

    assert kept_back.title not in shown
