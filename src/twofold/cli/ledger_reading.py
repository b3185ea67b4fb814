"""Commands that read the log: where it stands, proofs, and kept checkpoints held against it."""

import base64
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import click

from twofold.ledger.growth import growth, hold
from twofold.ledger.proofs import Prover
from twofold.ledger.served import AbsentError, entries_of, leaf_at
from twofold.reporting.alarms import Alarm, Severity, ledger_alarms
from twofold.reporting.outside import OutsideView, moment, outside
from twofold.reporting.proving import held_text


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    for command in (status, proof, consistency):
        group.add_command(command)


@click.command()
def status() -> None:
    """Say how far the log reaches, who vouches for it and what is wrong; end with 1 on an alarm."""
    at = datetime.now(UTC)
    found, alarms = outside(at=at), ledger_alarms(at=at)
    click.echo("\n".join(_status(found, alarms)))
    sys.exit(int(any(alarm.severity is Severity.ALARM for alarm in alarms)))


@click.command()
@click.argument("entry")
@click.option(
    "--leaf",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write the bytes of the entry to this file too.",
)
def proof(entry: str, leaf: Path | None) -> None:
    """Print the proof that an entry is in the log (C2SP tlog-proof).

    ENTRY is its index, or the ledger name of a record: then its newest entry is taken.
    """
    row = entries_of(entry).exclude(index=None).first()
    if row is None or row.index is None:
        raise AbsentError(f"The log has no entry {entry}.")
    text = Prover().prove(row.index)
    if leaf is not None:
        leaf.write_bytes(leaf_at(row.index))
    click.echo(text, nl=False)


@click.command()
@click.argument("kept", required=False, type=click.File("rb"))
@click.option("--from", "old", type=click.IntRange(min=0), help="The smaller size.")
@click.option("--to", "new", type=click.IntRange(min=0), help="The larger size; default: now.")
def consistency(kept: BinaryIO | None, old: int | None, new: int | None) -> None:
    """Hold a kept checkpoint against the log, or print the proof between two sizes.

    KEPT is the file of the checkpoint, - for standard input; ends with 1 when the log does not
    continue it. With --from the hashes of the proof are printed in base64 (RFC 9162 2.1.4).
    """
    if (kept is None) == (old is None):
        raise click.UsageError("Give the file of a kept checkpoint, or --from and perhaps --to.")
    if old is not None:
        found = growth(old, new)
        click.echo(f"old {found.old} {base64.b64encode(found.old_root).decode()}")
        click.echo(f"new {found.new} {base64.b64encode(found.new_root).decode()}")
        for hash_ in found.hashes:
            click.echo(base64.b64encode(hash_).decode())
    elif kept is not None:
        held = hold(_text(kept))
        click.echo(held_text(held))
        sys.exit(0 if held.sound else 1)


def _text(kept: BinaryIO) -> str:
    try:
        return kept.read().decode()
    except UnicodeDecodeError as refusal:
        raise click.BadParameter("This file is no checkpoint.", param_hint="KEPT") from refusal


def _status(found: OutsideView, alarms: list[Alarm]) -> list[str]:
    where = found.position
    lines = [f"log         {where.origin}"]
    if where.signed_at is None:
        lines.append("checkpoint  none yet")
    else:
        lines.append(
            f"checkpoint  {where.size} entries, root {where.root}, {moment(where.signed_at)}"
        )
    since = f", since {moment(found.waiting.since)}" if found.waiting.since else ""
    lines.append(f"waiting     {found.waiting.count}{since}")
    lines.append(f"vouched     {found.exposure.vouched_size} entries")
    lines += [f"key         {view.line.key} from {view.line.from_size}" for view in found.keys]
    if found.authority:
        lines.append(f"authority   {found.authority.name}: {found.authority.state.value}")
    lines += [f"witness     {view.line.name}: {view.state.value}" for view in found.witnesses]
    lines += ["", *found.told.sentences, *(f"- {voucher}" for voucher in found.told.vouchers)]
    lines += [found.told.advice] if found.told.advice else []
    return lines + [f"{alarm.severity.value}: {alarm.sentence}" for alarm in alarms]
