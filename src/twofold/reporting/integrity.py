"""Integrity: verifying the whole record where it lies."""

from dataclasses import replace

from django.conf import settings

from twofold.evidence.keys import KeyUnavailable, lost_keys
from twofold.evidence.storage import open_stored
from twofold.ledger import keys
from twofold.ledger.source import DatabaseSource
from twofold.reporting.snapshot import snapshot
from twofold.telemetry.queries import open_sealed
from twofold_verify.note import Verifier
from twofold_verify.report import Findings, Report, Severity
from twofold_verify.verifier import verify
from twofold_verify.vouching import Outside


def verify_record(trust: Verifier | None = None, outside: Outside | None = None) -> Report:
    """Verify entries, tree, checkpoint, revisions, live rows and stored files from one snapshot.

    Args:
        trust: the key to trust; None: the installation's own, which tells of edits by anybody who
            does not hold that key.

    Raises:
        LedgerError: the installation's key is asked for and its file holds none.
    """
    key = trust or keys.verifier()
    source = source_of_record()
    with snapshot():
        report = verify(source, key, outside or _outside())
        source.check_tree(key)
        _check_keys(source.findings)
    return _together(report, source.findings.report(report.figures))


def _check_keys(findings: Findings) -> None:
    """Name the items whose files nobody can decipher: no offline reader sees that."""
    try:
        for subject in lost_keys():
            message = "The key of the item's files is gone or was altered, without an erasure."
            findings.tampered(subject, None, message)
    except KeyUnavailable as refusal:
        findings.incomplete("evidence keys", str(refusal))


def _outside() -> Outside:
    """Return whom this installation trusts; the newest entries are cosigned a little later."""
    return Outside(settings.TIME_ROOTS, settings.LEDGER_POLICY, demand_quorum=False)


def _together(report: Report, books: Report) -> Report:
    """Return one report of both; a record is named once."""
    altered = [problem for problem in report.problems if problem.severity is Severity.TAMPERED]
    named = {problem.record for problem in altered}
    added = tuple(problem for problem in books.problems if problem.record not in named)
    repeated = len(books.problems) - len(added)
    return replace(
        report,
        problems=report.problems + added,
        tampered=report.tampered + books.tampered - repeated,
        incomplete=report.incomplete + books.incomplete,
    )


def source_of_record() -> DatabaseSource:
    """Return the whole record as a source; read within `snapshot`."""
    return DatabaseSource(open_stored, open_sealed)
