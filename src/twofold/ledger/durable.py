"""Files that are on the disk for good: what a process did with them outlives a crash."""

import os
import secrets
from pathlib import Path


def create_once(path: Path, content: bytes) -> None:
    """Write a file that only the server's user can read, unless somebody made it first.

    It is written beside its place and linked there, so that it is never seen in part; a link fails
    when another process was first, and that one's file is then everybody's.

    Raises:
        OSError: the disk refuses.
    """
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put a folder's entries on the disk, so that a name in it survives a crash.

    Raises:
        OSError: the disk refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
