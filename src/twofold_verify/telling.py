"""Telling what a verification found: as lines for people or as JSON, of a bundle or one record."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

from twofold_verify import entry as entries
from twofold_verify.bundle import BundleSource
from twofold_verify.report import Erasure, Figures, Outcome, Problem, Report, Severity
from twofold_verify.source import SourceError

_HEADLINES = {
    Outcome.SOUND: "SOUND: all that was read is what the signed checkpoint vouches for.",
    Outcome.TAMPERED: "TAMPERED: the record was altered.",
    Outcome.INCOMPLETE: "INCOMPLETE: not everything could be checked.",
}
_PROVEN = "SOUND: all that is here stands in the log, unaltered."
_LIMIT = (
    "  limit       single proofs do not show that the log holds nothing else of it, "
    "such as a later entry"
)


@dataclass(frozen=True)
class Line:
    """One entry of a record."""

    index: int
    kind: str
    revision: int
    recorded_at: str
    actor: str


@dataclass(frozen=True)
class Told:
    """A report and what is told beside it.

    Attributes:
        report: of all that was read, or narrowed to one record.
        of_record: the record that the bundle is of; blank for the whole log.
        subject: the record that the report is narrowed to; blank for none.
        entries: of that record.
        elsewhere: problems of other records, which the report leaves out.
        remarks: sentences that decide nothing.
    """

    report: Report
    of_record: str = ""
    subject: str = ""
    entries: tuple[Line, ...] = ()
    elsewhere: int = 0
    remarks: tuple[str, ...] = ()


def told_of_record(
    source: BundleSource, report: Report, subject: str, remarks: tuple[str, ...] = ()
) -> Told:
    """Return what a report says of one record: its own problems, and those of the log itself.

    The record is not found sound while the log is not, as its entries may be missing.
    """
    kept = tuple(it for it in report.problems if _concerns(it, subject))
    if report.tampered + report.incomplete > len(report.problems):
        message = "Not all problems are listed: some may be of this record."
        kept += (Problem(Severity.INCOMPLETE, subject, None, message),)
    lines = tuple(_lines(source, subject))
    if not lines:
        message = "The bundle has no entry of this record."
        kept += (Problem(Severity.INCOMPLETE, subject, None, message),)
    tampered = sum(it.severity is Severity.TAMPERED for it in kept)
    narrowed = replace(
        report,
        problems=kept,
        tampered=tampered,
        incomplete=len(kept) - tampered,
        erasures=tuple(it for it in report.erasures if it.subject == subject),
    )
    elsewhere = sum(not _concerns(it, subject) for it in report.problems)
    return Told(narrowed, source.subject, subject, lines, elsewhere, remarks)


def as_json(told: Told) -> dict[str, object]:
    """Return a report as a JSON object: outcome, counts, figures and the listed problems."""
    report = told.report
    figures = asdict(report.figures)
    since = report.figures.pending_since
    figures["pending_since"] = since.isoformat() if since else None
    value: dict[str, object] = {
        "outcome": report.outcome.value,
        "of_record": told.of_record or None,
        "tampered": report.tampered,
        "incomplete": report.incomplete,
        "figures": figures,
        "problems": [asdict(problem) for problem in report.problems],
        "erasures": [
            {**asdict(erasure), "erased_at": erasure.erased_at.isoformat()}
            for erasure in report.erasures
        ],
        "remarks": list(told.remarks),
    }
    if told.subject:
        value["subject"] = told.subject
        value["entries"] = [asdict(line) for line in told.entries]
        value["problems_elsewhere"] = told.elsewhere
    return value


def as_text(told: Told) -> str:
    """Return a report as lines for people."""
    report = told.report
    proven = told.of_record and report.outcome is Outcome.SOUND
    lines = [_PROVEN if proven else _HEADLINES[report.outcome]]
    if told.of_record:
        lines.append(f"  record      {_shown(told.of_record)}, and what belongs to it")
    lines += _figures(report.figures)
    if told.of_record:
        lines.append(_LIMIT)
    lines += _of_subject(told)
    lines += [
        f"- {problem.severity.value}: {problem.record}: {problem.message}"
        for problem in report.problems
    ]
    unlisted = report.tampered + report.incomplete - len(report.problems)
    if unlisted:
        lines.append(f"- and {unlisted} more problems that are not listed")
    lines += map(_erasure, report.erasures)
    lines += [f"- note: {_shown(remark)}" for remark in told.remarks]
    return "\n".join(lines)


def _of_subject(told: Told) -> Iterator[str]:
    """Yield the entries of the one record that was asked for."""
    if not told.subject:
        return
    yield f"  asked for   {_shown(told.subject)}: {len(told.entries)} entries"
    for line in told.entries:
        yield f"    entry {line.index}: {line.kind} at {line.recorded_at} by {line.actor}"
    if told.elsewhere:
        yield f"  elsewhere   {told.elsewhere} problems of other records"


def _lines(source: BundleSource, subject: str) -> Iterator[Line]:
    try:
        for index, data in _indexed(source):
            # Most entries are of other records, and need no closer look.
            if subject.encode() in data:
                yield from _line(index, data, subject)
    except SourceError:
        # The verification names what cannot be read.
        return


def _indexed(source: BundleSource) -> Iterator[tuple[int, bytes]]:
    if source.subject:
        return ((index, data) for index, data, _proof in source.proven())
    return enumerate(source.entries())


def _line(index: int, data: bytes, subject: str) -> Iterator[Line]:
    try:
        entry = entries.decode(data)
    except entries.EntryError:
        return
    if entry.subject == subject:
        at = entry.recorded_at.isoformat()
        yield Line(index, entry.kind, entry.revision, at, entry.actor)


def _concerns(problem: Problem, subject: str) -> bool:
    """Return whether a problem is of the record, or of no record but of the log."""
    name = problem.record
    return name == subject or name.startswith(f"{subject} revision ") or ":" not in name


def _erasure(erasure: Erasure) -> str:
    """Return what is said of an erasure, which is no problem."""
    place = "an entry that waits" if erasure.index is None else f"entry {erasure.index}"
    left = f"; incomplete: {erasure.left} of them still lie there, whole" if erasure.left else ""
    reason = f" ({erasure.reason})" if erasure.reason else ""
    return f"- erased by {place}: {erasure.subject}, {erasure.files} stored files{left}{reason}"


def _figures(figures: Figures) -> Iterator[str]:
    if figures.origin is not None:
        yield f"  log         {figures.origin}"
        yield f"  checkpoint  {figures.size} entries, root {figures.root}"
    yield (
        f"  read        {figures.entries} entries of {figures.subjects} records, "
        f"{figures.revisions} states, {figures.live} live rows, "
        f"{figures.blobs} stored files ({figures.blob_bytes} bytes)"
    )
    if figures.openings:
        yield (
            f"  disclosed   {figures.openings} personal values, "
            f"{figures.contents} contents in clear ({figures.content_bytes} bytes)"
        )
    if figures.stamped is not None:
        yield f"  time        {figures.stamps} time stamps, the widest of {figures.stamped} entries"
    if figures.cosigned is not None:
        yield f"  witnesses   the quorum vouches for {figures.cosigned} entries"
    if figures.pending_since is not None:
        yield (
            f"  waiting     {figures.pending} entries since "
            f"{figures.pending_since.isoformat()}, not yet under a checkpoint"
        )


def _shown(text: str) -> str:
    """Return untrusted text as it may be shown."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:300])
