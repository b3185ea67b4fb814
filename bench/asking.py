"""Asking for pages inside the process: the whole request cycle without the network."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client

    from twofold.people.models import Person

WARM_UP = 10


@dataclass(frozen=True)
class Asked:
    """Server times of one page in milliseconds, and how many queries one request made."""

    timings_ms: list[float]
    queries: int


def client_of(person: Person) -> Client:
    """Return a client that is signed in as a person."""
    from django.conf import settings
    from django.test import Client

    from twofold.cli import static

    static.collect()
    if "testserver" not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append("testserver")
    client = Client()
    client.force_login(person)
    return client


def ask(client: Client, path: str, rounds: int) -> Asked:
    """Ask for a page many times.

    Raises:
        RuntimeError: it answers anything but 200.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    _ask_once(client, path)
    with CaptureQueriesContext(connection) as captured:
        _ask_once(client, path)
        # Each later request empties the list, so it is counted here.
        queries = len(captured)
    timings = [_ask_once(client, path) for _ in range(WARM_UP + rounds)]
    return Asked(timings[WARM_UP:], queries)


def _ask_once(client: Client, path: str) -> float:
    began = time.perf_counter()
    response = client.get(path)
    elapsed = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise RuntimeError(f"{path} answered {response.status_code}.")
    return elapsed
