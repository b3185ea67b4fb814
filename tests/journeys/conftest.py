import re
from collections.abc import Callable, Iterator
from typing import Any

import factories
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from journeys import world as worlds
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Route, expect
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from twofold.people.models import Person

SignedIn = Callable[[Person], Page]


expect.set_options(timeout=15_000)


def _patiently(act: Callable[..., Any]) -> Callable[..., Any]:
    """Let an act on a field wait until the scripts of its page listen: else they never hear it."""

    def _act(field: Locator, *given: Any, **named: Any) -> Any:
        field.wait_for(state="attached")
        field.page.wait_for_load_state("load")
        return act(field, *given, **named)

    return _act


for _name in ("fill", "select_option"):
    setattr(Locator, _name, _patiently(getattr(Locator, _name)))


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of the served product; one server for all journeys of a process."""
    # A browser keeps its connections open, and with them the server's threads: these give theirs to
    # the database back after each request, or it could not be dropped in the end.
    shared = connections["default"].settings_dict
    kept, shared["CONN_MAX_AGE"] = shared["CONN_MAX_AGE"], 0
    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()
    shared["CONN_MAX_AGE"] = kept


@pytest.fixture
def world(recording_db: None) -> worlds.World:
    return worlds.make()


@pytest.fixture
def context(context: BrowserContext, site: str, world: worlds.World) -> BrowserContext:
    """A browser that reaches nothing but the product."""
    context.set_default_timeout(20_000)
    context.route(re.compile(f"^(?!{re.escape(site)})"), refuse)
    return context


def refuse(route: Route) -> None:
    route.abort()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page on which no script fails and nothing offends the content policy."""
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # A refusal is an answer with an error status, which the browser notes in the console too.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    page = context.new_page()
    page.on("console", note)
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    assert faults == []


@pytest.fixture
def signed_in(context: BrowserContext, page: Page, site: str) -> SignedIn:
    """Sign somebody in without the form; whoever was signed in before is signed out."""

    def sign_in(person: Person) -> Page:
        client = Client()
        client.force_login(person)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
        return page

    return sign_in


@pytest.fixture
def lead(signed_in: SignedIn, world: worlds.World) -> Page:
    return signed_in(world.cast.lead)


@pytest.fixture
def cast(world: worlds.World) -> factories.Cast:
    return world.cast
