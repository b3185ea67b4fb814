from datetime import timedelta

import factories
import pytest
from django.db import connection
from factories import AT
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django.asserts import assertNumQueries

from twofold.evidence import actions, erasure, index, keeping, searching
from twofold.evidence.models import Classification, EvidenceVersion
from twofold.evidence.reading import read_waiting
from twofold.evidence.searching import hits, search, terms_of
from twofold.people.access import Actor, Permission


def content(data=b"nothing of note", **changed):
    given = factories.content(data)
    values = {field: getattr(given, field) for field in given.__dataclass_fields__}
    return actions.Content(**values | changed)


def add(cast, title="Report", data=b"nothing of note", *, kind="minutes", about="", **changed):
    return actions.add_item(
        title,
        kind=kind,
        unit=cast.unit,
        about=about,
        content=content(data, **changed),
        by=factories.actor(cast.owner),
        at=AT,
    )


def found(cast, text, *, by=None):
    by = by or factories.actor(cast.auditor)
    rows = hits(search(text, by, at=AT), 0, 50)
    return [hit.version.item for hit in rows]


def marked(segments):
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in segments)


def test_items_are_found_by_title_kind_source_file_name_and_content(cast):
    item = add(
        cast,
        "Access review of October",
        "The firewall was checked by Käthe.".encode(),
        kind="review-minutes",
        source="Board of Lending",
        file_name="quarter_3.txt",
    )
    add(cast)
    read_waiting()

    for text in ("october", "REVIEW", "minutes", "lending", "quarter", "firewall", "kathe"):
        assert item in found(cast, text), text
    for text in ("october firewall", "review-minutes", "quarter_3.txt"):
        assert found(cast, text) == [item]


def test_words_stand_together_in_quotes_and_a_star_lets_the_last_go_on(cast):
    item = add(cast, data=b"The quarterly access review was held.")
    read_waiting()

    for text in ('"access review"', '"quarterly access rev"*', "quarter*", "acc* hel*"):
        assert found(cast, text) == [item], text
    for text in ('"review access"', "quarters*ly", "ccess", '"access held"'):
        assert found(cast, text) == [], text


def test_what_begins_so_is_marked_beside_words_and_is_no_stem(cast):
    item = add(cast, "Liné", data=b"The lists of all lisps; like, lines.", source="List Ltd")
    read_waiting()

    (hit,) = hits(search("line lis*", factories.actor(cast.auditor), at=AT), 0, 10)

    assert hit.version.item == item
    assert marked(hit.title) == "[Liné]"
    assert marked(hit.source) == "[List] Ltd"
    assert marked(hit.excerpt) == "The [lists] of all [lisps]; like, [lines]."
    (alone,) = hits(search("lis*", factories.actor(cast.auditor), at=AT), 0, 10)
    assert marked(alone.excerpt) == "The [lists] of all [lisps]; like, lines."


def test_words_are_found_in_other_forms(cast):
    item = add(cast, data=b"Two policies were reviewed.")
    read_waiting()

    assert found(cast, "policy review") == [item]


def test_what_fits_better_comes_first(cast):
    inside = add(cast, "Notes", b"a long text that says backup once among many other words")
    titled = add(cast, "Backup")
    read_waiting()

    assert found(cast, "backup") == [titled, inside]


def test_an_item_is_found_once_by_the_version_that_fits_best(cast):
    item = add(cast, data=b"kestrel")
    for data in (b"plain", b"kestrel kestrel kestrel", b"plain again"):
        actions.add_version(item, content=content(data), by=factories.actor(cast.owner), at=AT)
    read_waiting()

    rows = search("kestrel", factories.actor(cast.auditor), at=AT)
    (hit,) = hits(rows, 0, 10)

    assert hit.version.number in {1, 3}
    assert not hit.newest
    assert len(rows.keys) == 1


def test_hits_are_told_in_segments_so_that_nothing_has_to_be_trusted(cast):
    add(cast, "<b>Kestrel</b>", b"before <script>kestrel</script> after", source="kestrel & co")
    read_waiting()

    (hit,) = hits(search("kestrel", factories.actor(cast.auditor), at=AT), 0, 10)

    assert marked(hit.title) == "<b>[Kestrel]</b>"
    assert marked(hit.excerpt) == "before <script>[kestrel]</script> after"
    assert marked(hit.source) == "[kestrel] & co"
    assert marked(hit.kind) == "minutes"
    assert hit.newest


def test_a_content_without_the_words_gives_no_excerpt(cast):
    add(cast, "Kestrel")
    read_waiting()

    (hit,) = hits(search("kestrel", factories.actor(cast.auditor), at=AT), 0, 10)

    assert hit.excerpt == ()


@pytest.mark.parametrize(
    "text",
    ["", "   ", '"', '""', "*", "-", "()", "'", "\\", ":*", "NOT", "AND OR", "a AND", 'x"y"',
     "{a b}", "title:x", "a^2", "NEAR(a b)", "%s", "'; DROP TABLE evidence_search; --", "a" * 500,
     "& | !"],
)  # fmt: skip
def test_whatever_is_typed_is_no_error(cast, text):
    item = add(cast)

    assert found(cast, text) in ([], [item])


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet=st.characters(exclude_characters="\0"), max_size=60))
def test_no_text_at_all_is_an_error(cast, text):
    rows = search(text, factories.actor(cast.auditor), at=AT)

    assert hits(rows, 0, 10) == []


def test_terms_are_taken_apart():
    assert terms_of('one "two three"* four-five six*') == (
        (("one",), False),
        (("two", "three"), True),
        (("four", "five"), False),
        (("six",), True),
    )
    assert len(terms_of("a " * 50)) == 20


def test_common_words_are_left_out_beside_others():
    assert terms_of("review of the access") == ((("review",), False), (("access",), False))
    assert terms_of("of the") == ((("of",), False), (("the",), False))
    assert terms_of('"review of access" "of" of*') == (
        (("review", "of", "access"), False),
        (("of",), False),
        (("of",), True),
    )
    assert terms_of("the IT of Annex A, it is") == (
        (("it",), False),
        (("annex",), False),
        (("a",), False),
    )


def test_common_words_are_no_hits_beside_others(cast):
    item = add(cast, "Review of access", b"A list of what each of the teams may access.")
    read_waiting()

    (hit,) = hits(search("access of", factories.actor(cast.auditor), at=AT), 0, 10)

    assert hit.version.item == item
    assert marked(hit.title) == "Review of [access]"
    assert marked(hit.excerpt) == "A list of what each of the teams may [access]."


def test_only_what_the_actor_may_read_is_found(cast):
    system = factories.system(cast)
    plain, about = add(cast, "Kestrel"), add(cast, "Kestrel", about=system.ledger_subject)
    owner = factories.actor(cast.owner)
    token = Actor(
        owner.ledger_name,
        owner.person_id,
        only=frozenset({Permission.READ}),
        restricted_to=system.ledger_subject,
    )

    assert set(found(cast, "kestrel")) == {plain, about}
    assert found(cast, "kestrel", by=factories.actor(cast.outsider)) == []
    assert found(cast, "kestrel", by=token) == [about]
    assert search("kestrel", owner, at=AT - timedelta(days=1)).keys == ()


def test_an_item_is_found_by_what_it_is_called_now(cast):
    item = add(cast, "Kestrel", b"content stays")
    read_waiting()
    keeping.describe(
        item,
        keeping.Description("Falcon", "report", Classification.INTERNAL, None, None),
        by=factories.actor(cast.owner),
        at=AT,
    )

    assert found(cast, "kestrel") == []
    assert found(cast, "falcon report content") == [item]


def test_an_erased_item_is_not_found_and_none_of_its_words_stay(cast):
    item = add(cast, "Zanzibar", b"yggdrasil")
    other = add(cast, "Kept", b"yggdrasil too")
    read_waiting()
    asked = erasure.ask(item, reason="r", by=factories.actor(cast.lead), at=AT)
    erasure.erase(asked, by=factories.actor(cast.approver), at=AT)

    assert found(cast, "zanzibar") == []
    assert found(cast, "yggdrasil") == [other]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT group_concat(hex(block)) FROM (SELECT block FROM evidence_search_data "
                "UNION ALL SELECT block FROM evidence_search_stems_data)"
            )
            words = cursor.fetchone()[0]
            assert b"kept".hex().upper() in words
            assert b"zanzibar"[1:].hex().upper() not in words
        cursor.execute("SELECT count(*) FROM evidence_search")
        assert cursor.fetchone()[0] == 1


def test_searching_takes_the_same_queries_however_much_is_found(cast):
    def look():
        by = factories.actor(cast.auditor)
        return hits(search("kestrel", by, at=AT), 0, 20)

    add(cast, "Kestrel")
    queries = 5 if connection.vendor == "sqlite" else 6
    with assertNumQueries(queries):
        assert len(look()) == 1
    for _ in range(5):
        add(cast, "Kestrel")
    with assertNumQueries(queries):
        assert len(look()) == 6


def test_of_very_many_it_is_said_that_there_are_more(cast, monkeypatch):
    monkeypatch.setattr(searching, "MOST", 2)
    for _ in range(3):
        add(cast, "Kestrel")

    rows = search("kestrel", factories.actor(cast.auditor), at=AT)

    assert (len(rows.keys), rows.more) == (2, True)
    assert len(hits(rows, 1, 20)) == 1
    assert hits(rows, 2, 20) == []


def test_a_hit_that_was_taken_out_meanwhile_is_left_out(cast):
    item = add(cast, "Kestrel")
    rows = search("kestrel", factories.actor(cast.auditor), at=AT)
    index.forget(item)
    if connection.vendor != "sqlite":
        EvidenceVersion.objects.filter(item=item).delete()

    assert hits(rows, 0, 20) == []
