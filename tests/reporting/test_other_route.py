"""Bundles of the product's own record, checked by programs that are not ours."""

import shutil
import sys
from pathlib import Path

import factories
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from factories import repository
from factories.other_route import commands

from twofold.evidence import actions as evidence
from twofold.ledger import actions as ledger
from twofold.ledger import anchors, keys
from twofold.ledger.models import LedgerCheckpoint
from twofold.ledger.rotations import rotate_key
from twofold.reporting.exporting import export_bundle, export_record
from twofold_verify.cli import main as verifier
from twofold_verify.note import Signer
from twofold_verify.stamps import load_roots
from twofold_verify.tiles import join_entries, split_entries

pytestmark = pytest.mark.enable_socket


class Record:
    """A record under several checkpoints, one of them stamped."""

    def __init__(self, authority, served, folder):
        self.folder = folder
        self.cast = factories.cast(at=factories.now())
        self.pinned = str(keys.verifier())
        self.item = factories.evidence_item(self.cast, at=factories.now())
        self.grow()
        self.kept = self.keep("kept.txt")
        run = factories.implementation(self.cast, at=factories.now())
        factories.claim(run, self.item, self.cast, at=factories.now())
        self.grow()
        anchors.anchor(
            served.url, load_roots(authority.root.read_bytes()), every=None, at=factories.now()
        )
        repository.link(self.item, run, self.cast, at=factories.now())
        evidence.add_version(
            self.item,
            content=factories.content(b"seen again"),
            by=factories.actor(self.cast.owner),
            at=factories.now(),
        )
        self.grow()

    def grow(self):
        while ledger.sequence(at=factories.now()):
            pass

    def keep(self, name):
        path = self.folder / name
        path.write_text(LedgerCheckpoint.objects.order_by("-size").first().note)
        return path

    def whole(self, name="bundle"):
        by = factories.actor(self.cast.auditor)
        return export_bundle(self.folder / name, by=by, at=factories.now())

    def single(self, name="record"):
        by = factories.actor(self.cast.auditor)
        subject = self.item.ledger_subject
        return export_record(subject, self.folder / name, by=by, at=factories.now())


@pytest.fixture
def record(db, authority, served_authority, tmp_path):
    return Record(authority, served_authority, tmp_path)


def test_a_sound_bundle_is_sound_on_both_routes(record, authority, other_route, capsys):
    bundle = record.whole()

    ended = other_route.check(bundle, record.pinned, kept=record.kept)
    ours = verifier(
        [
            *(str(bundle), "--key", record.pinned, "--checkpoint", str(record.kept)),
            *("--tsa-root", str(authority.root)),
        ]
    )

    assert (ended.status, ended.said.splitlines()[-1]) == (0, "SOUND"), ended.said
    for step in ("replay: ", "tiles: ", "inclusion: ", "consistency: "):
        assert step in ended.said
    assert ours == 0, capsys.readouterr().out


def test_a_bundle_of_a_record_is_sound_on_both_routes(record, authority, other_route, capsys):
    bundle = record.single()

    ended = other_route.check(bundle, record.pinned)
    ours = verifier([str(bundle), "--key", record.pinned, "--tsa-root", str(authority.root)])

    proofs = len(list((bundle / "proof").iterdir()))
    assert proofs >= 5
    assert ended.status == 0, ended.said
    assert f"inclusion: {proofs} entries proven" in ended.said
    told = capsys.readouterr().out
    assert ours == 0, told
    assert "2 contents in clear" in told


def alter(path, change):
    path.write_bytes(change(path.read_bytes()))


def edit_entry(bundle):
    (path,) = (bundle / "tile/entries").iterdir()
    for file in path.iterdir() if path.is_dir() else [path]:
        alter(file, lambda data: data.replace(b'"v":1', b'"v":2', 1))


def cut(bundle):
    for file in (bundle / "tile/entries").rglob("[0-9]*"):
        if file.is_file():
            alter(file, lambda data: join_entries(list(split_entries(data))[:-1]))


def swap_hash(bundle):
    for file in (bundle / "tile/0").rglob("*"):
        if file.is_file():
            alter(file, lambda data: data[32:64] + data[:32] + data[64:])


def shrink(bundle):
    path = bundle / "checkpoint"
    lines = path.read_text().split("\n")
    path.write_text("\n".join([lines[0], str(int(lines[1]) - 1), *lines[2:]]))


@pytest.mark.parametrize("tamper", [edit_entry, cut, swap_hash, shrink])
def test_what_is_tampered_with_in_a_bundle_is_found_on_both_routes(record, other_route, tamper):
    bundle = record.whole()

    tamper(bundle)

    ended = other_route.check(bundle, record.pinned)
    assert ended.status == 1, ended.said
    assert "TAMPERED" in ended.said
    assert verifier([str(bundle), "--key", record.pinned]) == 1


def test_the_key_of_somebody_else_does_not_vouch(record, other_route):
    bundle, single = record.whole(), record.single()
    stranger = Signer(keys.verifier().name, Ed25519PrivateKey.generate()).verifier

    for path in (bundle, single):
        assert other_route.check(path, stranger).status == 1
        assert verifier([str(path), "--key", str(stranger)]) == 1


def test_a_log_that_does_not_continue_a_kept_checkpoint_is_found(record, other_route):
    older = record.whole("older")
    record.grow()
    later = record.keep("later.txt")
    record.single("grown")
    latest = record.keep("latest.txt")

    assert other_route.check(older, record.pinned, kept=later).status == 0
    rolled_back = other_route.check(older, record.pinned, kept=latest)
    assert (rolled_back.status, "rolled back" in rolled_back.said) == (1, True)
    arguments = [str(older), "--key", record.pinned, "--checkpoint"]
    assert verifier([*arguments, str(latest)]) == 1


def forge_proof(bundle):
    first = min((bundle / "proof").iterdir())
    lines = first.read_text().split("\n")
    place = next(number for number, line in enumerate(lines) if len(line) == 44)
    lines[place] = "A" * 43 + "="
    first.write_text("\n".join(lines))


def rename_proof(bundle):
    first, second = sorted((bundle / "proof").iterdir())[:2]
    swapped = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(swapped)


def edit_single(bundle):
    alter(min((bundle / "entry").iterdir()), lambda data: data.replace(b'"v":1', b'"v":2'))


@pytest.mark.parametrize("tamper", [forge_proof, rename_proof, edit_single])
def test_a_forged_proof_of_one_entry_is_found_on_both_routes(record, other_route, tamper):
    bundle = record.single()

    tamper(bundle)

    assert other_route.check(bundle, record.pinned).status == 1
    assert verifier([str(bundle), "--key", record.pinned]) == 1


def test_a_bundle_that_lacks_something_is_incomplete(record, other_route):
    whole, single = record.whole(), record.single()
    shutil.rmtree(whole / "tile" / "0")
    min((single / "entry").iterdir()).unlink()

    assert other_route.check(whole, record.pinned).status == 2
    assert other_route.check(single, record.pinned).status == 2
    assert other_route.check(record.folder, record.pinned).status == 2
    assert other_route.check(single, record.pinned, kept=record.kept).status == 2


def test_who_pinned_the_first_key_is_led_to_the_newest(record, other_route):
    first = record.pinned
    rotate_key(by="system:test", at=factories.now())
    record.grow()
    newest = str(keys.verifier())
    bundle, single = record.whole(), record.single()

    assert first != newest
    for key in (first, newest):
        ended = other_route.check(bundle, key, kept=record.kept)
        assert ended.status == 0, ended.said
        assert other_route.check(single, key).status == 0
    shutil.rmtree(bundle / "rotations")
    assert other_route.check(bundle, first).status == 1


def test_a_forged_rotation_leads_nowhere(record, other_route):
    rotate_key(by="system:test", at=factories.now())
    record.grow()
    bundle = record.whole()

    alter(bundle / "rotations" / "1", lambda data: data.replace(b"/v1\n", b"/v2\n"))

    assert other_route.check(bundle, record.pinned).status == 1


@pytest.fixture
def own_commands(tmp_path, monkeypatch):
    """The command `twofold-verify`, found as an installed one is."""
    path = tmp_path / "bin" / "twofold-verify"
    path.parent.mkdir()
    source = Path(factories.__file__).parents[2] / "src"
    path.write_text(
        f"#!{sys.executable}\nimport sys\nsys.path.insert(0, {str(source)!r})\n"
        "from twofold_verify.cli import main\nsys.exit(main())\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(path.parent), prepend=":")


@pytest.mark.parametrize("kind", ["whole", "single"])
def test_the_read_me_tells_commands_that_work(record, authority, other_route, own_commands, kind):
    bundle = getattr(record, kind)()
    readme = (bundle / "README.md").read_text()
    policy = record.folder / "policy"
    policy.write_text((bundle / "policy").read_text())
    given = {
        "KEY": record.pinned,
        "KEPT": record.kept,
        "TSA_ROOT": authority.root,
        "POLICY": policy,
    }
    expected = {"whole": (2, 2, 1, 3, 1), "single": (2, 0, 1, 2, 1)}[kind]

    found = [commands(readme, of) for of in ("", "kept", "policy", "stamps", "content")]

    assert tuple(map(len, found)) == expected
    for command in (command for some in found for command in some):
        # The program is compiled here for the first time, which is silent.
        ended = other_route.shell(command, bundle, **given)
        assert ended.status == 0, f"{command}\n{ended.said}"
    stamps = other_route.shell(commands(readme, "stamps")[0], bundle, **given)
    assert "Verification: OK" in stamps.said


def test_the_read_me_opens_a_commitment_with_openssl(record, other_route):
    bundle = record.single()
    (command,) = commands((bundle / "README.md").read_text(), "content")

    said = other_route.shell(command, bundle).said.splitlines()

    content, file = said[0].split()
    assert content == Path(file).name
    assert f"commitment:{said[1].split()[-1]}" in said[2]


def test_a_stamp_of_another_text_does_not_pass_the_read_me_s_command(
    record, authority, other_route
):
    bundle = record.whole()
    command = commands((bundle / "README.md").read_text(), "stamps")[0]
    (text,) = (bundle / "stamps").glob("*.txt")

    alter(text, lambda data: data + b"more\n")

    assert other_route.shell(command, bundle, TSA_ROOT=authority.root).status == 1
    root = ["--tsa-root", str(authority.root)]
    assert verifier([str(bundle), "--key", record.pinned, *root]) == 1
