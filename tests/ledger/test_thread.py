import factories
from factories import AT

from twofold.ledger import actions as ledger
from twofold.reporting.integrity import verify_record


def test_everything_that_the_factories_make_verifies(cast):
    system = factories.system(cast)
    factories.schema(system, cast)
    run = factories.implementation(cast, of=system)
    factories.claim(run, factories.evidence_item(cast), cast)

    while ledger.sequence(at=AT):
        pass

    report = verify_record()
    assert report.problems == ()
    assert report.exit_status == 0
    assert report.figures.live == report.figures.subjects


def test_committed_changes_verify_too(recording_db):
    factories.cast()

    ledger.sequence(at=AT)

    assert verify_record().exit_status == 0
