"""Reading an OSCAL 1.x catalogue, such as NIST SP 800-53, into a framework of the catalogue."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from twofold.catalog.identifiers import ID_RULE, MOST_REQUIREMENTS, check_code, fits
from twofold.catalog.model import Framework, Group, Kind, Requirement
from twofold.catalog.oscal_document import (
    Control,
    ControlGroup,
    OscalCatalog,
    Param,
    decode,
    refuse,
)
from twofold.catalog.oscal_prose import DEEPEST, Prose, label_of

_ROOT = "$.catalog"
_LONGEST_TITLE = 500


def framework_from_oscal(text: str, *, path: Path, code: str) -> Framework:
    """Return the framework that an OSCAL catalogue describes.

    Each group becomes a group, each control and each control inside a control a requirement of
    kind control. Its reference is its label where no other control has the same, else its OSCAL
    id in capitals. One that was withdrawn is a heading.

    Args:
        path: names the file in refusals.
        code: prefix of the requirements' ids, and the framework's short title.

    Raises:
        FrameworkCodeError: the code cannot be the prefix of an id.
        CatalogError: the document is malformed, too large or nested too deeply, or two controls
            would have the same id; the reason names the place in the document.
    """
    check_code(code, path)
    return _Reading(decode(text, path), path, code).framework()


@dataclass(frozen=True)
class _Found:
    """A control, where it stands in the document, and the id of what stands above it.

    Attributes:
        above: place of the control around it; blank where there is none.
        group: id of the group around it; blank where there is none.
    """

    control: Control
    place: str
    above: str
    group: str


class _Reading:
    """One document on its way into a framework."""

    def __init__(self, catalog: OscalCatalog, path: Path, code: str) -> None:
        self._catalog = catalog
        self._path = path
        self._code = code
        self._groups: dict[str, Group] = {}
        self._found = [
            *self._controls(catalog.controls, f"{_ROOT}.controls", group=""),
            *self._in_groups(catalog.groups, f"{_ROOT}.groups"),
        ]
        self._labels = Counter(_label(entry.control) for entry in self._found)
        self._prose = Prose(self._params(), path)

    def framework(self) -> Framework:
        """Return the framework."""
        if not 1 <= len(self._found) <= MOST_REQUIREMENTS:
            reason = f"must hold 1 to {MOST_REQUIREMENTS:,} controls, not {len(self._found):,}"
            refuse(self._path, _ROOT, reason)
        metadata = self._catalog.metadata
        return Framework(
            id=self._code,
            title=self._title(metadata.title, f"{_ROOT}.metadata.title"),
            short_title=self._code,
            edition=self._title(metadata.version, f"{_ROOT}.metadata.version"),
            certifiable=False,
            groups=tuple(self._groups.values()),
            requirements=tuple(self._requirements()),
        )

    def _requirements(self) -> Iterator[Requirement]:
        ids: dict[str, str] = {}
        taken = set(self._groups)
        for entry in self._found:
            ids[entry.place] = self._id(entry, taken)
            yield self._requirement(
                entry, ids[entry.place], ids[entry.above] if entry.above else entry.group
            )

    def _requirement(self, entry: _Found, key: str, parent: str) -> Requirement:
        control, parts = entry.control, f"{entry.place}.parts"
        asks = not _withdrawn(control)
        return Requirement(
            id=key,
            framework=self._code,
            title=self._title(control.title, f"{entry.place}.title"),
            kind=Kind.CONTROL,
            parent=parent,
            auditable=asks,
            summary=self._prose.statement(control.parts, parts) if asks else "",
            evidence=self._prose.objects(control.parts, parts) if asks else (),
            questions=self._prose.objectives(control.parts, parts) if asks else (),
        )

    def _id(self, entry: _Found, taken: set[str]) -> str:
        """Return the id of a control, and count it among those that are taken."""
        label = _label(entry.control)
        key = f"{self._code}:{label}"
        if self._labels[label] > 1 or not fits(key):
            key = f"{self._code}:{entry.control.id.upper()}"
        return self._taken(key, f"{entry.place}.id", taken)

    def _taken(self, key: str, place: str, taken: set[str]) -> str:
        if not fits(key):
            refuse(self._path, place, f"{key[:80]!r}: {ID_RULE}")
        if key in taken:
            refuse(self._path, place, f"{key} stands twice")
        taken.add(key)
        return key

    def _title(self, text: str, place: str) -> str:
        title = self._prose.said(text, place)
        if not 1 <= len(title) <= _LONGEST_TITLE:
            refuse(self._path, place, f"must have 1 to {_LONGEST_TITLE} characters")
        return title

    def _in_groups(
        self, groups: list[ControlGroup], place: str, *, above: str = "", depth: int = 0
    ) -> Iterator[_Found]:
        """Yield the controls of groups, and keep each group; one inside another names both."""
        self._check_depth(depth, place)
        for number, group in enumerate(groups):
            at = f"{place}[{number}]"
            name = group.id.upper() or f"GROUP-{len(self._groups) + 1}"
            key = self._taken(f"{self._code}:{name}", f"{at}.id", set(self._groups))
            title = " ".join(f"{above}: {group.title}".split() if above else group.title.split())
            if not 1 <= len(title) <= _LONGEST_TITLE or "\0" in title:
                refuse(self._path, f"{at}.title", f"must have 1 to {_LONGEST_TITLE} characters")
            self._groups[key] = Group(key, title)
            yield from self._controls(group.controls, f"{at}.controls", group=key)
            yield from self._in_groups(group.groups, f"{at}.groups", above=title, depth=depth + 1)

    def _controls(
        self, controls: list[Control], place: str, *, group: str, above: str = "", depth: int = 0
    ) -> Iterator[_Found]:
        """Yield controls, each followed by those inside it."""
        self._check_depth(depth, place)
        for number, control in enumerate(controls):
            at = f"{place}[{number}]"
            yield _Found(control, at, above, group)
            yield from self._controls(
                control.controls, f"{at}.controls", group=group, above=at, depth=depth + 1
            )

    def _check_depth(self, depth: int, place: str) -> None:
        if depth > DEEPEST:
            refuse(self._path, place, f"stand in one another more than {DEEPEST} deep")

    def _params(self) -> Iterator[Param]:
        yield from self._catalog.params
        groups = list(self._catalog.groups)
        while groups:
            group = groups.pop()
            yield from group.params
            groups += group.groups
        for entry in self._found:
            yield from entry.control.params


def _label(control: Control) -> str:
    # Some catalogues write `AC-2 (1)`; an id has no space.
    return "".join(label_of(control.props).split())


def _withdrawn(control: Control) -> bool:
    return any(
        prop.name == "status" and prop.value.lower() == "withdrawn" for prop in control.props
    )
