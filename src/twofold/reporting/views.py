"""What readers of a part of the organisation are told: sums of their own, changed one by one."""

from collections.abc import Callable, Iterator

from twofold.domain.readiness import Readiness, ScopeState, Tally
from twofold.reporting.shelves import Sight

#: So many sights of readers are kept; those who hold the same roles share one.
MOST = 40


class View:
    """The sums by control over the scopes that count for one sight, and what follows from them."""

    def __init__(self) -> None:
        """Begin with no scope."""
        self.tallies: dict[str, Tally] = {}
        self.readiness: dict[str, Readiness] = {}
        self._states: dict[str, tuple[str, ScopeState]] = {}

    def put(self, key: str, control: str, state: ScopeState | None) -> None:
        """Count an implementation as it stands now, in place of how it stood; None: not at all."""
        before = self._states.pop(key, None)
        if before is not None:
            self.tallies[before[0]].remove(before[1])
        if state is not None:
            self._states[key] = (control, state)
            self.tallies.setdefault(control, Tally()).add(state)


class Views:
    """Views by sight; what was asked for longest ago makes room."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: dict[Sight, View] = {}

    def of(self, sees: Sight, made: Callable[[Sight], View]) -> View:
        """Return the view of a sight, made where there is none yet."""
        found = self._kept.pop(sees, None) or made(sees)
        self._kept[sees] = found
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]
        return found

    def __iter__(self) -> Iterator[tuple[Sight, View]]:
        """Yield every sight with its view."""
        return iter(self._kept.items())

    def forget(self) -> None:
        """Let go of all."""
        self._kept.clear()
