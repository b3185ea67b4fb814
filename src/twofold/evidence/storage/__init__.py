"""Stored files, addressed by the SHA-256 of their bytes, in a local folder or an S3 bucket.

What is stored is what the ledger commits to; whether the bytes are encrypted is not this package's
affair, but its callers' with the functions of `encryption`.
"""

from twofold.evidence.storage.chosen import (
    delete_stored,
    open_stored,
    store_of_installation,
    stores_of_installation,
)
from twofold.evidence.storage.encryption import DamagedFile, Opened, encrypted
from twofold.evidence.storage.folder import FolderStore
from twofold.evidence.storage.store import Listed, Store, StoredBlob, StoreUnavailable

__all__ = [
    "DamagedFile",
    "FolderStore",
    "Listed",
    "Opened",
    "Store",
    "StoreUnavailable",
    "StoredBlob",
    "delete_stored",
    "encrypted",
    "open_stored",
    "store_of_installation",
    "stores_of_installation",
]
