"""A notice for people at the desk, laid out for print."""

from datetime import date

from django.utils.translation import gettext as _

from twofold.inventory.models import AISystem
from twofold.people.errors import Conflict
from twofold_demo.case import Case
from twofold_demo.documents.document import Document
from twofold_demo.governance import CONTENT


def limits_of_use(case: Case, system: AISystem, on: date) -> Document:
    """Return what the pre-check must not be used for, with its figures, as PDF.

    Raises:
        Conflict: this computer lacks the library that lays out text.
    """
    del system
    try:
        # Half a second to load, and it needs libraries of the system.
        import weasyprint  # noqa: PLC0415 - slow to import, seldom needed
    except OSError as missing:
        raise Conflict(
            _("PDF cannot be made here: a library of the system is missing.")
        ) from missing
    found = case.validation
    page = (CONTENT / "limits-of-use.html").read_text("utf-8")
    text = page.format(
        version=case.version,
        on=on,
        rows=found.rows,
        positive_share=found.positive_share,
        accuracy=found.accuracy,
        auc=found.auc,
        how=found.how,
    )
    octets: bytes = weasyprint.HTML(string=text).write_pdf()
    return Document(
        f"limits-of-use-{on}.pdf",
        "application/pdf",
        octets,
        on,
        on,
        "Written by the owner of the pre-check, with figures of the training run",
    )
