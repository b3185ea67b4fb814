"""Bodies of requests: JSON as RFC 8259 has it, sent as such, and no larger than the API takes."""

import json
from typing import NoReturn, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny


class BodyTooLarge(Exception):  # noqa: N818 - a refusal, told as such
    """The body is larger than the API takes."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body may have at most {limit // 1024**2} MB.")


class WrongContentType(Exception):  # noqa: N818 - a refusal, told as such
    """The body is not said to be what the endpoint takes."""

    def __init__(self, given: str, *, wanted: str = "application/json") -> None:
        super().__init__(f"Send {wanted}, not {given[:100] or 'a body of no named type'}.")


class JsonParser(Parser):
    """Refuses what is not said to be JSON, and NaN and Infinity, which Python would take."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return the decoded body; ninja wraps whatever is raised here."""
        _require_json(request)
        return cast("DictStrAny", json.loads(request.body, parse_constant=_refuse_constant))


def json_body(request: HttpRequest) -> bytes:
    """Return the body as it came; refuse a larger one before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not str(length).isdecimal() or int(length) > settings.MAXIMUM_BODY_BYTES:
        raise BodyTooLarge(settings.MAXIMUM_BODY_BYTES)
    _require_json(request)
    return request.body


def _require_json(request: HttpRequest) -> None:
    if request.content_type != "application/json":
        raise WrongContentType(request.content_type or "")


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
