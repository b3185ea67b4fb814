"""Shaping overlaps, crosswalk and guidance for templates: per cents, words and addresses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from twofold.catalog.model import LibraryControl, Requirement
from twofold.controls.queries import library
from twofold.domain.readiness import Status
from twofold.reporting.crosswalk import CrosswalkRow, Matrix
from twofold.reporting.guidance import Article
from twofold.reporting.overlap import (
    Counterpart,
    Remaining,
    StandardOverlap,
    Work,
    basis_of,
    control_overlap,
    requirement_overlap,
)
from twofold.reporting.relations import ASKS
from twofold.reporting.standing import Standing

#: How many tints the matrix has.
_TINTS = 4


@dataclass(frozen=True)
class WorkShape:
    """How far something is served, in per cent, and what closes the rest."""

    potential: int | None
    shown: int | None
    by: tuple[LibraryControl, ...]
    closing: tuple[LibraryControl, ...]

    @property
    def done(self) -> bool:
        """Whether nothing remains to be done today."""
        return self.shown == 100


@dataclass(frozen=True)
class OverlapLine:
    """A counterpart, with its page and its state; a blank state: it is not assessed."""

    counterpart: Counterpart
    href: str
    state: str
    work: WorkShape | None


@dataclass(frozen=True)
class OverlapGroup:
    """The counterparts in one framework."""

    title: str
    guidance: bool
    lines: list[OverlapLine]


def per_cent(share: float | None) -> int | None:
    """Return a share in whole per cent; only all of it is 100, and only nothing is 0."""
    if share is None or share in {0, 1}:
        return None if share is None else round(share * 100)
    return min(99, max(1, round(share * 100)))


def work_shape(work: Work) -> WorkShape:
    """Return how far something is served, in per cent."""
    return WorkShape(per_cent(work.potential), per_cent(work.shown), work.by, work.closing)


def overlap_groups(counterparts: Iterable[Counterpart]) -> list[OverlapGroup]:
    """Return counterparts framework by framework."""
    return [
        OverlapGroup(framework.short_title, framework.guidance, [_line(entry) for entry in found])
        for framework, found in groupby(counterparts, key=lambda entry: entry.framework)
    ]


def requirement_serves(found: Standing, requirement: Requirement) -> dict[str, Any]:
    """Return what else a requirement serves, and where it has no counterpart, with the reasons."""
    serves = requirement_overlap(basis_of(found), requirement)
    return {"groups": overlap_groups(serves.counterparts), "none": serves.none}


def control_serves(found: Standing, control: LibraryControl) -> list[OverlapGroup]:
    """Return what a control serves."""
    return overlap_groups(control_overlap(basis_of(found), control).counterparts)


def requirement_href(requirement: Requirement) -> str:
    """Return the page of a requirement, or of an article of guidance."""
    page = "guidance-article" if requirement.effective else "requirement"
    return reverse(page, args=[requirement.id])


def standard_card(found: StandardOverlap) -> dict[str, Any]:
    """Return what the explorer shows of one direction."""
    return {
        "first": found.first,
        "second": found.second,
        "least": per_cent(found.least),
        "most": per_cent(found.most),
        "shown": per_cent(found.shown),
        "controls": found.controls,
        "running": found.running,
        "wholly": found.wholly,
        "partly": found.partly,
        "not_at_all": found.not_at_all,
        "applicable": found.applicable,
        "excluded": found.excluded,
        "remaining": len(found.remaining),
        "beyond": sum(entry.asked < 1 for entry in found.remaining),
        "href": address("overlap-remaining", first=found.first.id, second=found.second.id),
    }


def remaining_row(entry: Remaining) -> dict[str, Any]:
    """Return a requirement that is not fully shown, and what closes it."""
    return {
        "requirement": entry.requirement,
        "href": requirement_href(entry.requirement),
        "state": entry.readiness.status.value if entry.readiness else "",
        "asked": per_cent(entry.asked),
        "work": work_shape(entry.work),
    }


def matrix_table(found: Matrix) -> list[dict[str, Any]]:
    """Return the rows of the matrix: each count with its tint and the pairs behind it."""
    return [
        {
            "heading": row,
            "total": sum(counts),
            "cells": [
                {
                    "count": count,
                    "tint": -(-count * _TINTS // found.largest) if count else 0,
                    "column": column,
                    "href": address(
                        "crosswalk",
                        framework=found.first.id,
                        other=found.second.id,
                        group=row.id,
                        other_group=column.id,
                    ),
                }
                for column, count in zip(found.columns, counts, strict=True)
            ],
        }
        for row, counts in zip(found.rows, found.counts, strict=True)
    ]


def matrix_chart(found: Matrix) -> dict[str, Any]:
    """Return the matrix as the data of a chart."""
    return {
        "kind": "matrix",
        "columns": [
            f"{found.first.short_title} / {found.second.short_title}",
            *(column.reference for column in found.columns),
        ],
        "rows": [
            [row.reference, *counts] for row, counts in zip(found.rows, found.counts, strict=True)
        ],
    }


def crosswalk_line(row: CrosswalkRow) -> dict[str, Any]:
    """Return a row of the crosswalk in words."""
    return {
        "row": row,
        "framework": library().framework(row.left.framework).short_title,
        "href": requirement_href(row.left),
        "other_href": requirement_href(row.right) if row.right else "",
        "relation": str(ASKS[row.relation]) if row.relation else _("no counterpart"),
    }


def article_row(found: Article) -> dict[str, Any]:
    """Return an article with the states of what answers it, the best first."""
    return {
        "article": found,
        "href": requirement_href(found.requirement),
        "states": state_counts(found.counts),
    }


def state_counts(counts: Mapping[Status, int]) -> list[tuple[str, int]]:
    """Return the states that occur with how often each does, the best first."""
    return [(status.value, counts[status]) for status in reversed(Status) if counts.get(status)]


def address(name: str, **query: str) -> str:
    """Return the address of a page with a query."""
    return f"{reverse(name)}?{urlencode({key: value for key, value in query.items() if value})}"


def _line(entry: Counterpart) -> OverlapLine:
    return OverlapLine(
        counterpart=entry,
        href=requirement_href(entry.requirement),
        state=entry.readiness.status.value if entry.readiness else "",
        work=work_shape(entry.work) if entry.work else None,
    )
