"""The real server for as long as the demonstration lasts: pages, API and worker on a free port."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.signals import request_finished
from django.db import connections

from twofold.cli.worker import Worker
from twofold.telemetry.models import DirtyDay
from twofold.telemetry.queries import dirty_days, something_to_profile
from twofold_demo.clock import now

_PAUSE_S = 0.05
_PATIENCE_S = 120.0


class WorkerStopped(RuntimeError):  # noqa: N818 - said of the worker
    """The worker did not finish what waits in the time that it gets."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port of the loopback, with the worker beside it; yield the address."""
    # Waitress and the application are loaded when they are wanted: the command line is quick.
    from waitress.server import create_server  # noqa: PLC0415

    # The server warns of a folder that is missing before the first `twofold serve` fills it.
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    from twofold.config.wsgi import application  # noqa: PLC0415

    server = create_server(
        application,
        host="127.0.0.1",
        port=0,
        threads=4,
        max_request_body_size=64 * 1024 * 1024,
        ident="twofold",
    )
    # Checks are run when everything stands: half of it would be found wanting.
    worker = Worker(checks=False)
    threads = [
        threading.Thread(target=server.run, name="demo-server", daemon=True),
        threading.Thread(target=_work, args=(worker,), name="demo-worker", daemon=True),
    ]
    # Threads that end keep no connection to a database open.
    request_finished.connect(_close_connections)
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        worker.stop()
        # Its own thread closes the server: nobody else may touch the sockets it waits on.
        server.trigger.pull_trigger(server.close)
        for thread in threads:
            thread.join(timeout=_PATIENCE_S)
        server.task_dispatcher.shutdown()
        request_finished.disconnect(_close_connections)


def wait_for_worker(*, settled: bool = False) -> None:
    """Return when all events are counted and monitors have looked at what changed.

    Args:
        settled: wait also for windows that still fill and are looked at again after a while.

    Raises:
        WorkerStopped: it takes too long.
    """
    patience = time.monotonic() + _PATIENCE_S
    while _something_waits(settled=settled):
        if time.monotonic() > patience:
            raise WorkerStopped("The worker did not finish in time; its log says why.")
        time.sleep(_PAUSE_S)


def _something_waits(*, settled: bool) -> bool:
    if something_to_profile():
        return True
    return DirtyDay.objects.exists() if settled else dirty_days(at=now()).exists()


def _work(worker: Worker) -> None:
    try:
        worker.run()
    finally:
        connections.close_all()


def _close_connections(**_signal: object) -> None:
    connections.close_all()
