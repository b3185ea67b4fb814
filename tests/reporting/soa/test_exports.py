"""Versions as files, each read back by another program than the one that wrote it."""

import base64
import hashlib
import io
import json
import re
import zipfile

import factories
import pytest
from docx import Document
from factories import AT, stated
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from trestle.oscal import catalog as oscal_catalog
from trestle.oscal import profile, ssp

from twofold.controls import actions
from twofold.controls.actions import Decision, GivenGround
from twofold.controls.models import Ground
from twofold.people.errors import Conflict, NotFound
from twofold.reporting.soa.columns import COLUMNS, cleaned
from twofold.reporting.soa.exports import FORMATS, exported
from twofold.reporting.soa.oscal import token
from twofold.reporting.soa.printed import MOST_LINES, PrintedColumn, printed_lines
from twofold.reporting.soa.version import Words, read_version
from twofold.reporting.soa.workbook import LONGEST_CELL, cell_text

FORMULA = '=HYPERLINK("http://evil.example";"Click")'
OUT = "42001:A.10.2"


@pytest.fixture
def version(cast):
    """A sealed version with all kinds of rows, and texts that mean harm."""
    system = factories.system(cast, code="loans")
    run = factories.implementation(cast, of=system)
    made = factories.claim(run, factories.evidence_item(cast), cast)
    actions.accept_claim(made, by=factories.actor(cast.approver), at=AT)
    stated.decide(cast, excluded={OUT: "Nobody supplies us."})
    actions.decide_applicability(
        [Decision("42001:A.2.2", applicable=True, reason=FORMULA,
                  grounds=(GivenGround(Ground.LAW, "@SUM(A1)\x0b<b>bold</b>"),))],
        unit=cast.unit, by=factories.actor(cast.lead), at=AT,
    )  # fmt: skip
    return read_version(stated.approve(stated.prepare(cast), cast))


@pytest.fixture
def draft(cast):
    stated.decide(cast, "27001")
    return read_version(stated.prepare(cast, "27001", note="The first one"))


def octets(version, name):
    return exported(version, name).octets


def sheets(version):
    book = CalamineWorkbook.from_filelike(io.BytesIO(octets(version, "xlsx")))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def part(version, name):
    with zipfile.ZipFile(io.BytesIO(octets(version, "xlsx"))) as archive:
        return archive.read(name).decode()


def plan(version):
    return json.loads(octets(version, "oscal"))["system-security-plan"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_is_named_after_its_version_and_the_same_again(version, name):
    first = exported(version, name)

    assert re.fullmatch(r"soa-42001-v1\.(xlsx|pdf|docx|oscal\.json)", first.name)
    assert first.octets
    assert first.media_type == FORMATS[name].media_type


def test_the_workbook_has_every_row_and_column(version):
    rows = sheets(version)["Controls"]

    assert rows[0][: len(COLUMNS)] == [str(column.title) for column in COLUMNS]
    assert [row[0] for row in rows[1:]] == [entry["reference"] for entry in version.rows]
    by_id = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    watched, out = by_id["A.6.2.6"], by_id["A.10.2"]
    assert (watched["Applicable"], watched["Status"]) == ("Yes", "Partly implemented")
    assert watched["Since"] == AT.date()
    assert "TF-MON-01, Loans:" in watched["How it is implemented"]
    assert watched["Owners"] == "Owner"
    assert "valid until" in watched["Evidence"]
    assert watched["AI systems and life-cycle stages"] == "Loans (Operation and monitoring)"
    assert "controls.evidenceclaim:" in watched["Records"]
    assert (out["Applicable"], out["Status"]) == ("No", "Not applicable")
    assert out["Justification"] == "Nobody supplies us."


def test_the_workbook_tells_version_approval_and_digest(version):
    head = {row[0]: row[1] for row in sheets(version)["Statement"] if len(row) > 1}

    assert head["Version"] == "Version 1"
    assert head["Approved by"].startswith("Approver on")
    assert head["SHA-256 of the content"] == version.statement.sha256
    assert (head["Controls"], head["Excluded"]) == (38, 1)


def test_the_workbook_is_made_for_reading_and_printing(version):
    sheet = part(version, "xl/worksheets/sheet2.xml")

    assert 'state="frozen"' in sheet
    assert '<autoFilter ref="A1:N39"' in sheet
    assert 'orientation="landscape"' in sheet
    assert 'fitToHeight="0"' in sheet
    assert "_xlnm.Print_Titles" in part(version, "xl/workbook.xml")


def test_nothing_that_was_typed_is_a_formula_or_a_link(version):
    sheet = part(version, "xl/worksheets/sheet2.xml")
    rows = sheets(version)["Controls"]

    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert FORMULA in rows[1]
    assert "Law or regulation: @SUM(A1)<b>bold</b>" in rows[1]


def test_a_draft_says_so_in_every_format(draft):
    first = sheets(draft)["Statement"]
    pages = PdfReader(io.BytesIO(octets(draft, "pdf"))).pages
    text = "\n".join(p.text for p in Document(io.BytesIO(octets(draft, "docx"))).paragraphs)

    assert any("DRAFT" in str(cell) for row in first for cell in row)
    assert all("DRAFT of version 1" in page.extract_text() for page in pages)
    assert "DRAFT: nobody has approved this version." in text
    assert {"name": "state", "ns": "urn:twofold:soa", "value": "draft"} in plan(draft)["metadata"][
        "props"
    ]
    assert exported(draft, "oscal").name == "soa-27001-v1-draft.oscal.json"


def test_the_pdf_is_tagged_and_bears_version_approval_digest_and_page(version):
    reader = PdfReader(io.BytesIO(octets(version, "pdf")))
    pages = [page.extract_text() for page in reader.pages]
    whole = "\n".join(pages)

    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in reader.trailer["/Root"]
    assert b'pdfuaid:part="1"' in reader.trailer["/Root"]["/Metadata"].get_data()
    assert reader.trailer["/Root"]["/Lang"] == "en"
    assert reader.metadata.title == "Statement of Applicability, ISO/IEC 42001:2023, Version 1"
    assert all(f"{n} / {len(pages)}" in page for n, page in enumerate(pages, start=1))
    assert all(version.statement.sha256 in page for page in pages)
    assert all("Approved by Approver" in page for page in pages)
    assert all("DRAFT" not in page for page in pages)
    assert all(reference in whole for reference in (row["reference"] for row in version.rows))
    # The heads of the columns stand on every page of the table.
    assert all("Justification" in page for page in pages[1:])
    assert "<b>bold</b>" in whole


def test_the_document_repeats_the_head_of_its_table(version):
    made = Document(io.BytesIO(octets(version, "docx")))
    table = made.tables[-1]

    rows = made.element.body.xpath("./w:tbl")[-1].xpath("./w:tr")
    assert len(rows) == 39
    assert [bool(row.xpath("./w:trPr/w:tblHeader")) for row in rows[:2]] == [True, False]
    section = made.sections[0]
    assert section.page_width > section.page_height
    assert table.rows[1].cells[0].text == "A.2.2\nAI policy"
    assert FORMULA in table.rows[1].cells[2].text
    assert version.statement.sha256 in section.footer.paragraphs[0].text
    assert made.core_properties.title == version.title


def test_the_oscal_plan_its_profile_and_its_catalogue_are_valid(version):
    document = json.loads(octets(version, "oscal"))
    found = ssp.Model(**document).system_security_plan

    resources = {entry["uuid"]: entry for entry in plan(version)["back-matter"]["resources"]}
    href = found.import_profile.href.removeprefix("#")
    embedded = json.loads(base64.b64decode(resources[href]["base64"]["value"]))
    baseline = profile.Model(**embedded).profile
    inner = embedded["profile"]["back-matter"]["resources"][0]
    assert baseline.imports[0].href == f"#{inner['uuid']}"
    listed = oscal_catalog.Model(**json.loads(base64.b64decode(inner["base64"]["value"]))).catalog
    ids = [control.id for group in listed.groups for control in group.controls]
    assert sorted(ids) == sorted(entry["reference"] for entry in version.rows)


def test_the_oscal_plan_tells_every_control_and_why_one_is_excluded(version):
    found = plan(version)["control-implementation"]["implemented-requirements"]
    by_id = {entry["control-id"]: entry for entry in found}
    out, watched = by_id["A.10.2"], by_id["A.6.2.6"]

    assert len(by_id) == len(version.rows)
    values = {prop["name"]: prop["value"] for prop in out["props"]}
    assert (values["applicable"], values["exclusion-reason"]) == ("no", "Nobody supplies us.")
    assert out["by-components"][0]["implementation-status"] == {
        "state": "not-applicable",
        "remarks": "Nobody supplies us.",
    }
    whole, monitoring, *_others = watched["by-components"]
    assert whole["implementation-status"]["state"] == "partial"
    assert whole["links"][0]["href"].removeprefix("#") in {
        entry["uuid"] for entry in plan(version)["back-matter"]["resources"]
    }
    components = plan(version)["system-implementation"]["components"]
    assert monitoring["component-uuid"] in {entry["uuid"] for entry in components}
    assert monitoring["description"].startswith("Loans: ")


def test_the_identifiers_of_the_plan_are_unique_and_the_same_again(version):
    text = octets(version, "oscal").decode()
    own = re.findall(r'"uuid": "([0-9a-f-]{36})"', text)

    assert len(own) == len(set(own))
    assert octets(version, "oscal").decode() == text


@pytest.mark.parametrize(("control", "expected"), [
    ("A.5.1", "A.5.1"), ("TF-MON-01", "TF-MON-01"), ("2FA", "_2FA"), ("-x", "_-x"),
])  # fmt: skip
def test_an_identifier_is_a_token(control, expected):
    assert token(control) == expected


def test_what_a_cell_cannot_hold_is_counted():
    text = cell_text(["x" * 1000] * 40)

    assert len(text) <= LONGEST_CELL
    assert text.endswith("\nand 8 more")
    assert cell_text(["a", "b"]) == "a\nb"


def test_control_characters_are_taken_out():
    assert cleaned("a\x00b\x0b\x1fc\td\ne\xa0") == "abc\td\ne\xa0"


def test_a_sealed_version_is_exported_as_it_was_sealed_whatever_happens_later(version, cast):
    before = {name: octets(version, name) for name in ("xlsx", "oscal")}
    actions.decide_applicability(
        [Decision("42001:A.2.2", applicable=False, reason="Changed our mind.")],
        unit=cast.unit, by=factories.actor(cast.lead), at=AT,
    )  # fmt: skip
    stated.prepare(cast)

    again = read_version(type(version.statement).objects.get(pk=version.statement.pk))

    assert {name: octets(again, name) for name in before} == before
    assert hashlib.sha256(again.statement.content.encode()).hexdigest() == again.statement.sha256


def test_a_content_that_is_not_what_was_recorded_is_not_exported(version):
    statement = version.statement
    statement.content = statement.content.replace("Nobody supplies us.", "We are perfect.")

    with pytest.raises(Conflict, match="verify the record"):
        read_version(statement)


def test_an_unknown_format_is_not_found(version):
    with pytest.raises(NotFound):
        exported(version, "exe")


@pytest.mark.parametrize(("given", "printed"), [(11, 11), (12, 11), (60, 11)])
def test_a_long_cell_is_printed_in_part_and_the_rest_is_counted(given, printed):
    column = PrintedColumn("x", "X", 1, lambda _row, _words: [f"Line {n}" for n in range(given)])

    lines = printed_lines(column, {}, Words({}, {}))

    assert len(lines) == printed
    assert (lines[-1] == f"and {given - MOST_LINES} more, in the workbook") is (given > 11)
