"""Keys of items: each item's files are encrypted under a key of its own.

An item's key is random and stands in the database wrapped by the installation's, which does not:
it lies in a file beside it or comes from the environment. Whoever deletes the row of an item's key
has erased its files, wherever copies of them may lie.
"""

import base64
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from twofold.evidence.models import EvidenceItem, EvidenceKey
from twofold.evidence.storage.encryption import KEY_BYTES
from twofold.ledger.durable import create_once
from twofold.ledger.erasing import overwrite_deleted
from twofold.people.errors import Conflict

_NONCE_BYTES = 12


class KeyUnavailable(Conflict):
    """The installation's key is missing or not the one that the item's key was wrapped with."""

    code = "evidence-key"


def new_key() -> bytes:
    """Return a random key for an item."""
    return secrets.token_bytes(KEY_BYTES)


def keep_key(item: EvidenceItem, key: bytes) -> None:
    """Keep the key of a new item, wrapped.

    Raises:
        KeyUnavailable: the installation's key cannot be read or made.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    wrapped = nonce + AESGCM(_installation_key()).encrypt(nonce, key, _bound_to(item.pk))
    EvidenceKey.objects.create(item=item, wrapped=wrapped)


def key_of(item_id: UUID) -> bytes | None:
    """Return the key of an item; None for one that has none: it is erased, or from before.

    Raises:
        KeyUnavailable: it cannot be unwrapped.
    """
    found = EvidenceKey.objects.filter(item=item_id).values_list("wrapped", flat=True).first()
    if found is None:
        return None
    try:
        return _unwrapped(bytes(found), item_id)
    except (InvalidTag, ValueError):
        raise KeyUnavailable(
            _("The key of this installation does not open the files of this item.")
        ) from None


def destroy_key(item: EvidenceItem) -> None:
    """Delete the key of an item: nothing that was encrypted under it can be read any more.

    SQLite overwrites what it deletes then; what lies in copies of the database is out of reach.
    """
    overwrite_deleted()
    EvidenceKey.objects.filter(item=item).delete()


def lost_keys() -> Iterator[str]:
    """Yield the ledger names of items that stand and whose files nobody can decipher any more.

    Their key is gone without an erasure, or was altered.

    Raises:
        KeyUnavailable: the installation's key cannot be read.
    """
    rows = EvidenceItem.objects.filter(erased_at=None, versions__encrypted=True).distinct()
    wrapped: Any  # None where no key stands.
    for key, wrapped in rows.order_by("pk").values_list("pk", "key__wrapped").iterator():
        if wrapped is None or not _opens(bytes(wrapped), key):
            yield _bound_to(key).decode()


def _opens(wrapped: bytes, item_id: UUID) -> bool:
    try:
        _unwrapped(wrapped, item_id)
    except (InvalidTag, ValueError):
        return False
    return True


def _unwrapped(wrapped: bytes, item_id: UUID) -> bytes:
    """Return the key of an item; raise `InvalidTag` or `ValueError` when it does not open."""
    return AESGCM(_installation_key()).decrypt(
        wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _bound_to(item_id)
    )


def _bound_to(item_id: UUID) -> bytes:
    """Return what a wrapped key is bound to: that of another item is none of this one."""
    return f"evidence.evidenceitem:{item_id}".encode()


def _installation_key() -> bytes:
    """Return the installation's key, made on first use unless the environment gives it."""
    given: bytes | None = settings.EVIDENCE_KEY
    if given is not None:
        return given
    path = Path(settings.EVIDENCE_KEY_FILE)
    try:
        if not path.exists():
            _require_none_wrapped(path)
            _make(path)
        key = base64.b64decode(path.read_bytes(), validate=False)
    except (OSError, ValueError) as refusal:
        raise KeyUnavailable(
            _("The key file %(name)s is out of reach.") % {"name": path.name}
        ) from refusal
    if len(key) != KEY_BYTES:
        raise KeyUnavailable(_("The key file %(name)s holds no key.") % {"name": path.name})
    return key


def _require_none_wrapped(path: Path) -> None:
    """Return when no key is wrapped yet: a new key of the installation would open none of them."""
    if EvidenceKey.objects.exists():
        raise KeyUnavailable(
            _("The key file %(name)s is gone. Bring it back from a copy of the data folder.")
            % {"name": path.name}
        )


def _make(path: Path) -> None:
    create_once(path, base64.b64encode(new_key()) + b"\n")
