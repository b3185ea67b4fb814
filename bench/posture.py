"""Milliseconds of server time of the posture page over the demonstration organisation."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from asking import ask, client_of
from harness import Figure, median, percentile

ROUNDS = 200


def run() -> list[Figure]:
    """Play the demonstration into a throw-away folder, then ask for the page many times."""
    with tempfile.TemporaryDirectory(prefix="twofold-bench-") as folder:
        began = time.perf_counter()
        _play(folder)
        played_s = round(time.perf_counter() - began, 1)
        timings, queries = _ask(folder)
    size = f"demonstration organisation, {ROUNDS} requests, {queries} queries each, SQLite"
    return [
        Figure("posture.demo.server_ms", round(median(timings), 2), "ms", f"{size}, median"),
        Figure("posture.demo.p95_ms", round(percentile(timings, 0.95), 2), "ms", f"{size}, p95"),
        Figure("demo.play.s", played_s, "s", "the whole demonstration on an empty installation"),
    ]


def _play(folder: str) -> None:
    command = [str(Path(sys.executable).parent / "twofold"), "demo"]
    subprocess.run(
        command, check=True, env={**os.environ, "TWOFOLD_DATA": folder}, stdout=subprocess.DEVNULL
    )


def _ask(folder: str) -> tuple[list[float], int]:
    os.environ["TWOFOLD_DATA"] = folder
    os.environ["DJANGO_SETTINGS_MODULE"] = "twofold.config.settings"
    import django

    django.setup()
    from twofold.people.models import Person, Role

    lead = Person.objects.filter(assignments__role=Role.GOVERNANCE_LEAD).first()
    found = ask(client_of(lead), "/", ROUNDS)
    return found.timings_ms, found.queries
