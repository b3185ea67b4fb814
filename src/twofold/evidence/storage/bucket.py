"""Stored files in an S3 bucket.

An address is a hash, so a stream is first written to a local file, hashed on the way, and then
uploaded; the local file goes. An object is written only where there is none: at the same address
lie the same bytes. Where the bucket locks objects, what is deleted here stays hidden in it until
its retention ends, and cannot be read without its key.
"""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import S3Store

from twofold.evidence.storage.folder import spooled
from twofold.evidence.storage.store import Listed, StoredBlob, StoreUnavailable, is_address

if TYPE_CHECKING:
    from obstore import ReadableFile

#: Larger files go up in parts, a few at a time: that is all of a file that is in memory.
_PART_BYTES = 8 << 20
_PARTS_AT_ONCE = 4


@dataclass(frozen=True)
class Bucket:
    """Which bucket: its name, where in it, and for other services than Amazon's which address.

    Credentials come from the variables of Amazon's own tools (`AWS_ACCESS_KEY_ID` and so on).
    """

    name: str
    prefix: str = ""
    endpoint: str = ""
    region: str = ""


class BucketStore:
    """Files in a bucket, spooled through a local folder."""

    def __init__(self, bucket: Bucket, spool: Path) -> None:
        self._spool = spool
        self._bucket = bucket
        settings: dict[str, Any] = {}
        if bucket.endpoint:
            settings["endpoint"] = bucket.endpoint
            settings["client_options"] = {"allow_http": bucket.endpoint.startswith("http://")}
        if bucket.region:
            settings["region"] = bucket.region
        # The service holds each part against its hash before it takes it.
        settings["checksum_algorithm"] = "SHA256"
        self._objects = S3Store(bucket.name, prefix=bucket.prefix or None, **settings)

    def put(self, chunks: Iterable[bytes]) -> StoredBlob:
        """Write a stream and return its address; see `Store.put`."""
        with spooled(self._spool, chunks) as (unfinished, blob), self._answering():
            if blob.size <= _PART_BYTES:
                self._put_small(unfinished, blob)
            elif self._size(blob.sha256) is None:
                # The service has no condition for an upload in parts; two at once bring the same.
                obstore.put(
                    self._objects,
                    _key(blob.sha256),
                    unfinished,
                    use_multipart=True,
                    chunk_size=_PART_BYTES,
                    max_concurrency=_PARTS_AT_ONCE,
                )
            if self._size(blob.sha256) != blob.size:
                raise StoreUnavailable(f"{self._name} does not hold what was just written.")
        return blob

    def open(self, sha256: str) -> BinaryIO | None:
        """Return the stored file, read a few megabytes at a time; None when there is none."""
        with self._answering():
            size = self._size(sha256)
            if size is None:
                return None
            reader = obstore.open_reader(
                self._objects, _key(sha256), buffer_size=_PART_BYTES, size=size
            )
        # The buffer above it makes it a file like any other.
        return cast("BinaryIO", io.BufferedReader(_Reader(reader, self._name)))

    def delete(self, sha256: str) -> bool:
        """Remove a file, or hide it where the bucket locks objects."""
        with self._answering():
            if self._size(sha256) is None:
                return False
            obstore.delete(self._objects, _key(sha256))
        return True

    def listing(self) -> Iterator[Listed]:
        """Yield the objects that lie at their address."""
        with self._answering():
            for batch in obstore.list(self._objects):
                for found in batch:
                    address = found["path"].rpartition("/")[2]
                    if is_address(address):
                        yield Listed(address, found["size"], found["last_modified"])

    def _put_small(self, path: Path, blob: StoredBlob) -> None:
        try:
            obstore.put(
                self._objects,
                _key(blob.sha256),
                path.read_bytes(),
                mode="create",
                use_multipart=False,
            )
        except AlreadyExistsError:
            return

    def _size(self, sha256: str) -> int | None:
        try:
            return obstore.head(self._objects, _key(sha256))["size"]
        except (NotFoundError, FileNotFoundError):
            return None

    @property
    def _name(self) -> str:
        return f"The bucket {self._bucket.name}"

    @contextmanager
    def _answering(self) -> Iterator[None]:
        with _told_of(self._name):
            yield


class _Reader(io.RawIOBase):
    """An object of the bucket as a raw file."""

    def __init__(self, reader: "ReadableFile", name: str) -> None:
        self._reader = reader
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        with _told_of(self._name):
            found = self._reader.read(len(buffer))
        buffer[: len(found)] = memoryview(found)
        return len(found)


@contextmanager
def _told_of(name: str) -> Iterator[None]:
    """Tell a refusal by the service in one sentence."""
    try:
        yield
    except BaseError as refusal:
        reason = str(refusal).strip().splitlines()[0]
        raise StoreUnavailable(f"{name} refuses: {reason[:300]}") from refusal


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"
