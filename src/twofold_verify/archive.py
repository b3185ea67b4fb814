"""Named files in a folder or a .zip: written all or not at all, read with suspicion.

Bundles lie in one of the two. A zip is read as a stream and never unpacked to disk; names that lead
out of it and archives that would swell beyond reason are refused before anything is read.
"""

import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol

from twofold_verify.errors import VerificationError
from twofold_verify.source import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_SEGMENT = re.compile("[A-Za-z0-9._-]+")
#: Text compresses well and hashes not at all: a whole archive beyond this ratio is a trap.
_MOST_SWELLING = 200
_ALWAYS_ALLOWED_BYTES = 64 << 20
_ENCRYPTED = 0x1
#: Fixed, so that the same bundle written twice is the same file; its manifest has the real time.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
#: All that `zipfile` is known to raise at damaged or exotic archives.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    ValueError,
    OverflowError,
    NotImplementedError,
)


class ArchiveError(VerificationError):
    """Files cannot be written there."""

    code = "archive"


class Reader(Protocol):
    """Reads named files; opening and reading raise `SourceError` where a file is damaged."""

    def open(self, name: str) -> BinaryIO | None:
        """Return a file for the caller to close; None when there is none of that name."""
        ...

    def close(self) -> None:
        """Let go of the archive."""
        ...


class Writer:
    """Writes named files and keeps the hex SHA-256 of each in `digests`."""

    def __init__(self, create: Callable[[str], IO[bytes]]) -> None:
        self._create = create
        self.digests: dict[str, str] = {}

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write one file from its chunks; the name is a plain relative path and new."""
        digest = sha256()
        with self._create(name) as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        self.digests[name] = digest.hexdigest()


@contextmanager
def create(path: Path) -> Iterator[Writer]:
    """Yield a writer of a .zip, when the path ends so, or of a folder; it appears when all is done.

    Raises:
        ArchiveError: something is there already.
    """
    if path.exists():
        raise ArchiveError(f"{path} is there already.")
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=path.parent) as staging:
        made = Path(staging) / path.name
        if path.suffix == ".zip":
            with zipfile.ZipFile(made, "x") as archive:
                yield Writer(lambda name: _create_in_zip(archive, name))
        else:
            made.mkdir()
            yield Writer(lambda name: _create_in_folder(made, name))
        made.rename(path)


def open_archive(path: Path) -> Reader:
    """Return a reader of a folder or a .zip.

    Raises:
        SourceError: there is neither, or the zip is damaged or made to do harm.
    """
    return _Folder(path) if path.is_dir() else _Zip(path)


def is_plain(name: str) -> bool:
    """Return whether a name is a relative path of plain characters that stays below its root."""
    return all(
        _SEGMENT.fullmatch(segment) and segment not in {".", ".."} for segment in name.split("/")
    )


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str) -> BinaryIO | None:
        try:
            return _guarded(name, (self._path / name).open("rb"))
        except FileNotFoundError:
            return None
        except OSError as refusal:
            raise SourceError(f"{name} cannot be read: {refusal.strerror}.") from refusal

    def close(self) -> None:
        """Nothing is kept open."""


class _Zip:
    def __init__(self, path: Path) -> None:
        try:
            self._archive = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise SourceError(f"There is no bundle {path}.") from None
        except _DAMAGE as refusal:
            message = f"{path} is neither a folder nor a whole .zip: {refusal}."
            raise SourceError(message) from refusal
        try:
            _require_harmless(self._archive.infolist(), path.stat().st_size)
        except SourceError:
            self.close()
            raise

    def open(self, name: str) -> BinaryIO | None:
        try:
            return _guarded(name, self._archive.open(name))
        except KeyError:
            return None
        except _DAMAGE as refusal:
            raise SourceError(f"{name} is damaged: {refusal}.") from refusal

    def close(self) -> None:
        self._archive.close()


class _Guarded(io.RawIOBase):
    """A stream whose damage shows as `SourceError`, wherever in the file it is met."""

    def __init__(self, name: str, stream: IO[bytes]) -> None:
        self._name = name
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        try:
            data = self._stream.read(len(view))
        except _DAMAGE as refusal:
            raise SourceError(f"{self._name} is damaged: {refusal}.") from refusal
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _guarded(name: str, stream: IO[bytes]) -> BinaryIO:
    return io.BufferedReader(_Guarded(name, stream), 1 << 16)


def _require_harmless(members: list[zipfile.ZipInfo], archive_bytes: int) -> None:
    """Raise `SourceError` unless an archive's directory looks like that of a bundle."""
    names = set()
    for member in members:
        if not is_plain(member.filename.removesuffix("/")):
            raise SourceError(
                f"The archive holds a name that leads out of it: {member.filename!r}."
            )
        if member.filename in names:
            raise SourceError(f"The archive holds {member.filename} twice.")
        names.add(member.filename)
        plain = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
        if member.flag_bits & _ENCRYPTED or not plain:
            raise SourceError(f"{member.filename} is encrypted or compressed in an unusual way.")
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    allowed = _ALWAYS_ALLOWED_BYTES + _MOST_SWELLING * archive_bytes
    if packed > archive_bytes or unpacked > allowed:
        raise SourceError(f"The archive would swell to {unpacked} bytes: refused.")


def _create_in_folder(folder: Path, name: str) -> IO[bytes]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _create_in_zip(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name, _ZIP_TIME)
    # Stored files are encrypted: there is nothing to gain.
    stored = name.startswith("blobs/")
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    return archive.open(info, "w", force_zip64=True)
