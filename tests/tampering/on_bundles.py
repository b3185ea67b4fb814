"""What somebody does to the files of a bundle; the manifest is put right unless it is meant."""

import json
import shutil
from hashlib import sha256
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tampering.corpus import ON_BUNDLES, ON_LOGS, found_by
from tampering.logbook import flipped
from tampering.opened import Bundle, changed_entry
from tampering.record import Evidence
from twofold_verify import rotation
from twofold_verify.bundle.layout import signed_text
from twofold_verify.note import Signer, sign

_LOG = (ON_LOGS, ON_BUNDLES)
_FILES = (ON_BUNDLES,)


@found_by(Evidence.KEY, within=_LOG)
def entry_bit_flipped(bundle: Bundle, chance: Random) -> None:
    """Somebody turns one bit of an entry over."""
    place = chance.randrange(len(bundle.lines))
    bundle.lines[place] = flipped(bundle.lines[place], chance)
    bundle.put_entries()


@found_by(Evidence.KEY, within=_LOG)
def entry_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody lets an entry name another actor."""
    _edit(bundle, chance.randrange(len(bundle.lines)))
    bundle.put_entries()


@found_by(Evidence.KEY, within=_LOG)
def entry_edited_with_hash_and_tiles(bundle: Bundle, chance: Random) -> None:
    """Somebody edits an entry and puts its chain and all tiles right."""
    _edit(bundle, chance.randrange(len(bundle.lines)))
    bundle.chain()
    bundle.put_entries()
    bundle.put_tiles()


@found_by(Evidence.KEY, within=_LOG)
def entry_removed(bundle: Bundle, chance: Random) -> None:
    """Somebody takes an entry out."""
    del bundle.lines[chance.randrange(len(bundle.lines))]
    bundle.put_entries()


@found_by(Evidence.KEY, within=_LOG)
def entry_inserted(bundle: Bundle, chance: Random) -> None:
    """Somebody puts an entry between others, and perhaps lays the tiles anew."""
    place = chance.randrange(len(bundle.lines))
    subject, beside = "ledger.test:made-up", bundle.lines[place]
    made_up = changed_entry(beside, subject=subject, revision=1, previous=None)
    bundle.lines.insert(place, made_up)
    bundle.put_entries()
    if chance.random() < 0.5:
        bundle.put_tiles()


@found_by(Evidence.KEY, within=_LOG)
def entries_reordered(bundle: Bundle, chance: Random) -> None:
    """Somebody exchanges two entries, and perhaps lays the tiles anew."""
    one, other = chance.sample(range(len(bundle.lines)), 2)
    lines = bundle.lines
    lines[one], lines[other] = lines[other], lines[one]
    bundle.put_entries()
    if chance.random() < 0.5:
        bundle.put_tiles()


@found_by(Evidence.KEY, within=_LOG)
def entry_duplicated(bundle: Bundle, chance: Random) -> None:
    """Somebody repeats an entry."""
    place = chance.randrange(len(bundle.lines))
    bundle.lines.insert(place, bundle.lines[place])
    bundle.put_entries()


@found_by(Evidence.KEY, within=_LOG)
def log_truncated(bundle: Bundle, chance: Random) -> None:
    """Somebody takes the last entries out."""
    del bundle.lines[-chance.randint(1, 12) :]
    bundle.put_entries()


@found_by(Evidence.KEY, within=_LOG)
def level_0_tile_flipped(bundle: Bundle, chance: Random) -> None:
    """Somebody turns one bit of the lowest tiles over."""
    bundle.alter(chance.choice(bundle.names("tile/0/**/*")), lambda data: flipped(data, chance))


@found_by(Evidence.KEY, within=_LOG)
def upper_tile_flipped(bundle: Bundle, chance: Random) -> None:
    """Somebody turns one bit of a tile over that stands above others."""
    bundle.alter(chance.choice(bundle.names("tile/1/**/*")), lambda data: flipped(data, chance))


@found_by(Evidence.KEY, within=_LOG)
def checkpoint_root_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits the root in the checkpoint."""
    lines = bundle.read("checkpoint").decode().split("\n")
    lines[2] = _other_letter(lines[2], chance)
    bundle.put_checkpoint("\n".join(lines))


@found_by(Evidence.KEY, within=_LOG)
def checkpoint_signature_flipped(bundle: Bundle, chance: Random) -> None:
    """Somebody alters the log's signature on the checkpoint."""
    lines = bundle.read("checkpoint").decode().split("\n")
    head, _space, signature = lines[4].rpartition(" ")
    lines[4] = f"{head} {_other_letter(signature, chance)}"
    bundle.put_checkpoint("\n".join(lines))


@found_by(Evidence.KEY, within=_LOG)
def key_swapped(bundle: Bundle, chance: Random) -> None:
    """Somebody signs the checkpoint with a key that was never given out."""
    own = Signer(bundle.record.pinned.name, Ed25519PrivateKey.generate())
    bundle.put_checkpoint(sign(signed_text(bundle.read("checkpoint").decode()), own))


@found_by(Evidence.KEY, within=_LOG)
def foreign_log_with_a_valid_cosignature(bundle: Bundle, chance: Random) -> None:
    """Somebody puts the checkpoint of another log there, which the same witness cosigned."""
    bundle.put_checkpoint(bundle.record.foreign)


@found_by(Evidence.KEY, within=_LOG)
def rotation_removed(bundle: Bundle, chance: Random) -> None:
    """Somebody takes the statement out that the key was rotated."""
    shutil.rmtree(bundle.folder / "rotations")


@found_by(Evidence.KEY, within=_LOG)
def rotation_forged(bundle: Bundle, chance: Random) -> None:
    """Somebody without any key of the log states a successor, and signs as that one."""
    size = rotation.read(bundle.read("rotations/1").decode()).size
    name = bundle.record.pinned.name
    old, own = (Signer(name, Ed25519PrivateKey.generate()) for _ in "ab")
    text = rotation.Rotation(name, size, bundle.record.pinned, own.verifier).text()
    bundle.write("rotations/1", sign(text, old, own).encode())
    bundle.put_checkpoint(sign(signed_text(bundle.read("checkpoint").decode()), own))


@found_by(Evidence.KEPT, within=_LOG)
def rolled_back(bundle: Bundle, chance: Random) -> None:
    """Somebody hands out an older log, in which all was in order, and its cosigned checkpoint."""
    del bundle.lines[bundle.record.before_notes :]
    notes = [bundle.read(name).decode() for name in bundle.names("cosigned/*")]
    bundle.put_log(bundle.record.signers[-1], fits=bundle.record.before_notes)
    (older,) = (it for it in notes if it.split("\n")[1] == str(bundle.size))
    bundle.put_checkpoint(older)


@found_by(Evidence.KEPT, doubted=(Evidence.WITNESS,), within=_LOG)
def forked(bundle: Bundle, chance: Random) -> None:
    """The owner alters a note that an auditor saw, and signs anew."""
    place = chance.randrange(bundle.record.before_notes, bundle.record.kept_size)
    _edit(bundle, place)
    bundle.chain()
    bundle.put_log(bundle.record.signers[-1], fits=bundle.record.before_notes)


@found_by(Evidence.KEPT, doubted=(Evidence.WITNESS, Evidence.ANCHOR), within=_LOG)
def history_rewritten(bundle: Bundle, chance: Random) -> None:
    """The owner lets every entry name another actor, and signs anew."""
    for place in range(len(bundle.lines)):
        _edit(bundle, place)
    bundle.chain()
    bundle.put_log(bundle.record.signers[-1], fits=0)


@found_by(Evidence.KEY, within=_FILES)
def revision_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits what a record is said to have been like."""
    _edit_line(bundle, "revisions.ndjson", chance, "state")


@found_by(Evidence.KEY, within=_FILES)
def revision_removed(bundle: Bundle, chance: Random) -> None:
    """Somebody takes out what a record was like."""
    lines = bundle.read("revisions.ndjson").splitlines(keepends=True)
    del lines[chance.randrange(len(lines))]
    bundle.write("revisions.ndjson", b"".join(lines))


@found_by(Evidence.KEY, within=_FILES)
def live_row_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits a row as it stood when the bundle was made."""
    _edit_line(bundle, "live.ndjson", chance, "state")


@found_by(Evidence.KEY, within=_FILES)
def opening_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits what opens a commitment: a title, a hash of a file, or a salt."""
    _edit_line(bundle, "openings.ndjson", chance, chance.choice(["value", "salt"]))


@found_by(Evidence.KEY, within=_FILES)
def content_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits a file that lies in clear."""
    name = chance.choice(bundle.names("content/*/*"))
    bundle.alter(name, lambda data: flipped(data, chance))


@found_by(Evidence.KEY, within=_FILES)
def content_added(bundle: Bundle, chance: Random) -> None:
    """Somebody adds a file in clear to which nothing in the log commits."""
    data = chance.randbytes(100)
    name = sha256(data).hexdigest()
    bundle.write(f"content/{name[:2]}/{name}", data)


@found_by(Evidence.KEY, within=_FILES)
def stored_file_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody turns a bit of a stored file over."""
    name = chance.choice(bundle.names("blobs/*/*"))
    bundle.alter(name, lambda data: flipped(data, chance))


@found_by(Evidence.KEY, within=_FILES)
def stored_file_removed(bundle: Bundle, chance: Random) -> None:
    """Somebody takes a stored file out, and its name out of the manifest."""
    (bundle.folder / chance.choice(bundle.names("blobs/*/*"))).unlink()


@found_by(Evidence.KEY, within=_FILES)
def signed_text_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits a text that other tools are given in the place of a checkpoint."""
    name = chance.choice(["checkpoint.txt", *bundle.names("stamps/*.txt")])
    bundle.alter(name, lambda data: data + b"more\n")


@found_by(Evidence.ANCHOR, within=_FILES)
def stamps_swapped(bundle: Bundle, chance: Random) -> None:
    """Somebody exchanges two time stamps."""
    one, other = chance.sample(bundle.names("stamps/*.tsr"), 2)
    first, second = bundle.read(one), bundle.read(other)
    bundle.write(one, second)
    bundle.write(other, first)


@found_by(Evidence.ANCHOR, within=_FILES)
def stamp_forged(bundle: Bundle, chance: Random) -> None:
    """Somebody stamps a checkpoint with an authority of the same name."""
    name = chance.choice(bundle.names("stamps/*.tsr"))
    text = bundle.read(name.replace(".tsr", ".txt"))
    bundle.write(name, bundle.record.other_authority.stamp(text))


@found_by(Evidence.WITNESS, within=_FILES)
def cosignature_forged(bundle: Bundle, chance: Random) -> None:
    """Somebody alters what the witness said."""
    name = chance.choice(bundle.names("cosigned/*"))
    lines = bundle.read(name).decode().split("\n")
    head, _space, signature = lines[-2].rpartition(" ")
    lines[-2] = f"{head} {_other_letter(signature, chance, after=20)}"
    bundle.write(name, "\n".join(lines).encode())


@found_by(doubted=(Evidence.KEY,), within=_FILES)
def manifest_digest_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody edits what the manifest says of a file."""
    parts = bundle.manifest["parts"]
    # What has its hash for a name is held against that; what outsiders say is read when asked for.
    unread = ("blobs/", "content/", "stamps/", "cosigned/")
    read = [name for name in parts if not name.startswith(unread)]
    parts[chance.choice(read)] = "0" * 64
    bundle.honest = True


@found_by(doubted=(Evidence.KEY,), within=_FILES)
def file_edited_beside_the_manifest(bundle: Bundle, chance: Random) -> None:
    """Somebody edits the read-me or the checker and leaves the manifest as it is."""
    name = chance.choice(["README.md", "independent/check.go", "policy"])
    bundle.alter(name, lambda data: data + b"# more\n")
    bundle.honest = True


@found_by(Evidence.KEY, within=_FILES)
def manifest_count_edited(bundle: Bundle, chance: Random) -> None:
    """Somebody lets the manifest count fewer entries, in files of such names."""
    del bundle.lines[-chance.randint(1, 9) :]
    kept, bundle.size = bundle.size, len(bundle.lines)
    bundle.put_entries()
    bundle.put_tiles()
    bundle.manifest["counts"] |= {"entries": bundle.size, "hashes": bundle.size}
    assert bundle.size < kept


@found_by(doubted=(Evidence.KEY,), within=_FILES)
def manifest_part_left_out(bundle: Bundle, chance: Random) -> None:
    """Somebody lets the manifest say that a part was never put in."""
    bundle.manifest["includes"].remove(chance.choice(["revisions", "live", "blobs"]))


def _edit(bundle: Bundle, place: int) -> None:
    bundle.lines[place] = changed_entry(bundle.lines[place], actor="system:nobody")


def _edit_line(bundle: Bundle, name: str, chance: Random, key: str) -> None:
    lines = bundle.read(name).splitlines(keepends=True)
    place = chance.randrange(len(lines))
    line = json.loads(lines[place])
    text = line[key]
    at = chance.choice([at for at, letter in enumerate(text) if letter in "0123456789abcdef"])
    line[key] = text[:at] + ("1" if text[at] == "0" else "0") + text[at + 1 :]
    lines[place] = json.dumps(line).encode() + b"\n"
    bundle.write(name, b"".join(lines))


def _other_letter(text: str, chance: Random, *, after: int = 8) -> str:
    """Return base64 with another letter behind the key's id and before its padding."""
    place = chance.randrange(after, len(text) - 4)
    return text[:place] + ("B" if text[place] == "A" else "A") + text[place + 1 :]
