from datetime import date

import pytest

from twofold.domain.readiness import Cause, Reason
from twofold.reporting.words import action_text, reason_text

# The words of controls and evidence are those of the organisation's own library.
pytestmark = pytest.mark.django_db
NOTHING_TO_DO = {Cause.EXCLUDED, Cause.EVIDENCED, Cause.CHECK_PASSED}


def reason(cause, **changes):
    given = {
        "about": "Loans",
        "record": "a:1",
        "detail": "monitoring-report",
        "on": date(2026, 11, 20),
    }
    return Reason(cause, **{**given, **changes})


@pytest.mark.parametrize("cause", list(Cause))
def test_every_cause_has_a_sentence_and_says_what_to_do_about_it(cause):
    sentence, action = reason_text(reason(cause)), action_text(reason(cause))

    assert sentence
    assert "%(" not in sentence + action
    assert bool(action) == (cause not in NOTHING_TO_DO)


def test_no_two_causes_are_told_alike():
    assert len({reason_text(reason(cause)) for cause in Cause}) == len(Cause)


def test_a_sentence_names_the_day_the_scope_and_the_evidence():
    sentence = reason_text(reason(Cause.EVIDENCE_EXPIRED))

    assert "20 Nov 2026" in sentence
    assert "Loans" in sentence
    assert "monitoring-report" not in sentence


def test_a_control_is_named_by_id_and_title():
    sentence = reason_text(reason(Cause.NOT_IMPLEMENTED, about="TF-MON-01", detail=""))

    assert "TF-MON-01 " in sentence


@pytest.mark.parametrize("cause", list(Cause))
def test_what_the_catalogue_no_longer_knows_is_told_by_its_name(cause):
    sentence = reason_text(reason(cause, detail="gone-kind", about="gone-scope", on=None))

    assert "None" not in sentence


def test_a_day_that_is_not_known_is_said_to_be():
    assert "an unknown day" in reason_text(reason(Cause.EVIDENCE_EXPIRED, on=None))
    assert "gone-kind" in reason_text(reason(Cause.EVIDENCE_EXPIRED, detail="gone-kind"))
