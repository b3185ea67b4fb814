"""Proofs as text: what is written is read again, what is altered is refused."""

import base64
from dataclasses import replace

import pytest
from memory_ledger import SIGNER, STRANGER, TRUST, MemoryLedger, large_ledger

from twofold_verify import tlog_proof
from twofold_verify.checkpoint import Checkpoint, CheckpointError
from twofold_verify.checkpoint import parse as parse_checkpoint
from twofold_verify.merkle import leaf_hash
from twofold_verify.note import NoteError, sign
from twofold_verify.proof import ProofError
from twofold_verify.rotation import Succession
from twofold_verify.tiles import TILE_WIDTH, Tile, TileReader
from twofold_verify.tlog_proof import Checker, TlogProof, TlogProofError, parse

KEYS = Succession([TRUST], [])
NOTE = sign(Checkpoint(SIGNER.name, 1, bytes(32)).text(), SIGNER)


def proved(ledger: MemoryLedger, index: int) -> TlogProof:
    def fetch(tile: Tile) -> bytes:
        return b"".join(ledger.hashes[tile.index * TILE_WIDTH :][: tile.width])

    note = ledger.note or ""
    text, _blank, _signatures = note.rpartition("\n\n")
    statement = parse_checkpoint(f"{text}\n")
    read = TileReader(fetch, statement.size)
    return tlog_proof.make(read, index, statement, note)


def test_the_text_is_that_of_the_specification():
    proof = TlogProof(5, (bytes(32), b"\xff" * 32), "origin\n1\nroot\n\nsignature\n", b"extra")
    assert proof.text() == (
        "c2sp.org/tlog-proof@v1\n"
        "extra ZXh0cmE=\n"
        "index 5\n"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
        "//////////////////////////////////////////8=\n"
        "\n"
        "origin\n1\nroot\n\nsignature\n"
    )
    assert parse(proof.text()) == proof


def test_a_proof_without_hashes_and_extra_is_read_again():
    proof = TlogProof(0, (), NOTE)
    assert proof.text() == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{NOTE}"
    assert parse(proof.text()) == proof


@pytest.mark.parametrize("index", [0, 1, 100, 199])
def test_every_entry_is_proved(index: int):
    ledger = large_ledger(200)
    checker = Checker(KEYS)
    text = proved(ledger, index).text()
    assert checker.check(text, ledger.data[index]).index == index


def test_the_signature_of_the_same_checkpoint_is_verified_once(monkeypatch: pytest.MonkeyPatch):
    ledger = large_ledger(20)
    opened: list[str] = []
    real = tlog_proof.open_checkpoint

    def counted(note: str, keys: Succession) -> Checkpoint:
        opened.append(note)
        return real(note, keys)

    monkeypatch.setattr(tlog_proof, "open_checkpoint", counted)
    checker = Checker(KEYS)
    for index in (3, 4):
        checker.check(proved(ledger, index).text(), ledger.data[index])
    assert len(opened) == 1


def test_another_entry_is_not_proved():
    ledger = large_ledger(20)
    text = proved(ledger, 3).text()
    with pytest.raises(ProofError):
        Checker(KEYS).check(text, ledger.data[4])


@pytest.mark.parametrize("place", range(5))
def test_an_altered_hash_proves_nothing(place: int):
    ledger = large_ledger(20)
    proof = proved(ledger, 3)
    hashes = list(proof.hashes)
    hashes[place] = leaf_hash(hashes[place])
    with pytest.raises(ProofError):
        Checker(KEYS).check(replace(proof, hashes=tuple(hashes)).text(), ledger.data[3])


def test_a_checkpoint_of_another_key_proves_nothing():
    ledger = large_ledger(20)
    ledger.sequence(STRANGER)
    with pytest.raises(NoteError):
        Checker(KEYS).check(proved(ledger, 3).text(), ledger.data[3])


def test_a_checkpoint_of_another_log_proves_nothing():
    ledger = large_ledger(20)
    ledger.sequence(origin="log.example/other")
    with pytest.raises(CheckpointError):
        Checker(KEYS).check(proved(ledger, 3).text(), ledger.data[3])


LINE = f"\n{base64.b64encode(bytes(32)).decode()}"
GOOD = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"c2sp.org/tlog-proof@v2\nindex 0\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 01\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex -1\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex {'1' * 20}\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{GOOD}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{GOOD}\r\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{GOOD[:-1]}\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{GOOD[:-2]}B=\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nextra ZXh0cmF=\nindex 0\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 0{LINE * 64}\n\n{NOTE}",
        f"c2sp.org/tlog-proof@v1\nindex 0\n\n{'n' * (1 << 20)}{NOTE}",
    ],
)
def test_another_form_is_refused(text: str):
    with pytest.raises(TlogProofError):
        parse(text)


@pytest.mark.parametrize("proof", [TlogProof(-1, (), NOTE), TlogProof(1, (b"short",), NOTE)])
def test_what_has_no_form_is_not_written(proof: TlogProof):
    with pytest.raises(TlogProofError):
        proof.text()
