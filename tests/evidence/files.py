"""Small files of each format, made by the libraries that write them."""

import io
import zipfile

import docx
import weasyprint
import xlsxwriter
from PIL import Image
from pypdf import PdfReader, PdfWriter

PE = b"MZ\x90\x00" + bytes(60) + b"PE\x00\x00" + bytes(200)


def pdf(*pages: str, password: str = "") -> bytes:
    body = "".join(f"<p style='page-break-after: always'>{page}</p>" for page in pages)
    made = bytes(weasyprint.HTML(string=f"<html lang='en'><title>T</title>{body}").write_pdf())
    if not password:
        return made
    writer, locked = PdfWriter(PdfReader(io.BytesIO(made))), io.BytesIO()
    writer.encrypt(password, algorithm="AES-256")
    writer.write(locked)
    return locked.getvalue()


def word(*paragraphs: str, table: tuple[str, ...] = ()) -> bytes:
    document, made = docx.Document(), io.BytesIO()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        cells = document.add_table(1, len(table)).rows[0].cells
        for cell, text in zip(cells, table, strict=True):
            cell.text = text
    document.save(made)
    return made.getvalue()


def workbook(**sheets: list[list[object]]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return made.getvalue()


def opendocument(media_type: str, content: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(zipfile.ZipInfo("mimetype"), media_type)
        package.writestr(
            "META-INF/manifest.xml",
            "<manifest:manifest "
            'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        package.writestr("content.xml", content)
    return made.getvalue()


ODS = opendocument(
    "application/vnd.oasis.opendocument.spreadsheet",
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
    '<office:spreadsheet><table:table table:name="Rota"><table:table-row><table:table-cell '
    'office:value-type="string"><text:p>Sentinel</text:p></table:table-cell></table:table-row>'
    "</table:table></office:spreadsheet></office:body></office:document-content>",
)


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30)) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "teal").save(made, form)
    return made.getvalue()


def packed(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as package:
        for name in names:
            package.writestr(name, "x")
    return made.getvalue()


def told(value: object) -> str:
    """Return what stands for a value in the name of a test, the same in every process."""
    return "content" if isinstance(value, bytes) else str(value)[:40]
