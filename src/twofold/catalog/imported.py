"""Reading a framework that an organisation brings along: a file of TOML, or an OSCAL catalogue."""

from pathlib import Path

from twofold.catalog.entries import decoded, tables_of
from twofold.catalog.errors import CatalogError, FrameworkCodeError
from twofold.catalog.frameworks import groups, requirements
from twofold.catalog.identifiers import ID_RULE, MOST_REQUIREMENTS, check_code, fits
from twofold.catalog.model import Framework, Kind
from twofold.catalog.oscal import framework_from_oscal

MOST_BYTES = 5 * 1024 * 1024
TOML = "toml"
OSCAL = "oscal"


def read_framework(data: bytes, *, file_name: str, code: str) -> tuple[Framework, str]:
    """Return the framework of a file and the file's format, `toml` or `oscal`.

    Args:
        data: an object of JSON is taken for OSCAL, anything else for TOML.
        file_name: names the file in refusals.
        code: prefix of the requirements' ids. A file of TOML has its own: blank, or the same.

    Raises:
        FrameworkCodeError: the code is missing, malformed, or another than the file's own.
        CatalogError: the file is too large, is not UTF-8, or is malformed; file, line and reason.
    """
    path = Path(file_name or "framework")
    text = text_of(data, file_name=file_name)
    if text.lstrip().startswith("{"):
        return framework_from_oscal(text, path=path, code=code), OSCAL
    framework = framework_from_toml(text, path=path)
    if code not in {"", framework.id}:
        raise FrameworkCodeError(path, 1, f"The file names the framework {framework.id}.")
    return framework, TOML


def text_of(data: bytes, *, file_name: str) -> str:
    """Return the text of a file that somebody brings along.

    Raises:
        CatalogError: it is too large, or is not UTF-8.
    """
    path = Path(file_name or "file")
    if len(data) > MOST_BYTES:
        raise CatalogError(path, 1, f"has more than {MOST_BYTES // 1024**2} MB")
    return decoded(path, data).removeprefix("\ufeff")


def framework_from_toml(text: str, *, path: Path) -> Framework:
    """Return the framework of a text: one `[[framework]]`, and its `[[requirement]]` tables.

    They are written like the shipped ones, but all in one file, and without what concerns the
    product alone (`certifiable`, `guidance`, `mapped_to`, `files`). Articles of law are clauses.

    Raises:
        CatalogError: the text is malformed; file, line and reason.
    """
    first, *others = tables_of(path, text, "framework", beside={"requirement"})
    if others:
        raise others[0].refuse("a file holds one [[framework]] alone")
    first.only("id", "title", "short_title", "edition", "group")
    code = first.text("id")
    check_code(code, path)
    gathered = groups(first, code)
    entries = tables_of(path, text, "requirement", beside={"framework"})
    if len(entries) > MOST_REQUIREMENTS:
        raise first.refuse(f"has more than {MOST_REQUIREMENTS:,} requirements")
    found = requirements(entries, code, above=[group.id for group in gathered])
    for entry, requirement in zip(entries, found, strict=True):
        if requirement.kind is Kind.ARTICLE:
            raise entry.refuse("an article cannot be assessed: write it as a clause")
        if not fits(requirement.id):
            raise entry.refuse(f"{requirement.id[:80]!r}: {ID_RULE}")
    return Framework(
        id=code,
        title=first.text("title"),
        short_title=first.text("short_title"),
        edition=first.text("edition"),
        certifiable=False,
        groups=gathered,
        requirements=found,
    )
