from datetime import timedelta

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction

from twofold.ledger import actions as ledger
from twofold.ledger.models import LedgerVoucher
from twofold_verify.cosignature import Cosigner
from twofold_verify.policy import Policy, Witness


def write(*, ago):
    with transaction.atomic():
        at = factories.now() - ago
        ledger.note("ledger.test:1", "ledger.test.written", by="system:test", at=at)


@pytest.fixture
def witness(settings):
    key = Cosigner("witness.example/w1", Ed25519PrivateKey.generate()).key
    settings.LEDGER_POLICY = Policy((), (Witness("w1", key, "https://w1.example"),), (), "w1")
    return key


def test_a_monitor_is_told_without_signing_in_that_all_is_well(db, client):
    write(ago=timedelta(seconds=5))

    answer = client.get("/health")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "reasons": []}
    assert "no-store" in answer["Cache-Control"]


def test_entries_that_wait_for_too_long_are_an_alarm(db, client, settings):
    settings.ALARM_SECONDS = 60
    write(ago=timedelta(seconds=61))

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"status": "alarm", "reasons": ["sequencing-late"]}
    ledger.sequence(at=factories.now())
    assert client.get("/health").status_code == 200


def test_a_witness_that_has_seen_another_log_is_an_alarm(db, client, witness):
    LedgerVoucher.objects.create(
        kind="witness", name=str(witness), asked_at=factories.now(), failures=1, alarm=True
    )

    answer = client.get("/health")

    assert answer.status_code == 503
    assert answer.json() == {"status": "alarm", "reasons": ["witness-refuses"]}


def test_nothing_is_posted_to_health(db, client):
    assert client.post("/health").status_code == 405
