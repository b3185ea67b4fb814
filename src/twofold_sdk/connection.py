"""Requests to the server: the token, the time-out, attempts and pauses, and reading the answer."""

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from twofold_sdk.errors import ApiError, FieldError, Unreachable

_T = TypeVar("_T")
_BUSY = frozenset({429, 502, 503, 504})
# Answers and failures after which the request surely was not carried out.
_TURNED_AWAY = frozenset({429, 503})
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_PIECE_BYTES = 1 << 20
#: A server that stores files more slowly is taken for one that does not answer.
_SLOWEST_BYTES_PER_S = 5_000_000
# Asks the operating system, so that forked processes do not pause in step.
_chance = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a request is tried and how long to pause between.

    Attributes:
        attempts: the most there are, the first counted.
        first_s: longest pause after the first; it doubles each time.
        longest_s: no pause is longer, not even one that the server asks for.
    """

    attempts: int = 6
    first_s: float = 0.25
    longest_s: float = 10.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_s < 0 or self.longest_s < 0:
            raise ValueError("A request is tried at least once and pauses are not negative.")

    def pause_s(self, attempt: int, *, asked_s: float = 0.0) -> float:
        """Return seconds to pause after an attempt (1 for the first): half of it is chance."""
        longest_s = min(self.longest_s, self.first_s * 2.0 ** (attempt - 1))
        return min(self.longest_s, max(asked_s, longest_s * _chance.uniform(0.5, 1.0)))


class FileBody:
    """A file as the body of a request, read piece by piece and again for each attempt.

    Attributes:
        size: its bytes, counted when this is made.
    """

    def __init__(self, path: Path) -> None:
        """Take the path of a file; raise OSError when there is none that can be read."""
        self._path = path
        self.name = path.name
        with path.open("rb") as file:
            self.size = file.seek(0, os.SEEK_END)

    @property
    def headers(self) -> dict[str, str]:
        """What is said of the body."""
        return {"Content-Length": str(self.size), "Content-Type": "application/octet-stream"}

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                yield piece


class BytesBody:
    """Bytes that a program holds as the body of a request, under the name that they would have."""

    def __init__(self, data: bytes, name: str) -> None:
        if not name:
            raise ValueError("Bytes have no name: give the file_name that they are kept under.")
        self._data = data
        self.name = name
        self.size = len(data)

    @property
    def headers(self) -> dict[str, str]:
        """What is said of the body."""
        return {"Content-Length": str(self.size), "Content-Type": "application/octet-stream"}

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, self.size, _PIECE_BYTES):
            yield self._data[start : start + _PIECE_BYTES]


def body_of(file: Path | str | bytes, file_name: str) -> FileBody | BytesBody:
    """Return a file by its path, or bytes under a name, as the body of a request.

    Raises:
        OSError: the file cannot be read.
        ValueError: bytes were given without a name.
    """
    return BytesBody(file, file_name) if isinstance(file, bytes) else FileBody(Path(file))


class Connection:
    """Sends requests to one server with one token; threads may share it."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float,
        retry: Retry,
        transport: httpx.BaseTransport | None,
    ) -> None:
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"The address of the server begins with https:// or http://: {url!r}")
        self._retry = retry
        self._timeout_s = timeout_s
        self._http = httpx.Client(
            base_url=url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}", "User-Agent": "twofold-sdk"},
            timeout=timeout_s,
            transport=transport,
        )

    def ask(
        self,
        method: str,
        path: str,
        read: Callable[[Any], _T],
        *,
        repeatable: bool = True,
        **parts: Any,
    ) -> _T:
        """Send a request, again if need be, and return what `read` makes of the JSON answer.

        Args:
            method: of HTTP.
            path: below the API's own, such as `/alerts`.
            read: takes the decoded answer; what does not fit raises KeyError, TypeError or
                ValueError.
            repeatable: whether doing it twice is the same as doing it once. If not, it is sent
                again only when it surely was not carried out.
            parts: what httpx takes for the query and the body.

        Raises:
            ApiError: the server refused, or its answer is not one of the API.
            Unreachable: no answer came.
        """
        attempt = 1
        while True:
            last = attempt >= self._retry.attempts
            asked_s = 0.0
            try:
                response = self._http.request(method, path, **parts)
            except httpx.RequestError as failure:
                if last or not (repeatable or isinstance(failure, _NEVER_SENT)):
                    raise self._unreachable(attempt, failure) from failure
            else:
                if last or response.status_code not in (_BUSY if repeatable else _TURNED_AWAY):
                    return _answer(response, read)
                asked_s = _asked_s(response)
            time.sleep(self._retry.pause_s(attempt, asked_s=asked_s))
            attempt += 1

    def timeout_for(self, size: int) -> httpx.Timeout:
        """Return how long each wait of a request with so many bytes of body may take.

        The answer comes when the server has stored them, so it is waited for longer.
        """
        return httpx.Timeout(self._timeout_s, read=self._timeout_s + size / _SLOWEST_BYTES_PER_S)

    def close(self) -> None:
        """Close the sockets."""
        self._http.close()

    def _unreachable(self, attempt: int, failure: httpx.RequestError) -> Unreachable:
        reason = str(failure) or type(failure).__name__
        return Unreachable(f"{self._http.base_url} gave no answer (attempt {attempt}): {reason}")


def _asked_s(response: httpx.Response) -> float:
    """Return the seconds of a Retry-After header; 0 for none and for a date."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isdecimal() else 0.0


def _answer(response: httpx.Response, read: Callable[[Any], _T]) -> _T:
    if not response.is_success:
        raise _problem(response)
    try:
        return read(response.json())
    except (KeyError, TypeError, ValueError) as fault:
        raise ApiError(
            response.status_code,
            f"{response.url} did not answer as Twofold does: is the address right?",
        ) from fault


def _problem(response: httpx.Response) -> ApiError:
    """Return the problem document as an error; a proxy in between may have sent something else."""
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict) or "detail" not in document:
        return ApiError(response.status_code, response.reason_phrase or "no reason given")
    errors = document.get("errors")
    return ApiError(
        response.status_code,
        str(document["detail"]),
        [
            FieldError(str(error.get("field", "")), str(error.get("reason", "")))
            for error in (errors if isinstance(errors, list) else [])
            if isinstance(error, dict)
        ],
    )
