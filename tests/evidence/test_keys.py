import base64
import stat
import threading

import factories
import pytest
from django.db import IntegrityError, transaction
from factories import AT, content

from twofold.evidence import actions, keys
from twofold.evidence.contents import handed_out
from twofold.evidence.keys import KeyUnavailable, destroy_key, keep_key, key_of, new_key
from twofold.evidence.models import EvidenceKey, EvidenceVersion
from twofold.people.errors import Conflict


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast)


def test_each_item_has_a_key_of_its_own_that_stands_nowhere_in_clear(cast, item, settings):
    other = factories.evidence_item(cast)
    wrapped = {bytes(row.wrapped) for row in EvidenceKey.objects.all()}

    assert len({key_of(item.pk), key_of(other.pk)}) == 2
    assert len(wrapped) == 2
    assert not [row for row in wrapped if key_of(item.pk) in row]
    assert str(item.key) == f"key of {item.pk}"


def test_versions_of_one_item_share_its_key(cast, item):
    before = bytes(item.key.wrapped)
    actions.add_version(item, content=content(b"second"), by=factories.actor(cast.owner), at=AT)

    assert bytes(EvidenceKey.objects.get().wrapped) == before
    newest = EvidenceVersion.objects.get(number=2)
    assert b"".join(handed_out(newest)) == b"second"


def test_an_item_from_before_gets_a_key_with_its_next_version(cast, item):
    item.key.delete()
    actions.add_version(item, content=content(b"second"), by=factories.actor(cast.owner), at=AT)

    assert b"".join(handed_out(EvidenceVersion.objects.get(number=2))) == b"second"


def test_the_key_file_is_made_once_for_its_owner_alone(settings, db):
    made = keys._installation_key()  # noqa: SLF001 - looked at from within

    assert keys._installation_key() == made  # noqa: SLF001 - looked at from within
    assert stat.S_IMODE(settings.EVIDENCE_KEY_FILE.stat().st_mode) == 0o600
    assert base64.b64decode(settings.EVIDENCE_KEY_FILE.read_text()) == made


def test_many_who_make_the_key_file_at_once_get_the_same(settings):
    path = settings.EVIDENCE_KEY_FILE
    found = []

    def make():
        keys._make(path)
        found.append(path.read_text())

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert list(path.parent.glob("evidence.key*")) == [path]


def test_a_key_from_the_environment_is_taken_and_nothing_is_kept(settings, cast):
    settings.EVIDENCE_KEY = bytes(32)
    item = factories.evidence_item(cast)

    assert b"".join(handed_out(item.versions.get())) == b"what was seen"
    assert not settings.EVIDENCE_KEY_FILE.exists()


def test_a_key_of_another_installation_opens_nothing(settings, item):
    settings.EVIDENCE_KEY = bytes(32)

    with pytest.raises(KeyUnavailable, match="does not open"):
        key_of(item.pk)


def test_a_wrapped_key_that_is_moved_to_another_item_opens_nothing(cast, item):
    other = factories.evidence_item(cast)
    EvidenceKey.objects.filter(item=other).update(wrapped=bytes(item.key.wrapped))

    with pytest.raises(KeyUnavailable):
        key_of(other.pk)


def test_a_key_file_that_was_lost_is_not_made_anew(settings, cast, item):
    settings.EVIDENCE_KEY_FILE.unlink()

    with pytest.raises(KeyUnavailable, match=r"gone.*copy"):
        factories.evidence_item(cast)
    assert not settings.EVIDENCE_KEY_FILE.exists()


@pytest.mark.parametrize("text", ["", "c2hvcnQ=", "!"])
def test_a_key_file_that_holds_no_key_is_told(settings, item, text):
    settings.EVIDENCE_KEY_FILE.write_text(text)

    with pytest.raises(KeyUnavailable, match=r"evidence\.key holds no key"):
        key_of(item.pk)


def test_a_key_file_that_cannot_be_read_is_told(settings, item):
    settings.EVIDENCE_KEY_FILE.unlink()
    settings.EVIDENCE_KEY_FILE.mkdir()

    with pytest.raises(Conflict, match=r"evidence\.key is out of reach"):
        key_of(item.pk)


def test_a_destroyed_key_is_none(item):
    destroy_key(item)

    assert key_of(item.pk) is None


def test_keys_are_random():
    assert len({new_key() for _ in range(50)}) == 50
    assert len(new_key()) == 32


def test_a_key_is_kept_once(cast, item):
    with pytest.raises(IntegrityError), transaction.atomic():
        keep_key(item, new_key())


def test_an_item_whose_key_is_gone_or_altered_is_named(cast, item):
    other, third = (factories.evidence_item(cast) for _ in "ab")
    assert list(keys.lost_keys()) == []

    EvidenceKey.objects.filter(item=item).delete()
    wrapped = bytes(other.key.wrapped)
    EvidenceKey.objects.filter(item=other).update(wrapped=wrapped[:-1] + bytes([wrapped[-1] ^ 1]))
    EvidenceKey.objects.filter(item=third).update(wrapped=b"short")

    lost = {f"evidence.evidenceitem:{it.pk}" for it in (item, other, third)}
    assert set(keys.lost_keys()) == lost


def test_an_item_whose_files_are_in_clear_needs_no_key(cast, item):
    EvidenceVersion.objects.update(encrypted=False)
    destroy_key(item)

    assert list(keys.lost_keys()) == []


def test_without_the_key_of_the_installation_no_item_is_named(cast, item, settings):
    settings.EVIDENCE_KEY_FILE.unlink()

    with pytest.raises(KeyUnavailable):
        list(keys.lost_keys())
