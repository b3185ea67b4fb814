import factories

from twofold.cli.worker import drain
from twofold.ledger.queries import history, newest
from twofold.people.access import Permission
from twofold.people.models import ApiToken
from twofold.reporting.history import names_of, told


def test_entries_are_told_in_words_with_the_name_of_who_acted(cast: factories.Cast) -> None:
    system = factories.system(cast)
    drain()
    (line,) = told(history(system.ledger_subject))
    assert (line.text, line.actor) == ("AI system registered", "Owner")
    assert line.index is not None


def test_entry_that_waits_has_no_index(cast: factories.Cast) -> None:
    system = factories.system(cast)
    (line,) = told(history(system.ledger_subject))
    assert line.index is None


def test_programs_and_parts_of_the_product_have_names_too(cast: factories.Cast) -> None:
    factories.token(cast.engineer, cast, Permission.SEND_TELEMETRY)
    token = f"token:{ApiToken.objects.get().pk}"
    names = names_of(["system:monitoring", token])
    assert names == {"system:monitoring": "Twofold (monitoring)", token: "Engineer by token test"}


def test_unknown_actor_keeps_the_name_of_the_ledger(cast: factories.Cast) -> None:
    gone = "person:00000000-0000-4000-8000-000000000000"
    assert names_of([gone]) == {gone: gone}


def test_no_entry_of_the_thread_is_left_without_words(cast: factories.Cast) -> None:
    system = factories.system(cast)
    item = factories.evidence_item(cast)
    factories.claim(factories.implementation(cast, of=system), item, cast)
    factories.schema(system, cast)
    assert [line.kind for line in told(newest(limit=200)) if line.text == line.kind] == []
