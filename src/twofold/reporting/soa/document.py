"""A version of a Statement of Applicability as a document (DOCX), for those who keep it in Word."""

from collections.abc import Sequence
from io import BytesIO

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as File
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from twofold.reporting.soa.columns import cleaned
from twofold.reporting.soa.head import approval_line, figures, head_lines, method_lines
from twofold.reporting.soa.printed import printed_columns, printed_lines
from twofold.reporting.soa.version import Version

_RED = RGBColor(0xB3, 0x26, 0x1E)
_SHADE = "EEF0FD"


def document(version: Version) -> bytes:
    """Return the document: the head, the figures, and a table whose head stands on every page."""
    made = Document()
    _describe(made, version)
    _set_page(made)
    _set_styles(made)
    made.add_heading(version.title, level=0)
    if not version.sealed:
        _draft(made)
    _pairs(made, head_lines(version), (Mm(55), Mm(210)))
    made.add_heading(_("Figures"), level=1)
    _pairs(made, [(n, str(number)) for n, number in figures(version)], (Mm(80), Mm(30)))
    made.add_heading(_("How to read it"), level=1)
    for line in method_lines():
        made.add_paragraph(line, style="List Bullet")
    made.add_heading(_("Controls"), level=1)
    _controls(made, version)
    _running_texts(made, version)
    file = BytesIO()
    made.save(file)
    return file.getvalue()


def _describe(made: File, version: Version) -> None:
    statement = version.statement
    properties = made.core_properties
    properties.title = version.title
    properties.subject = version.label
    properties.author = cleaned(version.whose)
    properties.comments = f"SHA-256 {statement.sha256}"
    properties.language = get_language() or "en"
    properties.created = properties.modified = statement.approved_at or statement.prepared_at


def _set_page(made: File) -> None:
    section = made.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(14)
    section.top_margin = section.bottom_margin = Mm(16)


def _set_styles(made: File) -> None:
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(9.5)
    normal.paragraph_format.space_after = Pt(2)
    small = made.styles.add_style("Cell", WD_STYLE_TYPE.PARAGRAPH)
    small.base_style = normal
    small.font.size = Pt(8)
    small.paragraph_format.space_after = Pt(1)


def _draft(made: File) -> None:
    run = made.add_paragraph().add_run(_("DRAFT: nobody has approved this version."))
    run.bold = True
    run.font.color.rgb = _RED


def _pairs(made: File, pairs: Sequence[tuple[str, str]], widths: Sequence[int]) -> None:
    table: Table = made.add_table(rows=0, cols=2)
    table.autofit = False
    for name, text in pairs:
        cells = table.add_row().cells  # type: ignore[no-untyped-call]
        cells[0].paragraphs[0].add_run(name).bold = True
        cells[1].paragraphs[0].add_run(cleaned(text))
        for cell, width in zip(cells, widths, strict=True):
            cell.width = width


def _controls(made: File, version: Version) -> None:
    columns = printed_columns(version)
    table: Table = made.add_table(rows=len(version.rows) + 1, cols=len(columns))
    table.style = "Table Grid"
    table.autofit = False
    whole = sum(column.share for column in columns)
    widths = [Mm(round(269 * column.share / whole)) for column in columns]
    lines = table.rows
    for column, cell, width in zip(columns, lines[0].cells, widths, strict=True):
        _fill(cell, [str(column.title)], bold=True)
        cell.width = width
        _shade(cell)
    _repeat(lines[0])
    # A row's cells are looked up once: asking the table for each costs more with each row.
    for row, line in zip(version.rows, list(lines)[1:], strict=True):
        for column, cell, width in zip(columns, line.cells, widths, strict=True):
            _fill(cell, printed_lines(column, row, version.words))
            cell.width = width


def _fill(cell: _Cell, lines: Sequence[str], *, bold: bool = False) -> None:
    paragraph: Paragraph = cell.paragraphs[0]
    for place, text in enumerate(lines or [""]):
        if place:
            paragraph = cell.add_paragraph()
        paragraph.style = "Cell"
        paragraph.add_run(cleaned(text)).bold = bold


def _shade(cell: _Cell) -> None:
    shade = OxmlElement("w:shd")
    shade.set(qn("w:val"), "clear")
    shade.set(qn("w:fill"), _SHADE)
    cell._tc.get_or_add_tcPr().append(shade)  # noqa: SLF001 - the library offers no other way


def _repeat(row: _Row) -> None:
    """Have a row stand at the head of every page."""
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    row._tr.get_or_add_trPr().append(mark)  # noqa: SLF001 - the library offers no other way


def _running_texts(made: File, version: Version) -> None:
    section = made.sections[0]
    head = section.header.paragraphs[0]
    head.style = "Cell"
    head.add_run(f"{version.title} · {version.label} · {cleaned(version.whose)}")
    foot = section.footer.paragraphs[0]
    foot.style = "Cell"
    foot.add_run(f"{approval_line(version)} · SHA-256 {version.statement.sha256} · ")
    _field(foot, "PAGE")
    foot.add_run(" / ")
    _field(foot, "NUMPAGES")


def _field(paragraph: Paragraph, code: str) -> None:
    """Add a field that the program fills in, such as the number of the page."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "1"
    run.append(text)
    field.append(run)
    paragraph._p.append(field)  # noqa: SLF001 - the library offers no other way
