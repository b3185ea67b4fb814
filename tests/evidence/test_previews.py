import io
import struct
import zlib

import factories
import files
import pytest
from factories import AT, content
from PIL import Image

from twofold.evidence import actions, erasure, previews
from twofold.evidence.previews import Kind, picture_of, preview_of
from twofold.evidence.reading import read_waiting
from twofold.people.errors import Conflict, NotFound


def version(cast, data, name):
    given = content(data)
    values = {field: getattr(given, field) for field in given.__dataclass_fields__}
    item = actions.add_item(
        "Report",
        kind="k",
        unit=cast.unit,
        content=actions.Content(
            **values | {"file_name": name, "media_type": "application/octet-stream"}
        ),
        by=factories.actor(cast.owner),
        at=AT,
    )
    return item.versions.select_related("item").get()


def opened(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def test_a_pdf_is_shown_page_by_page_as_pictures_of_ours(cast):
    made = version(cast, files.pdf("First", "Second", "Third"), "a.pdf")

    shown = preview_of(made, part=2)

    assert (shown.kind, shown.part, len(shown.parts)) == (Kind.PAGES, 2, 3)
    page = opened(picture_of(made, 2))
    assert (page.format, page.width) == ("PNG", 1200)
    assert picture_of(made, 2) != picture_of(made, 1)
    assert preview_of(made, part=99).part == 3
    assert preview_of(made, part=0).part == 1
    with pytest.raises(Conflict, match="no such page"):
        picture_of(made, 99)


def test_a_picture_is_encoded_anew_and_made_smaller(cast):
    made = version(cast, files.picture("JPEG", (3000, 1500)), "a.jpg")

    assert preview_of(made).kind is Kind.PICTURE
    picture = opened(picture_of(made, 1))
    assert (picture.format, picture.size) == ("PNG", (1200, 600))
    with pytest.raises(NotFound):
        picture_of(made, 2)


def test_what_a_picture_says_besides_its_pixels_is_left_out(cast):
    hidden = io.BytesIO()
    image = Image.new("RGBA", (9, 9), (1, 2, 3, 4))
    exif = image.getexif()
    exif[0x010E] = "taken at the kestrel"
    image.save(hidden, "PNG", exif=exif)

    picture = picture_of(version(cast, hidden.getvalue(), "a.png"), 1)

    assert b"kestrel" not in picture
    assert opened(picture).mode == "RGBA"


def bomb():
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", 40_000, 40_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("data", "name", "why"),
    [
        (bomb(), "a.png", "pixels"),
        (b"%PDF-1.4 and nothing", "a.pdf", "no sound PDF"),
        (files.pdf("x", password="secret"), "a.pdf", "locked"),
        (files.packed("xl/workbook.xml"), "a.xlsx", "damaged"),
        (b"\x00\x01", "a.bin", "not shown"),
        (b"a" * 70_000 + b"\x00", "a.txt", "no text"),
        (b"a" * 70_000 + b"\x00", "a.csv", "no text"),
        (files.word("words"), "a.docx", "not read yet"),
    ],
    ids=files.told,
)
def test_what_cannot_be_shown_is_said_to_be_so(cast, data, name, why):
    shown = preview_of(version(cast, data, name))

    assert shown.kind is Kind.NOTHING
    assert why in shown.remark


def test_a_table_shows_its_first_rows_and_says_how_many_follow(cast):
    rows = [["day", "count"], *([f"{number}", number] for number in range(249))]
    listed = "\n".join(f"{first};{second}" for first, second in rows).encode()

    for data, name in ((listed, "a.csv"), (files.workbook(One=rows, Two=[["x"]]), "a.xlsx")):
        shown = preview_of(version(cast, data, name))
        assert (shown.kind, len(shown.rows), shown.more, shown.remark) == (Kind.TABLE, 200, 50, "")
        assert shown.rows[:2] == (("day", "count"), ("0", "0"))


def test_another_sheet_is_shown_when_it_is_asked_for(cast):
    made = version(cast, files.workbook(One=[["x"]], Two=[["y", "z"], ["w"]]), "a.xlsx")

    shown = preview_of(made, part=2)

    assert (shown.parts, shown.part) == (("One", "Two"), 2)
    assert shown.rows == (("y", "z"), ("w", ""))
    assert preview_of(made, part=9).part == 2


def test_a_wide_table_is_cut_and_says_so(cast):
    shown = preview_of(version(cast, (",".join("x" * 60) + "\n").encode(), "a.csv"))

    assert len(shown.rows[0]) == 40
    assert "60 columns" in shown.remark


def test_of_a_very_long_table_the_rows_that_follow_are_not_counted(cast, monkeypatch):
    monkeypatch.setattr(previews, "_MOST_TABLE_BYTES", 1000)

    shown = preview_of(version(cast, b"a,b\n" * 2000, "a.csv"))

    assert (shown.kind, shown.more) == (Kind.TABLE, None)


def test_a_table_that_is_none_is_shown_as_text(cast):
    shown = preview_of(version(cast, b'"' + b"x" * 200_000, "a.csv"))

    assert shown.kind is Kind.TEXT


def test_text_is_shown_as_it_is_and_cut_when_it_is_long(cast):
    short = preview_of(version(cast, b"# <b>Title</b>", "a.md"))
    long = preview_of(version(cast, b"x" * 30_000, "a.log"))

    assert (short.kind, short.text, short.remark) == (Kind.TEXT, "# <b>Title</b>", "")
    assert (len(long.text), "beginning" in long.remark) == (20_000, True)


def test_of_a_document_without_pages_the_text_that_was_read_is_shown(cast):
    made, blank = (
        version(cast, files.word("Kestrel"), "a.docx"),
        version(cast, files.word(""), "a.docx"),
    )
    read_waiting()

    assert (preview_of(made).kind, preview_of(made).text) == (Kind.TEXT, "Kestrel")
    assert preview_of(blank).remark == "It holds no text."


def test_an_altered_or_missing_file_is_not_shown(cast, settings):
    made, gone = version(cast, files.picture(), "a.png"), version(cast, b"x", "a.txt")
    for path in settings.BLOBS.rglob(made.stored_sha256):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    for path in settings.BLOBS.rglob(gone.stored_sha256):
        path.unlink()

    assert "altered" in preview_of(made).remark
    assert "not there" in preview_of(gone).remark
    with pytest.raises(Conflict, match="altered"):
        picture_of(made, 1)


def test_a_picture_that_was_drawn_is_not_shown_after_the_erasure(cast):
    made = version(cast, files.picture(), "a.png")
    assert picture_of(made, 1)
    asked = erasure.ask(made.item, reason="r", by=factories.actor(cast.lead), at=AT)
    made.item = erasure.erase(asked, by=factories.actor(cast.approver), at=AT)

    with pytest.raises(NotFound, match="erased"):
        picture_of(made, 1)


def test_drawn_pictures_are_kept_up_to_a_number_of_bytes():
    kept = previews._Kept(10)  # noqa: SLF001 - looked at from within
    kept.put(("a",), b"12345")
    kept.put(("b",), b"12345")
    assert kept.get(("a",)) == b"12345"
    kept.put(("c",), b"1")

    assert (kept.get(("a",)), kept.get(("b",)), kept.get(("c",))) == (b"12345", None, b"1")
    kept.put(("c",), b"12")
    assert kept.get(("c",)) == b"12"
