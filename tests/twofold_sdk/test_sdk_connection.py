import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from api_stand_in import TOKEN, Answer, ApiStandIn, problem

from twofold_sdk import ApiError, Client, Event, FieldError, Receipt, Retry, Unreachable

AT = datetime(2026, 3, 1, tzinfo=UTC)


def one_event() -> list[Event]:
    return [Event({"age": 41}, AT)]


def acknowledge(client: Client) -> object:
    return client.acknowledge("0190", "Looked at.")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_busy_server_is_asked_again_until_it_answers(
    api: ApiStandIn, client: Client, status: int
) -> None:
    api.script.extend([Answer(status), Answer(status)])
    assert client.system("loans").send(one_event()) == Receipt(1, 0)
    assert len(api.requests) == 3
    assert api.requests[0].body == api.requests[2].body


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500])
def test_refusal_is_not_asked_for_again(api: ApiStandIn, client: Client, status: int) -> None:
    api.script.append(problem(status, "No."))
    with pytest.raises(ApiError) as refusal:
        client.system("loans").send(one_event())
    assert refusal.value.status == status
    assert len(api.requests) == 1


def test_attempts_have_a_limit(api: ApiStandIn, client: Client) -> None:
    api.script.extend([Answer(503, body=b"<h1>Busy</h1>")] * 9)
    with pytest.raises(ApiError, match="503: Service Unavailable"):
        client.system("loans").send(one_event())
    assert len(api.requests) == 4


def test_answer_lost_on_the_way_does_not_count_the_event_twice(
    api: ApiStandIn, client: Client
) -> None:
    api.script.append(Answer(hang_up=True))
    assert client.system("loans").send(one_event()) == Receipt(0, 1)
    assert len(api.events) == 1


def test_slow_answer_is_a_time_out_and_tried_again(api: ApiStandIn) -> None:
    api.script.append(Answer(delay_s=0.5))
    with Client(api.url, TOKEN, timeout_s=0.15, retry=Retry(first_s=0)) as client:
        assert client.system("loans").send(one_event()) == Receipt(1, 0)
    assert len(api.requests) == 2


def test_server_that_is_not_there_is_unreachable(api: ApiStandIn) -> None:
    with (
        Client("http://127.0.0.1:9", TOKEN, retry=Retry(attempts=2, first_s=0)) as client,
        pytest.raises(Unreachable, match=r"127\.0\.0\.1:9.*no answer \(attempt 2\)"),
    ):
        client.system("loans").send(one_event())
    assert api.requests == []


def test_what_would_count_twice_is_not_sent_again_after_a_lost_answer(
    api: ApiStandIn, client: Client
) -> None:
    api.script.append(Answer(hang_up=True))
    with pytest.raises(Unreachable, match="attempt 1"):
        acknowledge(client)
    assert len(api.requests) == 1


@pytest.mark.parametrize(("status", "requests"), [(429, 4), (503, 4), (502, 1), (504, 1)])
def test_what_would_count_twice_is_sent_again_only_when_turned_away(
    api: ApiStandIn, client: Client, status: int, requests: int
) -> None:
    api.script.extend([Answer(status)] * 9)
    with pytest.raises(ApiError):
        acknowledge(client)
    assert len(api.requests) == requests


def test_what_would_count_twice_is_tried_again_when_nothing_listened() -> None:
    with (
        Client("http://127.0.0.1:9", TOKEN, retry=Retry(attempts=3, first_s=0)) as client,
        pytest.raises(Unreachable, match="attempt 3"),
    ):
        acknowledge(client)


def test_server_can_ask_for_a_longer_pause(api: ApiStandIn) -> None:
    api.script.append(Answer(429, headers={"Retry-After": "1"}))
    with Client(api.url, TOKEN, retry=Retry(first_s=0, longest_s=0.3)) as client:
        began = time.monotonic()
        client.system("loans").send(one_event())
    assert 0.3 <= time.monotonic() - began < 0.9


def test_pause_asked_for_as_a_date_is_left_to_the_client(api: ApiStandIn, client: Client) -> None:
    api.script.append(Answer(503, headers={"Retry-After": "Wed, 21 Oct 2065 07:28:00 GMT"}))
    assert client.system("loans").send(one_event()) == Receipt(1, 0)


def test_pauses_double_up_to_the_longest_and_half_of_each_is_chance() -> None:
    retry = Retry(first_s=0.5, longest_s=4)
    for attempt, longest_s in [(1, 0.5), (2, 1), (3, 2), (4, 4), (5, 4), (9, 4)]:
        pauses = [retry.pause_s(attempt) for _ in range(200)]
        assert longest_s / 2 <= min(pauses) < longest_s * 0.6
        assert longest_s * 0.9 < max(pauses) <= longest_s


def test_problem_document_tells_field_and_reason(api: ApiStandIn, client: Client) -> None:
    events = [Event({"age": age}, AT) for age in (1, 2, "old")]
    with pytest.raises(ApiError) as refusal:
        client.system("loans").send(events)
    assert refusal.value.errors == (
        FieldError("events[2].values.age", "Expected `float`, got `str`."),
    )
    assert refusal.value.detail == "Expected `float`, got `str`."
    assert str(refusal.value) == "422: Expected `float`, got `str`. [events[2].values.age]"
    assert api.events == {}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(400, body=b"<html>"), "400: Bad Request"),
        (Answer(400, document=["x"]), "400: Bad Request"),
        (Answer(400, document={"x": 1}), "400: Bad Request"),
        (Answer(499, body=b"x"), "499: no reason given"),
        (Answer(302, body=b"x", headers={"Location": "/sign-in"}), "302: Found"),
        (Answer(422, document={"detail": "No.", "errors": "x"}), "422: No."),
        (problem(422, "No.", ("a", "No."), ("b", "too long")), "422: No. [a; b: too long]"),
        (Answer(422, document={"detail": "No.", "errors": ["x", {}]}), "422: No. [: ]"),
    ],
)
def test_refusal_that_is_no_problem_document_is_still_an_api_error(
    api: ApiStandIn, client: Client, answer: Answer, said: str
) -> None:
    api.script.append(answer)
    with pytest.raises(ApiError) as refusal:
        client.posture()
    assert str(refusal.value) == said


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=b"<html>Sign in</html>"),
        Answer(document=[]),
        Answer(document=None),
        Answer(document={"accepted": 1}),
        Answer(document={"accepted": "many", "duplicates": 0}),
        Answer(document={"accepted": 0, "duplicates": 0}),
        Answer(document={"accepted": 2, "duplicates": 0}),
    ],
)
def test_success_without_a_fitting_receipt_is_no_acknowledgement(
    api: ApiStandIn, client: Client, answer: Answer
) -> None:
    api.script.append(answer)
    with pytest.raises(ApiError, match="did not answer as Twofold does"):
        client.system("loans").send(one_event())


def test_wrong_token_is_told(api: ApiStandIn) -> None:
    with Client(api.url, "twofold_other") as client, pytest.raises(ApiError, match="401"):
        client.system("loans").send(one_event())


def test_address_must_name_its_scheme() -> None:
    with pytest.raises(ValueError, match="begins with https://"):
        Client("twofold.example.org", TOKEN)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Retry(attempts=0),
        lambda: Retry(first_s=-1),
        lambda: Retry(longest_s=-1),
    ],
)
def test_impossible_retry_is_refused(make: Callable[[], Retry]) -> None:
    with pytest.raises(ValueError, match="tried at least once"):
        make()
