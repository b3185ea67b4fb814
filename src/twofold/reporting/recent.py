"""The few most recent of something that is costly to make: kept in memory, each made once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


class Recent(Generic[_Key, _Value]):
    """Values by key; what was asked for longest ago makes room.

    Whoever asks for a value that is being made waits for it; everybody else does not.
    """

    def __init__(self, most: int) -> None:
        """Keep at most so many."""
        self._most = most
        self._kept: OrderedDict[_Key, Future[_Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: _Key, make: Callable[[], _Value]) -> _Value:
        """Return the value of a key, made where there is none yet; a failure is not kept."""
        promised: Future[_Value] = Future()
        with self._lock:
            found = self._kept.setdefault(key, promised)
            self._kept.move_to_end(key)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        if found is not promised:
            return found.result()
        try:
            promised.set_result(make())
        except BaseException as failure:
            with self._lock:
                if self._kept.get(key) is promised:
                    del self._kept[key]
            promised.set_exception(failure)
            raise
        return promised.result()

    def forget(self) -> None:
        """Let go of everything that is kept."""
        with self._lock:
            self._kept.clear()
