import files
import pytest

from twofold.evidence.sniffing import HEAD_BYTES, sniff
from twofold.people.errors import InvalidInput

OFFICE = "application/vnd.openxmlformats-officedocument"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100)


def sniffed(data, name, declared=""):
    return sniff([data], file_name=name, media_type=declared).media_type


@pytest.mark.parametrize(
    ("data", "name", "media_type"),
    [
        (files.pdf("a"), "a.PDF", "application/pdf"),
        (files.picture(), "a.png", "image/png"),
        (files.picture("JPEG"), "a.jpeg", "image/jpeg"),
        (files.picture("GIF"), "a.gif", "image/gif"),
        (files.picture("WEBP"), "a.webp", "image/webp"),
        (files.picture("TIFF"), "a.tif", "image/tiff"),
        (files.picture("BMP"), "a.bmp", "image/bmp"),
        (files.word("a"), "a.docx", f"{OFFICE}.wordprocessingml.document"),
        (files.workbook(A=[[1]]), "a.xlsx", f"{OFFICE}.spreadsheetml.sheet"),
        (files.ODS, "a.ods", "application/vnd.oasis.opendocument.spreadsheet"),
        (files.packed("[Content_Types].xml"), "a.docx", f"{OFFICE}.wordprocessingml.document"),
        (files.packed("a.txt"), "a.zip", "application/zip"),
        (files.word("a"), "a.zip", "application/zip"),
        (OLE, "a.xls", "application/vnd.ms-excel"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        ("naïve".encode("cp1252"), "a.txt", "text/plain"),
        ("naïve".encode("utf-16"), "a.log", "text/plain"),
        (b"# Title", "a.md", "text/markdown"),
        (b"{}", "a.json", "application/json"),
        (b"a: 1", "a.yml", "application/yaml"),
        (b"<p>x", "a.html", "text/html"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "image/svg+xml"),
        (b"print()", "a.py", "text/plain"),
        (files.pdf("a"), "without-suffix", "application/pdf"),
        (files.packed("word/document.xml"), "a.new", f"{OFFICE}.wordprocessingml.document"),
        (files.packed("[Content_Types].xml"), "a.new", "application/zip"),
        (b"\x00\x01\x02 of no kind", "a.bin", "application/octet-stream"),
        (files.PE, "setup.exe", "application/octet-stream"),
        (b"words", "a.unheardof", "application/octet-stream"),
        (b"", "empty.pdf.unheardof", "application/octet-stream"),
    ],
    ids=files.told,
)
def test_a_file_is_what_its_first_bytes_and_its_name_agree_on(data, name, media_type):
    assert sniffed(data, name) == media_type


@pytest.mark.parametrize(
    ("data", "name", "named", "found"),
    [
        (files.PE, "invoice.pdf", "application/pdf", "portable-executable"),
        (b"<!DOCTYPE html><html>", "chart.png", "image/png", "text/html"),
        (files.picture(), "chart.jpg", "image/jpeg", "image/png"),
        (files.pdf("a"), "a.txt", "text/plain", "application/pdf"),
        (files.PE, "a.csv", "text/csv", "portable-executable"),
        (files.PE, "a.py", "text/x-python", "portable-executable"),
        (files.PE, "song.mp3", "audio/mpeg", "portable-executable"),
        (files.pdf("a"), "song.mp3", "audio/mpeg", "application/pdf"),
        (files.workbook(A=[[1]]), "a.docx", "wordprocessingml", "spreadsheetml"),
        (files.packed("a.txt"), "a.xlsx", "spreadsheetml", "application/zip"),
        (files.ODS, "a.odt", "opendocument.text", "opendocument.spreadsheet"),
        (b"PK\x03\x04", "a.docx", "wordprocessingml", "application/zip"),
        (b"plain words", "a.pdf", "application/pdf", "text/plain"),
        (b"\x00\x01\x02", "a.json", "application/json", "application/octet-stream"),
        (b"not one", "a.svg", "image/svg+xml", "text/plain"),
        (b"words", "a.doc", "application/msword", "text/plain"),
    ],
    ids=files.told,
)
def test_a_content_that_contradicts_its_name_is_refused_with_both_types(data, name, named, found):
    with pytest.raises(InvalidInput) as refusal:
        sniffed(data, name)

    assert refusal.value.field == "file"
    assert named in str(refusal.value)
    assert found in str(refusal.value)


@pytest.mark.parametrize(
    ("data", "name", "declared"),
    [
        (b"a,b", "a.csv", "text/csv; charset=utf-8"),
        (b"a,b", "a.csv", "text/plain"),
        (b"a: 1", "a.yaml", "application/x-yaml"),
        (b"\x1f\x8b\x08" + bytes(20), "a.csv.gz", "text/csv"),
        (b"x = 1", "a.py", "text/x-script"),
        (b"\x00\x01", "a.bin", "application/vnd.own"),
        (b"a", "a.txt", ""),
    ],
    ids=files.told,
)
def test_what_is_declared_may_say_less_or_the_same_in_other_words(data, name, declared):
    assert sniffed(data, name, declared)


@pytest.mark.parametrize(
    ("data", "name", "declared"),
    [
        (b"a,b", "a.csv", "application/pdf"),
        (b"{}", "a.json", "text/html"),
        (b"\x00\x01", "a.bin", "application/pdf"),
    ],
    ids=files.told,
)
def test_what_is_declared_and_contradicted_is_refused(data, name, declared):
    with pytest.raises(InvalidInput, match=declared) as refusal:
        sniffed(data, name, declared)

    assert refusal.value.field == "media_type"


def test_the_whole_stream_is_handed_on():
    chunks = [b"a" * 1000] * (HEAD_BYTES // 500)

    found = sniff(iter(chunks), file_name="a.txt", media_type="")

    assert list(found.chunks) == chunks


def test_a_character_that_breaks_off_at_the_end_of_the_head_is_no_contradiction():
    assert sniffed(b"a" * (HEAD_BYTES - 1) + "é".encode(), "a.txt") == "text/plain"
