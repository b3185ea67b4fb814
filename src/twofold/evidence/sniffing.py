"""What a file is: its first bytes held against its name and against what is said of its type.

Nothing rests on the name alone. A file whose content contradicts its name is refused: whoever opens
it later would be misled, and so would the programs that read it here.
"""

import mimetypes
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import PurePath

import puremagic
from django.utils.translation import gettext as _

from twofold.evidence.decoding import encoding_of
from twofold.people.errors import InvalidInput

HEAD_BYTES = 64 * 1024
UNKNOWN = "application/octet-stream"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
#: What starts out as text all the same and is none.
_PDF = b"%PDF-"
#: Below this, a signature is a byte or two that stands at the head of many files by chance.
_SURE = 0.4
#: Types that say too little to contradict anything.
_VAGUE = {"", UNKNOWN, "binary/octet-stream", "application/x-download", "text/plain"}

TEXTS = {
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "txt": "text/plain",
    "log": "text/plain",
    "text": "text/plain",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "toml": "application/toml",
    "xml": "application/xml",
    "html": "text/html",
    "htm": "text/html",
    "svg": "image/svg+xml",
}
_PACKED = {
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "odt": f"{_ODF}.text",
    "ods": f"{_ODF}.spreadsheet",
    "odp": f"{_ODF}.presentation",
}
_SIGNED = {
    "pdf": "application/pdf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "zip": "application/zip",
    "gz": "application/gzip",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
}
_OLD_OFFICE = {_SIGNED["doc"], _SIGNED["xls"], _SIGNED["ppt"]}
#: Other names that are used for the same types.
_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/x-ms-bmp": "image/bmp",
    "application/x-gzip": "application/gzip",
    "application/x-zip-compressed": "application/zip",
    "application/x-pdf": "application/pdf",
    "application/x-yaml": "application/yaml",
    "text/yaml": "application/yaml",
    "text/x-yaml": "application/yaml",
    "text/xml": "application/xml",
    "text/json": "application/json",
    "text/x-markdown": "text/markdown",
    "application/csv": "text/csv",
    "application/xhtml+xml": "text/html",
}
_KNOWN = {*TEXTS.values(), *_PACKED.values(), *_SIGNED.values()}
#: Folders and files by which the members of a package tell what it is.
_MEMBERS = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OFFICE_PARTS = ("[Content_Types].xml", "_rels/", "docProps/", "customXml/")


@dataclass(frozen=True)
class Sniffed:
    """What a file turned out to be, and its bytes, of which the first were looked at.

    Attributes:
        media_type: `application/octet-stream` for what is not known.
        chunks: the whole stream.
    """

    media_type: str
    chunks: Iterator[bytes]


def sniff(chunks: Iterable[bytes], *, file_name: str, media_type: str) -> Sniffed:
    """Look at the beginning of a stream.

    Args:
        media_type: what is said of it; what could only come from the name says nothing more.

    Raises:
        InvalidInput: the content contradicts the name (`file`) or the declared type (`media_type`);
            the message gives both types.
    """
    rest = iter(chunks)
    parts: list[bytes] = []
    while sum(map(len, parts)) < HEAD_BYTES and (part := next(rest, None)) is not None:
        parts.append(part)
    found = type_of(b"".join(parts)[:HEAD_BYTES], file_name=file_name)
    _require_declared(media_type, found, file_name)
    return Sniffed(found, chain(parts, rest))


def type_of(head: bytes, *, file_name: str) -> str:
    """Return the media type of a file by its first bytes.

    Raises:
        InvalidInput: they contradict its name.
    """
    suffix = PurePath(file_name).suffix.lower().removeprefix(".")
    if suffix in TEXTS:
        named = TEXTS[suffix]
        fits = encoding_of(head) is not None and not head.startswith(_PDF)
        fits = fits and (suffix != "svg" or b"<svg" in head)
    elif suffix in _PACKED:
        named = _PACKED[suffix]
        fits = _packed_type(head) in {named, _OFFICE if named.startswith(_OFFICE) else named}
    elif suffix in _SIGNED:
        named = _SIGNED[suffix]
        fits = _is_signed(head, named)
    else:
        return _type_of_other(head, file_name)
    if not fits:
        raise _contradiction("file", named, _described(head))
    return named


def _type_of_other(head: bytes, file_name: str) -> str:
    """Return the type of a file whose name ends like none that is known here."""
    named = mimetypes.guess_type(file_name)[0] or UNKNOWN
    found = _sure_type(head)
    text = encoding_of(head) is not None and not head.startswith(_PDF)
    if named.startswith("text/"):
        if not text:
            raise _contradiction("file", named, _described(head))
        return "text/plain"
    if text or found in {None, named}:
        return UNKNOWN
    if named != UNKNOWN and found in _KNOWN:
        raise _contradiction("file", named, found)
    if named != UNKNOWN and _suffixes(head) and PurePath(file_name).suffix not in _suffixes(head):
        raise _contradiction("file", named, found)
    return found if found in _KNOWN else UNKNOWN


def _require_declared(declared: str, found: str, file_name: str) -> None:
    said = declared.partition(";")[0].strip().lower()
    said = _ALIASES.get(said, said)
    if said in _VAGUE or said == found or declared == mimetypes.guess_type(file_name)[0]:
        return
    wrong = said in _KNOWN if found == UNKNOWN else True
    if said.startswith("text/") and found in TEXTS.values() and said not in _KNOWN:
        wrong = False
    if wrong:
        raise _contradiction("media_type", said, found)


def _is_signed(head: bytes, named: str) -> bool:
    if named in _OLD_OFFICE:
        return head.startswith(_OLE)
    if named == _SIGNED["zip"]:
        return head.startswith((_ZIP, b"PK\x05\x06"))
    return any(_ALIASES.get(entry.mime_type, entry.mime_type) == named for entry in _matches(head))


def _packed_type(head: bytes) -> str | None:
    """Return what a zip file is by the names of its first members; None for another file.

    Of an Office file it may be that the family is all that can be told.
    """
    members = list(_members(head))
    if not members:
        return None
    for name, body in members:
        if name == "mimetype":
            return next((kind for kind in _PACKED.values() if body.startswith(kind.encode())), None)
    for folder, suffix in _MEMBERS.items():
        if any(name.startswith(folder) for name, _body in members):
            return _PACKED[suffix]
    office = any(name.startswith(_OFFICE_PARTS) for name, _body in members)
    return _OFFICE if office else _SIGNED["zip"]


def _members(head: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield names and first bytes of the members of a zip file that begin within the head."""
    if not head.startswith(_ZIP):
        return
    for place in re.finditer(re.escape(_ZIP), head):
        fixed = head[place.start() + 26 : place.start() + 30]
        if len(fixed) == 4:
            name_length = int.from_bytes(fixed[:2], "little")
            extra_length = int.from_bytes(fixed[2:], "little")
            begin = place.start() + 30
            body = begin + name_length + extra_length
            name = head[begin : begin + name_length].decode("utf-8", "replace")
            yield name, head[body : body + 80]


def _matches(head: bytes) -> list[puremagic.main.PureMagicWithConfidence]:
    """Return what the signatures say, the surest first."""
    if not head:
        return []
    try:
        return puremagic.magic_string(head)
    except puremagic.PureError:
        return []


def _sure_type(head: bytes) -> str | None:
    if head.startswith(_ZIP):
        packed = _packed_type(head)
        return _SIGNED["zip"] if packed in {None, _OFFICE} else packed
    for entry in _matches(head):
        if entry.confidence >= _SURE and (entry.mime_type or entry.name):
            return str(_ALIASES.get(entry.mime_type, entry.mime_type) or entry.name)
    return None


def _suffixes(head: bytes) -> set[str]:
    return {entry.extension.lower() for entry in _matches(head) if entry.confidence >= _SURE}


def _described(head: bytes) -> str:
    """Return the type of a content for a message."""
    found = _sure_type(head)
    if found:
        return found
    return "text/plain" if encoding_of(head) else UNKNOWN


def _contradiction(field: str, named: str, found: str) -> InvalidInput:
    if field == "media_type":
        message = _("It is declared as %(named)s, but its content is %(found)s.")
    else:
        message = _("By its name it is %(named)s, but its content is %(found)s.")
    return InvalidInput(message % {"named": named, "found": found}, field=field)
