"""The manifest of a bundle: what it holds, how many of each, and the SHA-256 of every file.

Written and read by `bundle` alone. Nothing in it is believed: counts say which files to look for,
and digests tell that a file changed since the bundle was made.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twofold_verify.archive import is_plain
from twofold_verify.source import SourceError

FORMAT = "twofold-bundle/1"
#: Of a bundle of one record.
RECORD_FORMAT = "twofold-record/1"
NAME = "manifest.json"
#: About a hundred bytes a file, and two files for 256 entries: enough for a hundred million.
MAX_BYTES = 128 << 20


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself.

    Attributes:
        includes: names of the parts that were not left out.
        entries: number of entries in the entry bundles.
        hashes: number of hashes in the level-0 tiles.
        parts: hex SHA-256 of each file, by name.
        subject: ledger name of the record that the bundle is of; blank for the whole log.
    """

    includes: frozenset[str]
    entries: int
    hashes: int
    parts: Mapping[str, str]
    subject: str = ""


def parse(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        SourceError: it is not one of this format, or names a file that leads out of the bundle.
    """
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as refusal:
        raise SourceError(f"{NAME} is not JSON.") from refusal
    if not isinstance(value, dict) or value.get("format") not in (FORMAT, RECORD_FORMAT):
        raise SourceError(f"{NAME} is not of the format {FORMAT} or {RECORD_FORMAT}.")
    subject: Any = value.get("subject", "")
    if not isinstance(subject, str) or bool(subject) != (value["format"] == RECORD_FORMAT):
        raise SourceError(f"{NAME} does not say which record it is of.")
    counts: Any = value.get("counts")
    parts: Any = value.get("parts")
    includes: Any = value.get("includes")
    if not isinstance(counts, dict) or not _is_digests(parts) or not _is_names(includes):
        raise SourceError(f"{NAME} lacks its counts, parts or includes.")
    entries, hashes = _count(counts, "entries"), _count(counts, "hashes")
    return Manifest(frozenset(includes), entries, hashes, parts, subject)


def _count(counts: Mapping[str, Any], name: str) -> int:
    count = counts.get(name)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise SourceError(f"{NAME} does not say how many {name} there are.")
    return count


def _is_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_digests(value: object) -> bool:
    return isinstance(value, dict) and all(
        is_plain(name) and isinstance(digest, str) for name, digest in value.items()
    )
