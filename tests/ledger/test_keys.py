import multiprocessing
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from twofold.ledger import keys
from twofold.ledger.errors import LedgerError


def pem(key, encryption=None):
    encryption = encryption or NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def test_the_key_is_made_once_and_for_its_owner_alone(settings):
    first = keys.signer()

    again = keys.signer()

    assert first.name == again.name
    assert str(keys.verifier()) == str(first.verifier) == str(again.verifier)
    path = Path(settings.LEDGER_KEY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir() if "key" in file.name] == [path.name]


def test_the_origin_is_the_one_that_was_set(settings):
    settings.LEDGER_ORIGIN = "acme.example/log"

    assert keys.verifier().name == "acme.example/log"

    settings.LEDGER_ORIGIN = "later.example/log"
    assert keys.verifier().name == "acme.example/log"


def test_an_origin_that_cannot_name_a_key_makes_none(settings):
    settings.LEDGER_ORIGIN = "two words"

    with pytest.raises(LedgerError, match="no origin and key"):
        keys.signer()

    assert list(Path(settings.LEDGER_KEY).parent.glob("ledger.key*")) == []


def _verifier(barrier, results):
    barrier.wait()
    results.put(str(keys.verifier()))


def test_processes_that_start_together_agree_on_one_key(settings):
    for number in range(5):
        settings.LEDGER_KEY = Path(settings.LEDGER_KEY).with_name(f"race-{number}.key")
        fork = multiprocessing.get_context("fork")
        barrier, results = fork.Barrier(2), fork.Queue()
        started = [fork.Process(target=_verifier, args=(barrier, results)) for _ in range(2)]
        for process in started:
            process.start()
        seen = {results.get(timeout=20) for _ in started}
        for process in started:
            process.join()

        assert seen == {str(keys.verifier())}
        assert len(list(settings.LEDGER_KEY.parent.glob(f"race-{number}.key*"))) == 1


def test_a_rival_that_was_first_wins(settings):
    first = keys.signer()

    keys._make(Path(settings.LEDGER_KEY), first.private_key, first.name)

    assert keys.signer().verifier.key_id == first.verifier.key_id


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        b"origin\n-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"origin\n" + pem(ec.generate_private_key(ec.SECP256R1())),
        b"origin\n" + pem(ed25519.Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x")),
        b"two words\n" + pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["empty", "garbage", "binary", "no key", "another kind", "encrypted", "bad origin"],
)
def test_a_file_that_holds_no_such_key_is_refused_in_a_sentence(settings, content):
    Path(settings.LEDGER_KEY).write_bytes(content)

    with pytest.raises(LedgerError, match=r"ledger\.key holds no"):
        keys.signer()


def test_a_file_that_cannot_be_read_is_refused_in_a_sentence(settings):
    Path(settings.LEDGER_KEY).mkdir()

    with pytest.raises(LedgerError, match="out of reach"):
        keys.signer()
