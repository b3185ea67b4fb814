"""The explorer, the crosswalk and the guidance, without a browser."""

import csv
import io
from dataclasses import replace
from typing import Any

import factories
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from twofold.catalog.load import catalog
from twofold.controls.actions import Decision, decide_applicability
from twofold.domain.readiness import Relation
from twofold.people.models import Person
from twofold.reporting import overlap as reporting
from twofold.reporting.crosswalk import Wanted, crosswalk_rows, matrix
from twofold.reporting.standing import forget
from twofold.web.explorer import per_cent
from twofold.web.views import overlap as view

PAGES = [
    "/overlap/",
    "/overlap/?view=chart",
    "/overlap/?q=logging",
    "/overlap/remaining/",
    "/overlap/42001:A.6.2.6/",
    "/overlap/TF-MON-01/",
    "/overlap/27001:A.5.13/",
    "/overlap/euaia:Art. 4/",
    "/crosswalk/",
    "/crosswalk/csv/",
    "/guidance/",
    "/guidance/euaia:Art. 4/",
    "/guidance/euaia:Art. 40/",
]


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """The cast, employed in real time: pages read the clock."""
    return factories.cast(factories.now())


@pytest.fixture
def browser(cast: factories.Cast, client: Client) -> Client:
    client.force_login(cast.lead)
    return client


def text(browser: Client, address: str, **query: str) -> str:
    page = browser.get(address, query)
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def context(browser: Client, address: str, **query: str) -> Any:
    return browser.get(address, query).context


def grow(cast: factories.Cast) -> None:
    """Add a system that runs a control, with a claim that waits."""
    at = factories.now()
    run = factories.implementation(cast, of=factories.system(cast, at=at), at=at)
    factories.claim(run, factories.evidence_item(cast, at=at), cast, at=at)


@pytest.mark.parametrize("address", PAGES)
def test_page_costs_as_many_queries_for_many_records_as_for_one(
    address: str, cast: factories.Cast, browser: Client
) -> None:
    grow(cast)
    # Read anew both times: what is kept in memory would hide what reading costs.
    forget()
    with CaptureQueriesContext(connection) as one:
        assert browser.get(address).status_code == 200
    for _count in range(3):
        grow(cast)
    forget()
    with CaptureQueriesContext(connection) as many:
        assert browser.get(address).status_code == 200
    assert len(many) == len(one)


@pytest.mark.parametrize("address", PAGES)
def test_page_is_for_those_who_may_read(address: str, cast: factories.Cast, client: Client) -> None:
    assert client.get(address).status_code == 302
    client.force_login(without_role(cast))
    assert client.get(address).status_code == 403
    client.force_login(cast.auditor)
    assert client.get(address).status_code == 200


def without_role(cast: factories.Cast) -> Person:
    by = factories.actor(cast.administrator)
    return factories.person("stranger", by=by, unit=cast.root, at=factories.now())


def test_both_directions_stand_beside_each_other_with_their_figures(browser: Client) -> None:
    page = text(browser, "/overlap/")
    assert "From ISO/IEC 27001 to ISO/IEC 42001" in page
    assert "From ISO/IEC 42001 to ISO/IEC 27001" in page
    there, back = (card for card, _rows in context(browser, "/overlap/")["ways"])
    for card in (there, back):
        assert 0 < card["least"] < card["most"] < 100
        told = (
            f"{card['wholly']} of {card['applicable']} requirements of {card['second'].short_title}"
        )
        assert f"{told} are met by the work for {card['first'].short_title}" in page
        assert f"between {card['least']} % (counting only the whole) and {card['most']} %" in page
        assert (card["shown"], card["running"]) == (0, 0)
        assert f"0 of its {card['controls']} controls are run" in page


def test_a_framework_of_which_nothing_applies_has_no_figure(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reporting.standard_overlap
    monkeypatch.setattr(
        reporting,
        "standard_overlap",
        lambda on, one, other: whole(on, one, replace(other, requirements=())),
    )
    page = text(browser, "/overlap/")
    assert "Unknown: no requirement of ISO/IEC 42001 applies." in page
    assert "Nothing remains" in page
    assert "Nothing remains" in text(browser, "/overlap/remaining/")


def test_frameworks_that_nothing_pairs_have_no_figure(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reporting.standard_overlap
    monkeypatch.setattr(
        reporting,
        "standard_overlap",
        lambda on, one, other: whole(
            replace(on, catalog=replace(on.catalog, pairs_of={})), one, other
        ),
    )
    page = text(browser, "/overlap/")
    assert "Unknown: nothing pairs ISO/IEC 27001 with ISO/IEC 42001." in page


def test_strength_is_said_to_be_taken_in_tenths_wherever_it_becomes_a_figure(
    browser: Client,
) -> None:
    for address in ("/overlap/remaining/", "/overlap/42001:9.1/", "/requirements/42001:9.1/",
                    "/overlap/TF-MON-01/", "/controls/TF-MON-01/"):  # fmt: skip
        assert "A part counts by its strength in tenths, for half at most." in text(
            browser, address
        )
    assert "strength is a judgement from 1 to 10" in text(browser, "/overlap/")


def test_other_frameworks_can_be_compared(browser: Client) -> None:
    page = text(browser, "/overlap/", first="airmf", second="42001")
    assert "From NIST AI RMF to ISO/IEC 42001" in page


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"first": "9001"}, "There is no framework 9001."),
        ({"first": "27001", "second": "27001"}, "Choose two different frameworks."),
    ],
)
@pytest.mark.parametrize("address", ["/overlap/", "/overlap/remaining/"])
def test_frameworks_that_cannot_be_compared_are_refused_with_the_reason(
    address: str, query: dict[str, str], reason: str, browser: Client
) -> None:
    page = browser.get(address, query)
    assert page.status_code == 422
    assert reason in page.content.decode()


def test_what_was_decided_not_to_apply_is_left_out_and_said_to_be(
    cast: factories.Cast, browser: Client
) -> None:
    card = context(browser, "/overlap/")["ways"][0][0]
    assert (card["applicable"], card["excluded"]) == (70, 0)
    excluded = [entry.id for entry in catalog().framework("42001").requirements if entry.excludable]
    decide_applicability(
        [Decision(key, applicable=False, reason="We use no such systems.") for key in excluded],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=factories.now(),
    )
    assert f"{len(excluded)} decided not to apply" in text(browser, "/overlap/")
    after = context(browser, "/overlap/")["ways"][0][0]
    assert (after["applicable"], after["excluded"]) == (70 - len(excluded), len(excluded))


def test_search_finds_requirements_and_controls_the_exact_reference_first(browser: Client) -> None:
    found = context(browser, "/overlap/", q="a.8")["found"]
    assert context(browser, "/overlap/", q="a.8.1")["found"][0].reference == "A.8.1"
    assert len(found) == 12
    assert context(browser, "/overlap/", q="a.8")["more"] > 0
    assert context(browser, "/overlap/", q="TF-MON-01")["found"][0].of == "Control"


def test_search_that_finds_nothing_says_so(browser: Client) -> None:
    assert "Nothing fits" in text(browser, "/overlap/", q="nothing-is-called-so")


def test_htmx_is_given_what_was_found_alone(browser: Client) -> None:
    part = browser.get("/overlap/", {"q": "logging"}, headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b"A.8.15 Logging" in part.content
    assert "HX-Request" in part.headers["Vary"]


def test_matrix_has_a_table_with_links_and_a_chart_of_the_same_counts(browser: Client) -> None:
    table = context(browser, "/overlap/")
    chart = context(browser, "/overlap/", view="chart")["chart"]
    counted = [[cell["count"] for cell in row["cells"]] for row in table["rows"]]
    assert [row[1:] for row in chart["rows"]] == counted
    assert "data-chart" in text(browser, "/overlap/", view="chart")
    cells = [cell for row in table["rows"] for cell in row["cells"]]
    assert {cell["tint"] for cell in cells} == {0, 1, 2, 3, 4}
    assert all((cell["tint"] == 0) == (cell["count"] == 0) for cell in cells)
    most = max(cells, key=lambda cell: cell["count"])
    assert context(browser, most["href"])["page"].paginator.count == most["count"]


def test_frameworks_that_nothing_pairs_show_an_empty_matrix(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "matrix", lambda on, one, _other: matrix(on, one, one))
    assert "The crosswalk maps nothing between these two frameworks." in text(browser, "/overlap/")


def test_remaining_work_is_narrowed_and_paged(browser: Client) -> None:
    every = context(browser, "/overlap/remaining/")["page"].paginator
    beyond = context(browser, "/overlap/remaining/", left="beyond")["page"].paginator
    show = context(browser, "/overlap/remaining/", left="show")["page"].paginator
    assert every.num_pages > 1
    assert beyond.count + show.count == every.count
    assert all(entry.asked < 1 for entry in beyond.object_list)
    assert "not asked" in text(browser, "/overlap/remaining/", q="societal")
    assert "asked in part" in text(browser, "/overlap/remaining/", left="beyond")
    assert "asked wholly" in text(browser, "/overlap/remaining/", left="show")
    one = context(browser, "/overlap/remaining/", q="societal")["rows"]
    assert [row["requirement"].id for row in one] == ["42001:A.5.5"]
    assert "No requirement fits" in text(browser, "/overlap/remaining/", q="nothing-is-so")


def test_a_requirement_tells_its_pairs_and_where_it_has_none(browser: Client) -> None:
    for address in ("/overlap/42001:9.1/", "/requirements/42001:9.1/"):
        page = text(browser, address)
        assert "This one overlaps with it" in page
        assert all(
            pair.rationale.split(".")[0].replace("'", "&#x27;") in page
            for pair in catalog().pairs_of["42001:9.1"]
        )
    for address in ("/overlap/27001:A.5.13/", "/requirements/27001:A.5.13/"):
        page = text(browser, address)
        assert "No counterpart in ISO/IEC 42001" in page
        assert "the same word for a different thing" in page


def test_a_control_tells_every_requirement_it_serves(browser: Client) -> None:
    for address in ("/overlap/TF-MON-01/", "/controls/TF-MON-01/"):
        page = text(browser, address)
        for credit in catalog().control_by_id["TF-MON-01"].credits:
            assert f"/requirements/{credit.requirement}/".replace(" ", "%20") in page
        assert "It asks just what the control does" in page


@pytest.mark.parametrize(
    "address", ["/overlap/nothing/", "/overlap/42001:6.1/", "/guidance/42001:6.1/", "/guidance/x/"]
)
def test_what_is_not_there_is_not_found(address: str, browser: Client) -> None:
    assert browser.get(address).status_code == 404


def test_crosswalk_is_narrowed_by_every_filter(browser: Client) -> None:
    def count(**query: str) -> int:
        return int(context(browser, "/crosswalk/", **query)["page"].paginator.count)

    assert count() == len(crosswalk_rows(catalog(), Wanted()))
    assert count(framework="euaia") == len(crosswalk_rows(catalog(), Wanted("euaia")))
    assert 0 < count(relation=Relation.EQUAL.value) < count(strength="8") < count()
    assert count(strength="much") == count()
    assert count(relation="none") == len(catalog().unpaired)
    assert "No pair fits" in text(browser, "/crosswalk/", q="nothing is called so")


def test_crosswalk_of_two_headings_names_them_and_leads_back_to_all(browser: Client) -> None:
    page = text(
        browser,
        "/crosswalk/",
        framework="42001",
        other="27001",
        group="42001:4",
        other_group="27001:4",
    )
    assert "4 Context of the organization" in page
    assert "/crosswalk/?framework=42001&amp;other=27001" in page


def test_crosswalk_gives_htmx_the_rows_alone(browser: Client) -> None:
    part = browser.get("/crosswalk/", headers={"HX-Request": "true"})
    assert b"<html" not in part.content
    assert b'id="rows"' in part.content


def test_crosswalk_downloads_what_is_looked_for(browser: Client) -> None:
    answer = browser.get("/crosswalk/csv/", {"framework": "27001", "other": "42001"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="crosswalk.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    wanted = crosswalk_rows(catalog(), Wanted(framework="27001", other="42001"))
    assert [row["source"] for row in rows] == [row.left.id for row in wanted]
    assert {row["relation"] for row in rows} >= {"intersects", "none"}
    assert all(row["rationale"] for row in rows)


def test_guidance_is_marked_and_dated_and_not_assessed(browser: Client) -> None:
    for address in ("/guidance/", "/guidance/euaia:Art. 9/"):
        page = text(browser, address)
        assert "Guidance, not legal advice" in page
        assert "Applies from <time" in page
        assert "2 Dec 2027" in page
    article = text(browser, "/guidance/euaia:Art. 9/")
    assert "/requirements/42001:6.1.2/" in article
    assert "Served already" not in article
    assert "No counterpart in ISO/IEC 42001" in text(browser, "/guidance/euaia:Art. 40/")


def test_guidance_is_narrowed_by_whom_it_binds_when_and_by_words(browser: Client) -> None:
    def found(**query: str) -> int:
        return int(context(browser, "/guidance/", **query)["total"])

    assert found() == len(catalog().framework("euaia").requirements)
    assert found(applies="yes") + found(applies="no") == found()
    assert found(addressee="importer") == 1
    assert found(q="literacy") >= 1
    assert "No article fits" in text(browser, "/guidance/", q="nothing is called so")


def test_page_of_a_requirement_that_is_an_article_leads_to_the_guidance(browser: Client) -> None:
    answer = browser.get("/requirements/euaia:Art. 4/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/guidance/euaia:Art.%204/"


@pytest.mark.parametrize(
    ("share", "expected"),
    [(None, None), (0.0, 0), (1.0, 100), (0.999, 99), (0.001, 1), (0.5, 50)],
)
def test_only_all_of_it_is_shown_as_all_and_only_nothing_as_nothing(
    share: float | None, expected: int | None
) -> None:
    assert per_cent(share) == expected
