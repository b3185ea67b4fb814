"""The witness as its protocol describes it, decided in memory and answered over HTTP."""

import base64
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_ledger import SIGNER, STRANGER, TRUST

from twofold_verify import rotation
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.cosignature import cosignatures
from twofold_verify.merkle import leaf_hash, root_of
from twofold_verify.note import Signer, sign
from twofold_verify.proof import consistency_proof
from twofold_verify.tiles import Tile, TileReader
from twofold_verify.witness import cli
from twofold_verify.witness.server import MAX_BODY_BYTES, Witness
from twofold_verify.witness.state import State, StateError

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAVES = [leaf_hash(bytes([number])) for number in range(200)]
FORKED = [leaf_hash(b"forked"), *LEAVES[1:]]


def checkpoint(size, *, signer=SIGNER, leaves=LEAVES, extensions=()):
    statement = Checkpoint(signer.name, size, root_of(leaves[:size]), extensions)
    return sign(statement.text(), signer)


def proof(old, new, leaves=LEAVES):
    def fetch(tile: Tile) -> bytes:
        return b"".join(leaves[: tile.width])

    return consistency_proof(TileReader(fetch, new), old, new) if 0 < old < new else []


def body(old, note, lines=()):
    hashes = [base64.b64encode(hash_).decode() for hash_ in lines]
    return "".join(f"{line}\n" for line in (f"old {old}", *hashes)).encode() + b"\n" + note.encode()


@pytest.fixture
def state(tmp_path):
    made = State.create(tmp_path / "witness", "witness.example/w1")
    made.trust(TRUST)
    return made


@pytest.fixture
def witness(state):
    return Witness(state, lambda: AT)


def log_file(tmp_path):
    (path,) = (tmp_path / "witness" / "logs").iterdir()
    return path


def add(witness, old, new, **options):
    leaves = options.pop("leaves", LEAVES)
    note = checkpoint(new, leaves=leaves, **options)
    return witness.add(body(old, note, proof(old, new, leaves)))


def test_a_new_log_is_cosigned(witness, state):
    note = checkpoint(7)

    reply = witness.add(body(0, note))

    assert reply.status == 200
    (cosigned,) = cosignatures(note + reply.body, [state.cosigner.key])
    assert cosigned.at == AT


def test_a_log_that_grows_is_cosigned_each_time(witness):
    for old, new in ((0, 1), (1, 2), (2, 64), (64, 199), (199, 199)):
        assert add(witness, old, new).status == 200


def test_extension_lines_are_cosigned_with_the_rest(witness, state):
    note = checkpoint(7, extensions=("more",))

    reply = witness.add(body(0, note))

    assert cosignatures(note + reply.body, [state.cosigner.key])


@pytest.mark.parametrize("old", [0, 6, 8])
def test_another_old_size_is_told_the_right_one(witness, old):
    add(witness, 0, 7)

    reply = add(witness, old, 9)

    assert (reply.status, reply.body, reply.content_type) == (409, "7\n", "text/x.tlog.size")


def test_an_old_size_above_the_checkpoint_is_a_bad_request(witness):
    assert add(witness, 0, 7).status == 200
    assert witness.add(body(9, checkpoint(8))).status == 400


def test_a_fork_of_the_same_size_is_a_conflict(witness):
    add(witness, 0, 7)

    reply = add(witness, 7, 7, leaves=FORKED)

    assert (reply.status, reply.body) == (409, "7\n")


def test_a_fork_that_grew_is_refused(witness, state):
    add(witness, 0, 7)

    assert add(witness, 7, 9, leaves=FORKED).status == 422
    assert witness.add(body(7, checkpoint(9), proof(7, 9)[:-1])).status == 422
    assert witness.add(body(7, checkpoint(9))).status == 422
    assert state.log(TRUST.name).checkpoint.size == 7
    assert add(witness, 7, 9).status == 200


def test_nothing_is_proved_of_an_empty_log(witness):
    assert witness.add(body(0, checkpoint(9), [bytes(32)])).status == 422


def test_a_log_that_is_not_known_is_not_found(witness):
    other = Signer("other.example/log", Ed25519PrivateKey.generate())

    assert add(witness, 0, 7, signer=other).status == 404


def test_a_stranger_with_the_name_of_the_log_is_forbidden(witness, state):
    assert add(witness, 0, 7, signer=STRANGER).status == 403
    forged = checkpoint(7).replace("\n7\n", "\n8\n")
    assert witness.add(body(0, forged)).status == 403
    assert state.log(TRUST.name).seen == ""


def test_signatures_of_others_are_passed_over(witness):
    text = checkpoint(7).rpartition("\n\n")[0] + "\n"
    other = Signer("other.example/log", Ed25519PrivateKey.generate())

    assert witness.add(body(0, sign(text, other, SIGNER))).status == 200


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe",
        b"old 0\n" + checkpoint(7).encode(),
        b"old 00\n\n" + checkpoint(7).encode(),
        b"old -1\n\n" + checkpoint(7).encode(),
        b"old  0\n\n" + checkpoint(7).encode(),
        b"new 0\n\n" + checkpoint(7).encode(),
        b"old 0\nnot base64\n\n" + checkpoint(7).encode(),
        b"old 0\nAAAA\n\n" + checkpoint(7).encode(),
        body(0, checkpoint(7), [bytes(32)] * 64),
        b"old 0\n\nno note",
        b"old 0\n\n" + sign("origin\n7\n", SIGNER).encode(),
        b"old 0\n\n" + sign("origin\n07\nAAAA\n", SIGNER).encode(),
    ],
)
def test_what_is_malformed_is_a_bad_request(witness, data):
    reply = witness.add(data)

    assert reply.status == 400
    assert reply.body.endswith("\n")


def test_what_was_cosigned_outlives_the_process(witness, state, tmp_path):
    add(witness, 0, 7)

    again = Witness(State(tmp_path / "witness"), lambda: AT)

    assert add(again, 0, 9).body == "7\n"
    assert add(again, 7, 9).status == 200


def test_a_cosignature_leaves_only_when_the_disk_has_it(witness, state, tmp_path, monkeypatch):
    def full(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        add(witness, 0, 7)
    assert state.log(TRUST.name).seen == ""
    assert [path.suffix for path in log_file(tmp_path).parent.iterdir()] == [".json"]


def test_of_rivals_one_is_cosigned(witness):
    replies = []
    threads = [
        threading.Thread(target=lambda size=size: replies.append(add(witness, 0, size)))
        for size in range(1, 20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(reply.status for reply in replies) == [200, *[409] * 18]


NEXT = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)))


def test_a_rotated_log_is_followed(witness, state):
    add(witness, 0, 7)
    statement = rotation.state(SIGNER, NEXT, size=8)
    assert add(witness, 7, 9, signer=NEXT).status == 403

    assert state.rotate(statement) == NEXT.verifier
    assert state.rotate(statement) == NEXT.verifier

    assert add(witness, 7, 9).status == 403
    assert add(witness, 7, 9, signer=NEXT).status == 200


def test_a_rotation_that_does_not_lead_on_is_refused(state):
    third = Signer(SIGNER.name, Ed25519PrivateKey.generate())

    with pytest.raises(rotation.RotationError):
        state.rotate(rotation.state(NEXT, third, size=8))
    with pytest.raises(rotation.RotationError, match="lead on"):
        state.rotate(rotation.state(NEXT, SIGNER, size=8))
    others = [Signer("other", signer.private_key) for signer in (NEXT, third)]
    with pytest.raises(StateError, match="is not trusted"):
        state.rotate(rotation.state(*others, size=1))


def test_a_log_is_trusted_by_one_key(state):
    state.trust(TRUST)

    with pytest.raises(StateError, match="by another key already"):
        state.trust(NEXT.verifier)


def test_a_damaged_state_cosigns_nothing(witness, tmp_path):
    path = log_file(tmp_path)
    for damage in (b"", b"[]", b"{}", path.read_bytes().replace(b'"seen": ""', b'"seen": "x"')):
        path.write_bytes(damage)
        with pytest.raises(StateError, match="cannot be read"):
            add(witness, 0, 7)
    value = {"origin": "else", "pinned": str(TRUST), "statements": [], "seen": ""}
    path.write_text(json.dumps(value))
    with pytest.raises(StateError, match="cannot be read"):
        add(witness, 0, 7)


@pytest.mark.parametrize("content", [b"", b"name\nno key", b"\xff\xff", b"two words\n"])
def test_a_damaged_key_is_told(state, tmp_path, content):
    key = tmp_path / "witness" / "witness.key"
    pem = key.read_bytes().partition(b"\n")[2] if content.startswith(b"two") else b""
    key.write_bytes(content + pem)

    with pytest.raises(StateError, match="holds no name and key"):
        State(tmp_path / "witness")


# The command


def test_a_witness_is_made_once(tmp_path, capsys):
    folder = str(tmp_path / "w")
    assert cli.main(["init", folder, "--name", "witness.example/w2"]) == 0
    key = capsys.readouterr().out
    assert cli.main(["key", folder]) == 0
    assert capsys.readouterr().out == key
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600

    assert cli.main(["init", folder, "--name", "witness.example/w2"]) == 1
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["key", "{folder}/missing"], "no witness in"),
        (["init", "{folder}/new", "--name", "two words"], "neither spaces"),
        (["init", "{folder}/file/new", "--name", "w"], "cannot be made"),
        (["trust", "{folder}/witness", "nonsense"], "not an Ed25519 key|base64"),
        (["rotate", "{folder}/witness", "{folder}/missing"], "No such file"),
        (["rotate", "{folder}/witness", "{folder}/file"], "does not end in"),
        (["rotate", "{folder}/witness", "{folder}/binary"], "The file is not text"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(state, tmp_path, capsys, arguments, reason):
    (tmp_path / "file").write_text("nothing")
    (tmp_path / "binary").write_bytes(b"\xff")

    status = cli.main([argument.format(folder=tmp_path) for argument in arguments])

    said = capsys.readouterr().err
    assert status == 1
    assert said.startswith("twofold-witness: ")
    assert said.count("\n") == 1
    assert re.search(reason, said)


@pytest.mark.enable_socket
class TestServed:
    """The server in a process of its own."""

    @pytest.fixture
    def served(self, running_witness):
        return running_witness(TRUST)

    def ask(self, served, data, *, path="/add-checkpoint", method="POST", **headers):
        parts = urlsplit(served.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        connection.request(method, path, data, headers)
        answer = connection.getresponse()
        found = (answer.status, answer.read().decode(), answer.headers["Content-Type"])
        connection.close()
        return found

    def test_it_cosigns_and_tells_sizes(self, served):
        note = checkpoint(7)
        status, lines, kind = self.ask(served, body(0, note))
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert cosignatures(note + lines, [served.key])

        again = self.ask(served, body(0, note))

        assert again == (409, "7\n", "text/x.tlog.size")

    def test_a_connection_is_kept_for_further_questions(self, served):
        parts = urlsplit(served.url)
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
        for old, new in ((0, 3), (3, 5)):
            connection.request(
                "POST", "/add-checkpoint", body(old, checkpoint(new), proof(old, new))
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            assert not answer.will_close
        connection.close()

    def test_other_questions_are_refused(self, served):
        assert self.ask(served, b"", path="/other")[0] == 404
        assert self.ask(served, None, method="GET")[0] == 405
        assert self.ask(served, None, method="GET", path="/")[0] == 404
        assert self.ask(served, None, method="DELETE")[0] == 501
        assert self.ask(served, b"x" * (MAX_BODY_BYTES + 1))[0] == 413

    def test_a_body_without_length_is_refused(self, served):
        parts = urlsplit(served.url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1000).startswith(b"HTTP/1.1 411")

    def test_a_state_that_was_damaged_is_an_error_of_the_server(self, served):
        for path in (served.folder / "logs").iterdir():
            path.write_text("damaged")

        assert self.ask(served, body(0, checkpoint(7)))[0] == 500

    def test_two_do_not_serve_one_folder(self, served):
        with pytest.raises(AssertionError, match="in use by another process"):
            served.command("trust", served.folder, TRUST)

    def test_a_kill_loses_nothing_that_was_cosigned(self, served):
        self.ask(served, body(0, checkpoint(7)))
        served.process.kill()
        served.process.communicate()
        served.start()

        assert self.ask(served, body(0, checkpoint(9)))[1] == "7\n"


def test_the_package_runs_without_django(tmp_path):
    program = (
        "import sys; from twofold_verify.witness import cli; cli.main(sys.argv[1:]);"
        "assert not {'django', 'twofold'} & {name.partition('.')[0] for name in sys.modules}"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", program, "init", str(tmp_path / "w"), "--name", "w"],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )

    assert (done.returncode, done.stderr) == (0, "")
