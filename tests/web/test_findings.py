"""The pages of findings: raised from where it was seen, answered, closed by a second person."""

import re
from datetime import timedelta

import factories
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from factories import governed

from twofold.findings.models import Finding, Grade
from twofold.ledger.queries import history
from twofold.reporting.standing import forget

GIVEN = {"requirement": "27001:A.8.15", "grade": "minor", "title": "No logs", "statement": "Seen."}
#: A key that no record has.
NOWHERE = "7a1c6a52-5be1-4a3c-9d0e-0d8f0a1f2b3c"
ANSWER = {"cause": "Haste.", "action": "Slow down."}


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
def lead(cast, signed_in):
    return signed_in(cast.lead)


def due(days=30):
    return (factories.now() + timedelta(days=days)).date().isoformat()


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def raised(cast, **given):
    return governed.finding(cast, at=factories.now(), **given)


def answered(cast, **given):
    return governed.answered(raised(cast, **given), cast, at=factories.now())


def test_a_finding_is_raised_from_a_requirement(lead, cast):
    link = "/findings/raise/?requirement=27001%3AA.8.15"
    assert link in text_of(lead.get("/requirements/27001:A.8.15/"))
    assert 'value="27001:A.8.15"' in text_of(lead.get(link))

    response = lead.post(link, GIVEN)

    made = Finding.objects.get()
    assert response["Location"] == f"/findings/{made.pk}/"
    assert (made.requirement, made.grade, made.unit) == ("27001:A.8.15", "minor", cast.root)
    assert made.raised_by == cast.lead
    assert [line.entry.kind for line in history(made.ledger_subject)] == ["findings.finding.raised"]
    page = text_of(lead.get(response["Location"]))
    assert "Finding raised" in page
    assert "/requirements/27001:A.8.15/" in page


def test_a_finding_is_raised_from_a_control_as_it_is_run(lead, cast):
    run = factories.implementation(cast, at=factories.now())
    link = f"/findings/raise/?implementation={run.pk}"
    assert link in text_of(lead.get(f"/controls/{run.control}/"))
    from_requirement = f"/findings/raise/?requirement=42001%3AA.6.2.6&amp;implementation={run.pk}"
    assert from_requirement in text_of(lead.get("/requirements/42001:A.6.2.6/"))
    assert f'value="{run.pk}" selected' in text_of(lead.get(link))

    lead.post(link, {**GIVEN, "requirement": "", "implementation": run.pk})

    made = Finding.objects.get()
    assert (made.implementation, made.unit) == (run, cast.unit)


def test_only_controls_that_serve_the_requirement_are_offered_from_it(lead, cast):
    run = factories.implementation(cast, at=factories.now())

    assert str(run.pk) in text_of(lead.get("/findings/raise/?requirement=42001:A.6.2.6"))
    assert str(run.pk) not in text_of(lead.get("/findings/raise/?requirement=27001:A.7.1"))
    for odd in ("requirement=%00", "implementation=%00", f"requirement={'x' * 500}"):
        assert str(run.pk) in text_of(lead.get(f"/findings/raise/?{odd}"))


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"requirement": ""}, "requirement", "Say which requirement or control it is about."),
        ({"requirement": "27001:Z"}, "requirement", "There is no requirement 27001:Z."),
        ({"requirement": "27001:A\x00"}, "requirement", "Null characters are not allowed."),
        ({"title": " "}, "title", "This field is required."),
        ({"title": "x" * 201}, "title", "at most 200 characters"),
        ({"statement": ""}, "statement", "This field is required."),
        ({"statement": "x" * 4001}, "statement", "at most 4000 characters"),
        ({"grade": "huge"}, "grade", "is not one of the available choices"),
        ({"unit": NOWHERE}, "unit", "is not one of the available choices"),
        ({"implementation": NOWHERE}, "implementation", "is not one of the available choices"),
        ({"implementation": "nothing"}, "implementation", "is not a valid UUID"),
    ],
)
def test_a_fault_is_told_beside_its_field_and_nothing_is_raised(lead, changes, field, reason):
    page = text_of(lead.post("/findings/raise/", {**GIVEN, **changes}), 422)

    fault = page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    assert reason in fault
    assert not Finding.objects.exists()


def test_a_control_that_is_run_in_another_unit_is_refused_beside_it(lead, cast):
    run = factories.implementation(cast, at=factories.now())
    given = {**GIVEN, "implementation": run.pk, "unit": cast.elsewhere.pk}

    page = text_of(lead.post("/findings/raise/", given), 422)

    assert "The control is run in another unit." in page.partition("id_implementation_error")[2]
    assert not Finding.objects.exists()


def test_who_may_not_raise_findings_gets_no_form_and_no_link(cast, signed_in):
    page = signed_in(cast.engineer)

    assert page.get("/findings/raise/").status_code == 403
    assert page.post("/findings/raise/", GIVEN).status_code == 403
    for address in ("/findings/", "/requirements/27001:A.8.15/"):
        assert "Raise a finding" not in text_of(page.get(address))
    assert not Finding.objects.exists()


def test_only_who_may_answer_is_offered_persons(cast, signed_in):
    made = raised(cast)
    page = f"/findings/{made.pk}/"
    given = {**ANSWER, "owner": cast.lead.pk, "due_date": due()}

    reader = signed_in(cast.auditor)
    offered = reader.get(page).context["answer_form"].fields["owner"].queryset
    refused = reader.post(f"{page}answer/", given)

    assert not offered.exists()
    assert refused.status_code == 403
    lead = signed_in(cast.lead)
    assert cast.owner in lead.get(page).context["answer_form"].fields["owner"].queryset
    made.refresh_from_db()
    assert made.action == ""


def test_a_finding_of_one_unit_is_not_there_for_another(cast, signed_in):
    made = raised(cast)
    outsider = signed_in(cast.outsider)

    assert outsider.get(f"/findings/{made.pk}/").status_code == 404
    for act in ("answer", "close"):
        assert outsider.post(f"/findings/{made.pk}/{act}/", ANSWER).status_code == 404
    assert made.title not in text_of(outsider.get("/findings/"))


def test_the_page_tells_what_is_held_back_now_and_without_it(lead, cast):
    at = factories.now()
    run = factories.implementation(cast, at=at)
    governed.decision(cast, "42001:A.6.2.6", at=at)
    made = raised(cast, about=run, grade=Grade.MAJOR)

    held = text_of(lead.get(f"/findings/{made.pk}/")).partition("What it holds back")[2]

    for requirement in ("42001:A.6.2.6", "27001:A.8.16"):
        assert f"/requirements/{requirement}/" in held
    row = held.partition("42001:A.6.2.6 ")[2].partition("</tr>")[0]
    assert row.index("Gap") < row.index("Partial")


@pytest.mark.parametrize(
    ("grade", "close", "words"),
    [(Grade.IMPROVEMENT, False, "changes no state"), (Grade.MINOR, True, "Nothing any more")],
)
def test_what_holds_nothing_back_says_so(lead, cast, grade, close, words):
    made = answered(cast, grade=grade)
    if close:
        governed.closed(made, cast, at=factories.now())

    assert words in text_of(lead.get(f"/findings/{made.pk}/"))


def test_a_finding_is_answered_and_closed_by_a_second_person(cast, signed_in):
    made = raised(cast)
    page = f"/findings/{made.pk}/"
    given = {**ANSWER, "owner": cast.lead.pk, "due_date": due()}

    assert signed_in(cast.owner).post(f"{page}answer/", given)["Location"] == page
    own = signed_in(cast.lead)
    assert "You own the corrective action" in text_of(own.get(page))
    refused = text_of(own.post(f"{page}close/", {"effectiveness": "It works."}), 403)
    assert "Two persons are needed" in refused
    made.refresh_from_db()
    assert made.closed_at is None
    auditor = signed_in(cast.auditor)
    closed = auditor.post(f"{page}close/", {"effectiveness": "Ten of ten logs are there."})

    assert closed["Location"] == page
    made.refresh_from_db()
    assert (made.owner, made.closed_by) == (cast.lead, cast.auditor)
    told = text_of(auditor.get(page))
    for words in ("Ten of ten logs are there.", "Corrective action recorded", "Finding closed"):
        assert words in told
    text_of(auditor.post(f"{page}close/", {"effectiveness": "Again."}), 409)


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"due_date": "2001-01-01"}, "due_date", "The action cannot be due in the past."),
        ({"due_date": "soon"}, "due_date", "Enter a valid date."),
        ({"owner": ""}, "owner", "This field is required."),
        ({"cause": ""}, "cause", "This field is required."),
        ({"action": "x" * 4001}, "action", "at most 4000 characters"),
    ],
)
def test_a_fault_of_an_answer_is_told_beside_its_field(lead, cast, changes, field, reason):
    made = raised(cast)
    given = {**ANSWER, "owner": cast.owner.pk, "due_date": due(), **changes}

    page = text_of(lead.post(f"/findings/{made.pk}/answer/", given), 422)

    assert reason in page.partition(f'id="id_{field}_error"')[2].partition("</div>")[0]
    made.refresh_from_db()
    assert (made.cause, made.owner) == ("", None)


def test_nothing_is_closed_without_an_action_or_without_saying_how_it_shows(lead, cast):
    unanswered, told = raised(cast), answered(cast)

    early = text_of(lead.post(f"/findings/{unanswered.pk}/close/", {"effectiveness": "x"}), 409)
    text_of(lead.post(f"/findings/{told.pk}/close/", {"effectiveness": ""}), 422)

    assert "Nobody has said yet what is done about it." in early
    assert not Finding.objects.exclude(closed_at=None).exists()


def test_who_may_not_answer_or_close_is_offered_neither_and_refused(cast, signed_in):
    made = answered(cast)
    page = signed_in(cast.engineer)
    given = {**ANSWER, "owner": cast.owner.pk, "due_date": due()}

    shown = text_of(page.get(f"/findings/{made.pk}/"))
    assert "Record the action" not in shown
    assert "Close the finding" not in shown
    assert "You hold no role" in text_of(page.post(f"/findings/{made.pk}/answer/", given), 403)
    closing = {"effectiveness": "It works."}
    assert "You hold no role" in text_of(page.post(f"/findings/{made.pk}/close/", closing), 403)
    assert len(history(made.ledger_subject)) == 2


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["F-3", "F-2", "F-1"]),
        ("?state=open", ["F-2", "F-1"]),
        ("?state=overdue", ["F-2"]),
        ("?state=closed", ["F-3"]),
        ("?grade=major", ["F-1"]),
        ("?q=F-1", ["F-1"]),
        ("?q=27001:A.5.1", ["F-2"]),
        ("?state=strange&grade=strange", ["F-3", "F-2", "F-1"]),
        ("?q=nothing-is-called-so", []),
    ],
)
def test_the_list_is_narrowed(lead, cast, query, names):
    raised(cast, grade=Grade.MAJOR)
    answered(cast, requirement="27001:A.5.1")
    long_ago = (factories.now() - timedelta(days=9)).date()
    Finding.objects.filter(number=2).update(due_date=long_ago)
    governed.closed(answered(cast), cast, at=factories.now())

    page = text_of(lead.get(f"/findings/{query}"))

    assert {name for name in ("F-1", "F-2", "F-3") if f">{name} " in page} == set(names)
    assert ("No finding fits" in page) == (not names)
    assert ("Overdue</span>" in page.replace("\n", "").replace("  ", "")) == ("F-2" in names)


def test_an_empty_list_says_how_a_finding_comes_to_be(lead):
    assert "No finding so far" in text_of(lead.get("/findings/"))


def test_twenty_of_many_findings_cost_what_one_costs(lead, cast):
    at = factories.now()
    counts = []
    for more in (1, 29):
        for _number in range(more):
            run = factories.implementation(cast, of=factories.system(cast, at=at), at=at)
            made = governed.answered(governed.finding(cast, about=run, at=at), cast, at=at)
        forget()
        with CaptureQueriesContext(connection) as queries:
            page = text_of(lead.get("/findings/"))
        with CaptureQueriesContext(connection) as single:
            text_of(lead.get(f"/findings/{made.pk}/"))
        counts.append((len(queries), len(single)))
    assert counts[0] == counts[1]
    assert page.count('scope="row"') == 20


def test_records_of_findings_lead_to_their_page(lead, cast):
    made = raised(cast)

    answer = lead.get(f"/records/{made.ledger_subject}/")

    assert answer["Location"] == f"/findings/{made.pk}/"


def test_a_finding_whose_action_was_changed_meanwhile_is_not_closed(client, signed_in, cast):
    row = governed.answered(governed.finding(cast, at=factories.now()), cast, at=factories.now())
    auditor = signed_in(cast.auditor)
    page = f"/findings/{row.pk}/"
    (seen,) = set(re.findall(r'name="expected" value="(\d+)"', text_of(auditor.get(page))))
    governed.answered(row, cast, days=60, at=factories.now())

    refused = auditor.post(f"{page}close/", {"effectiveness": "It works.", "expected": seen})

    assert "It was changed since you opened it" in text_of(refused, 422)
    row.refresh_from_db()
    assert row.closed_at is None
    again = auditor.post(f"{page}close/", {"effectiveness": "It works.", "expected": int(seen) + 1})
    assert again.status_code == 302
