"""What the environment says: the few variables that configure an installation.

Everything has a default that serves one person on one machine, and secrets are made on first use.
`docs/settings.md` lists the variables; a test fails on one that is not listed.
"""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

VARIABLES = (
    "TWOFOLD_DATA",
    "TWOFOLD_DATABASE_URL",
    "TWOFOLD_HOSTS",
    "TWOFOLD_HTTPS",
    "TWOFOLD_LOG_LEVEL",
    "TWOFOLD_ORIGIN",
    "TWOFOLD_SECRET_KEY",
)


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
    """Return the folder of everything that is not in the database, made when missing."""
    folder = Path(text("TWOFOLD_DATA", "twofold-data")).expanduser().resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as refusal:
        raise ImproperlyConfigured(
            f"TWOFOLD_DATA: the folder {folder} cannot be made: {refusal.strerror}."
        ) from refusal
    return folder


def secret_key(folder: Path) -> str:
    """Return the signing key of sessions: the variable, or one made once and kept in the folder."""
    given = text("TWOFOLD_SECRET_KEY", "")
    if given:
        return given
    path = folder / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()
