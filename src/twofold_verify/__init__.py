"""Proof arithmetic, formats and the offline verifier of a Twofold ledger.

The package needs the standard library, `cryptography` and `rfc3161-client` alone, so that an
auditor can read all of it and run it on a machine that never saw the server. It stands below
everything: the server imports it to write what it later checks, and it knows nothing of the server.
"""
