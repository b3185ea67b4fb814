"""Every class of tampering is found, by what the class says and by nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from django.conf import settings

from tampering import on_entries, on_files, on_rows, with_keys  # noqa: F401 - they fill the corpus
from tampering.corpus import CORPUS, Tampering
from tampering.record import Evidence, Record, rolled_back
from twofold_verify.report import Outcome, Report, Severity

pytestmark = pytest.mark.enable_socket
SEEDS = 2
ALL_SEEDS = 50


@pytest.fixture(scope="module")
def sound(record: Record) -> dict[tuple[Evidence, ...], set[tuple[str, str]]]:
    """What is said of the record before anything is done to it, by what a reader holds."""
    return {}


@contextmanager
def undone(record: Record) -> Iterator[None]:
    """Undo in the end what is done to the database and to the stored files."""
    aside = record.folder / "aside"
    shutil.copytree(settings.BLOBS, aside)
    try:
        with rolled_back():
            yield
    finally:
        shutil.rmtree(settings.BLOBS)
        aside.rename(settings.BLOBS)


def news(record: Record, sound, *given: Evidence) -> set[Severity]:
    """Return what kinds of problems there are that the untouched record does not have."""
    return {severity for severity, name in said(record.verify(*given)) - sound[given]}


def said(report: Report) -> set[tuple[Severity, str]]:
    return {(problem.severity, problem.record) for problem in report.problems}


def check(record: Record, sound, tampering: Tampering, seed: int) -> None:
    with undone(record):
        tampering.apply(record, Random(f"{tampering.name} {seed}"))
        for given in Evidence:
            expected, found = tampering.expected(given), news(record, sound, given)
            assert (expected in found) if expected else not found, (seed, given, found)
            if Evidence.KEY in tampering.found_by:
                break
        # Whoever holds more finds no less: that is tried a few times.
        if seed < SEEDS:
            assert news(record, sound, *Evidence), seed


@pytest.fixture
def known(tampered: Record, sound):
    """The record and what is said of it untouched; computed once."""
    if not sound:
        for given in (*((it,) for it in Evidence), tuple(Evidence)):
            sound[given] = said(tampered.verify(*given))
    return tampered, sound


def test_the_untouched_record_is_sound(known):
    record, _sound = known

    report = record.verify(*Evidence)

    assert (report.outcome, report.problems) == (Outcome.SOUND, ())
    assert report.figures.stamps == 3
    assert report.figures.cosigned == report.figures.size
    assert report.figures.pending == 5
    assert len(report.erasures) == 1


@pytest.mark.parametrize("tampering", CORPUS, ids=lambda it: it.name)
def test_tampering_is_found(known, tampering):
    for seed in range(SEEDS):
        check(*known, tampering, seed)


@pytest.mark.slow
@pytest.mark.parametrize("tampering", CORPUS, ids=lambda it: it.name)
def test_tampering_is_found_with_every_seed(known, tampering):
    for seed in range(ALL_SEEDS):
        check(*known, tampering, seed)
