import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.exceptions import ImproperlyConfigured

from twofold.config import vouching
from twofold_verify.cosignature import Cosigner
from twofold_verify.policy import Policy

WITNESS = Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(32))).key


@pytest.fixture
def policy_file(monkeypatch, tmp_path):
    def write(text):
        path = tmp_path / "policy"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        monkeypatch.setenv("TWOFOLD_POLICY", str(path))

    return write


def test_nobody_is_asked_unless_told_so(monkeypatch):
    for name in ("TWOFOLD_POLICY", "TWOFOLD_TSA_URL", "TWOFOLD_TSA_ROOT"):
        monkeypatch.delenv(name, raising=False)

    assert vouching.policy() == Policy()
    assert vouching.authority() == ("", ())
    assert (vouching.anchor_minutes(), vouching.alarm_seconds()) == (60, 60)


def test_a_policy_is_read_from_its_file(policy_file):
    policy_file(f"witness w1 {WITNESS} https://witness.example:8700/sub\nquorum w1\n")

    (witness,) = vouching.policy().witnesses

    assert (witness.key, witness.url) == (WITNESS, "https://witness.example:8700/sub")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("quorum everybody", "Line 1"),
        (b"\xff", "not text"),
        (f"witness w1 {WITNESS}\nquorum w1\n", "w1 has no address"),
        (f"witness w1 {WITNESS} ftp://witness.example\nquorum w1\n", "w1 has no address"),
        (f"witness w1 {WITNESS} http://\nquorum w1\n", "w1 has no address"),
        (f"witness w1 {WITNESS} http://a:x\nquorum w1\n", "w1 has no address"),
    ],
)
def test_a_policy_that_cannot_be_followed_is_refused(policy_file, text, reason):
    policy_file(text)

    with pytest.raises(ImproperlyConfigured, match=rf"TWOFOLD_POLICY: .*{reason}"):
        vouching.policy()


def test_a_file_that_is_not_there_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("TWOFOLD_POLICY", str(tmp_path / "missing"))

    with pytest.raises(ImproperlyConfigured, match=r"TWOFOLD_POLICY: .*missing: No such file"):
        vouching.policy()


def test_an_authority_needs_the_root_of_its_stamps(monkeypatch, authority):
    monkeypatch.setenv("TWOFOLD_TSA_URL", "http://tsa.example/tsr")
    monkeypatch.delenv("TWOFOLD_TSA_ROOT", raising=False)
    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_TSA_ROOT must name"):
        vouching.authority()
    monkeypatch.setenv("TWOFOLD_TSA_ROOT", str(authority.root))

    url, roots = vouching.authority()

    assert url == "http://tsa.example/tsr"
    assert len(roots) == 1


def test_a_root_is_kept_where_nobody_is_asked_any_more(monkeypatch, authority):
    monkeypatch.delenv("TWOFOLD_TSA_URL", raising=False)
    monkeypatch.setenv("TWOFOLD_TSA_ROOT", str(authority.root))

    url, roots = vouching.authority()

    assert (url, len(roots)) == ("", 1)


def test_a_root_that_is_no_certificate_is_refused(monkeypatch, tmp_path):
    (tmp_path / "root.pem").write_text("nothing")
    monkeypatch.setenv("TWOFOLD_TSA_ROOT", str(tmp_path / "root.pem"))

    with pytest.raises(ImproperlyConfigured, match=r"TWOFOLD_TSA_ROOT: .*no certificate"):
        vouching.authority()


@pytest.mark.parametrize("url", ["tsa.example", "file:///etc/passwd", "https://", "http://a:99999"])
def test_an_address_that_is_none_is_refused(monkeypatch, url):
    monkeypatch.setenv("TWOFOLD_TSA_URL", url)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_TSA_URL must be"):
        vouching.authority()


@pytest.mark.parametrize("word", ["0", "-1", "1.5", "soon", "99999999", "²"])
def test_a_span_of_time_is_a_whole_number(monkeypatch, word):
    monkeypatch.setenv("TWOFOLD_ANCHOR_MINUTES", word)
    monkeypatch.setenv("TWOFOLD_ALARM_SECONDS", word)

    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_ANCHOR_MINUTES must be a whole"):
        vouching.anchor_minutes()
    with pytest.raises(ImproperlyConfigured, match="TWOFOLD_ALARM_SECONDS must be a whole"):
        vouching.alarm_seconds()


def test_other_spans_can_be_set(monkeypatch):
    monkeypatch.setenv("TWOFOLD_ANCHOR_MINUTES", "5")
    monkeypatch.setenv("TWOFOLD_ALARM_SECONDS", "600")

    assert (vouching.anchor_minutes(), vouching.alarm_seconds()) == (5, 600)
