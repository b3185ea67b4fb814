from dataclasses import replace

import factories
import pytest
from factories import AT, governed
from factories.governed import OWN_CONTROL

from twofold.catalog.load import catalog
from twofold.catalog.model import Kind
from twofold.controls.actions import (
    adapt_control,
    add_controls,
    import_framework,
    restore_control,
    retire_control,
)
from twofold.controls.models import ImportedFramework, LibraryEntry
from twofold.controls.queries import (
    checks_from,
    checks_of,
    control_values,
    framework_values,
    is_rule,
    library,
    library_control,
    needs_of,
    one_reading,
    rule_from,
    rule_values,
)
from twofold.domain.checks import CheckKind, Rule, RuleError
from twofold.ledger.queries import history
from twofold.people.access import part_of_product
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound

OWN = "OWN-BAK-01"
SHIPPED = "TF-MON-01"
LATER = AT.replace(day=21)


def add(cast, toml=OWN_CONTROL, *, reason="Ours.", by=None):
    by = by or factories.actor(cast.lead)
    return add_controls(toml, file_name="own.toml", reason=reason, by=by, at=AT)


def values_of(control=SHIPPED, **changes):
    return {**control_values(library().control_by_id[control]), **changes}


def adapt(cast, control=SHIPPED, values=None, *, reason="So we do it.", by=None, at=AT):
    by = by or factories.actor(cast.lead)
    values = values_of(control, title="Watching") if values is None else values
    return adapt_control(control, values, reason=reason, by=by, at=at)


def retire(cast, control=SHIPPED, *, reason="Not ours.", by=None, at=AT):
    return retire_control(control, reason=reason, by=by or factories.actor(cast.lead), at=at)


def restore(cast, control=SHIPPED, *, reason="Ours again.", by=None, at=LATER):
    return restore_control(control, reason=reason, by=by or factories.actor(cast.lead), at=at)


def bring(cast, framework, *, by=None):
    by = by or factories.actor(cast.lead)
    return import_framework(
        framework, source=b"x", file_name="own.toml", format_="toml", by=by, at=AT
    )


def kinds(row):
    return [line.entry.kind.rpartition(".")[2] for line in history(row.ledger_subject)]


def test_without_a_change_the_library_is_the_shipped_one(db):
    assert library() is catalog()


def test_a_control_of_ones_own_stands_with_the_others_and_serves_its_requirements(cast):
    (made,) = add(cast)

    own = library().control_by_id[OWN]
    assert (own.title, own.checks[0].rule.at_least) == ("Escrow of source code", 0.5)
    assert own in library().controls_of["27001:A.8.30"]
    assert library().needs["escrow-receipt"].period_days == 183
    assert len(library().controls) == len(catalog().controls) + 1
    assert (made.change, made.reason, made.changed_by) == ("added", "Ours.", cast.lead)
    assert kinds(made) == ["added"]
    assert str(made) == "OWN-BAK-01 added"
    factories.implementation(cast, control=OWN)


def test_several_are_added_at_once_or_none(cast):
    second = OWN_CONTROL.replace(OWN, "OWN-BAK-02")
    with pytest.raises(InvalidInput):
        add(cast, OWN_CONTROL + second.replace("period_days = 183", "period_days = 0"))
    assert not LibraryEntry.objects.exists()

    add(cast, OWN_CONTROL + second)
    assert LibraryEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("strength = 4", "strength = 11", "strength"),
        ('id = "27001:A.8.30"', 'id = "27001:A.9.99"', "27001:A.9.99"),
        ('kind = "count"', 'kind = "feeling"', "kind"),
        ('need = "escrow-receipt"', 'need = "another"', "another"),
        ("[[control]]", "[[control", "line"),
        (OWN, "own control", "letters"),
        (OWN, "O" * 41, "at most 40 characters"),
    ],
)
def test_a_malformed_control_is_refused_with_the_reason(cast, old, new, reason):
    with pytest.raises(InvalidInput, match=reason) as refusal:
        add(cast, OWN_CONTROL.replace(old, new))

    assert refusal.value.field == "file"
    assert not LibraryEntry.objects.exists()


@pytest.mark.parametrize("taken", [OWN, SHIPPED])
def test_an_id_stands_once_even_when_it_is_retired(cast, taken):
    toml = OWN_CONTROL.replace(OWN, taken)
    if taken == OWN:
        add(cast)
    with pytest.raises(Conflict) as standing:
        add(cast, toml)
    retire(cast, taken)
    with pytest.raises(Conflict) as retired:
        add(cast, toml)

    assert standing.value.field == retired.value.field == "file"
    assert LibraryEntry.objects.count() == 1


@pytest.mark.parametrize("change", [add, adapt, retire, restore])
@pytest.mark.parametrize("reason", ["", " ", "x" * 501, "a\0"])
def test_each_change_has_a_reason(cast, change, reason):
    if change is restore:
        retire(cast)
    before = LibraryEntry.objects.values_list("change", "reason")
    kept = list(before)

    with pytest.raises(InvalidInput) as refusal:
        change(cast, reason=reason)
    assert refusal.value.field == "reason"
    assert list(before.all()) == kept


def test_an_adapted_control_replaces_the_shipped_one(cast):
    needs = [{"kind": "own-report", "title": "Our report", "period_days": 31}]
    row = factories.implementation(cast)
    made = adapt(cast, values=values_of(title="Watching", evidence=needs, check=[]))

    assert library_control(SHIPPED).title == "Watching"
    assert catalog().control_by_id[SHIPPED].title != "Watching"
    assert [need.kind for need in needs_of(row)] == ["own-report"]
    assert checks_of(row) == ()
    assert "own-report" in library().needs
    assert (made.change, kinds(made)) == ("adapted", ["adapted"])
    # Its place among the others stays.
    assert [c.id for c in library().controls] == [c.id for c in catalog().controls]


def test_adapting_again_is_a_revision_and_an_own_control_stays_added(cast):
    first = adapt(cast)
    second = adapt(cast, values=values_of(title="Watching all"), at=LATER)
    add(cast)
    own = adapt(cast, OWN)

    assert (first.pk, library_control(SHIPPED).title) == (second.pk, "Watching all")
    assert kinds(first) == ["adapted", "adapted"]
    assert (own.change, kinds(own)) == ("added", ["added", "added"])


def test_what_cannot_be_adapted_is_refused(cast):
    with pytest.raises(NotFound):
        adapt(cast, "TF-NOT-99", values_of())
    with pytest.raises(InvalidInput) as renamed:
        adapt(cast, values=values_of(id="TF-MON-02"))
    with pytest.raises(InvalidInput, match="title") as malformed:
        adapt(cast, values=values_of(title=""))
    retire(cast)
    with pytest.raises(NotFound):
        adapt(cast, values=control_values(catalog().control_by_id[SHIPPED]))

    assert renamed.value.field == malformed.value.field == "control"


def test_a_control_is_retired_where_it_is_not_run_and_restored(cast):
    row = factories.implementation(cast)
    with pytest.raises(Conflict, match="1 scopes"):
        retire(cast)
    factories.retire(row, reason="Moved.", by=factories.actor(cast.owner), at=AT)

    made = retire(cast)
    assert SHIPPED not in library().control_by_id
    assert (needs_of(row), checks_of(row)) == ((), ())
    with pytest.raises(InvalidInput):
        library_control(SHIPPED)
    restored = restore(cast)

    assert library().control_by_id[SHIPPED] == replace(
        catalog().control_by_id[SHIPPED], area=library().control_by_id[SHIPPED].area
    )
    assert (restored.pk, restored.change) == (made.pk, "adapted")
    assert kinds(made) == ["adapted", "retired"]


@pytest.mark.parametrize("control", [OWN, SHIPPED])
def test_a_restored_control_is_what_it_was_before(cast, control):
    add(cast)
    adapt(cast, control)
    before = library_control(control)

    retire(cast, control)
    restored = restore(cast, control)

    assert library_control(control) == before
    assert restored.change == ("added" if control == OWN else "adapted")


def test_only_what_stands_is_retired_and_only_what_is_retired_is_restored(cast):
    with pytest.raises(NotFound):
        restore(cast)
    retire(cast)
    for act, control in ((retire, SHIPPED), (retire, OWN), (restore, OWN)):
        with pytest.raises(NotFound):
            act(cast, control)


CHANGES = [add, adapt, retire, restore, lambda cast, by: bring(cast, governed.framework(), by=by)]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("who", ["owner", "approver", "auditor", "administrator"])
def test_only_a_lead_keeps_the_library(cast, change, who):
    if change is restore:
        retire(cast)
    with pytest.raises(AccessDenied):
        change(cast, by=factories.actor(getattr(cast, who)))


@pytest.mark.parametrize("change", CHANGES)
def test_no_part_of_the_product_keeps_the_library(cast, change):
    with pytest.raises(AccessDenied):
        change(cast, by=part_of_product("worker"))


def test_an_imported_framework_is_assessed_and_controls_are_credited_to_it(cast):
    made = bring(cast, governed.framework())
    credit = {"id": "own:A.1", "relation": "equal", "strength": 9, "rationale": "The same."}
    adapt(cast, values=values_of(requirement=[*values_of()["requirement"], credit]))

    found = library().framework("own")
    assert found == governed.framework()
    assert found in library().frameworks
    assert [control.id for control in library().controls_of["own:A.1"]] == [SHIPPED]
    assert [library().requirements[f"own:{n}"].excludable for n in ("1.1", "A.1")] == [False, True]
    assert (made.code, made.requirement_count, made.imported_by) == ("own", 2, cast.lead)
    assert len(made.sha256) == 64
    assert (kinds(made), str(made)) == (["imported"], "House rules")


def test_what_was_credited_to_an_imported_framework_can_be_restored(cast):
    bring(cast, governed.framework())
    credit = {"id": "own:A.1", "relation": "equal", "strength": 9, "rationale": "The same."}
    adapt(cast, values=values_of(requirement=[credit]))
    retire(cast)
    assert "own:A.1" not in library().controls_of

    restore(cast)
    assert [c.requirement for c in library_control(SHIPPED).credits] == ["own:A.1"]


def test_what_was_credited_to_something_that_is_gone_is_not_restored(cast):
    made = bring(cast, governed.framework())
    credit = {"id": "own:A.1", "relation": "equal", "strength": 9, "rationale": "The same."}
    adapt(cast, values=values_of(requirement=[credit]))
    retire(cast)
    ImportedFramework.objects.filter(pk=made.pk).delete()

    with pytest.raises(InvalidInput, match="own:A") as refusal:
        restore(cast)
    assert refusal.value.field == "control"
    assert LibraryEntry.objects.get().change == "retired"


def test_at_most_five_hundred_are_added_at_once(cast):
    many = "".join(OWN_CONTROL.replace(OWN, f"OWN-{number}") for number in range(501))

    with pytest.raises(InvalidInput, match="500") as refusal:
        add(cast, many)
    assert refusal.value.field == "file"
    assert not LibraryEntry.objects.exists()


def test_a_framework_stands_once_and_not_in_place_of_a_shipped_one(cast):
    bring(cast, governed.framework())
    for code in ("own", "27001", "euaia"):
        with pytest.raises(Conflict) as refusal:
            bring(cast, governed.framework(code))
        assert refusal.value.field == "code"
    bring(cast, governed.framework("ours"))

    assert [entry.id for entry in library().frameworks[-2:]] == ["ours", "own"]


def test_a_framework_that_asks_nothing_is_refused(cast):
    heading = governed.framework().requirements[0]
    with pytest.raises(InvalidInput) as refusal:
        bring(cast, replace(governed.framework(), requirements=(heading,)))

    assert refusal.value.field == "file"
    assert not ImportedFramework.objects.exists()


def test_frameworks_and_controls_read_back_as_they_were_kept(cast):
    add(cast)
    control = library_control(OWN)

    assert control_values(control) == control_values(library_control(OWN))
    assert adapt(cast, OWN, control_values(control)).content == control_values(control)
    assert framework_values(governed.framework())["requirements"][2]["kind"] == Kind.CONTROL


def test_the_library_is_looked_up_once_in_a_reading_unless_it_is_changed(
    cast, django_assert_num_queries
):
    with one_reading():
        with django_assert_num_queries(2):
            assert library() is library()
        add(cast)
        assert OWN in library().control_by_id
        with django_assert_num_queries(0):
            assert OWN in library().control_by_id


RULE = Rule(
    CheckKind.THRESHOLD,
    "monitors",
    where=(("family", "fairness"),),
    measure="value",
    at_least=0.8,
    at_most=2.0,
)


def test_a_rule_reads_back_from_its_json_and_from_that_of_a_revision():
    kept = rule_values(RULE)

    assert kept["at_most"] == 2
    assert isinstance(kept["at_most"], int)
    assert rule_from(kept) == RULE
    revised = {**kept, "at_least": "0.8"}
    assert rule_from(revised) == RULE
    assert is_rule(kept, RULE)
    assert is_rule(revised, RULE)
    assert not is_rule({**kept, "at_least": 0.7}, RULE)


def test_a_rule_that_could_not_be_evaluated_does_not_read_back():
    with pytest.raises(RuleError):
        checks_from([{"id": "x", "title": "X", "rule": {**rule_values(RULE), "of": "dreams"}}])
