"""Kinds of evidence as the control library names them."""

from twofold.controls.queries import library


def kind_titles() -> dict[str, str]:
    """Return what the library asks for, title by kind."""
    return {need.kind: need.title for entry in library().controls for need in entry.evidence}


def kind_choices(also: str = "") -> list[tuple[str, str]]:
    """Return the kinds to choose from by title, with one that the library may not know."""
    titles = kind_titles()
    if also and also not in titles:
        titles[also] = also
    return sorted(titles.items(), key=lambda kind: kind[1])
