"""Commands that run the product: serve, work, migrate."""

import errno
import signal
import socket
import sys
import tempfile
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from types import FrameType
from typing import Any, NoReturn

import click
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from twofold.cli import static
from twofold.cli.worker import working
from twofold.ledger.layouts import record_changed_layouts
from twofold.people import founding
from twofold.people.queries import root_unit


def add_to(group: click.Group) -> None:
    """Add the commands of this module to the group."""
    for command in (serve, work, migrate):
        group.add_command(command)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--threads", default=8, show_default=True, type=click.IntRange(1, 256))
@click.option("--worker/--no-worker", default=True, help="Run the worker in this process.")
@click.option(
    "--proxy",
    default="127.0.0.1",
    show_default=True,
    help="Address of the proxy that speaks HTTPS; heard with TWOFOLD_HTTPS=yes only.",
)
def serve(host: str, port: int, threads: int, worker: bool, proxy: str) -> None:  # noqa: FBT001 - click calls it
    """Serve the pages and the API, with the worker beside them."""
    from waitress.server import create_server

    from twofold.cli.receiving import largest_body_bytes, limit_bodies

    signal.signal(signal.SIGTERM, _end)
    _require_free(host, port)
    _migrate()
    static.collect()
    # Requests that are too large for memory wait on the disk of the data.
    tempfile.tempdir = str(settings.FILE_UPLOAD_TEMP_DIR)
    limit_bodies()
    server = create_server(
        get_wsgi_application(),
        host=host,
        port=port,
        threads=threads,
        max_request_body_size=largest_body_bytes(),
        # What comes in is read in larger pieces than usual: a file has many of them.
        recv_bytes=256 * 1024,
        ident="twofold",
        **_forwarded(proxy),
    )
    with suppress(KeyboardInterrupt), working() if worker else nullcontext():
        click.echo(f"Twofold serves http://{host}:{port} (data in {settings.DATA}).")
        _tell_set_up_code(f"http://{host}:{port}")
        # Returns on Ctrl-C and on SIGTERM, when the requests that it holds are answered.
        server.run()


@click.command()
def work() -> None:
    """Run the worker alone, beside servers that were started with --no-worker."""
    signal.signal(signal.SIGTERM, _end)
    with suppress(KeyboardInterrupt), working() as thread:
        click.echo("Twofold works. Stop it with Ctrl-C.")
        thread.join()


@click.command()
def migrate() -> None:
    """Create or update the tables of the database."""
    _migrate()


def _migrate() -> None:
    call_command("migrate", verbosity=0)
    record_changed_layouts(at=datetime.now(UTC))


def _tell_set_up_code(address: str) -> None:
    """Say how the organisation is founded by page, while there is none."""
    if root_unit() is not None:
        founding.take_code_away()
        return
    click.echo(f"Nothing is founded yet. Open {address}/found/ with the set-up code")
    click.echo(f"    {founding.set_up_code()}")


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as refusal:
            reasons = {
                errno.EADDRINUSE: f"port {port} is taken; choose another with --port",
                errno.EACCES: f"this user may not use port {port}; choose one above 1023",
            }
            reason = reasons.get(refusal.errno or 0, str(refusal.strerror))
            click.echo(f"twofold: cannot listen on {host}:{port}: {reason}.", err=True)
            sys.exit(1)


def _forwarded(proxy: str) -> dict[str, Any]:
    """Return whose word on scheme and sender is taken; without HTTPS in front, nobody's."""
    if not settings.HTTPS:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.exit(0)
