"""The set-up code: who can read the server's data folder may found the organisation by page.

It is made once while nothing is founded, kept in a file that only the server's user can read, and
taken away when an organisation stands.
"""

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from twofold.people.errors import Refusal

#: No two of these look alike in print; 16 of them make 79 bits.
_SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_GROUPS, _GROUP_LENGTH = 4, 4


class SetUpCodeUnavailable(Refusal):
    """The file of the code cannot be made or read; the message is for who runs the server."""

    code = "set-up-code"


def set_up_code() -> str:
    """Return the set-up code, made on first use: four groups of four signs.

    Raises:
        SetUpCodeUnavailable: the file cannot be made or read, or is empty.
    """
    path = Path(settings.SETUP_CODE)
    try:
        if not path.exists():
            _make(path)
        kept = path.read_text().strip()
    except OSError as refusal:
        raise SetUpCodeUnavailable(
            _("The file %(name)s of the set-up code is out of reach: %(reason)s.")
            % {"name": path.name, "reason": refusal.strerror}
        ) from None
    if not kept:
        raise SetUpCodeUnavailable(
            _("The file %(name)s is empty: delete it, and a new code is made.")
            % {"name": path.name}
        )
    return kept


def is_set_up_code(given: str) -> bool:
    """Return whether this is the set-up code, in a time that does not depend on what is given.

    Spaces, hyphens and case do not matter.

    Raises:
        SetUpCodeUnavailable: as for `set_up_code`.
    """
    return secrets.compare_digest(_bare(given), _bare(set_up_code()))


def take_code_away() -> None:
    """Remove the file: nothing is left to be founded. Without a file, nothing happens."""
    Path(settings.SETUP_CODE).unlink(missing_ok=True)


def _bare(code: str) -> bytes:
    return "".join(code.split()).replace("-", "").upper().encode(errors="surrogatepass")


def _make(path: Path) -> None:
    groups = (
        "".join(secrets.choice(_SIGNS) for _sign in range(_GROUP_LENGTH))
        for _group in range(_GROUPS)
    )
    whole = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write("-".join(groups) + "\n")
        # A link fails when another process was first; its code is then everybody's.
        os.link(whole, path)
    except FileExistsError:
        pass
    finally:
        whole.unlink()
