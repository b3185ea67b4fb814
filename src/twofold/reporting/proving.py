"""Proofs for whoever asks for one: made from the signed tree, and checked before they are shown."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from twofold.ledger import keys, succession
from twofold.ledger.errors import LedgerError
from twofold.ledger.growth import Held, SizeError, Verdict
from twofold.ledger.proofs import Prover
from twofold.ledger.queries import LedgerLine
from twofold.ledger.served import AbsentError, leaf_at, line_at
from twofold.people.access import Actor, Permission, permitted_units
from twofold.people.errors import Conflict, InvalidInput, NotFound
from twofold.reporting.outside import entries_text
from twofold_verify.errors import VerificationError
from twofold_verify.tlog_proof import Checker


@dataclass(frozen=True)
class Proven:
    """An entry with the proof that it stands in the log.

    Attributes:
        leaf: the bytes of the entry.
        text: the proof in the form of C2SP tlog-proof.
        hashes: how many the proof has.
        size: entries under the checkpoint that it leads to.
        fault: why the proof does not hold; blank when it does.
    """

    line: LedgerLine
    leaf: bytes
    text: str
    hashes: int
    size: int
    fault: str


def proven(index: int) -> Proven:
    """Return the entry at an index with its proof, checked against the log's own key.

    Raises:
        NotFound: the log has no such entry.
        Conflict: the proof cannot be made, as the tree is damaged.
    """
    with told():
        line, leaf, prover = line_at(index), leaf_at(index), Prover()
        text = prover.prove(index)
        checker = Checker(succession.of_key(keys.verifier()))
    fault, hashes = "", text.partition("\n\n")[0].count("\n") - 1
    try:
        checker.check(text, leaf)
    except VerificationError as refusal:
        fault = str(refusal)
    return Proven(line, leaf, text, hashes, prover.size, fault)


def may_read_entries(by: Actor, *, at: datetime) -> bool:
    """Return whether the actor may read the content of any entry: whoever may export them all."""
    return permitted_units(by, Permission.EXPORT_RECORD, at=at).exists()


def held_text(held: Held) -> str:
    """Return in a sentence what a kept checkpoint says of the log."""
    given = {"kept": entries_text(held.kept.size), "size": entries_text(held.size)}
    return _HELD[held.verdict]() % given


@contextmanager
def told() -> Iterator[None]:
    """Let what the ledger refuses be a refusal that whoever asked is told.

    Raises:
        NotFound: what was asked for is not in the log.
        InvalidInput: it never had the sizes that were asked for.
        Conflict: the ledger refuses otherwise.
    """
    try:
        yield
    except AbsentError as refusal:
        raise NotFound(str(refusal)) from refusal
    except SizeError as refusal:
        raise InvalidInput(str(refusal), field="old") from refusal
    except LedgerError as refusal:
        raise Conflict(str(refusal)) from refusal


_HELD = {
    Verdict.SAME: lambda: _(
        "It is the newest checkpoint itself: the log holds what it covers (%(kept)s), and nothing "
        "was added."
    ),
    Verdict.CONTINUED: lambda: _(
        "The log continues it: what it covers (%(kept)s) stands unchanged at the beginning of what "
        "stands here now (%(size)s)."
    ),
    Verdict.BEYOND: lambda: _(
        "It covers %(kept)s, and the log has %(size)s: the log was cut back, or restored from an "
        "older copy."
    ),
    Verdict.CONTRADICTED: lambda: _(
        "The log does not continue it: what it covers (%(kept)s) is not what stands here now. The "
        "log was rewritten after this checkpoint was signed."
    ),
}
