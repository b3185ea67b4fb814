"""What `serve` does before it serves; the process itself is under test in `test_serving`."""

import socket
from pathlib import Path

import factories
import pytest
from django.core.management import call_command

from twofold.cli import static
from twofold.cli.server_commands import _forwarded, _tell_set_up_code
from twofold.people.founding import set_up_code


def refused(ended, told):
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("twofold: ")
    assert told in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.enable_socket
def test_a_port_that_is_taken_is_refused_before_anything_else(run, db):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused(run("serve", "--port", port), f"port {port} is taken; choose another with --port")


@pytest.mark.enable_socket
def test_an_address_of_another_machine_is_refused(run, db):
    refused(run("serve", "--host", "192.0.2.1"), "cannot listen on 192.0.2.1:8000: ")


def test_the_set_up_code_is_told_while_nothing_stands(db, settings, capsys):
    _tell_set_up_code("http://127.0.0.1:8000")

    told = capsys.readouterr().out
    assert "http://127.0.0.1:8000/found/" in told
    assert set_up_code() in told

    factories.cast(factories.now())
    _tell_set_up_code("http://127.0.0.1:8000")

    assert capsys.readouterr().out == ""
    assert not Path(settings.SETUP_CODE).exists()


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_what_is_no_port_is_a_fault_of_usage(run, db, port):
    assert run("serve", "--port", port).status == 2


def test_tables_are_made_as_often_as_asked(run, db):
    assert (run("migrate").status, run("migrate").err) == (0, "")


def test_a_key_that_cannot_be_made_is_told_in_a_sentence(run, db, settings, tmp_path):
    settings.LEDGER_KEY = tmp_path / "nowhere" / "ledger.key"

    refused(run("key"), "ledger.key")


def test_a_key_file_that_holds_no_key_is_told_in_a_sentence(run, db, settings):
    settings.LEDGER_KEY.write_text("origin\nno key\n")

    refused(run("key"), "ledger.key")


@pytest.fixture
def hashed(settings, tmp_path):
    """The static store of an installation, empty."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    return settings.STATIC_ROOT


def test_front_end_assets_are_collected_once_per_version(hashed, monkeypatch):
    collected = []

    def collect(*arguments, **options):
        collected.append(options["clear"])
        call_command(*arguments, **{**options, "dry_run": True})
        hashed.mkdir(exist_ok=True)

    monkeypatch.setattr(static, "call_command", collect)
    static.collect()
    static.collect()
    assert collected == [False]

    (hashed / "collected.txt").write_text("another version")
    static.collect()
    assert collected == [False, True]


def test_a_proxy_is_heard_where_https_is_on_alone(settings):
    settings.HTTPS = False
    assert _forwarded("127.0.0.1") == {}

    settings.HTTPS = True
    assert _forwarded("10.0.0.2") == {
        "trusted_proxy": "10.0.0.2",
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
