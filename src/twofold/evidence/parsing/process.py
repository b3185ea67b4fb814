"""Running a job on a file in a process of its own, and taking its answer."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _

#: Larger files are handed out, but not taken apart.
MOST_BYTES = 64 * 1024 * 1024
WAIT_S = 30.0
_MOST_ANSWER_BYTES = 16 * 1024 * 1024
_DONE, _REFUSED = b"+", b"-"


class ParsingFailed(Exception):  # noqa: N818 - a refusal, told as such
    """The file could not be taken apart; the message says why."""


def run_job(job: str, chunks: Iterable[bytes], *arguments: str) -> bytes:
    """Run a job of `child` on a content and return its answer.

    Raises:
        ParsingFailed: the file is too large, damaged or locked, or took too long or too much.
    """
    with _in_memory(chunks) as file:
        return _answer(file, (job, *arguments))


def run_json(job: str, chunks: Iterable[bytes], *arguments: str) -> Any:  # noqa: ANN401 - JSON
    """Return what `run_job` does, decoded."""
    return json.loads(run_job(job, chunks, *arguments))


def _answer(file: BinaryIO, command: tuple[str, ...]) -> bytes:
    # Isolated: nothing of the environment or of the current folder is taken up.
    program = [sys.executable, "-I", "-X", "utf8", "-m", "twofold.evidence.parsing.child"]
    process = subprocess.Popen(  # noqa: S603 - our own program; the words are ours too
        [*program, *command],
        stdin=file,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    late = threading.Event()
    timer = threading.Timer(WAIT_S, _end, (process, late))
    timer.start()
    try:
        with process:
            answer = process.stdout.read(_MOST_ANSWER_BYTES + 1) if process.stdout else b""
            if len(answer) > _MOST_ANSWER_BYTES:
                process.kill()
    finally:
        timer.cancel()
    if late.is_set():
        raise ParsingFailed(_("It takes too long to take apart."))
    return _checked(answer)


def _end(process: "subprocess.Popen[bytes]", late: threading.Event) -> None:
    late.set()
    process.kill()


def _checked(answer: bytes) -> bytes:
    if len(answer) > _MOST_ANSWER_BYTES:
        raise ParsingFailed(_("What came of it is too large."))
    if answer.startswith(_DONE):
        return answer[1:]
    if answer.startswith(_REFUSED):
        raise ParsingFailed(answer[1:].decode("utf-8", "replace")[:200])
    # It ended without a word: the system ended it, for what it took.
    raise ParsingFailed(_("It takes too much work or memory to take apart."))


@contextmanager
def _in_memory(chunks: Iterable[bytes]) -> Iterator[BinaryIO]:
    """Put a content into a file that has no name; where the system can, it is on no disk either."""
    with _nameless() as file:
        size = 0
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise ParsingFailed(
                    _("It is larger than %(megabytes)d MB.") % {"megabytes": MOST_BYTES // 1024**2}
                )
            file.write(chunk)
        file.flush()
        file.seek(0)
        yield file


def _nameless() -> BinaryIO:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("content"), "w+b")
    return tempfile.TemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR)
