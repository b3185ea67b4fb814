"""What identifiers of an imported framework may look like, so that they stand in an address."""

import re
from pathlib import Path

from twofold.catalog.errors import FrameworkCodeError

#: As long as the records that name a requirement can hold.
LONGEST_ID = 60
#: What an id must look like, in words.
ID_RULE = f"an id has at most {LONGEST_ID} letters, digits, dots, hyphens, underscores and brackets"
MOST_REQUIREMENTS = 5000
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,19}")
_REFERENCE = re.compile(r"[\w.()\[\]-]+")


def check_code(code: str, path: Path) -> None:
    """Return when a framework may stand under this code.

    Raises:
        FrameworkCodeError: it may not; `path` names the file that was read.
    """
    if not _CODE.fullmatch(code):
        raise FrameworkCodeError(
            path, 1, "A code has 1 to 20 letters, digits, dots, hyphens and underscores."
        )


def fits(entry: str) -> bool:
    """Return whether `<code>:<reference>` may be the id of a requirement or group."""
    reference = entry.partition(":")[2]
    return len(entry) <= LONGEST_ID and _REFERENCE.fullmatch(reference) is not None
