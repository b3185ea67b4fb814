"""Pages as of a past day: the record tells it, today's edits do not reach it."""

from datetime import timedelta

import factories
import pytest
from factories import governed

from twofold.controls.actions import Decision, decide_applicability, withdraw_override
from twofold.controls.models import Applicability

LOGGING = "27001:A.8.15"
PAGE = f"/requirements/{LOGGING}/"
PAGES = ["/", "/requirements/", PAGE]


@pytest.fixture
def yesterday():
    return factories.now() - timedelta(days=1)


@pytest.fixture
def cast(db, yesterday):
    """The cast, employed some days ago."""
    return factories.cast(yesterday - timedelta(days=4))


@pytest.fixture
def lead(cast, client):
    client.force_login(cast.lead)
    return client


@pytest.fixture
def as_of(yesterday):
    return f"as_of={yesterday.date().isoformat()}"


def exclude(cast, reason, at):
    decide_applicability(
        [Decision(LOGGING, applicable=False, reason=reason)],
        unit=cast.root,
        by=factories.actor(cast.lead),
        at=at,
    )


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def state_in(page):
    return page.partition('class="tf-verdict-state"')[2].partition("</div>")[0]


def test_yesterday_shows_what_stood_then_after_an_edit_of_today(lead, cast, yesterday, as_of):
    governed.decision(cast, at=yesterday)
    before = text_of(lead.get(f"{PAGE}?{as_of}"))
    exclude(cast, "Nothing is logged here.", factories.now())

    now, then = text_of(lead.get(PAGE)), text_of(lead.get(f"{PAGE}?{as_of}"))

    assert "Not applicable" in state_in(now)
    assert "Gap" in state_in(then)
    assert state_in(before) == state_in(then)
    assert "Logs are kept of every system." in then
    assert "Nothing is logged here." not in then
    for part, row in (("", "Not applicable"), (f"&{as_of}", "Gap")):
        page = text_of(lead.get(f"/requirements/?q=A.8.15{part}"))
        assert row in page.partition("<tbody>")[2]
    cards = [text_of(lead.get(address)) for address in ("/", f"/?{as_of}")]
    assert cards[0] != cards[1]


def test_a_decision_of_today_was_not_there_yesterday(lead, cast, as_of):
    governed.decision(cast, at=factories.now())

    page = text_of(lead.get(f"{PAGE}?{as_of}"))

    assert "Unknown" in state_in(page)
    assert "Nobody had decided on that day whether it applies." in page


@pytest.mark.parametrize("address", PAGES)
def test_the_day_is_said_with_a_way_back_and_nothing_can_be_decided(
    lead, cast, address, as_of, yesterday
):
    run = factories.implementation(cast, at=yesterday)

    page = text_of(lead.get(f"{address}?{as_of}&framework=27001"))

    day = f"{yesterday.day} {yesterday:%b %Y}"
    assert f"As of {day}, from the record." in page
    assert f'href="{address}?framework=27001">Back to today' in page
    assert 'method="post"' not in page.partition("<main")[2]
    assert "/findings/raise/" not in page
    assert str(run.pk) not in page
    assert "Back to today" not in text_of(lead.get(address))


def test_links_keep_the_day(lead, cast, as_of):
    governed.override(cast, at=factories.now() - timedelta(days=2))
    posture, rows, page = (text_of(lead.get(f"{address}?{as_of}")) for address in PAGES)

    for part in (f"framework=27001&amp;state=gap&amp;{as_of}", f"by_hand=yes&amp;{as_of}"):
        assert part in posture
    assert f'href="/requirements/27001:A.7.4/?{as_of}"' in text_of(
        lead.get(f"/requirements/?{as_of}&q=27001:A.7.4")
    )
    assert f'name="as_of" value="{as_of.partition("=")[2]}"' in rows.partition("tf-filters")[2]
    assert f'href="/requirements/?framework=27001&amp;{as_of}"' in page
    for told in (posture, rows, page):
        assert f'href="/requirements/?{as_of}"' in told.partition("</header>")[0]


def test_the_override_and_the_controls_of_the_day_are_told(lead, cast, yesterday, as_of):
    row = governed.override(cast, at=yesterday)
    run = factories.implementation(cast, control=governed.serving(LOGGING), at=yesterday)
    withdraw_override(row, by=factories.actor(cast.lead), at=factories.now())

    then = text_of(lead.get(f"{PAGE}?{as_of}"))
    marked = text_of(lead.get(f"/requirements/?by_hand=yes&{as_of}"))

    assert "Set by hand" in then.partition('class="tf-verdict"')[2].partition("</p>")[0]
    assert "The archive of the old system shows it." in then.partition('id="override"')[2]
    credited = then.partition("Controls that are credited to it")[2].partition("Applicability")[0]
    assert run.control in credited
    assert "Lending" in credited
    assert "1 requirement<" in marked
    assert "Set by hand" not in text_of(lead.get(PAGE)).partition("tf-verdict")[2][:2000]


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2999-01-01", "That day lies ahead"),
        ("2001-01-01", "The record begins on"),
        ("yesterday", "is no day"),
        ("2026-13-01", "is no day"),
        ("20261103", "is no day"),
        ("2026-W45-2", "is no day"),
        ("%00", "is no day"),
        ("%3Cscript%3E", "&lt;script&gt;” is no day"),
    ],
)
def test_a_day_that_cannot_be_shown_is_told_and_today_is_shown(lead, cast, address, day, words):
    page = text_of(lead.get(f"{address}?as_of={day}"), 422)

    assert words in page.partition('id="as-of-fault"')[2].partition("</div>")[0]
    assert 'aria-describedby="as-of-fault"' in page
    assert "from the record." not in page


@pytest.mark.parametrize("address", PAGES)
def test_today_and_no_day_are_the_present(lead, cast, address):
    today = factories.now().date().isoformat()

    for query in ("", "?as_of=", f"?as_of={today}"):
        assert "from the record." not in text_of(lead.get(f"{address}{query}"))


def test_what_is_decided_on_the_page_of_a_past_day_is_decided_today(lead, cast, as_of):
    given = {"applicable": "yes", "reason": "Logs are kept."}

    assert lead.post(f"{PAGE}?{as_of}", given)["Location"] == PAGE
    assert Applicability.objects.get().decided_at.date() == factories.now().date()


def test_the_fragment_of_the_list_keeps_the_day(lead, cast, as_of):
    part = lead.get(f"/requirements/?{as_of}&q=A.8.15", headers={"HX-Request": "true"})

    assert f"?{as_of}" in text_of(part)
