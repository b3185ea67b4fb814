"""Bundles: a ledger, or one record of it, as files that an auditor takes away and verifies.

`write` makes one from any source and `write_record` one of a record; `BundleSource` reads either
for `verify_bundle`. Where the parts lie stands in `layout`.

The manifest names every other file with its SHA-256. It is not signed and proves nothing: it tells
a file that was lost or damaged on the way from one that was never there.
"""

from twofold_verify.bundle.disclosed import NOTHING, Disclosed
from twofold_verify.bundle.reading import BundleSource
from twofold_verify.bundle.verification import verify_bundle
from twofold_verify.bundle.writing import OneRecord, write, write_record

__all__ = [
    "NOTHING",
    "BundleSource",
    "Disclosed",
    "OneRecord",
    "verify_bundle",
    "write",
    "write_record",
]
