"""Makes the pictures of the README from a served demonstration.

    TWOFOLD_PASSWORD=... python scripts/screenshots.py http://127.0.0.1:8000 somebody@example.org

Each page is taken in both themes at 1440 by 900 into `docs/images`, and packed as small as PNG
allows without losing a pixel.
"""

from __future__ import annotations

import argparse
import os
import shutil
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
LARGEST_BYTES = 250_000
SIGNATURE = b"\x89PNG\r\n\x1a\n"
PAGES = {
    "posture": "/",
    "requirement": "/requirements/42001:A.6.2.6/",
    "system": "/systems/delay-forecast/",
    "integrity": "/integrity/",
    "statements": "/statements/",
    "overlap": "/overlap/",
}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def main() -> int:
    """Take the pictures; return 1 when one is larger than it may be."""
    options = arguments()
    password = os.environ.get("TWOFOLD_PASSWORD", "")
    if not password:
        sys.exit("screenshots: set TWOFOLD_PASSWORD to the password of the one who signs in.")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        sizes = dict(take(browser, options.address.rstrip("/"), options.email, password))
        browser.close()
    for path, size in sizes.items():
        print(f"{path.relative_to(IMAGES.parents[1])}: {size:,} bytes")
    return int(any(size > LARGEST_BYTES for size in sizes.values()))


def arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Make the pictures of the README.")
    parser.add_argument("address", help="of the served demonstration")
    parser.add_argument("email", help="of the person who signs in")
    return parser.parse_args()


def take(browser: Browser, address: str, email: str, password: str) -> Iterator[tuple[Path, int]]:
    """Take every page in both themes; yield each file and its size in bytes."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    sign_in(page, address, email, password)
    for name, path in PAGES.items():
        for theme in THEMES:
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.goto(address + path)
            page.wait_for_load_state("networkidle")
            file = IMAGES / f"{name}-{theme}.png"
            file.write_bytes(packed(page.screenshot()))
            yield file, file.stat().st_size


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    """Sign in by the form."""
    page.goto(f"{address}/sign-in/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Posture")).to_be_visible()


def packed(picture: bytes) -> bytes:
    """Return the same PNG with its pixels packed as tightly as zlib can."""
    chunks = list(chunks_of(picture))
    pixels = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    kept = [chunk for chunk in chunks if chunk[0] not in {b"IDAT", b"IEND"}]
    kept += [(b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return SIGNATURE + b"".join(written(kind, data) for kind, data in kept)


def chunks_of(picture: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of each chunk of a PNG."""
    place = len(SIGNATURE)
    while place < len(picture):
        length, kind = struct.unpack_from(">I4s", picture, place)
        yield kind, picture[place + 8 : place + 8 + length]
        place += length + 12


def written(kind: bytes, data: bytes) -> bytes:
    """Return a chunk as it stands in a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


if __name__ == "__main__":
    sys.exit(main())
