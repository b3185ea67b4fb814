"""Putting hashed and compressed front-end assets beside the data, when they changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

_STAMP = "collected.txt"


def collect() -> None:
    """Collect the static files once per version of them."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / _STAMP
    fingerprint = _fingerprint(Path(settings.PACKAGE) / "web" / "static")
    if stamp.exists() and stamp.read_text() == fingerprint:
        return
    call_command("collectstatic", interactive=False, clear=root.exists(), verbosity=0)
    stamp.write_text(fingerprint)


def _fingerprint(folder: Path) -> str:
    """Return a digest over names, sizes and times of the files: enough to see a change."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            stat = path.stat()
            digest.update(
                f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}\n".encode()
            )
    return digest.hexdigest()
