"""Commands for who vouches for the log: its key, time stamps, witnesses, the auditor's policy."""

import sys
from datetime import UTC, datetime

import click
from django.conf import settings

from twofold.cli.worker import drain
from twofold.ledger import anchors, witnesses
from twofold.ledger.asking import AskingError
from twofold.people.access import actor_of
from twofold.people.queries import person_by_email
from twofold.reporting import vouching


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    group.add_command(ledger)


@click.group()
def ledger() -> None:
    """Who vouches for the log."""


@ledger.command("rotate-key")
@click.option("--as", "email", required=True, help="E-mail address of the person who rotates it.")
def rotate_key(email: str) -> None:
    """Let a new key sign from now on; print the statement, signed by the old and the new key.

    Hand the statement to whoever runs a witness. Auditors find it in every bundle: the key that
    they pinned leads to the new one.
    """
    actor = actor_of(person_by_email(email, field="as"))
    statement = vouching.rotate_key(by=actor, at=_now())
    drain()
    click.echo(statement, nl=False)


@ledger.command()
def anchor() -> None:
    """Have the newest checkpoint time stamped now."""
    if not settings.TIME_AUTHORITY:
        _end("No time stamp authority is set: see TWOFOLD_TSA_URL.")
    drain()
    made = anchors.anchor(settings.TIME_AUTHORITY, settings.TIME_ROOTS, every=None, at=_now())
    if made is None:
        click.echo("The newest checkpoint has its time stamp.")
    else:
        at = made.stamped_at.isoformat(timespec="seconds")
        click.echo(f"{made.authority} stamped {made.checkpoint.size} entries at {at}.")


@ledger.command()
def witness() -> None:
    """Have the newest checkpoint cosigned by every witness now."""
    asked = settings.LEDGER_POLICY.witnesses
    if not asked:
        _end("No witness is set: see TWOFOLD_POLICY.")
    drain()
    failed = False
    for one in asked:
        try:
            made = witnesses.cosign(one, every=None, at=_now())
        except AskingError as failure:
            click.echo(f"twofold: {one.name}: {failure}", err=True)
            failed = True
            continue
        done = f"cosigned {made.checkpoint.size} entries" if made else "has cosigned all there is"
        click.echo(f"{one.name} {done}.")
    sys.exit(1 if failed else 0)


@ledger.command()
def policy() -> None:
    """Print the policy that auditors pin: the log's key, its witnesses and their quorum."""
    click.echo(vouching.policy().text(), nl=False)


def _end(sentence: str) -> None:
    click.echo(f"twofold: {sentence}", err=True)
    sys.exit(1)


def _now() -> datetime:
    return datetime.now(UTC)
