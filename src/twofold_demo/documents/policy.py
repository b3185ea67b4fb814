"""The company's policy, as it is put in force on the day it is filed."""

from datetime import date

from twofold_demo.documents.document import Document
from twofold_demo.governance import CONTENT


def policy(on: date) -> Document:
    """Return the AI and information security policy."""
    text = (CONTENT / "policy.md").read_text("utf-8")
    return Document(
        f"policy-{on}.md",
        "text/markdown",
        f"{text}\nIn force from {on}.\n".encode(),
        on,
        on,
        "Written by Harbourline's management",
    )
