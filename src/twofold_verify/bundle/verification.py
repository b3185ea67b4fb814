"""Verifying a bundle: the log or one record's entries, and what is disclosed beside them."""

from dataclasses import replace

from twofold_verify import checkpoint as checkpoints
from twofold_verify import entry as entries
from twofold_verify import rotation, tlog_proof
from twofold_verify.bundle.contents import Contents
from twofold_verify.bundle.layout import signed_text
from twofold_verify.bundle.reading import BundleSource
from twofold_verify.bundle.upper import check_upper_tiles
from twofold_verify.checkpoint import Checkpoint
from twofold_verify.cosignature import cosignatures
from twofold_verify.errors import VerificationError
from twofold_verify.files import ERASED, Files
from twofold_verify.merkle import EMPTY_ROOT, leaf_hash
from twofold_verify.note import Verifier
from twofold_verify.parts import Parts
from twofold_verify.report import Figures, Findings, Report
from twofold_verify.rotation import Succession
from twofold_verify.source import Part
from twofold_verify.states import Chain, KeptStates, name_of
from twofold_verify.tlog_proof import Checker
from twofold_verify.verifier import verify
from twofold_verify.vouching import Outside, Vouching, open_checkpoint

_NOTHING = Outside()
_LEFT_OUT = {
    Part.REVISIONS: "The kept states were left out and not checked.",
    Part.LIVE: "The live rows were left out and not compared.",
}


def verify_bundle(
    source: BundleSource, trust: Verifier | None, outside: Outside = _NOTHING
) -> Report:
    """Verify a bundle and return what was found; never raises for anything that it holds.

    A bundle of one record shows that what is in it stands in the log, unaltered and with nothing
    left out between; it cannot show that the record has no later entry.

    Args:
        source: whole, or of one record.
        trust: the log's public key, given out of band.
        outside: what else was given out of band.
    """
    if source.subject:
        report = _Record(source, trust, outside).run()
    else:
        report = verify(source, trust, outside)
    findings = Findings()
    contents = Contents(source, findings)
    contents.check()
    if not source.subject:
        check_upper_tiles(source, findings)
    figures = replace(
        report.figures,
        openings=contents.opened,
        contents=contents.read,
        content_bytes=contents.size,
    )
    found = findings.report(figures)
    return replace(
        report,
        problems=report.problems + found.problems,
        tampered=report.tampered + found.tampered,
        incomplete=report.incomplete + found.incomplete,
        figures=figures,
    )


class _Record:
    """State of the verification of one record's bundle while it reads."""

    def __init__(self, source: BundleSource, trust: Verifier | None, outside: Outside) -> None:
        self._source = source
        self._outside = outside
        self._findings = Findings()
        self._parts = Parts(self._findings)
        self._vouching = Vouching(source, self._findings, trust, outside)
        self._chain = Chain(self._findings)
        self._files = Files(source, self._findings)
        self._with_states = source.has(Part.REVISIONS)
        revisions = (
            self._parts.read("revisions", source.revisions) if self._with_states else iter(())
        )
        self._states = KeptStates(revisions, self._findings)
        self._roots = {0: EMPTY_ROOT}
        self._without_quorum = 0

    def run(self) -> Report:
        for part, message in _LEFT_OUT.items():
            if not self._source.has(part):
                self._findings.incomplete(part.value, message)
        keys = self._vouching.keys
        if keys is None:
            message = "No public key was given to check the checkpoint with."
            self._findings.incomplete("checkpoint", message)
            return self._findings.report(Figures())
        statement = self._checkpoint(keys)
        count = self._entries(keys)
        self._meet_roots()
        return self._findings.report(self._finish(statement, count))

    def _checkpoint(self, keys: Succession) -> Checkpoint | None:
        for note in self._parts.read("checkpoint", lambda: iter([self._source.checkpoint()])):
            try:
                statement = open_checkpoint(note or "", keys)
            except VerificationError as refusal:
                self._findings.tampered("checkpoint", None, str(refusal))
            else:
                self._root(statement)
                return statement
        return None

    def _entries(self, keys: Succession) -> int:
        count, checker = 0, Checker(keys)
        for index, data, text in self._parts.read("entries", self._source.proven):
            count += 1
            try:
                proof = checker.check(text, data)
            except VerificationError as refusal:
                message = f"Entry {index} is not proven: {refusal}"
                self._findings.tampered(f"entry {index}", index, message)
                continue
            if proof.index != index:
                message = f"The proof is of entry {proof.index}, not of entry {index}."
                self._findings.tampered(f"entry {index}", index, message)
                continue
            self._proven(index, data, proof)
        if self._source.subject not in self._chain.last and "entries" not in self._parts.unread:
            message = f"The bundle proves no entry of {self._source.subject}."
            self._findings.incomplete("entries", message)
        return count

    def _proven(self, index: int, data: bytes, proof: tlog_proof.TlogProof) -> None:
        self._root(checkpoints.parse(signed_text(proof.checkpoint)))
        self._without_quorum += not self._has_quorum(proof.checkpoint)
        try:
            entry = entries.decode(data)
        except entries.EntryError as refusal:
            message = f"Entry {index} is not readable: {refusal}."
            self._findings.tampered(f"entry {index}", index, message)
            return
        record = name_of(entry.subject, entry.revision)
        self._chain.follow(entry, leaf_hash(data), index)
        fault = self._vouching.brackets.fault(index, entry.recorded_at)
        if fault:
            self._findings.tampered(record, index, fault)
        if self._with_states:
            self._states.meet(entry, index)
        if entry.kind == rotation.KIND:
            self._vouching.follow(entry)
        if entry.blobs or entry.kind.endswith(ERASED):
            self._files.meet(entry, record, index)

    def _has_quorum(self, note: str) -> bool:
        policy = self._outside.policy
        if policy is None or policy.met_by(()) or not self._outside.demand_quorum:
            return True
        try:
            found = cosignatures(note, [witness.key for witness in policy.witnesses])
        except VerificationError as refusal:
            self._findings.tampered("cosignatures", None, str(refusal))
            return False
        return policy.met_by(it.witness for it in found)

    def _root(self, statement: Checkpoint) -> None:
        """Remember what root a signed checkpoint has: there is one for a size."""
        if self._roots.setdefault(statement.size, statement.root) != statement.root:
            message = f"Two checkpoints at {statement.size} have two roots: the log was forked."
            self._findings.tampered("checkpoint", None, message)

    def _meet_roots(self) -> None:
        """Hold what others vouch for against the roots that the proofs lead to."""
        for size, root in self._roots.items():
            self._vouching.meet(size, root)
        for note in self._outside.kept:
            said = note.split("\n", 2)[1] if note.count("\n") > 1 else ""
            if said not in map(str, self._roots):
                message = (
                    "Proofs of single entries cannot show that the log continues the checkpoint "
                    "that was kept: ask for a bundle of the whole log."
                )
                self._findings.incomplete("kept checkpoint", message)
        if self._without_quorum and self._outside.policy:
            message = (
                f"The quorum {self._outside.policy.quorum} does not vouch for the checkpoints "
                f"that {self._without_quorum} entries are proven under."
            )
            self._findings.incomplete("cosignatures", message)

    def _finish(self, statement: Checkpoint | None, count: int) -> Figures:
        figures = Figures(entries=count, subjects=len(self._chain.last))
        if statement is not None:
            root = statement.root.hex()
            figures = replace(figures, origin=statement.origin, size=statement.size, root=root)
        if self._with_states:
            self._states.finish()
            if "entries" not in self._parts.unread:
                self._states.name_unrecorded()
            if "revisions" not in self._parts.unread:
                self._states.name_lost()
        live = self._live() if self._source.has(Part.LIVE) else 0
        self._files.finish()
        return replace(
            figures,
            revisions=self._states.count,
            live=live,
            blobs=self._files.count,
            blob_bytes=self._files.bytes_read,
            stamps=self._vouching.stamps,
            stamped=self._vouching.stamped,
            cosigned=self._vouching.cosigned,
        )

    def _live(self) -> int:
        return self._parts.compare_live(self._source.live, self._chain.last, {"entries"})
