"""How often signing in may fail: guessing passwords becomes slow, for one address and for many.

Failures are counted in the cache under digests, so that no e-mail address is kept. A count ends
`PAUSE_S` after the last failure that it holds; what is refused for too many is not counted again.
"""

import hashlib

from django.core.cache import cache

PAUSE_S = 15 * 60
#: Of one person from one address, of one person from everywhere, of one address for all persons.
HERE, EVERYWHERE, ADDRESS = 10, 25, 100


def is_closed(email: str, address: str) -> bool:
    """Return whether so many sign-ins failed that no further one is looked at."""
    limits = _limits(email, address)
    return any(count >= limits[key] for key, count in cache.get_many(limits).items())


def count_failure(email: str, address: str) -> None:
    """Count a sign-in that failed."""
    for key in _limits(email, address):
        cache.set(key, cache.get(key, 0) + 1, PAUSE_S)


def forget(email: str, address: str) -> None:
    """Begin again at zero for a person who signed in from this address."""
    cache.delete(_key("here", email, address))


def _limits(email: str, address: str) -> dict[str, int]:
    return {
        _key("here", email, address): HERE,
        _key("everywhere", email): EVERYWHERE,
        _key("address", address): ADDRESS,
    }


def _key(*parts: str) -> str:
    whole = "\n".join(part.casefold() for part in parts)
    return f"sign-in:{hashlib.sha256(whole.encode()).hexdigest()}"
