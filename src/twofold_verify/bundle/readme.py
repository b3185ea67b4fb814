"""The read-me of a bundle: what it holds, and the commands that check it, ours and others'."""

import shlex
from collections.abc import Sequence

from twofold_verify.bundle import layout
from twofold_verify.checkpoint import Checkpoint

_WHOLE = """# A bundle of a Twofold ledger

The log `{origin}` with {size} entries, as exported at {at}.

| File | What it is |
|---|---|
| `checkpoint`, `checkpoint.txt` | what the log signs: its size and root; the signed text alone |
| `tile/`, `tile/entries/` | the hashes of the tree and all entries (C2SP tlog-tiles) |
{common}
"""
_RECORD = """# A bundle of one record of a Twofold ledger

All entries of `{subject}`, and of what belongs to it, from the log `{origin}` with {size} entries,
as exported at {at}. It shows that what is here stands in the log, unaltered, and that nothing is
left out between. **It does not show that the log holds nothing else of the record**, such as a
later entry: a bundle of the whole log shows that.

| File | What it is |
|---|---|
| `checkpoint`, `checkpoint.txt` | what the log signs: its size and root; the signed text alone |
| `entry/`, `proof/` | each entry, and the proof that it is in the log (C2SP tlog-proof) |
{common}
"""
_COMMON = """| `rotations/` | changes of the log's key, signed by the old and the new one |
| `cosigned/` | checkpoints with the cosignatures of witnesses (C2SP tlog-cosignature) |
| `stamps/` | time stamps (RFC 3161), each with the checkpoint that it is of |
| `policy` | whom the log's owner trusts: compare it with yours, never take it from here |
| `revisions.ndjson` | the state of a record after each of its changes |
| `live.ndjson` | the state of each record as it stood in its table |
| `blobs/` | stored files by the SHA-256 that the entries commit to; encrypted |
| `openings.ndjson` | value and salt behind commitments to personal columns, for you alone |
| `content/` | files in clear, by the SHA-256 that such an opening names |
| `manifest.json` | all files with their SHA-256; not signed, it proves nothing |
| `independent/check.go` | a checker that shares no code with Twofold |
"""
_PREPARATION = """## Before you begin

A .zip has to be unpacked first. The commands are for a shell in this folder. Set what was given to
you **by other means than this bundle**; what a bundle says of its own key proves nothing:

    KEY=...        the log's public key, in the form name+id+base64
    KEPT=...       a file with a checkpoint of this log that you kept from before
    TSA_ROOT=...   the root certificate of the time stamp authority, in PEM
    POLICY=...     a file with the policy that you pinned: log, witnesses, quorum

## With Twofold's own verifier

It is a small package of its own, `twofold-verify`, without the server. Exit status 0: sound; 1:
tampered with; 2: incomplete.

```sh
{own}
```
"""
_KEPT = """
Does the log continue the checkpoint that you kept?

```sh kept
twofold-verify . --key "$KEY" --checkpoint "$KEPT"{root}
```
"""
_POLICY = """
Did the quorum of your policy cosign it?

```sh policy
twofold-verify . --key "$KEY" --policy "$POLICY"{root}
```
"""
_OTHERS = """
## Without any program of ours

The signatures, the tree{and_more} are checked by the packages that the Go project checks its own
module database with, `golang.org/x/mod/sumdb/note` and `.../tlog`. On Debian:

```sh install
apt-get install golang-go golang-golang-x-mod-dev openssl
```

Read `independent/check.go`, or take it from where you trust it, and run it:

```sh
GO111MODULE=off GOPATH=/usr/share/gocode go run independent/check.go -key "$KEY" .
```
"""
_OTHERS_KEPT = """
```sh kept
GO111MODULE=off GOPATH=/usr/share/gocode go run independent/check.go -key "$KEY" -kept "$KEPT" .
```
"""
_STAMPS = """
A time stamp says that the text of a checkpoint was there at a time. `openssl` checks each:

```sh stamps
for stamp in stamps/*.tsr; do
  openssl ts -verify -in "$stamp" -data "${{stamp%.tsr}}.txt" \\
    -CAfile "$TSA_ROOT" -untrusted stamps/chain.pem || exit 1
  sed '/^$/,$d' "${{stamp%.tsr}}.checkpoint" | cmp - "${{stamp%.tsr}}.txt" || exit 1
done
```

When was the newest made?

```sh stamps
openssl ts -reply -in {newest}.tsr -text
```
"""
_STAMPS_OF_LOG = """
Is the stamped checkpoint one of this log?

```sh stamps
GO111MODULE=off GOPATH=/usr/share/gocode \\
  go run independent/check.go -key "$KEY" -kept {newest}.checkpoint .
```
"""
_CONTENT = """
## Is a file the one that was recorded?

The log tells the file's hash, its name and where it came from as commitments: HMAC-SHA-256 under a
salt, of the column's name, `=` and the value as JSON. `openings.ndjson` has value and salt. For
{subject}:

```sh content
sha256sum {path}
printf '%s' {told} |
  openssl dgst -sha256 -mac HMAC -macopt hexkey:{salt}
grep -F {state} live.ndjson
```

The first line has to print the file's own name, and the second the hash behind `commitment:` in the
column `sha256` of the third. The state in the third is the one whose SHA-256 stands in the newest
entry of the record.
"""


def readme(
    statement: Checkpoint,
    *,
    at_text: str,
    subject: str,
    stamps: Sequence[str],
    policy: bool,
    opened: tuple[str, str, str] | None,
) -> str:
    """Return the read-me.

    Args:
        statement: what the bundle's checkpoint says.
        at_text: when the bundle was made.
        subject: the record that it is of; blank for the whole log.
        stamps: names of its time stamps without their suffixes, the newest last.
        policy: whether it has one.
        opened: subject, content and salt of one opening, for the example; None: it has none.
    """
    root = ' --tsa-root "$TSA_ROOT"' if stamps else ""
    head = _RECORD if subject else _WHOLE
    parts = [
        head.format(
            origin=statement.origin,
            size=statement.size,
            at=at_text,
            subject=subject,
            common=_COMMON.rstrip(),
        ),
        _PREPARATION.format(own=f'twofold-verify . --key "$KEY"{root}'),
        "" if subject else _KEPT.format(root=root),
        _POLICY.format(root=root) if policy else "",
        _OTHERS.format(and_more="" if subject else ", and how it grew"),
        "" if subject else _OTHERS_KEPT,
        _STAMPS.format(newest=stamps[-1]) if stamps else "",
        _STAMPS_OF_LOG.format(newest=stamps[-1]) if stamps and not subject else "",
        _example(*opened) if opened else "",
    ]
    return "".join(parts)


def _example(subject: str, content: str, salt: str) -> str:
    return _CONTENT.format(
        subject=f"`{subject}`",
        path=layout.content_path(content),
        told=shlex.quote(f'sha256="{content}"'),
        salt=salt,
        state=shlex.quote(subject),
    )
