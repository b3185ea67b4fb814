"""Files that collections fetch: the newest of a folder, or one at a web address.

Folders are opened one in the other and no link is followed, so that nothing outside the permitted
one is ever read, whoever may write there.
"""

import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import httpx
from django.utils.translation import gettext as _

from twofold.reporting.collecting.places import (
    FetchError,
    Places,
    folder_parts,
    permitted_address,
)

_PIECE_BYTES = 1 << 20
_WAIT = httpx.Timeout(10.0)
#: The whole transfer may take so long, however steadily it trickles.
LONGEST_S = 300.0
_OK = 200
_NAME_LENGTH = 200


@contextmanager
def newest_file(locator: str, places: Places) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Open the file of a folder that was changed last; give its name and its bytes in pieces.

    Names that begin with a dot are passed over: programs write such files before they are whole.

    Raises:
        FetchError: the path leads out or nowhere, or holds no file.
    """
    base, parts = folder_parts(locator, places)
    try:
        with _folder(base, parts) as folder:
            name = _newest_name(folder)
            handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise FetchError(_("The newest entry of the folder is no file any more."))
            yield name, iter(lambda: file.read(_PIECE_BYTES), b"")
    except OSError as refusal:
        raise FetchError(
            _("The folder cannot be read: %(reason)s.") % {"reason": refusal.strerror or refusal}
        ) from refusal


@contextmanager
def file_at(locator: str, places: Places) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Ask for the file at an address; give its name and its bytes in pieces.

    Raises:
        FetchError: the address is not permitted, leads elsewhere, or gives no file in time.
    """
    url = permitted_address(locator, places)
    # Not packed: what is counted is what comes.
    headers = {"Accept-Encoding": "identity", "User-Agent": "twofold"}
    try:
        with (
            httpx.Client(timeout=_WAIT, follow_redirects=False) as client,
            client.stream("GET", url, headers=headers) as response,
        ):
            if response.is_redirect:
                raise FetchError(_("The address leads to another one, which is not followed."))
            if response.status_code != _OK:
                raise FetchError(
                    _("The host answered with status %(status)d.")
                    % {"status": response.status_code}
                )
            yield _name_of(url), _in_time(response.iter_bytes(_PIECE_BYTES))
    except httpx.HTTPError as refusal:
        reason = str(refusal) or type(refusal).__name__
        raise FetchError(_("No answer: %(reason)s") % {"reason": reason}) from refusal


@contextmanager
def _folder(base: Path, parts: tuple[str, ...]) -> Iterator[int]:
    """Open a folder below another, following no link on the way."""
    handle = os.open(base, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in parts:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _newest_name(folder: int) -> str:
    with os.scandir(folder) as entries:
        files = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in entries
            if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
        ]
    if not files:
        raise FetchError(_("There is no file in the folder."))
    return max(files)[1]


def _in_time(pieces: Iterator[bytes]) -> Iterator[bytes]:
    began = time.monotonic()
    for piece in pieces:
        if time.monotonic() - began > LONGEST_S:
            raise FetchError(_("The file takes too long to come."))
        yield piece


def _name_of(url: httpx.URL) -> str:
    name = unquote(url.path.rpartition("/")[2]).replace("\0", "").replace("/", "_")
    return name[-_NAME_LENGTH:] or "content"
