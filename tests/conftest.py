"""The suite's surroundings: which database it runs on, a database of its own for a test that starts
processes, and the system's browser."""

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql


def pytest_configure() -> None:
    # Playwright's synchronous interface keeps an event loop in the thread of the test, which Django
    # would take for asynchronous code.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_report_header() -> str:
    return f"database: {'PostgreSQL' if postgresql_url() else 'SQLite'}"


def postgresql_url() -> str | None:
    return os.environ.get("TWOFOLD_DATABASE_URL")


@pytest.fixture
def empty_database_url(tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database of the kind under test, for processes that a test starts."""
    cluster = postgresql_url()
    if cluster is None:
        yield f"sqlite:///{tmp_path / 'twofold.sqlite3'}"
        return
    name = f"empty_{secrets.token_hex(6)}"
    identifier = sql.Identifier(name)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(identifier))
        yield f"{cluster.rpartition('/')[0]}/{name}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's chromium, which brings its own libraries; the sandbox cannot be used by root."""
    options = ["--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking"]
    if os.geteuid() == 0:
        options.append("--no-sandbox")
    return {
        **browser_type_launch_args,
        "executable_path": shutil.which("chromium"),
        "args": options,
    }


pytest_plugins = ["factories.fixtures", "factories.other_route", "factories.outsiders"]


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long contents by their parameter: how long they are differs from process to process."""
    return argname if isinstance(val, bytes) and len(val) > 64 else None
