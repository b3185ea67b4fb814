import base64
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured

from twofold.config import environment


@pytest.mark.parametrize(
    ("word", "on"), [("yes", True), ("YES", True), ("no", False), (" ", False)]
)
def test_a_flag_is_yes_or_no(monkeypatch, word, on):
    monkeypatch.setenv("TWOFOLD_HTTPS", word)

    assert environment.flag("TWOFOLD_HTTPS") is on


def test_another_word_is_no_flag(monkeypatch):
    monkeypatch.setenv("TWOFOLD_HTTPS", "true")

    with pytest.raises(ImproperlyConfigured, match="yes or no"):
        environment.flag("TWOFOLD_HTTPS")


def test_hosts_are_divided_by_commas_with_or_without_spaces(monkeypatch):
    monkeypatch.setenv("TWOFOLD_HOSTS", "a.example, b.example,")

    assert environment.hosts() == ["a.example", "b.example"]


@pytest.mark.parametrize(("word", "level"), [("debug", "DEBUG"), ("", "WARNING")])
def test_a_log_level_is_one_of_five(monkeypatch, word, level):
    monkeypatch.setenv("TWOFOLD_LOG_LEVEL", word)

    assert environment.log_level() == level


def test_another_word_is_no_log_level(monkeypatch):
    monkeypatch.setenv("TWOFOLD_LOG_LEVEL", "loud")

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_LOG_LEVEL"):
        environment.log_level()


@pytest.mark.parametrize("name", ["a b", "a+b"])
def test_an_origin_that_no_note_could_bear_is_refused(monkeypatch, name):
    monkeypatch.setenv("TWOFOLD_ORIGIN", name)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_ORIGIN"):
        environment.origin()


def test_the_data_folder_is_made_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("TWOFOLD_DATA", str(tmp_path / "a" / "b"))

    folder = environment.data_folder()

    assert folder == tmp_path / "a" / "b"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_data_folder_that_cannot_be_made_is_told(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("TWOFOLD_DATA", str(tmp_path / "file" / "data"))

    with pytest.raises(ImproperlyConfigured, match="cannot be made"):
        environment.data_folder()


def test_a_data_folder_that_cannot_be_written_to_is_told(monkeypatch, tmp_path):
    # A superuser may write anywhere; what the system answers to others stands in for its answer.
    monkeypatch.setattr("os.access", lambda *_asked: False)
    monkeypatch.setenv("TWOFOLD_DATA", str(tmp_path))

    with pytest.raises(ImproperlyConfigured, match="cannot be written to"):
        environment.data_folder()


def test_the_database_is_sqlite_in_the_folder_unless_told_otherwise(monkeypatch, tmp_path):
    monkeypatch.delenv("TWOFOLD_DATABASE_URL", raising=False)
    assert environment.database(tmp_path)["NAME"] == str(tmp_path / "twofold.sqlite3")

    monkeypatch.setenv("TWOFOLD_DATABASE_URL", "postgresql://me:secret@db.example:5433/twofold")
    found = environment.database(tmp_path)
    assert found["ENGINE"] == "django.db.backends.postgresql"
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", 5433, "twofold")


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://u:secret@h/x", "postgresql://u:secret@h:port/x", "oracle:secret"]
)
def test_another_database_is_refused_without_repeating_the_password(monkeypatch, tmp_path, url):
    monkeypatch.setenv("TWOFOLD_DATABASE_URL", url)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_DATABASE_URL") as refusal:
        environment.database(tmp_path)

    assert "secret" not in str(refusal.value)


def test_the_secret_key_is_made_once_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("TWOFOLD_SECRET_KEY", raising=False)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(environment.secret_key, [tmp_path] * 16))

    assert len(keys) == 1
    assert len(keys.pop()) > 80
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_secret_key_that_is_given_is_not_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("TWOFOLD_SECRET_KEY", "given")

    assert environment.secret_key(tmp_path) == "given"
    assert not list(tmp_path.iterdir())


def test_a_secret_key_that_cannot_be_had_is_told(monkeypatch, tmp_path):
    monkeypatch.delenv("TWOFOLD_SECRET_KEY", raising=False)
    with pytest.raises(ImproperlyConfigured, match=r"secret\.key"):
        environment.secret_key(tmp_path / "nowhere")

    (tmp_path / "secret.key").touch()
    with pytest.raises(ImproperlyConfigured, match="is empty"):
        environment.secret_key(tmp_path)


def test_stored_files_lie_in_the_folder_unless_a_bucket_is_named(monkeypatch):
    monkeypatch.delenv("TWOFOLD_BLOBS_URL", raising=False)
    assert environment.bucket() is None
    monkeypatch.setenv(
        "TWOFOLD_BLOBS_URL", "s3://files/twofold/a/?endpoint=http://[::1]:1&region=x"
    )

    assert environment.bucket() == {
        "name": "files",
        "prefix": "twofold/a",
        "endpoint": "http://[::1]:1",
        "region": "x",
    }


@pytest.mark.parametrize("url", ["files", "s3://", "https://files/x", "s3://user:pass@x/?secret=1"])
def test_another_place_for_files_is_refused_without_repeating_it(monkeypatch, url):
    monkeypatch.setenv("TWOFOLD_BLOBS_URL", url)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_BLOBS_URL must be s3://") as refusal:
        environment.bucket()
    assert "pass" not in str(refusal.value)


def test_the_evidence_key_is_32_bytes_in_base64(monkeypatch):
    monkeypatch.setenv("TWOFOLD_EVIDENCE_KEY", base64.b64encode(bytes(32)).decode())
    assert environment.evidence_key() == bytes(32)
    monkeypatch.delenv("TWOFOLD_EVIDENCE_KEY")
    assert environment.evidence_key() is None


@pytest.mark.parametrize("key", ["short", "c2hvcnQ=", "é" * 44])
def test_another_evidence_key_is_refused_without_repeating_it(monkeypatch, key):
    monkeypatch.setenv("TWOFOLD_EVIDENCE_KEY", key)

    with pytest.raises(ImproperlyConfigured, match="32 random bytes in base64") as refusal:
        environment.evidence_key()
    assert key not in str(refusal.value)


def test_a_file_may_be_larger_than_five_gigabytes_unless_told_otherwise(monkeypatch):
    monkeypatch.delenv("TWOFOLD_MAXIMUM_UPLOAD_MB", raising=False)
    assert environment.maximum_upload_bytes() > 5 * 1024**3
    monkeypatch.setenv("TWOFOLD_MAXIMUM_UPLOAD_MB", "7")
    assert environment.maximum_upload_bytes() == 7 * 1024**2


@pytest.mark.parametrize("word", ["0", "-1", "1.5", "many", "80001"])
def test_another_size_is_refused(monkeypatch, word):
    monkeypatch.setenv("TWOFOLD_MAXIMUM_UPLOAD_MB", word)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_MAXIMUM_UPLOAD_MB"):
        environment.maximum_upload_bytes()


@pytest.mark.parametrize(
    "address",
    ["", "tcp://127.0.0.1:3310", "tcp://[::1]:3310", "tcp://clamd:3310", "unix:/run/clamd.ctl"],
)
def test_the_scanner_is_asked_over_tcp_or_a_socket_file(monkeypatch, address):
    monkeypatch.setenv("TWOFOLD_SCANNER", address)

    assert environment.scanner() == address


@pytest.mark.parametrize(
    "address", ["127.0.0.1:3310", "tcp://host", "unix:", "http://a:1", "tcp://:1"]
)
def test_another_address_is_no_scanner(monkeypatch, address):
    monkeypatch.setenv("TWOFOLD_SCANNER", address)

    with pytest.raises(ImproperlyConfigured, match="tcp://host:port or unix:/path"):
        environment.scanner()


def test_nothing_is_collected_unless_a_folder_or_hosts_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("TWOFOLD_COLLECT_FOLDER", raising=False)
    monkeypatch.delenv("TWOFOLD_COLLECT_HOSTS", raising=False)
    assert environment.collect_folder() is None
    assert environment.collect_hosts() == frozenset()
    monkeypatch.setenv("TWOFOLD_COLLECT_FOLDER", str(tmp_path))
    monkeypatch.setenv("TWOFOLD_COLLECT_HOSTS", " CI.example:8443, ,b.example ")
    assert environment.collect_folder() == tmp_path
    assert environment.collect_hosts() == {"ci.example:8443", "b.example"}


def test_a_folder_to_collect_from_must_be_one(monkeypatch, tmp_path):
    monkeypatch.setenv("TWOFOLD_COLLECT_FOLDER", str(tmp_path / "none"))

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_COLLECT_FOLDER"):
        environment.collect_folder()
