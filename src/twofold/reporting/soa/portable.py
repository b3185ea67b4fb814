"""A version of a Statement of Applicability as PDF, tagged as PDF/UA-1 asks, for print and screen.

It is laid out from HTML by a stylesheet of its own, which reaches for no file but those named here.
"""

from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template import Context, Engine
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from twofold.people.errors import Conflict
from twofold.reporting.soa.columns import cleaned
from twofold.reporting.soa.head import approval_line, figures, head_lines, method_lines
from twofold.reporting.soa.printed import printed_columns, printed_lines
from twofold.reporting.soa.version import Version

FOLDER = Path(__file__).parent / "templates"
_BASE = "https://print.invalid/"
#: Built with the pages; without it the print takes a font of the system.
_FONT = "vendor/inter-latin.woff2"


def portable(version: Version) -> bytes:
    """Return the PDF.

    Raises:
        Conflict: this computer lacks the library that lays out text.
    """
    try:
        # Half a second to load, and it needs libraries of the system: only who prints pays.
        import weasyprint  # noqa: PLC0415
    except OSError as missing:
        raise Conflict(
            _("PDF cannot be made here: a library of the system is missing (%(what)s).")
            % {"what": str(missing).splitlines()[0][:120]}
        ) from None

    def fetch(url: str) -> object:
        octets, media_type = _asked_for(url)
        return weasyprint.urls.URLFetcherResponse(url, octets, {"Content-Type": media_type})

    page = weasyprint.HTML(string=html(version), base_url=_BASE, url_fetcher=fetch)
    made: bytes = page.write_pdf(pdf_variant="pdf/ua-1")
    return made


def html(version: Version) -> str:
    """Return the page that is printed."""
    columns = printed_columns(version)
    context = {
        "version": version,
        "language": get_language() or "en",
        "head": [(name, cleaned(text)) for name, text in head_lines(version)],
        "figures": figures(version),
        "method": method_lines(),
        "columns": columns,
        "rows": [
            [printed_lines(column, row, version.words) for column in columns]
            for row in version.rows
        ],
        "approval": approval_line(version),
        "digest": f"SHA-256 {version.statement.sha256}",
    }
    return _engine().get_template("soa/statement.html").render(Context(context))


@cache
def _engine() -> Engine:
    return Engine(dirs=[str(FOLDER)], libraries={"i18n": "django.templatetags.i18n"})


def _asked_for(url: str) -> tuple[bytes, str]:
    """Return content and type of a file that the page asks for by name."""
    if url == f"{_BASE}statement.css":
        return (FOLDER / "soa" / "statement.css").read_bytes(), "text/css"
    font = finders.find(_FONT) if url == f"{_BASE}inter-latin.woff2" else None
    if isinstance(font, str):
        return Path(font).read_bytes(), "font/woff2"
    raise ValueError(f"{url} is not for print")
