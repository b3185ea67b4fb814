"""Pictures of pages, and pictures encoded anew: what a browser is shown is made here, by us."""

import io
import json
import warnings
from typing import Any, BinaryIO

from twofold.evidence.parsing.reasons import Unreadable

MOST_PAGES = 2000
_WIDTH, _HEIGHT = 1200, 1800
#: Formats that are decoded; others are downloaded.
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP")
_MOST_PIXELS = 50_000_000


def pages(file: BinaryIO) -> bytes:
    """Return, as JSON, how many pages a PDF has."""
    return json.dumps(len(_document(file))).encode()


def page(file: BinaryIO, number: str) -> bytes:
    """Return a page of a PDF, counted from 1, as PNG."""
    document = _document(file)
    if not 1 <= int(number) <= min(len(document), MOST_PAGES):
        raise Unreadable("There is no such page.")
    found = document[int(number) - 1]
    width, height = found.get_size()
    # A page may claim any size: the picture has ours.
    scale = min(_WIDTH / max(width, 1), _HEIGHT / max(height, 1), 4)
    return _png(found.render(scale=scale, may_draw_forms=False).to_pil())


def picture(file: BinaryIO) -> bytes:
    """Return a picture as PNG, no larger than it is shown; of moving ones the first frame."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - each job costs its own import alone

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        opened = Image.open(file, formats=_FORMATS)
        opened.draft("RGB", (_WIDTH, _HEIGHT))
        opened.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unreadable(f"It has more than {_MOST_PIXELS:,} pixels.") from None
    upright = ImageOps.exif_transpose(opened)
    shown = upright.convert(
        "RGBA" if "transparency" in upright.info or "A" in upright.mode else "RGB"
    )
    shown.thumbnail((_WIDTH, _HEIGHT))
    return _png(shown)


def _document(file: BinaryIO) -> Any:  # noqa: ANN401 - the library has no types
    import pypdfium2  # noqa: PLC0415 - the child alone needs it

    try:
        return pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as failure:
        locked = "password" in str(failure).lower()
        reason = "It is locked with a password." if locked else "It is no sound PDF."
        raise Unreadable(reason) from None


def _png(image: Any) -> bytes:  # noqa: ANN401 - a picture
    # What the file said besides its pixels, such as where it was taken, is left out.
    image.info.clear()
    made = io.BytesIO()
    image.save(made, "PNG")
    return made.getvalue()
