"""Where this installation stores files, as its settings say."""

from functools import cache
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from twofold.evidence.storage.bucket import Bucket, BucketStore
from twofold.evidence.storage.folder import FolderStore
from twofold.evidence.storage.store import Store, is_address


def store_of_installation() -> Store:
    """Return the place where new files go."""
    return stores_of_installation()[0]


def open_stored(sha256: str) -> BinaryIO | None:
    """Return a stored file as it lies, from wherever it does; None when there is none.

    Raises:
        StoreUnavailable: a place does not answer.
    """
    if not is_address(sha256):
        return None
    for store in stores_of_installation():
        found = store.open(sha256)
        if found is not None:
            return found
    return None


def delete_stored(sha256: str) -> bool:
    """Remove a stored file from every place; return whether there was one.

    Raises:
        StoreUnavailable: a place does not let it go.
    """
    # A list: it goes everywhere, also after it was found.
    return any([store.delete(sha256) for store in stores_of_installation()])  # noqa: C419 - a list: each is done, whatever became of others


def stores_of_installation() -> tuple[Store, ...]:
    """Return the places: where new files go, then where they went before."""
    folder = FolderStore(Path(settings.BLOBS))
    if settings.BLOBS_BUCKET is None:
        return (folder,)
    return (_bucket_store(Bucket(**settings.BLOBS_BUCKET), Path(settings.BLOBS)), folder)


@cache
def _bucket_store(bucket: Bucket, spool: Path) -> BucketStore:
    """Return the one store of a bucket: it keeps its connections."""
    return BucketStore(bucket, spool)
