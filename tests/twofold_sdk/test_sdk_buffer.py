import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest
from api_stand_in import TOKEN, Answer, ApiStandIn, problem

from twofold_sdk import (
    ApiError,
    BufferFull,
    Buffering,
    Client,
    DeliveryError,
    Event,
    EventError,
    Retry,
    Unreachable,
)

AT = datetime(2026, 3, 1, tzinfo=UTC)
#: Sends nothing by itself within the time of a test.
PATIENT = Buffering(batch_events=1_000, batch_age_s=60, block_s=0.1)


def eventually(found: Callable[[], bool], *, within_s: float = 5.0) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if found():
            return True
        time.sleep(0.005)
    return False


def numbers(api: ApiStandIn) -> list[object]:
    return [event["values"]["n"] for event in api.events.values()]


def test_logged_events_arrive_in_order_when_flushed(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", version="2", buffering=PATIENT)
    for n in range(900):
        loans.log({"n": n}, AT)
    loans.flush()
    assert numbers(api) == list(range(900))
    assert len(api.requests) == 1
    assert api.requests[0].query == {"version": ["2"]}


def test_full_batch_is_sent_without_being_asked_for(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=3, batch_age_s=60))
    for n in range(2):
        loans.log({"n": n}, AT)
    assert not api.arrived.acquire(timeout=0.1)
    loans.log({"n": 2}, AT)
    assert eventually(lambda: numbers(api) == [0, 1, 2])
    assert len(api.requests) == 1


def test_backlog_is_sent_in_requests_that_the_server_takes(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=1, batch_age_s=60))
    api.open.clear()
    loans.log({"n": 0}, AT)
    assert api.arrived.acquire(timeout=5)
    for n in range(1, 12_000):
        loans.log({"n": n}, AT)
    api.open.set()
    loans.flush()
    assert numbers(api) == list(range(12_000))
    assert [len(request.document["events"]) for request in api.requests] == [1, 10_000, 1_999]


def test_event_waits_no_longer_than_its_age(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=1_000, batch_age_s=0.3))
    began = time.monotonic()
    loans.log({"n": 1}, AT)
    assert eventually(lambda: len(api.events) == 1)
    assert time.monotonic() - began >= 0.3


def test_large_events_are_flushed_in_several_requests(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=PATIENT)
    for n in range(5):
        loans.log({"n": n, "text": "x" * 3_000_000}, AT)
    loans.flush()
    assert numbers(api) == [0, 1, 2, 3, 4]
    assert all(len(request.body) <= 8 * 1024 * 1024 for request in api.requests)


def test_time_of_logging_is_the_default_and_time_and_id_can_be_given(
    api: ApiStandIn, client: Client
) -> None:
    loans = client.system("loans", buffering=PATIENT)
    before = datetime.fromtimestamp(time.time(), UTC)
    loans.log({"n": 1})
    loans.log({"n": 2}, AT, "decision-2")
    after = datetime.fromtimestamp(time.time(), UTC)
    loans.flush()
    first, second = api.events.values()
    assert before <= datetime.fromisoformat(first["at"]) <= after
    assert (second["id"], second["at"]) == ("decision-2", "2026-03-01T00:00:00+00:00")


def test_logging_does_not_wait_for_the_server_and_flushing_does(
    api: ApiStandIn, client: Client
) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=1))
    api.open.clear()
    for n in range(100):
        loans.log({"n": n}, AT)
    assert api.arrived.acquire(timeout=5)
    flushing = threading.Thread(target=loans.flush)
    flushing.start()
    flushing.join(0.2)
    assert flushing.is_alive()
    assert api.events == {}
    api.open.set()
    flushing.join(10)
    assert sorted(map(int, map(str, numbers(api)))) == list(range(100))


def test_values_may_change_after_logging(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=PATIENT)
    values: dict[str, object] = {"n": 1}
    loans.log(values, AT)
    values["n"] = 2
    loans.flush()
    assert numbers(api) == [1]


def test_event_that_cannot_be_sent_is_refused_at_once(client: Client) -> None:
    loans = client.system("loans", buffering=PATIENT)
    with pytest.raises(EventError, match=r"^values\.rate: inf"):
        loans.log({"rate": float("inf")}, AT)
    with pytest.raises(EventError, match="time zone"):
        loans.log({"rate": 1}, AT.replace(tzinfo=None))
    loans.flush()


def test_events_of_many_threads_arrive_once_each(api: ApiStandIn, client: Client) -> None:
    settings = Buffering(batch_events=50, batch_age_s=0.01, capacity_events=100)
    loans = client.system("loans", buffering=settings)

    def work(start: int) -> None:
        for n in range(start, start + 500):
            loans.log({"n": n}, AT)
        loans.flush()

    threads = [threading.Thread(target=work, args=(place * 500,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [one["id"] for request in api.requests for one in request.document["events"]]
    assert len(sent) == len(set(sent)) == 2_000
    assert sorted(map(int, map(str, numbers(api)))) == list(range(2_000))


def test_refused_events_stay_and_flush_says_why(
    api: ApiStandIn, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    loans = client.system("loans", buffering=PATIENT)
    for age in (1, "old", 3):
        loans.log({"age": age}, AT)
    for _ in range(2):
        with pytest.raises(DeliveryError, match=r"^3 logged events.*values\.age") as refusal:
            loans.flush()
        assert refusal.value.undelivered == 3
        assert isinstance(refusal.value.__cause__, ApiError)
        assert refusal.value.__cause__.errors[0].field == "events[1].values.age"
    assert "3 logged events are not delivered: 422" in caplog.text
    left = loans.take_undelivered()
    assert [event.values for event in left] == [{"age": 1}, {"age": "old"}, {"age": 3}]
    assert {event.at for event in left} == {AT}
    del left[1]
    assert loans.send(left).accepted == 2
    assert set(api.events) == {event.id for event in left}


def test_after_taking_the_refused_events_the_next_are_delivered(
    api: ApiStandIn, client: Client
) -> None:
    loans = client.system("loans", buffering=PATIENT)
    loans.log({"age": "old"}, AT)
    with pytest.raises(DeliveryError):
        loans.flush()
    assert len(loans.take_undelivered()) == 1
    assert loans.take_undelivered() == []
    loans.log({"age": 41}, AT)
    loans.flush()
    assert len(api.events) == 1


def test_after_a_refusal_nothing_is_tried_until_flushed(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=1, batch_age_s=0))
    api.script.append(problem(403, "You hold no role."))
    loans.log({"n": 1}, AT)
    assert eventually(lambda: len(api.requests) == 1)
    time.sleep(0.1)
    loans.log({"n": 2}, AT)
    time.sleep(0.1)
    assert len(api.requests) == 1
    loans.flush()
    assert numbers(api) == [1, 2]


def test_after_an_outage_events_are_delivered_without_being_asked_for(
    api: ApiStandIn, client: Client
) -> None:
    api.script.extend([Answer(503)] * 10)
    loans = client.system("loans", buffering=Buffering(batch_events=1, batch_age_s=0))
    loans.log({"n": 1}, AT)
    assert eventually(lambda: len(api.events) == 1)
    loans.flush()
    assert len(api.requests) == 11


def test_outage_is_told_by_flush_and_passes(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=PATIENT)
    api.script.extend([Answer(hang_up=True)] * 4)
    loans.log({"n": 1}, AT)
    with pytest.raises(DeliveryError) as refusal:
        loans.flush()
    assert isinstance(refusal.value.__cause__, Unreachable)
    loans.log({"n": 2}, AT)
    loans.flush()
    # The first had arrived although no answer came back, and still counts once.
    assert numbers(api) == [1, 2]


def test_full_buffer_refuses_after_waiting_for_room(api: ApiStandIn, client: Client) -> None:
    settings = Buffering(batch_events=2, batch_age_s=60, capacity_events=3, block_s=0.2)
    loans = client.system("loans", buffering=settings)
    api.script.append(problem(403, "You hold no role."))
    for n in range(3):
        loans.log({"n": n}, AT)
    assert eventually(lambda: len(api.requests) == 1)
    began = time.monotonic()
    with pytest.raises(BufferFull, match="3 events wait already") as refusal:
        loans.log({"n": 3}, AT)
    assert time.monotonic() - began >= 0.2
    assert isinstance(refusal.value.__cause__, ApiError)
    loans.flush()
    assert numbers(api) == [0, 1, 2]


def test_logging_goes_on_as_soon_as_there_is_room(api: ApiStandIn, client: Client) -> None:
    settings = Buffering(batch_events=2, capacity_events=2, block_s=30)
    loans = client.system("loans", buffering=settings)
    api.open.clear()
    for n in range(2):
        loans.log({"n": n}, AT)
    logging_more = threading.Thread(target=lambda: loans.log({"n": 2}, AT))
    logging_more.start()
    logging_more.join(0.2)
    assert logging_more.is_alive()
    api.open.set()
    logging_more.join(5)
    assert not logging_more.is_alive()
    loans.flush()
    assert numbers(api) == [0, 1, 2]


def test_buffer_is_bounded_in_bytes_too(api: ApiStandIn, client: Client) -> None:
    settings = Buffering(batch_age_s=60, capacity_bytes=1_000, block_s=0.05)
    loans = client.system("loans", buffering=settings)
    loans.log({"n": 0, "text": "x" * 2_000}, AT)
    with pytest.raises(BufferFull, match="1 events wait already"):
        loans.log({"n": 1}, AT)
    loans.flush()
    for n in (1, 2):
        loans.log({"n": n}, AT)
    loans.flush()
    assert numbers(api) == [0, 1, 2]


def test_taking_waits_for_the_request_that_is_under_way(api: ApiStandIn, client: Client) -> None:
    loans = client.system("loans", buffering=Buffering(batch_events=2, batch_age_s=60))
    api.open.clear()
    for n in range(2):
        loans.log({"n": n}, AT)
    assert api.arrived.acquire(timeout=5)
    loans.log({"n": 2}, AT)
    taken: list[Event] = []
    taking = threading.Thread(target=lambda: taken.extend(loans.take_undelivered()))
    taking.start()
    taking.join(0.1)
    assert taking.is_alive()
    api.open.set()
    taking.join(5)
    assert [event.values for event in taken] == [{"n": 2}]
    assert numbers(api) == [0, 1]


def test_failure_that_nobody_foresaw_is_told_by_flush() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise RuntimeError("A fault of the transport.")

    client = Client("http://127.0.0.1:9", TOKEN, transport=httpx.MockTransport(answer))
    loans = client.system("loans", buffering=PATIENT)
    loans.log({"n": 1}, AT)
    with pytest.raises(DeliveryError, match="A fault of the transport"):
        loans.flush()
    assert len(loans.take_undelivered()) == 1
    client.close()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Buffering(batch_events=0),
        lambda: Buffering(batch_events=10_001),
        lambda: Buffering(batch_events=10, capacity_events=9),
        lambda: Buffering(batch_age_s=-1),
        lambda: Buffering(block_s=-1),
        lambda: Buffering(capacity_bytes=0),
    ],
)
def test_impossible_buffering_is_refused(make: Callable[[], Buffering]) -> None:
    with pytest.raises(ValueError, match="buffer"):
        make()


def test_token_is_in_no_message(
    api: ApiStandIn, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    loans = client.system("loans", buffering=PATIENT)
    loans.log({"age": "old"}, AT)
    with pytest.raises(DeliveryError) as refusal:
        loans.flush()
    loans.take_undelivered()
    assert TOKEN not in caplog.text
    assert TOKEN not in f"{refusal.value!r}{client!r}{loans!r}"
    with Client("http://127.0.0.1:9", TOKEN, retry=Retry(attempts=1)) as other:
        with pytest.raises(Unreachable) as unreachable:
            other.posture()
        assert TOKEN not in str(unreachable.value)
