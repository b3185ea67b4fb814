"""The formats in which a version of a Statement of Applicability leaves the product."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from twofold.people.errors import NotFound
from twofold.reporting.soa.document import document
from twofold.reporting.soa.oscal import oscal
from twofold.reporting.soa.portable import portable
from twofold.reporting.soa.version import Version
from twofold.reporting.soa.workbook import workbook


@dataclass(frozen=True)
class Format:
    """A format: how people call it, and how a file of it is named and typed."""

    title: Promise
    ending: str
    media_type: str
    make: Callable[[Version], bytes]


@dataclass(frozen=True)
class Exported:
    """A file, whole."""

    name: str
    media_type: str
    octets: bytes


_OFFICE = "application/vnd.openxmlformats-officedocument"
FORMATS: Mapping[str, Format] = {
    "xlsx": Format(
        gettext_lazy("Workbook (XLSX)"), ".xlsx", f"{_OFFICE}.spreadsheetml.sheet", workbook
    ),
    "pdf": Format(gettext_lazy("PDF"), ".pdf", "application/pdf", portable),
    "docx": Format(
        gettext_lazy("Document (DOCX)"), ".docx", f"{_OFFICE}.wordprocessingml.document", document
    ),
    "oscal": Format(gettext_lazy("OSCAL (JSON)"), ".oscal.json", "application/json", oscal),
}


def exported(version: Version, format_: str) -> Exported:
    """Return a version as a file; a sealed one with what was sealed.

    Raises:
        NotFound: there is no such format.
        Conflict: this computer lacks what the format needs.
    """
    found = FORMATS.get(format_)
    if found is None:
        raise NotFound(
            _("There is no format %(name)s; choose one of %(names)s.")
            % {"name": format_[:20], "names": ", ".join(FORMATS)},
            field="format",
        )
    return Exported(f"{version.file_stem}{found.ending}", found.media_type, found.make(version))
