import io
import zipfile

import factories
import files
import pytest
from factories import AT

from twofold.evidence import actions, erasure
from twofold.evidence.models import EvidenceText
from twofold.evidence.parsing import process
from twofold.evidence.parsing.limits import MOST_CHARACTERS
from twofold.evidence.parsing.process import ParsingFailed, run_json
from twofold.evidence.reading import read_waiting

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What a reader that runs what it reads would do.
HOSTILE = b"<html><body>seen<script>alert('not seen')</script><style>p{}</style><p>below"


def version(cast, data, name):
    given = factories.content(data)
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


def read(cast, data, name):
    made = version(cast, data, name)
    assert read_waiting() == 1
    return EvidenceText.objects.get(version=made)


@pytest.mark.parametrize(
    ("data", "name", "text"),
    [
        (b"one\r\ntwo", "a.txt", "one\ntwo"),
        ("na\u00efve \u20ac".encode("cp1252"), "a.log", "na\u00efve \u20ac"),
        ("na\u00efve".encode("utf-16"), "a.csv", "na\u00efve"),
        (b"# Title\n\n*x*", "a.md", "# Title\n\n*x*"),
        (b'{"a": "b"}', "a.json", '{"a": "b"}'),
        ("a\ue000b\ue001".encode(), "a.txt", "ab"),
        ("\ufb01rewall o\ufb03ce".encode(), "a.txt", "firewall office"),
        (HOSTILE, "a.html", "seen\nbelow"),
        (files.pdf("First page", "Second"), "a.pdf", "First page\nSecond\n"),
        (files.word("Hello", "w\u00f6rld", table=("a", "b")), "a.docx", "Hello\nw\u00f6rld\na\tb"),
        (
            files.workbook(One=[["x", 1.0, 2.5], [], ["y"]], Two=[]),
            "a.xlsx",
            "One\nx\t1\t2.5\ny\nTwo",
        ),
        (files.ODS, "a.ods", "Rota\nSentinel"),
    ],
    ids=files.told,
)
def test_the_text_of_each_format_is_read(cast, data, name, text):
    found = read(cast, data, name)

    assert found.content.strip() == text.strip()
    assert (found.outcome, found.remark) == ("read", "")


@pytest.mark.parametrize(
    ("data", "name", "outcome", "remark"),
    [
        (b"%PDF-1.4 nothing that follows", "a.pdf", "failed", "damaged"),
        (files.packed("word/document.xml"), "a.docx", "failed", "damaged"),
        (files.pdf("a", password="secret"), "a.pdf", "failed", "locked"),
        (files.picture(), "a.png", "nothing", "not read"),
        (b" \n ", "a.txt", "nothing", "no text"),
        (b"a" * 70_000 + b"\x00", "a.txt", "failed", "no text in an encoding"),
    ],
    ids=files.told,
)
def test_what_cannot_be_read_is_said_to_be_so(cast, data, name, outcome, remark):
    found = read(cast, data, name)

    assert (found.outcome, found.content) == (outcome, "")
    assert remark in found.remark


@pytest.mark.parametrize("form", ["txt", "docx"])
def test_of_a_long_text_the_beginning_is_read_and_said_to_be_cut(cast, form):
    text = "word " * (MOST_CHARACTERS // 4)
    data = text.encode() if form == "txt" else files.word(text)

    found = read(cast, data, f"a.{form}")

    assert found.content == text[:MOST_CHARACTERS]
    assert "500,000" in found.remark


def bomb():
    """A document of a few megabytes that would fill gigabytes."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(files.word("a"))) as sound,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as package,
    ):
        for name in sound.namelist():
            if name != "word/document.xml":
                package.writestr(name, sound.read(name))
        with package.open("word/document.xml", "w", force_zip64=True) as document:
            document.write(
                b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/"
                b"main'><w:body>"
            )
            for _ in range(1000):
                document.write(b"<w:p/>" * 300_000)
            document.write(b"</w:body></w:document>")
    return made.getvalue()


@pytest.mark.slow
def test_a_file_that_takes_too_much_ends_its_own_process_alone(cast):
    found = read(cast, bomb(), "a.docx")

    assert found.outcome == "failed"
    assert "too much" in found.remark or "too long" in found.remark


def test_a_job_that_takes_too_long_is_ended(monkeypatch):
    monkeypatch.setattr(process, "WAIT_S", 0.001)

    with pytest.raises(ParsingFailed, match="too long"):
        run_json("text", [files.word("a")], WORD)


def test_a_file_that_is_too_large_is_not_taken_apart(monkeypatch):
    monkeypatch.setattr(process, "MOST_BYTES", 10)

    with pytest.raises(ParsingFailed, match="larger"):
        run_json("text", [b"x" * 11], "text/html")


def test_an_answer_that_is_too_large_is_not_taken(monkeypatch):
    monkeypatch.setattr(process, "_MOST_ANSWER_BYTES", 100)

    with pytest.raises(ParsingFailed, match="too large"):
        run_json("text", [b"<p>" + b"x" * 5000], "text/html")


def test_the_process_is_given_nothing_but_the_file(monkeypatch, tmp_path):
    monkeypatch.setenv("TWOFOLD_SECRET_KEY", "secret")
    # What a led-astray parser would do, done by the interpreter that the job runs in.
    monkeypatch.setattr(process.sys, "executable", _spy(tmp_path))

    with pytest.raises(ParsingFailed) as failure:
        run_json("text", [b"x"], "text/html")

    assert "secret" not in str(failure.value)
    assert "PATH=" not in str(failure.value)


def _spy(folder):
    program = folder / "spy"
    program.write_text("#!/bin/sh\nprintf -- -\nexport -p\n")
    program.chmod(0o755)
    return str(program)


def test_each_version_is_read_once_and_not_after_its_erasure(cast, settings):
    kept, erased = version(cast, b"a", "a.txt"), version(cast, b"b", "a.txt")
    asked = erasure.ask(erased.item, reason="r", by=factories.actor(cast.lead), at=AT)
    erasure.erase(asked, by=factories.actor(cast.approver), at=AT)

    assert read_waiting() == 1
    assert read_waiting() == 0
    assert EvidenceText.objects.get().version == kept


def test_a_file_that_is_gone_or_altered_is_said_to_be_so(cast, settings):
    gone, altered = version(cast, b"a", "a.txt"), version(cast, b"b", "a.txt")
    for path in settings.BLOBS.rglob(gone.stored_sha256):
        path.unlink()
    for path in settings.BLOBS.rglob(altered.stored_sha256):
        data = path.read_bytes()
        path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))

    assert read_waiting() == 2

    assert "not there" in gone.text.remark
    assert "altered" in altered.text.remark


def test_without_the_installations_key_files_wait_for_another_round(cast, settings, tmp_path):
    version(cast, b"a", "a.txt")
    settings.EVIDENCE_KEY = b"k" * 32

    assert read_waiting() == 0
    assert not EvidenceText.objects.exists()
