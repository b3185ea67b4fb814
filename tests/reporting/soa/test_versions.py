import json
from datetime import timedelta

import factories
import pytest
from factories import AT, stated

from twofold.controls.models import Statement
from twofold.people.errors import AccessDenied, NotFound
from twofold.reporting.soa.comparison import compared
from twofold.reporting.soa.versions import (
    draft_of,
    is_stale,
    rows_outrun,
    statement_for,
    statement_numbered,
    statements_of,
    version_before,
)

NEXT = AT + timedelta(days=1)


def standing(cast, *, at=AT):
    by = factories.actor(cast.lead)
    return {entry.framework.id: entry for entry in statements_of(cast.unit, by, at=at)}


def test_both_standards_are_told_before_anything_was_prepared(cast):
    found = standing(cast)

    assert set(found) == {"27001", "42001"}
    for entry in found.values():
        assert (entry.in_force, entry.coming, entry.draft, entry.stale) == (None, None, None, False)
        assert len(entry.open_points.undecided) == entry.now["summary"]["controls"]


def test_a_draft_is_stale_once_the_facts_say_something_else(cast):
    stated.decide(cast)
    draft = stated.prepare(cast)
    assert not standing(cast)["42001"].stale
    assert not is_stale(draft, by=factories.actor(cast.approver), at=NEXT)

    factories.implementation(cast)

    assert standing(cast)["42001"].stale
    assert standing(cast)["42001"].draft == draft


def test_a_version_in_effect_tells_how_many_rows_the_facts_have_outrun(cast):
    made = stated.sealed(cast)
    lead = factories.actor(cast.lead)
    # On another day the same facts say the same.
    assert standing(cast, at=NEXT)["42001"].outrun is None
    assert rows_outrun(made, by=lead, at=NEXT) is None

    factories.implementation(cast)

    found = standing(cast, at=NEXT)["42001"]
    shown = compared(json.loads(statement_for(made.pk, lead, at=NEXT).content), found.now)
    assert found.outrun == rows_outrun(made, by=lead, at=NEXT) == len(shown.changed) > 0
    assert standing(cast, at=NEXT)["27001"].outrun is None


def test_facts_may_outrun_a_version_in_no_row(cast):
    made = stated.sealed(cast)
    factories.system(cast)

    assert standing(cast)["42001"].outrun == 0
    assert rows_outrun(made, by=factories.actor(cast.lead), at=AT) == 0


def test_a_version_that_another_took_the_place_of_is_not_outrun(cast):
    first = stated.sealed(cast)
    factories.implementation(cast)
    stated.approve(stated.prepare(cast), cast)
    factories.implementation(cast, of=factories.system(cast))
    draft = stated.prepare(cast)
    lead = factories.actor(cast.lead)

    assert rows_outrun(first, by=lead, at=AT) is None
    assert rows_outrun(draft, by=lead, at=AT) is None


def test_a_version_comes_into_force_on_its_day(cast):
    first = stated.sealed(cast)
    factories.implementation(cast)
    second = stated.prepare(cast)
    later = NEXT + timedelta(days=9)
    Statement.objects.filter(pk=stated.approve(second, cast).pk).update(effective_date=later)

    now, then = standing(cast)["42001"], standing(cast, at=later)["42001"]

    assert (now.in_force, now.coming, now.draft) == (first, second, None)
    assert (then.in_force, then.coming) == (second, None)
    assert version_before(second, factories.actor(cast.lead), at=AT) == first
    assert version_before(first, factories.actor(cast.lead), at=AT) is None


def test_versions_are_found_by_key_and_number_within_reach_alone(cast):
    first = stated.sealed(cast)
    draft = stated.prepare(cast)
    lead, outsider = factories.actor(cast.lead), factories.actor(cast.outsider)

    assert statement_for(first.pk, lead, at=AT) == first
    assert statement_numbered("42001", 1, unit=cast.unit, by=lead, at=AT) == first
    assert statement_numbered("42001", None, unit=cast.unit, by=lead, at=AT) == draft
    assert draft_of("42001", unit=cast.unit, by=lead, at=AT) == draft
    with pytest.raises(NotFound):
        statement_for(first.pk, outsider, at=AT)
    with pytest.raises(NotFound):
        draft_of("27001", unit=cast.unit, by=lead, at=AT)
    with pytest.raises(AccessDenied):
        statements_of(cast.unit, outsider, at=AT)
