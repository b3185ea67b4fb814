"""What becomes of logged events when a client is closed, or the program around it ends."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_stand_in import TOKEN, ApiStandIn

import twofold_sdk
from twofold_sdk import Buffering, Client, DeliveryError, TwofoldError

AT = datetime(2026, 3, 1, tzinfo=UTC)
#: Sends nothing by itself within the time of a test.
PATIENT = Buffering(batch_events=1_000, batch_age_s=60, block_s=0.1)


def numbers(api: ApiStandIn) -> list[object]:
    return [event["values"]["n"] for event in api.events.values()]


def test_leaving_the_client_delivers_what_was_logged(api: ApiStandIn) -> None:
    with Client(api.url, TOKEN) as client:
        client.system("loans", buffering=PATIENT).log({"n": 1}, AT)
        client.system("cards", buffering=PATIENT).log({"n": 2}, AT)
    assert sorted(map(str, numbers(api))) == ["1", "2"]


def test_closed_system_takes_nothing_in(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=PATIENT)
    loans.log({"n": 1}, AT)
    loans.close()
    loans.close()
    with pytest.raises(TwofoldError, match="The client is closed"):
        loans.log({"n": 2}, AT)
    assert numbers(api) == [1]
    assert "twofold-log" not in {thread.name for thread in threading.enumerate()}


def test_closing_releases_who_waits_for_room(api: ApiStandIn, client: Client) -> None:
    settings = Buffering(batch_events=1, capacity_events=1, block_s=30)
    loans = client.system("loans", buffering=settings)
    api.open.clear()
    loans.log({"n": 1}, AT)
    refusals: list[TwofoldError] = []

    def log_more() -> None:
        try:
            loans.log({"n": 2}, AT)
        except TwofoldError as refusal:
            refusals.append(refusal)

    waiting = threading.Thread(target=log_more)
    waiting.start()
    closing = threading.Thread(target=loans.close)
    waiting.join(0.1)
    closing.start()
    waiting.join(5)
    assert [str(refusal) for refusal in refusals] == [
        "The client is closed: nothing can be logged any more."
    ]
    api.open.set()
    closing.join(5)
    assert numbers(api) == [1]


def test_closing_without_delivery_raises_and_still_gives_the_events_out(api: ApiStandIn) -> None:
    client = Client(api.url, TOKEN)
    loans = client.system("loans", buffering=PATIENT)
    cards = client.system("cards", buffering=PATIENT)
    loans.log({"age": "old"}, AT)
    cards.log({"n": 2}, AT)
    with pytest.raises(DeliveryError, match="1 logged events"):
        client.close()
    assert numbers(api) == [2]
    with pytest.raises(DeliveryError, match="1 logged events"):
        loans.flush()
    assert [event.values for event in loans.take_undelivered()] == [{"age": "old"}]
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.posture()


_PROGRAM = """
import os, sys
from twofold_sdk import Buffering, Client, Retry
client = Client(sys.argv[1], sys.argv[2], retry=Retry(attempts=1))
loans = client.system("loans", buffering=Buffering(batch_age_s=60))
"""


def run_program(api: ApiStandIn, rest: str) -> subprocess.CompletedProcess[str]:
    source = Path(twofold_sdk.__file__).parent.parent
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM + rest, api.url, TOKEN],
        env={"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_program_that_just_ends_delivers_what_it_logged(api: ApiStandIn) -> None:
    ended = run_program(api, 'loans.log({"n": 1})')
    assert (ended.returncode, ended.stderr) == (0, "")
    assert numbers(api) == [1]


def test_program_that_ends_without_delivery_says_so(api: ApiStandIn) -> None:
    ended = run_program(api, 'loans.log({"age": "old"})')
    assert "logged events are lost with it" in ended.stderr
    assert "1 logged events are not delivered" in ended.stderr


def test_forked_process_delivers_what_it_logs(api: ApiStandIn) -> None:
    ended = run_program(
        api,
        """
loans.log({"n": 1})
loans.flush()
if os.fork() == 0:
    loans.log({"n": 2})
    loans.flush()
    os._exit(0)
os.wait()
loans.log({"n": 3})
client.close()
""",
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert numbers(api) == [1, 2, 3]
