"""Bundles that were tampered with are found out, the log by a program that is not ours too."""

import itertools
from pathlib import Path
from random import Random

import pytest

from tampering import on_bundles, on_entries, with_keys  # noqa: F401 - it fills the corpus
from tampering.corpus import CORPUS, ON_BUNDLES, ON_LOGS
from tampering.opened import Bundle
from tampering.record import Evidence, Record, rolled_back
from twofold.ledger.source import DatabaseSource
from twofold_verify import bundle as bundles
from twofold_verify.bundle import BundleSource, verify_bundle
from twofold_verify.report import Outcome

pytestmark = pytest.mark.enable_socket
SEEDS = 2
ALL_SEEDS = 50
_numbers = itertools.count(1)
#: What is done to the log in the database shows in a bundle that is made of it afterwards.
EXPORTED = [
    tampering
    for tampering in CORPUS
    if tampering.apply.__module__ in {on_entries.__name__, with_keys.__name__}
    and tampering.name
    in {
        "entry_bit_flipped",
        "entry_edited",
        "entry_edited_with_hash_and_tiles",
        "entry_removed",
        "entry_removed_and_gap_closed",
        "entry_inserted",
        "entries_reordered",
        "indexes_swapped",
        "log_truncated",
        "level_0_tile_flipped",
        "key_swapped",
        "foreign_log_with_a_valid_cosignature",
        "rolled_back",
        "forked",
        "cut_and_continued",
        "history_rewritten",
    }
]


class Signed(DatabaseSource):
    """The database without what waits, as whoever tampered with it would export it."""

    def pending(self):
        return iter(())


@pytest.fixture
def checked(tampered: Record, other_route, tmp_path):
    """Verify a bundle by both routes."""
    kept = tmp_path / "kept.txt"
    kept.write_text(tampered.kept)

    class Checked:
        record = tampered
        folder = tmp_path

        def by_us(self, path: Path, *given: Evidence):
            with BundleSource(path) as source:
                return verify_bundle(source, tampered.pinned, tampered.outside(*given))

        def by_others(self, path: Path) -> int:
            return other_route.check(path, tampered.pinned, kept=kept).status

    return Checked()


@pytest.fixture
def sound(checked):
    """What is said of the bundle as it was made, by what a reader holds."""
    sets = [*((it,) for it in Evidence), tuple(Evidence)]
    return {given: said(checked.by_us(checked.record.bundle, *given)) for given in sets}


def said(report):
    return {(problem.severity, problem.record) for problem in report.problems}


def check(checked, sound, tampering, seed):
    bundle = Bundle(checked.record, checked.folder / f"bundle-{next(_numbers)}")
    tampering.apply(bundle, Random(f"{tampering.name} {seed}"))
    bundle.finish()
    for given in Evidence:
        new = said(checked.by_us(bundle.folder, given)) - sound[given,]
        expected, found = tampering.expected(given), {severity for severity, _name in new}
        assert (expected in found) if expected else not found, (seed, given, new)
    assert said(checked.by_us(bundle.folder, *Evidence)) - sound[tuple(Evidence)]
    if tampering in ON_LOGS:
        assert checked.by_others(bundle.folder) == 1, seed


def check_exported(checked, tampering, seed):
    path = checked.folder / f"exported-{next(_numbers)}"
    with rolled_back():
        tampering.apply(checked.record, Random(f"{tampering.name} {seed}"))
        bundles.write(Signed(), path, at_text="now")
    assert checked.by_us(path, *Evidence).outcome is Outcome.TAMPERED
    # What lacks files for the size that was signed is not readable to the other program.
    assert checked.by_others(path) in {1, 2}


def test_the_untouched_bundle_is_sound_by_both_routes(checked):
    report = checked.by_us(checked.record.bundle, *Evidence)

    assert (report.outcome, report.problems) == (Outcome.SOUND, ())
    assert report.figures.openings
    assert report.figures.contents
    assert checked.by_others(checked.record.bundle) == 0


@pytest.mark.parametrize("tampering", ON_BUNDLES, ids=lambda it: it.name)
def test_tampering_with_a_bundle_is_found(checked, sound, tampering):
    for seed in range(SEEDS):
        check(checked, sound, tampering, seed)


@pytest.mark.slow
@pytest.mark.parametrize("tampering", ON_BUNDLES, ids=lambda it: it.name)
def test_tampering_with_a_bundle_is_found_with_every_seed(checked, sound, tampering):
    for seed in range(ALL_SEEDS):
        check(checked, sound, tampering, seed)


@pytest.mark.parametrize("tampering", EXPORTED, ids=lambda it: it.name)
def test_the_other_route_finds_what_was_tampered_with_before_the_export(checked, tampering):
    check_exported(checked, tampering, 0)


@pytest.mark.slow
@pytest.mark.parametrize("tampering", EXPORTED, ids=lambda it: it.name)
def test_the_other_route_finds_it_with_every_seed(checked, tampering):
    for seed in range(ALL_SEEDS):
        check_exported(checked, tampering, seed)
