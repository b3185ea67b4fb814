"""Texts of an OSCAL catalogue as people read them, with each parameter's blank said in words."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from twofold.catalog.oscal_document import Param, Part, Prop, refuse

#: Groups, controls, parts and parameters may stand in one another so often.
DEEPEST = 12
_LONGEST_PROSE = 20_000
_LONGEST_BLANK = 2_000
#: All texts together: parameters that name one another could multiply beyond what was sent.
_MOST_TEXT = 20_000_000
_INSERT = re.compile(r"\{\{\s*(?:insert:\s*param,\s*)?([^\s{},:]+)\s*\}\}")
_STATEMENT = {"statement"}
_OBJECTIVES = {"assessment-objective", "objective"}
_OBJECTS = {"assessment-objects", "objects"}
#: Of the three methods of NIST SP 800-53A, that which looks at documents and records.
_EXAMINE = "examine"


class Prose:
    """Says texts with the parameters of one catalogue."""

    def __init__(self, params: Iterable[Param], path: Path) -> None:
        """Know the parameters by their ids."""
        self._path = path
        self._params = {param.id: param for param in params}
        self._said: dict[str, str] = {}
        self._left = _MOST_TEXT

    def said(self, text: str, place: str, depth: int = 0) -> str:
        """Return a text on one line, each parameter as its values, choices or label in brackets.

        Raises:
            CatalogError: it is too long, holds a null character, or its parameters grow too far.
        """
        if len(text) > _LONGEST_PROSE:
            refuse(self._path, place, f"has more than {_LONGEST_PROSE:,} characters")
        if "\0" in text:
            refuse(self._path, place, "must not hold a null character")
        said = _INSERT.sub(lambda found: self._blank(found[1], place, depth), text)
        self._left -= len(said)
        if self._left < 0:
            refuse(self._path, place, "its texts grow too large where parameters are put in")
        # A blank at the end of a clause is often written with a space before the sign.
        return re.sub(r"\] (?=[;,.])", "]", " ".join(said.split()))

    def statement(self, parts: Iterable[Part], place: str) -> str:
        """Return the statement of a control: a line for each item, with its label."""
        chosen = _named(parts, _STATEMENT, place)
        return "\n".join(line for part, at in chosen for line in self._lines(part, at, 0))

    def objectives(self, parts: Iterable[Part], place: str) -> tuple[str, ...]:
        """Return what an assessor determines, one text for each objective that has one."""
        chosen = _named(parts, _OBJECTIVES, place)
        return tuple(line for part, at in chosen for line in self._determined(part, at, 0))

    def objects(self, parts: Iterable[Part], place: str) -> tuple[str, ...]:
        """Return what an assessor examines; of a method that is not named, everything."""
        found: dict[str, None] = {}
        for part, at in _placed(parts, place):
            for objects, inside in _objects(part, at):
                for line in objects.prose.split("\n"):
                    if line.strip():
                        found[_sentence(self.said(line, f"{inside}.prose"))] = None
        return tuple(found)

    def _blank(self, name: str, place: str, depth: int) -> str:
        if depth > DEEPEST:
            refuse(self._path, place, "its parameters lean on one another too deeply")
        if name not in self._said:
            # Stands for itself where a parameter comes round to itself.
            self._said[name] = f"[{name}]"
            self._said[name] = f"[{self._filled(name, place, depth + 1)}]"
        if len(self._said[name]) > _LONGEST_BLANK:
            refuse(self._path, place, f"the parameter {name} grows too long")
        return self._said[name]

    def _filled(self, name: str, place: str, depth: int) -> str:
        param = self._params.get(name)
        if param is None:
            return name
        if param.values:
            return "; ".join(self.said(value, place, depth) for value in param.values)
        if param.select is not None and param.select.choice:
            choices = "; ".join(self.said(value, place, depth) for value in param.select.choice)
            several = param.select.how_many == "one-or-more"
            return f"one or more of: {choices}" if several else f"one of: {choices}"
        return self.said(param.label, place, depth) or name

    def _lines(self, part: Part, place: str, depth: int) -> Iterator[str]:
        self._check_depth(depth, place)
        label = self.said(label_of(part.props), f"{place}.props")
        line = f"{label} {self.said(part.prose, f'{place}.prose')}".strip()
        if line:
            yield line
        for inner, at in _placed(part.parts, f"{place}.parts"):
            yield from self._lines(inner, at, depth + 1)

    def _determined(self, part: Part, place: str, depth: int) -> Iterator[str]:
        self._check_depth(depth, place)
        if part.prose.strip():
            yield _sentence(self.said(part.prose, f"{place}.prose"))
        for inner, at in _placed(part.parts, f"{place}.parts"):
            yield from self._determined(inner, at, depth + 1)

    def _check_depth(self, depth: int, place: str) -> None:
        if depth > DEEPEST:
            refuse(self._path, place, f"parts stand in one another more than {DEEPEST} deep")


def label_of(props: Iterable[Prop]) -> str:
    """Return the label that people use: the plain one before those of a class; blank for none."""
    labels = [prop for prop in props if prop.name == "label" and prop.value.strip()]
    labels.sort(key=lambda prop: bool(prop.class_))
    return labels[0].value.strip() if labels else ""


def _placed(parts: Iterable[Part], place: str) -> Iterator[tuple[Part, str]]:
    return ((part, f"{place}[{number}]") for number, part in enumerate(parts))


def _named(parts: Iterable[Part], names: set[str], place: str) -> list[tuple[Part, str]]:
    return [(part, at) for part, at in _placed(parts, place) if part.name in names]


def _objects(part: Part, place: str) -> list[tuple[Part, str]]:
    """Return the objects of a method that examines, or of one that does not say what it does."""
    methods = [prop.value.lower() for prop in part.props if prop.name == "method"]
    if part.name in _OBJECTS:
        return [(part, place)]
    if methods and _EXAMINE not in methods:
        return []
    return _named(part.parts, _OBJECTS, f"{place}.parts")


def _sentence(text: str) -> str:
    """Return an item of an enumeration as it stands by itself in a list."""
    text = re.sub(r"[;,](?:\s+(?:and|or))?$", "", text)
    return text[:1].upper() + text[1:]
