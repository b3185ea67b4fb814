"""Where collections may fetch from: one folder, named hosts, and how much at once."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx
from django.conf import settings
from django.utils.translation import gettext as _


class FetchError(Exception):
    """Nothing was fetched; the message says why, for the person who planned the collection."""


@dataclass(frozen=True)
class Places:
    """What the installation permits.

    Attributes:
        folder: below it lie all folders that may be collected from; None: none may.
        hosts: names, with a port where it is not the usual one, that may be asked for files.
        most_bytes: a larger file is refused.
        spool: folder in which files are put aside until they are stored.
    """

    folder: Path | None
    hosts: frozenset[str]
    most_bytes: int
    spool: Path


def places_of_installation() -> Places:
    """Return what the settings permit."""
    return Places(
        folder=settings.COLLECT_FOLDER,
        hosts=settings.COLLECT_HOSTS,
        most_bytes=settings.COLLECT_BYTES,
        spool=Path(settings.FILE_UPLOAD_TEMP_DIR),
    )


def folder_parts(locator: str, places: Places) -> tuple[Path, tuple[str, ...]]:
    """Return the permitted folder, and the names of those in it that lead to a path below it.

    Raises:
        FetchError: no folder is permitted, or the path leads out of it.
    """
    if places.folder is None:
        raise FetchError(_("No folder is set up to collect from (TWOFOLD_COLLECT_FOLDER)."))
    path = PurePosixPath(locator)
    if path.is_absolute() or ".." in path.parts or "\0" in locator:
        raise FetchError(_("Give a path below the folder that is set up, without .. in it."))
    return places.folder, path.parts


def permitted_address(locator: str, places: Places) -> httpx.URL:
    """Return the address, which is permitted.

    Raises:
        FetchError: it is malformed, names a user, is neither of HTTPS nor of this machine, or its
            host is not permitted.
    """
    try:
        url = httpx.URL(locator)
    except httpx.InvalidURL:
        raise FetchError(_("This is no web address.")) from None
    if url.userinfo or not url.host:
        raise FetchError(_("Give an address with a host and without a user."))
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise FetchError(_("Give an address that begins with https://."))
    named = url.netloc.decode("ascii").lower()
    if named not in places.hosts:
        raise FetchError(
            _("The host %(host)s is not permitted (TWOFOLD_COLLECT_HOSTS).") % {"host": named}
        )
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
