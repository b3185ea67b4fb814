"""Who vouches for the log: its own key and how it is rotated, and the policy for auditors."""

from dataclasses import replace
from datetime import datetime

from django.conf import settings

from twofold.ledger import rotations, succession
from twofold.people import access
from twofold.people.access import Actor, Permission
from twofold_verify.policy import Log, Policy


def rotate_key(*, by: Actor, at: datetime) -> str:
    """Let a new key sign the log from the next checkpoint on; return the statement for auditors.

    Raises:
        AccessDenied: the actor may not rotate the key.
        LedgerError: a key file cannot be made or read.
    """
    access.require_anywhere(by, Permission.ROTATE_KEY, at=at)
    return rotations.rotate_key(by=by.ledger_name, at=at).statement


def policy() -> Policy:
    """Return the policy that an auditor pins: this log, its witnesses and their quorum.

    Raises:
        LedgerError: the key's file cannot be read.
    """
    found: Policy = settings.LEDGER_POLICY
    return replace(found, logs=(Log(succession.signer().verifier),))
