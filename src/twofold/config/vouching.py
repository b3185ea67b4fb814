"""Settings of those outside who vouch for the log: witnesses, and a time stamp authority.

Nobody is asked unless told so. A policy or a certificate that cannot be read is refused at the
start: the log would otherwise go on without the witness that everybody believes in.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from django.core.exceptions import ImproperlyConfigured

from twofold.config.environment import text
from twofold_verify.errors import VerificationError
from twofold_verify.policy import Policy
from twofold_verify.policy import parse as parse_policy
from twofold_verify.stamps import load_roots

Read = TypeVar("Read")
_MOST_MINUTES = 7 * 24 * 60
_MOST_SECONDS = 24 * 60 * 60


def policy() -> Policy:
    """Return the witnesses to ask and the quorum, without any when the variable is unset.

    Raises:
        ImproperlyConfigured: the file cannot be read, is malformed, or a witness has no address.
    """
    found = _file("TWOFOLD_POLICY", lambda data: parse_policy(data.decode()))
    for witness in found.witnesses if found else ():
        if not _is_address(witness.url):
            raise ImproperlyConfigured(
                f"TWOFOLD_POLICY: the witness {witness.name} has no address of the form "
                "https://host/path."
            )
    return found or Policy()


def authority() -> tuple[str, tuple[x509.Certificate, ...]]:
    """Return the address of the time stamp authority, blank for none, and the roots to trust.

    Raises:
        ImproperlyConfigured: the address is malformed, or has no root certificate beside it.
    """
    url = text("TWOFOLD_TSA_URL", "")
    if url and not _is_address(url):
        raise ImproperlyConfigured("TWOFOLD_TSA_URL must be of the form https://host/path.")
    roots = _file("TWOFOLD_TSA_ROOT", load_roots)
    if url and not roots:
        raise ImproperlyConfigured(
            "TWOFOLD_TSA_ROOT must name the PEM file of the root certificate that the time stamps "
            "of TWOFOLD_TSA_URL lead to: an unchecked time stamp proves nothing."
        )
    return url, roots or ()


def anchor_minutes() -> int:
    """Return how often a checkpoint is stamped; raise ImproperlyConfigured on anything else."""
    return _number("TWOFOLD_ANCHOR_MINUTES", "60", _MOST_MINUTES)


def alarm_seconds() -> int:
    """Return how long an entry may wait for a checkpoint before somebody is told."""
    return _number("TWOFOLD_ALARM_SECONDS", "60", _MOST_SECONDS)


def _number(name: str, default: str, most: int) -> int:
    word = text(name, default)
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= most):
        raise ImproperlyConfigured(f"{name} must be a whole number from 1 to {most}.")
    return int(word)


def _file(name: str, read: Callable[[bytes], Read]) -> Read | None:
    """Return what the file that a variable names says; None when the variable is unset."""
    named = text(name, "")
    if not named:
        return None
    path = Path(named).expanduser()
    try:
        return read(path.read_bytes())
    except OSError as refusal:
        raise ImproperlyConfigured(f"{name}: {path}: {refusal.strerror}.") from refusal
    except UnicodeDecodeError as refusal:
        raise ImproperlyConfigured(f"{name}: {path} is not text.") from refusal
    except VerificationError as refusal:
        raise ImproperlyConfigured(f"{name}: {path}: {refusal}") from refusal


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
