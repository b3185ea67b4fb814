"""Bundles over the API."""

import factories
import pytest
from factories.programs import Caller

from twofold.ledger import keys
from twofold.people.access import Permission
from twofold_verify.cli import main as verifier


@pytest.fixture
def item(cast):
    return factories.evidence_item(cast, at=factories.now())


@pytest.fixture
def exporter(cast, client):
    def _exporter(somebody, **limits):
        permissions = (Permission.READ, Permission.EXPORT_RECORD)
        return Caller(client, factories.token(somebody, cast, *permissions, **limits))

    return _exporter


def made(answer, path):
    assert answer.status_code == 200, answer.content
    path.write_bytes(b"".join(answer.streaming_content))
    return verifier([str(path), "--key", str(keys.verifier())])


def test_a_program_exports_the_whole_and_one_record(cast, item, exporter, tmp_path, capsys):
    program = exporter(cast.auditor)

    assert made(program.ask("POST", "/ledger/bundle", {}), tmp_path / "whole.zip") == 0
    one = program.ask("POST", "/ledger/bundle", {"record": item.ledger_subject})
    assert made(one, tmp_path / "one.zip") == 0
    assert f"record      {item.ledger_subject}" in capsys.readouterr().out


def test_a_program_for_one_record_exports_that_one_alone(cast, item, exporter, tmp_path):
    program = exporter(cast.lead, restricted_to=item.ledger_subject)
    other = factories.evidence_item(cast, at=factories.now())

    own = program.ask("POST", "/ledger/bundle", {"record": item.ledger_subject})
    assert made(own, tmp_path / "own.zip") == 0
    refused = program.ask("POST", "/ledger/bundle", {"record": other.ledger_subject})
    assert refused.status_code == 403
    assert program.ask("POST", "/ledger/bundle", {}).status_code == 403


def test_exporting_needs_the_permission_and_a_record(cast, item, exporter, sender):
    assert sender.ask("POST", "/ledger/bundle", {}).status_code == 403
    absent = exporter(cast.auditor).ask("POST", "/ledger/bundle", {"record": "a.b:c"})
    assert absent.status_code == 404
