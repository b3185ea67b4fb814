import os
import resource
from pathlib import Path

import pytest

from twofold.telemetry import segments
from twofold.telemetry.segments import SegmentDamaged, SegmentWriter


@pytest.fixture
def writer():
    made = SegmentWriter()
    yield made
    made.close()


@pytest.fixture
def folder(settings):
    return Path(settings.TELEMETRY) / "segments"


def nobody_points(_name):
    return False


def test_payloads_are_read_back_from_their_places(writer):
    first = writer.append([b"one", b"", b"three"])
    second = writer.append([b"four"])

    assert [segments.read(place) for place in first + second] == [b"one", b"", b"three", b"four"]
    assert {place.segment for place in first + second} == {segments.names()[0]}


def test_a_missing_segment_is_damage_that_is_named(writer, folder):
    place = writer.append([b"payload"])[0]
    (folder / place.segment).unlink()

    with pytest.raises(SegmentDamaged, match=rf"{place.segment} is missing"):
        segments.read(place)


@pytest.mark.parametrize("damage", ["flip", "cut"])
def test_other_bytes_are_damage_whose_place_is_named(writer, folder, damage):
    writer.append([b"before"])
    place = writer.append([b"payload"])[0]
    path = folder / place.segment
    data = path.read_bytes()
    path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + b"!")

    with pytest.raises(SegmentDamaged, match=rf"{place.segment} is damaged at byte 6"):
        segments.read(place)


def test_a_segment_that_cannot_be_read_is_damaged(writer, folder):
    place = writer.append([b"payload"])[0]
    (folder / place.segment).unlink()
    (folder / place.segment).mkdir()

    with pytest.raises(SegmentDamaged, match="cannot be read: Is a directory"):
        segments.read(place)


def test_a_full_segment_is_followed_by_another(writer, monkeypatch):
    monkeypatch.setattr(segments, "ROTATE_AT_BYTES", 10)
    places = [writer.append([b"0123456789"])[0] for _ in range(4)]

    assert len({place.segment for place in places}) == 2
    assert [segments.read(place) for place in places] == [b"0123456789"] * 4


def test_after_a_failed_write_the_next_goes_to_another_segment(writer):
    kept = writer.append([b"kept"])[0]
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            writer.append([b"x" * 500, b"y" * 5000])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    after = writer.append([b"after"])[0]

    assert after.segment != kept.segment
    assert [segments.read(kept), segments.read(after)] == [b"kept", b"after"]


def test_a_folder_that_cannot_be_made_refuses_and_the_next_call_works(writer, folder):
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file stands where the folder should")
    with pytest.raises(FileExistsError):
        writer.append([b"payload"])
    folder.unlink()

    assert segments.read(writer.append([b"payload"])[0]) == b"payload"


def in_a_fork(work):
    """Run the work in a forked process and return the text that it returns."""
    receiving, sending = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(sending, work().encode())
        finally:
            os._exit(0)
    os.close(sending)
    os.waitpid(child, 0)
    with os.fdopen(receiving) as answer:
        return answer.read()


def test_a_forked_process_writes_to_a_segment_of_its_own(writer):
    before = writer.append([b"parent"])[0]
    others = in_a_fork(lambda: writer.append([b"child"])[0].segment)
    after = writer.append([b"parent again"])[0]

    assert others
    assert others != before.segment == after.segment
    assert [segments.read(before), segments.read(after)] == [b"parent", b"parent again"]


def test_a_segment_that_another_process_writes_to_is_not_removed(writer):
    name = writer.append([b"payload"])[0].segment

    def attempt():
        return str(segments.remove_if_idle(name, is_held=nobody_points))

    assert in_a_fork(attempt) == "False"
    writer.close()
    assert in_a_fork(attempt) == "True"
    assert segments.names() == []


def test_a_segment_that_a_batch_points_to_is_not_removed(writer):
    name = writer.append([b"payload"])[0].segment
    writer.close()

    assert not segments.remove_if_idle(name, is_held=lambda asked: asked == name)
    assert segments.names() == [name]


def test_a_segment_that_is_gone_is_removed(writer):
    assert segments.remove_if_idle("none.segment", is_held=nobody_points)
