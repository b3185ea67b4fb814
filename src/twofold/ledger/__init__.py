"""The ledger: every change as an entry of a Merkle log that others can verify.

It is the lowest floor with tables: it names actors and subjects by text alone and knows nobody
above it. Contexts above append through `actions`; nothing but this package touches its tables.
"""
