"""The parts of an OSCAL 1.x catalogue document that are read, typed (NIST OSCAL catalog model).

Whatever else stands in the document is passed over; what is read must have the right type.
"""

from pathlib import Path
from typing import NoReturn

import msgspec

from twofold.catalog.errors import CatalogError

MOST_CHARACTERS = 5 * 1024 * 1024


class Prop(msgspec.Struct):
    """A name and a value; a class tells labels of several kinds apart."""

    name: str
    value: str
    class_: str = msgspec.field(default="", name="class")


class Select(msgspec.Struct, rename="kebab"):
    """What a parameter may be chosen from."""

    how_many: str = ""
    choice: list[str] = []


class Param(msgspec.Struct):
    """A blank that the organisation fills in."""

    id: str
    label: str = ""
    select: Select | None = None
    values: list[str] = []


class Part(msgspec.Struct):
    """A piece of a control's text: its statement, guidance, objectives, what is examined."""

    name: str
    title: str = ""
    prose: str = ""
    props: list[Prop] = []
    parts: list["Part"] = []


class Control(msgspec.Struct):
    """A control; those inside it are its enhancements."""

    id: str
    title: str
    props: list[Prop] = []
    params: list[Param] = []
    parts: list[Part] = []
    controls: list["Control"] = []


class ControlGroup(msgspec.Struct):
    """A heading with controls and further groups."""

    title: str
    id: str = ""
    params: list[Param] = []
    groups: list["ControlGroup"] = []
    controls: list[Control] = []


class Metadata(msgspec.Struct, rename="kebab"):
    """Title and version of the document."""

    title: str
    version: str
    oscal_version: str


class OscalCatalog(msgspec.Struct):
    """The catalogue itself."""

    metadata: Metadata
    params: list[Param] = []
    groups: list[ControlGroup] = []
    controls: list[Control] = []


class _Document(msgspec.Struct):
    catalog: OscalCatalog


def decode(text: str, path: Path) -> OscalCatalog:
    """Return the catalogue of a document.

    Raises:
        CatalogError: it is too large or nested too deeply, is no JSON, no catalogue of OSCAL 1, or
            a part has the wrong type; the reason names its place.
    """
    if len(text) > MOST_CHARACTERS:
        refuse(path, "$", f"has more than {MOST_CHARACTERS // 1024**2} MB")
    try:
        catalog = msgspec.json.decode(text, type=_Document).catalog
    except msgspec.ValidationError as fault:
        reason, _separator, place = str(fault).partition(" - at ")
        refuse(path, place.strip("`") or "$", reason)
    except (msgspec.DecodeError, UnicodeEncodeError) as fault:
        refuse(path, "$", f"is no JSON: {fault}")
    except RecursionError:
        refuse(path, "$", "is nested too deeply")
    version = catalog.metadata.oscal_version
    if not version.startswith("1."):
        refuse(
            path, "$.catalog.metadata.oscal-version", f"must be of OSCAL 1, not {version[:20]!r}"
        )
    return catalog


def refuse(path: Path, place: str, reason: str) -> NoReturn:
    """Raise the refusal that names a place of a document; JSON has no lines worth naming."""
    raise CatalogError(path, 1, f"{place}: {reason}")
