"""What the environment says: the few variables that configure an installation.

Everything has a default that serves one person on one machine, and secrets are made on first use.
`docs/settings.md` lists the variables; a test fails on one that is not listed.
"""

import base64
import logging
import os
import re
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

VARIABLES = (
    "TWOFOLD_ALARM_SECONDS",
    "TWOFOLD_ANCHOR_MINUTES",
    "TWOFOLD_BLOBS_URL",
    "TWOFOLD_COLLECT_FOLDER",
    "TWOFOLD_COLLECT_HOSTS",
    "TWOFOLD_DATA",
    "TWOFOLD_DATABASE_URL",
    "TWOFOLD_EVIDENCE_KEY",
    "TWOFOLD_HOSTS",
    "TWOFOLD_HTTPS",
    "TWOFOLD_LOG_LEVEL",
    "TWOFOLD_MAXIMUM_UPLOAD_MB",
    "TWOFOLD_ORIGIN",
    "TWOFOLD_POLICY",
    "TWOFOLD_SCANNER",
    "TWOFOLD_SECRET_KEY",
    "TWOFOLD_TSA_ROOT",
    "TWOFOLD_TSA_URL",
)
#: What an S3 service takes in parts of the size that are sent: 10,000 of 8 MB.
_MOST_MEGABYTES = 80_000
_LEVELS = tuple(logging.getLevelName(level) for level in range(10, 60, 10))


def text(name: str, default: str) -> str:
    """Return the variable, or the default when it is unset or blank."""
    return os.environ.get(name, "").strip() or default


def flag(name: str) -> bool:
    """Return whether a yes/no variable is on; raise ImproperlyConfigured on another word."""
    word = text(name, "no").lower()
    if word not in {"yes", "no"}:
        raise ImproperlyConfigured(f"{name} must be yes or no, not {word!r}.")
    return word == "yes"


def data_folder() -> Path:
    """Return the folder of everything that is not in the database, made when missing.

    Raises:
        ImproperlyConfigured: it cannot be made or written to.
    """
    folder = Path(text("TWOFOLD_DATA", "twofold-data")).expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refusal:
        raise ImproperlyConfigured(
            f"TWOFOLD_DATA: the folder {folder} cannot be made: {refusal.strerror}."
        ) from refusal
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImproperlyConfigured(f"TWOFOLD_DATA: the folder {folder} cannot be written to.")
    return folder


def hosts() -> list[str]:
    """Return the host names under which the pages may be asked for."""
    names = text("TWOFOLD_HOSTS", "127.0.0.1,localhost,[::1]").split(",")
    return [name.strip() for name in names if name.strip()]


def collect_folder() -> Path | None:
    """Return the folder below which evidence may be collected from; None: none.

    Raises:
        ImproperlyConfigured: it is no folder.
    """
    given = text("TWOFOLD_COLLECT_FOLDER", "")
    if not given:
        return None
    folder = Path(given).expanduser().resolve()
    if not folder.is_dir():
        raise ImproperlyConfigured(f"TWOFOLD_COLLECT_FOLDER: {folder} is no folder.")
    return folder


def collect_hosts() -> frozenset[str]:
    """Return the hosts, with a port where it is not the usual one, that may be asked for files."""
    names = text("TWOFOLD_COLLECT_HOSTS", "").lower().split(",")
    return frozenset(name.strip() for name in names if name.strip())


def log_level() -> str:
    """Return how much is logged; raise ImproperlyConfigured on an unknown word."""
    word = text("TWOFOLD_LOG_LEVEL", "WARNING").upper()
    if word not in _LEVELS:
        raise ImproperlyConfigured(f"TWOFOLD_LOG_LEVEL must be one of {', '.join(_LEVELS)}.")
    return word


def origin() -> str:
    """Return the name of the log, blank when one is to be made; it stands in every checkpoint."""
    name = text("TWOFOLD_ORIGIN", "")
    if re.search(r"[\s+]", name):
        raise ImproperlyConfigured("TWOFOLD_ORIGIN must hold neither spaces nor plus signs.")
    return name


def database(folder: Path) -> dict[str, Any]:
    """Return the database, SQLite in the folder unless told otherwise.

    Raises:
        ImproperlyConfigured: the address is malformed, or of neither SQLite nor PostgreSQL.
    """
    url = text("TWOFOLD_DATABASE_URL", f"sqlite:///{folder / 'twofold.sqlite3'}")
    try:
        found = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    except ValueError:
        found = {}
    if found.get("ENGINE") not in {"django.db.backends.sqlite3", "django.db.backends.postgresql"}:
        # The address holds a password, so it is not repeated here.
        raise ImproperlyConfigured(
            "TWOFOLD_DATABASE_URL must be sqlite:///path or postgresql://user:password@host/name."
        )
    return found


def bucket() -> dict[str, str] | None:
    """Return name, prefix, endpoint and region of the bucket for stored files; None: the folder.

    Raises:
        ImproperlyConfigured: the address is not of that form.
    """
    url = text("TWOFOLD_BLOBS_URL", "")
    if not url:
        return None
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.netloc or options.keys() - {"endpoint", "region"}:
        # The address is not repeated: somebody may have put credentials into it.
        raise ImproperlyConfigured(
            "TWOFOLD_BLOBS_URL must be s3://bucket/prefix, for other services than Amazon's with "
            "?endpoint=https://host&region=name; credentials go into AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY."
        )
    named = {key: options.get(key, "") for key in ("endpoint", "region")}
    return {"name": parts.netloc, "prefix": parts.path.strip("/"), **named}


def evidence_key() -> bytes | None:
    """Return the key that wraps the keys of evidence items; None: one is made and kept in a file.

    Raises:
        ImproperlyConfigured: it is not 32 bytes in base64.
    """
    given = text("TWOFOLD_EVIDENCE_KEY", "")
    if not given:
        return None
    try:
        key = base64.b64decode(given, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ImproperlyConfigured(
            "TWOFOLD_EVIDENCE_KEY must be 32 random bytes in base64, such as `openssl rand -base64 "
            "32` prints."
        )
    return key


def scanner() -> str:
    """Return the address of the scanner for uploaded files, blank when there is none.

    Raises:
        ImproperlyConfigured: it is of neither form.
    """
    address = text("TWOFOLD_SCANNER", "")
    if address and not re.fullmatch(
        r"tcp://(\[[0-9a-fA-F:]+\]|[^:/\s]+):\d{1,5}|unix:/.+", address
    ):
        raise ImproperlyConfigured("TWOFOLD_SCANNER must be tcp://host:port or unix:/path.")
    return address


def maximum_upload_bytes() -> int:
    """Return how large a file may be.

    Raises:
        ImproperlyConfigured: it is not told in whole megabytes, or is more than is stored.
    """
    word = text("TWOFOLD_MAXIMUM_UPLOAD_MB", "6144")
    if not word.isdecimal() or not 1 <= int(word) <= _MOST_MEGABYTES:
        raise ImproperlyConfigured(
            f"TWOFOLD_MAXIMUM_UPLOAD_MB must be a whole number from 1 to {_MOST_MEGABYTES}."
        )
    return int(word) * 1024**2


def secret_key(folder: Path) -> str:
    """Return the signing key of sessions: the variable, or one made once and kept in the folder.

    Raises:
        ImproperlyConfigured: the folder's key cannot be read or made, or is empty.
    """
    given = text("TWOFOLD_SECRET_KEY", "")
    if given:
        return given
    path = folder / "secret.key"
    try:
        if not path.exists():
            _make_secret(path)
        kept = path.read_text().strip()
    except OSError as refusal:
        raise ImproperlyConfigured(f"{path}: {refusal.strerror}.") from refusal
    if not kept:
        raise ImproperlyConfigured(f"{path} is empty: delete it, and a new one is made.")
    return kept


def _make_secret(path: Path) -> None:
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    try:
        # A link fails when another process was first; its key is then everybody's.
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()
