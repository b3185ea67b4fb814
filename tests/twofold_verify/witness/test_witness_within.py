"""The witness's command and server within this process, answered and stopped as from outside."""

import http.client
import os
import signal
import socket
import threading
from http import HTTPStatus

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from memory_ledger import SIGNER, TRUST

from twofold_verify import rotation
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import Signer, sign
from twofold_verify.witness import cli
from twofold_verify.witness.server import MAX_BODY_BYTES, PATH
from twofold_verify.witness.state import State, StateError

NOTE = sign(Checkpoint(SIGNER.name, 1, root_of([leaf_hash(b"one")])).text(), SIGNER)
BODY = b"old 0\n\n" + NOTE.encode()


@pytest.fixture
def folder(tmp_path, capsys):
    place = tmp_path / "witness"
    assert cli.main(["init", str(place), "--name", "witness.example/w1"]) == 0
    assert cli.main(["trust", str(place), str(TRUST)]) == 0
    assert "is trusted." in capsys.readouterr().out
    return place


@pytest.fixture
def port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, path, body=b"", headers=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, headers or {})
        return HTTPStatus(connection.getresponse().status)
    finally:
        connection.close()


def without_length(port):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        plain.sendall(f"POST {PATH} HTTP/1.1\r\nHost: w\r\n\r\n".encode())
        return HTTPStatus(int(plain.recv(64).split()[1]))


def served(folder, port, questions, stop):
    """Serve until somebody has asked everything from another thread and sends the signal."""
    answers, usual = [], signal.getsignal(signal.SIGTERM)

    def visit():
        while True:
            try:
                ask(port, "GET", "/")
                break
            except ConnectionRefusedError:
                continue
        try:
            answers.extend(question(port) for question in questions)
        finally:
            os.kill(os.getpid(), stop)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        assert cli.main(["serve", str(folder), "--port", str(port)]) == 0
    finally:
        visitor.join()
        signal.signal(signal.SIGTERM, usual)
    return answers


@pytest.mark.enable_socket
def test_every_question_has_its_answer_until_the_server_is_told_to_stop(folder, port):
    questions = [
        lambda port: ask(port, "GET", PATH),
        lambda port: ask(port, "POST", "/elsewhere"),
        without_length,
        lambda port: ask(port, "POST", PATH, headers={"Content-Length": str(MAX_BODY_BYTES + 1)}),
        lambda port: ask(port, "POST", PATH, BODY),
    ]

    assert served(folder, port, questions, signal.SIGTERM) == [405, 404, 411, 413, 200]


@pytest.mark.enable_socket
def test_a_state_that_cannot_be_read_is_an_answer_and_an_interrupt_ends_the_server(folder, port):
    def break_state(port):
        (kept,) = (folder / "logs").iterdir()
        kept.write_text("nothing")
        return ask(port, "POST", PATH, BODY)

    assert served(folder, port, [break_state], signal.SIGINT) == [500]


def test_a_rotation_is_followed(folder, tmp_path, capsys):
    after = Signer(SIGNER.name, Ed25519PrivateKey.generate())
    statement = tmp_path / "rotation"
    statement.write_text(rotation.state(SIGNER, after, size=5))

    assert cli.main(["rotate", str(folder), str(statement)]) == 0

    assert after.verifier.key_id.hex() in capsys.readouterr().out


def test_a_folder_in_use_is_refused(folder):
    state = State(folder)
    with state.locked(), pytest.raises(StateError, match="in use"), State(folder).locked():
        raise AssertionError


def key_of(folder):
    (key,) = (path for path in folder.iterdir() if path.is_file() and "key" in path.name)
    return key


def test_a_key_of_another_kind_is_refused(folder):
    other = X25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    key_of(folder).write_bytes(b"witness.example/w1\n" + other)

    with pytest.raises(StateError):
        State(folder)


def test_a_key_that_cannot_be_read_is_said_to_be_so(folder):
    key = key_of(folder)
    key.unlink()
    key.mkdir()

    with pytest.raises(StateError, match="cannot be read"):
        State(folder)
