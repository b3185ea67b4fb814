"""Refusals of the ledger."""


class LedgerError(Exception):
    """An entry cannot be written or signed; nothing was changed."""

    code = "ledger"
