"""What is said of keeping and asking: by people who may, of known kinds, of what is there."""

import io
import tomllib
from datetime import UTC, date, datetime

from pypdf import PdfReader

from twofold.catalog.load import catalog
from twofold.people.access import PERMISSIONS, Permission
from twofold_demo import papers
from twofold_demo.case import Case, Validation
from twofold_demo.cast import CAST
from twofold_demo.documents.events import reliability
from twofold_demo.documents.notices import limits_of_use
from twofold_demo.exhibits import EXHIBITS
from twofold_demo.filings import OF_SYSTEMS
from twofold_demo.governance import CONTENT, PLACES
from twofold_sdk import Event, Field

KINDS = {need.kind for control in catalog().controls for need in control.evidence}
ROLES = {member.key: member.role for member in CAST}
VALIDATION = Validation("Told.", 40, 0.5, 0.5, 0.8123, 0.7, 0.2)


def said(name):
    return tomllib.loads((CONTENT / name).read_text("utf-8"))


def case_of(scores):
    """Return a case of one week whose events have these scores, of which the last did not come."""
    came = [True] * (len(scores) - 1) + [False]
    at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    events = [
        Event({"score": score, "late": late}, at) for score, late in zip(scores, came, strict=True)
    ]
    return Case(
        code="delay-forecast",
        version="1",
        algorithm="",
        source="",
        preparation=(),
        purpose="",
        fields=(Field("score", "number", "score"), Field("late", "boolean", "label")),
        reference=(),
        weeks=(events,),
        validation=VALIDATION,
        monitors=(),
        rescore=lambda _values: [],
        first_day=date(2026, 5, 4),
        last_day=date(2026, 5, 10),
    )


def test_requests_are_made_by_who_may_of_who_can_answer_and_for_a_known_kind():
    for entry in said("requests.toml")["request"]:
        assert Permission.ASK_EVIDENCE in PERMISSIONS[ROLES[entry["by"]]], entry["title"]
        assert Permission.ADD_EVIDENCE in PERMISSIONS[ROLES[entry["owner"]]], entry["title"]
        assert entry["by"] != entry["owner"]
        assert entry["kind"] in KINDS
        assert entry["system"] in PLACES
        assert entry["days"] > 0


def test_terms_and_classes_are_of_kinds_that_are_filed():
    found = said("keeping.toml")

    filed = {entry["need"] for entry in papers.entries()} | {filing.need for filing in OF_SYSTEMS}
    assert set(found["terms_of_kinds"]) <= filed
    assert set(found["confidential"]["kinds"]) <= KINDS
    assert set(found["terms"]) - {"usual"} <= set(PLACES)


def test_what_is_linked_is_filed_and_leads_to_what_is_there():
    findings = {entry["title"] for entry in said("findings.toml")["finding"]}
    exhibits = {exhibit.title for exhibit in EXHIBITS}
    on_systems = {filing.title for filing in OF_SYSTEMS}

    for entry in said("keeping.toml")["link"]:
        assert entry["item"] in exhibits or entry["item"].partition(":")[0] in on_systems
        assert entry.get("finding") in findings or entry["system"] in PLACES


def test_exhibits_are_of_known_kinds():
    assert {exhibit.kind for exhibit in EXHIBITS} <= KINDS


def test_reliability_is_counted_by_tenth_of_the_score_and_knows_no_mean_of_nothing():
    document = reliability(case_of([0.05, 0.31, 0.39, 1.0]))

    lines = document.octets.decode().splitlines()
    assert lines[0] == "score from,score below,events,mean score,share late"
    assert lines[1] == "0.0,0.1,1,0.050,1.000"
    assert lines[2] == "0.1,0.2,0,,"
    assert lines[4] == "0.3,0.4,2,0.350,1.000"
    assert lines[10] == "0.9,1.0,1,1.000,0.000"
    assert len(lines) == 11
    assert (document.period_from, document.period_to) == (date(2026, 5, 4), date(2026, 5, 10))


def test_the_notice_is_a_pdf_with_the_figures_of_the_training():
    document = limits_of_use(case_of([0.5]), None, date(2026, 5, 11))

    pages = PdfReader(io.BytesIO(document.octets)).pages
    text = "".join(page.extract_text() for page in pages)
    assert "81.2%" in text
    assert "{" not in text
