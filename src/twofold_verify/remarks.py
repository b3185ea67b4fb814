"""What is worth saying of a bundle and decides nothing, as nothing vouches for it either way."""

from collections.abc import Iterator
from importlib.resources import files

from twofold_verify import policy as policies
from twofold_verify.bundle import BundleSource
from twofold_verify.bundle.layout import PROGRAM
from twofold_verify.policy import Policy, PolicyError
from twofold_verify.source import SourceError


def remarks(source: BundleSource, policy: Policy | None) -> Iterator[str]:
    """Yield sentences about what the bundle says of itself, beside what was given.

    Args:
        source: the bundle.
        policy: the one that was given; None: none was.
    """
    try:
        yield from _policy(source.policy(), policy)
        program = source.program()
    except SourceError:
        # The verification names what cannot be read.
        return
    if program is not None and program != files("twofold_verify").joinpath(PROGRAM).read_bytes():
        yield (
            f"{PROGRAM} is not the one that this verifier carries: take it from where you trust it."
        )


def _policy(stated: str, given: Policy | None) -> Iterator[str]:
    if not stated:
        return
    try:
        found = policies.parse(stated)
    except PolicyError as refusal:
        yield f"The policy in the bundle cannot be read: {refusal}"
        return
    if given is not None and _decisive(found) != _decisive(given):
        yield "The policy in the bundle is not the one that you gave, which alone was applied."
    elif given is None and found.witnesses:
        yield "Witnesses were not looked at: give the policy that you pinned with --policy."


def _decisive(policy: Policy) -> tuple[object, ...]:
    """Return whom a policy trusts, without where they are asked."""
    return (
        {str(log.key) for log in policy.logs},
        {(witness.name, str(witness.key)) for witness in policy.witnesses},
        policy.groups,
        policy.quorum,
    )
