"""Telling text from other bytes, and reading it: UTF-8, UTF-16 with its mark, or Windows-1252."""

import codecs
import re

#: Characters that no text holds; tabulator, line ends, form feed and escape are left out.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")


def encoding_of(data: bytes) -> str | None:
    """Return the name of the encoding in which bytes are text; None when they are none.

    The bytes may be the beginning of a file that breaks off within a character.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data)
        except UnicodeDecodeError:
            continue
        if not _CONTROLS.search(text):
            return encoding
    return None


def decoded(data: bytes) -> str | None:
    """Return the text that bytes are, with plain line ends; None when they are none.

    A character that breaks off at the end is left out.
    """
    encoding = encoding_of(data)
    if encoding is None:
        return None
    text = codecs.getincrementaldecoder(encoding)().decode(data)
    return text.replace("\r\n", "\n").replace("\r", "\n")
