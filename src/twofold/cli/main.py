"""`twofold`: groups, options, and how a refusal becomes one line and an exit status."""

import os
import sys
from importlib.metadata import entry_points

import click
import django
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from twofold import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="twofold")
def twofold() -> None:
    """ISO/IEC 42001 and ISO/IEC 27001 as one management system."""


def main() -> None:
    """Run the command line and end the process with its status."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "twofold.config.settings")
    try:
        django.setup()
    except ImproperlyConfigured as refusal:
        _end(str(refusal))
    from twofold.catalog.errors import CatalogError
    from twofold.cli import (
        account_commands,
        certification_commands,
        check_commands,
        claim_commands,
        commands,
        content_commands,
        erasure_commands,
        evidence_commands,
        finding_commands,
        ledger_commands,
        ledger_reading,
        library_commands,
        overlap_commands,
        override_commands,
        people_commands,
        server_commands,
        statement_commands,
        storage_commands,
        supposing_commands,
    )
    from twofold.ledger.asking import AskingError
    from twofold.ledger.errors import LedgerError
    from twofold.people.errors import Refusal

    commands.add_to(twofold)
    overlap_commands.add_to(commands.catalog)
    library_commands.add_to(twofold)
    people_commands.add_to(twofold)
    account_commands.add_to(people_commands.person)
    certification_commands.add_to(twofold)
    check_commands.add_to(twofold)
    claim_commands.add_to(twofold)
    erasure_commands.add_to(twofold)
    evidence_commands.add_to(twofold)
    finding_commands.add_to(twofold)
    ledger_commands.add_to(twofold)
    ledger_reading.add_to(ledger_commands.ledger)
    override_commands.add_to(twofold)
    server_commands.add_to(twofold)
    statement_commands.add_to(twofold)
    storage_commands.add_to(twofold)
    content_commands.add_to(twofold)
    supposing_commands.add_to(twofold)
    _add_additions()
    try:
        twofold()
    except (Refusal, CatalogError, AskingError, LedgerError, ImproperlyConfigured) as refusal:
        _end(str(refusal))
    except DatabaseError as refusal:
        _end(f"The database refused: {str(refusal).strip().splitlines()[0]}")
    except OSError as refusal:
        _end(f"{refusal.filename or 'The system refused'}: {refusal.strerror or refusal}.")


def _add_additions() -> None:
    """Add the commands of other packages; one that cannot be loaded is told and left out."""
    for addition in entry_points(group="twofold.commands"):
        try:
            twofold.add_command(addition.load(), addition.name)
        except ImportError as refusal:
            click.echo(f"twofold: the command {addition.name} is left out: {refusal}", err=True)


def _end(sentence: str) -> None:
    click.echo(f"twofold: {sentence}", err=True)
    sys.exit(1)
