"""What only an outsider can show: a log written anew by whoever holds its key."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import now
from memory_ledger import SIGNER, TRUST, MemoryLedger, small_ledger, subject

from twofold_verify import rotation
from twofold_verify.cosignature import Cosigner
from twofold_verify.note import Signer
from twofold_verify.policy import parse
from twofold_verify.report import Outcome
from twofold_verify.source import KeptStamp, SourceError
from twofold_verify.stamps import load_roots
from twofold_verify.verifier import verify
from twofold_verify.vouching import Outside

AT = datetime(2026, 3, 1, tzinfo=UTC)
NEXT = Signer(SIGNER.name, Ed25519PrivateKey.from_private_bytes(bytes([9] * 32)))
W1, W2 = (
    Cosigner(f"witness.example/{name}", Ed25519PrivateKey.from_private_bytes(name.encode() * 16))
    for name in ("w1", "w2")
)
POLICY = parse(
    f"log {TRUST}\nwitness w1 {W1.key}\nwitness w2 {W2.key}\ngroup both all w1 w2\nquorum both\n"
)


@pytest.fixture
def ledger():
    return small_ledger()


def messages(report):
    return [f"{problem.record}: {problem.message}" for problem in report.problems]


def cosign(ledger, *cosigners):
    text = ledger.note.rpartition("\n\n")[0] + "\n"
    lines = [cosigner.cosign(text, at=AT) for cosigner in cosigners]
    ledger.witnessed.append(ledger.note + "".join(lines))


def stamp(ledger, authority):
    text = ledger.note.rpartition("\n\n")[0] + "\n"
    ledger.stamped.append(KeptStamp(ledger.note, authority.stamp(text.encode())))


def rewritten(ledger):
    """The same log as its owner would rather have it: one reason is another."""
    other = MemoryLedger()
    for number in range(len(ledger.data)):
        other.record(subject(number), f'{{"rewritten":{number}}}')
    other.sequence()
    other.stamped, other.witnessed = ledger.stamped, ledger.witnessed
    return other


# Cosignatures


def test_a_log_that_a_quorum_cosigned_is_sound(ledger):
    cosign(ledger, W1, W2)

    report = verify(ledger, TRUST, Outside(policy=POLICY))

    assert report.outcome is Outcome.SOUND, messages(report)
    assert report.figures.cosigned == 7


def test_a_log_that_too_few_cosigned_is_incomplete(ledger):
    cosign(ledger, W1)

    report = verify(ledger, TRUST, Outside(policy=POLICY))

    assert report.outcome is Outcome.INCOMPLETE
    assert messages(report) == [
        "cosignatures: The quorum both does not vouch for the last 7 entries."
    ]
    assert verify(ledger, TRUST, Outside(policy=POLICY, demand_quorum=False)).exit_status == 0


def test_what_came_after_the_last_cosignature_is_told(ledger):
    cosign(ledger, W1, W2)
    ledger.record(subject(9), "{}")
    ledger.sequence()

    report = verify(ledger, TRUST, Outside(policy=POLICY))

    assert report.figures.cosigned == 7
    assert "last 1 entries" in messages(report)[0]


def test_a_log_that_was_written_anew_is_found_by_a_witness(ledger):
    cosign(ledger, W1)
    assert verify(rewritten(ledger), TRUST).outcome is Outcome.SOUND

    report = verify(rewritten(ledger), TRUST, Outside(policy=POLICY))

    assert report.outcome is Outcome.TAMPERED
    assert "The witness witness.example/w1 vouches for another root at 7" in messages(report)[0]


def test_a_log_that_was_cut_back_is_found_by_a_witness(ledger):
    short = MemoryLedger()
    short.record(subject(1), '{"name":"Credit"}', reason="registered")
    short.sequence()
    cosign(ledger, W1, W2)
    short.witnessed = ledger.witnessed

    report = verify(short, TRUST, Outside(policy=POLICY))

    assert "vouches for 7 entries and the log has 1" in "".join(messages(report))


def test_a_cosignature_that_does_not_hold_is_named(ledger):
    cosign(ledger, W1, W2)
    other = ledger.witnessed[0].replace("\n7\n", "\n6\n")
    ledger.witnessed.append(other)

    assert verify(ledger, TRUST, Outside(policy=POLICY)).outcome is Outcome.TAMPERED


def test_a_foreign_log_with_valid_cosignatures_is_named(ledger):
    foreign = MemoryLedger()
    foreign.record(subject(1), "{}")
    foreign.sequence(Signer("foreign.example/log", Ed25519PrivateKey.generate()))
    cosign(foreign, W1, W2)
    ledger.witnessed = foreign.witnessed

    assert verify(ledger, TRUST, Outside(policy=POLICY)).outcome is Outcome.TAMPERED


# A checkpoint that was kept


def test_a_kept_checkpoint_of_a_log_that_grew_holds(ledger):
    kept = ledger.note
    ledger.record(subject(9), "{}")
    ledger.sequence()

    assert verify(ledger, TRUST, Outside(kept=(kept,))).outcome is Outcome.SOUND


def test_a_log_that_was_written_anew_is_found_by_a_kept_checkpoint(ledger):
    report = verify(rewritten(ledger), TRUST, Outside(kept=(ledger.note,)))

    assert (
        "kept checkpoint: The checkpoint that was kept vouches for another root"
        in (messages(report)[0])
    )


@pytest.mark.parametrize("note", ["", "nonsense", "a\n\nb\n"])
def test_a_kept_checkpoint_that_is_none_is_named(ledger, note):
    report = verify(ledger, TRUST, Outside(kept=(note,)))

    assert report.outcome is Outcome.TAMPERED
    assert "is not of this log" in messages(report)[0]


def test_a_kept_checkpoint_of_the_empty_log_holds(ledger):
    empty = MemoryLedger()
    empty.sequence()

    assert verify(ledger, TRUST, Outside(kept=(empty.note,))).outcome is Outcome.SOUND


# Time stamps


@pytest.fixture
def roots(authority):
    return load_roots(authority.root.read_bytes())


def test_a_stamped_log_is_sound(ledger, authority, roots):
    stamp(ledger, authority)

    report = verify(ledger, TRUST, Outside(roots))

    assert report.outcome is Outcome.SOUND, messages(report)
    assert (report.figures.stamps, report.figures.stamped) == (1, 7)


def test_a_log_without_any_stamp_is_incomplete_for_whoever_trusts_an_authority(ledger, roots):
    report = verify(ledger, TRUST, Outside(roots))

    assert report.outcome is Outcome.INCOMPLETE
    assert "no time stamp" in report.problems[0].message
    assert verify(ledger, TRUST, Outside(roots, demand_quorum=False)).outcome is Outcome.SOUND


def test_a_log_that_was_written_anew_is_found_by_its_stamp(ledger, authority, roots):
    stamp(ledger, authority)

    report = verify(rewritten(ledger), TRUST, Outside(roots))

    assert "vouches for another root at 7: the log was forked" in messages(report)[0]


def test_a_stamp_that_was_swapped_is_named(ledger, authority, roots):
    stamp(ledger, authority)
    token = ledger.stamped[0].token
    ledger.record(subject(9), "{}")
    ledger.sequence()
    ledger.stamped = [KeptStamp(ledger.note, token)]

    report = verify(ledger, TRUST, Outside(roots))

    assert "stamps: The time stamp does not hold" in messages(report)[0]


def test_an_entry_that_was_back_dated_is_named(ledger, authority, roots):
    stamp(ledger, authority)
    late = ledger.record(subject(9), "{}", at=now())
    early = ledger.record(subject(8), "{}", at=now() - timedelta(days=1))
    ledger.sequence()
    waiting = ledger.record(subject(7), "{}", at=now() - timedelta(days=2))

    report = verify(ledger, TRUST, Outside(roots))

    named = {problem.record: problem.index for problem in report.problems}
    assert named == {f"{early.subject} revision 1": 8, f"{waiting.subject} revision 1": None}
    assert late.subject not in "".join(messages(report))
    assert "before the time stamp" in messages(report)[0]


def test_an_entry_that_was_dated_in_the_future_is_named(ledger, authority, roots):
    ledger.record(subject(9), "{}", at=now() + timedelta(days=1))
    ledger.sequence()
    stamp(ledger, authority)

    report = verify(ledger, TRUST, Outside(roots))

    assert "after the time stamp" in messages(report)[0]


def test_stamps_without_a_root_are_left_unchecked(ledger, authority):
    stamp(ledger, authority)

    report = verify(ledger, TRUST)

    assert report.outcome is Outcome.INCOMPLETE
    assert "1 time stamps were not checked" in messages(report)[0]


def test_without_a_key_nothing_of_outsiders_is_judged(ledger, authority, roots):
    stamp(ledger, authority)

    report = verify(ledger, None, Outside(roots, POLICY, (ledger.note,)))

    assert report.outcome is Outcome.INCOMPLETE
    assert report.figures.stamps == 0


@pytest.mark.parametrize("part", ["rotations", "stamps", "cosigned"])
def test_a_part_that_cannot_be_read_leaves_it_incomplete(ledger, part, monkeypatch):
    def broken():
        raise SourceError("It is damaged.")
        yield

    monkeypatch.setattr(ledger, part, broken)

    report = verify(ledger, TRUST, Outside(policy=POLICY, demand_quorum=False))

    assert report.outcome is Outcome.INCOMPLETE


# Rotation of the key


def rotate(ledger, old=SIGNER, new=NEXT):
    statement = rotation.state(old, new, size=len(ledger.data) + 1)
    ledger.statements.append(statement)
    return ledger.record(
        "ledger.key:signing", None, kind=rotation.KIND, statement=rotation.digest(statement)
    )


@pytest.mark.parametrize("trust", [TRUST, NEXT.verifier])
def test_a_log_whose_key_was_rotated_is_sound_for_whoever_pinned_either(ledger, trust):
    before = ledger.note
    rotate(ledger)
    ledger.sequence(NEXT)

    report = verify(ledger, trust, Outside(kept=(before,)))

    assert report.outcome is Outcome.SOUND, messages(report)


def test_the_old_key_signs_nothing_after_its_rotation(ledger):
    rotate(ledger)
    ledger.sequence(SIGNER)

    report = verify(ledger, TRUST)

    assert "not signed by a known key" in messages(report)[0]


def test_a_rotation_whose_statement_was_taken_away_is_named(ledger):
    rotate(ledger)
    ledger.statements.clear()
    ledger.sequence(SIGNER)

    report = verify(ledger, TRUST)

    assert "the statement is missing" in messages(report)[0]


def test_a_rotation_that_no_entry_tells_of_is_named(ledger):
    ledger.statements.append(rotation.state(SIGNER, NEXT, size=100))

    report = verify(ledger, TRUST)

    assert "no entry of the log commits to" in messages(report)[0]


def test_a_rotation_by_a_stranger_is_named(ledger):
    ledger.statements.append(rotation.state(NEXT, Signer(NEXT.name, W1.private_key), size=3))

    report = verify(ledger, TRUST)

    assert "rotations: A rotation does not lead to or from" in messages(report)[0]
