import threading
import uuid

import pytest

from twofold_sdk.identity import _time_ordered_ids, new_event_id


def test_id_is_a_uuid_of_version_7_of_the_given_time() -> None:
    # RFC 9562, example of a version 7 UUID: Tuesday, February 22, 2022 2:22:22.00 PM GMT-05:00.
    new_id = _time_ordered_ids(lambda: 1_645_557_742_000 * 1_000_000)
    made = uuid.UUID(new_id())
    assert made.version == 7
    assert made.variant == uuid.RFC_4122
    assert made.int >> 80 == 0x017F22E279B0


def test_fraction_of_the_millisecond_stands_behind_it() -> None:
    # Half a millisecond is 0x800 of 4096 (RFC 9562 6.2, method 3).
    new_id = _time_ordered_ids(lambda: 1_645_557_742_000 * 1_000_000 + 500_000)
    assert new_id()[14:18] == "7800"


@pytest.mark.parametrize("step_ns", [0, -5_000_000, 1])
def test_ids_grow_while_the_clock_stands_or_steps_back(step_ns: int) -> None:
    now = 1_700_000_000_000_000_000

    def clock() -> int:
        nonlocal now
        now += step_ns
        return now

    new_id = _time_ordered_ids(clock)
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert len({one[:18] for one in made}) == len(made)


def test_ids_of_many_threads_are_all_different() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_event_id() for _ in range(2_000)]))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 8_000
