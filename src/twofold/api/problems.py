"""Refusals as problem+json (RFC 9457): a type, a title, a detail, and the fields at fault."""

import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from twofold.api.bodies import BodyTooLarge, WrongContentType
from twofold.people.errors import AccessDenied, Conflict, InvalidInput, NotFound, Refusal

_log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (InvalidInput, 422),
    (NotFound, 404),
    (Conflict, 409),
    (AccessDenied, 403),
)
_TITLES = {
    400: "The request cannot be read",
    401: "A valid token is needed",
    403: "Not permitted",
    404: "Not found",
    405: "This method is not offered here",
    409: "In conflict with what stands",
    413: "The body is too large",
    415: "The content type is not taken",
    422: "The input is not acceptable",
    500: "Something went wrong here",
}


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: Sequence[dict[str, str]] = (),
) -> HttpResponse:
    """Return a problem+json response; `errors` are `{"field", "reason"}` of each fault."""
    document: dict[str, object] = {
        "type": f"urn:twofold:problem:{code or status}",
        "title": _TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
    }
    if errors:
        document["errors"] = list(errors)
    response = HttpResponse(
        # In ASCII: half of a surrogate pair, which a refused key may hold, has no bytes of its own.
        json.dumps(document),
        status=status,
        content_type=MEDIA_TYPE,
    )
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="twofold"'
    return response


def register(api: NinjaAPI) -> None:
    """Have the API answer every refusal as problem+json."""
    handlers: dict[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
        Refusal: _refusal,
        ValidationError: _validation,
        AuthenticationError: _authentication,
        HttpError: _http,
        Http404: _missing,
        BodyTooLarge: _too_large,
        RequestDataTooBig: _too_large,
        WrongContentType: _wrong_type,
        BadRequest: _unreadable,
        MultiPartParserError: _unreadable,
        SuspiciousOperation: _unreadable,
        UnreadablePostError: _unreadable,
        Exception: _unexpected,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _refusal(_request: HttpRequest, refusal: Refusal) -> HttpResponse:
    status = next((number for kind, number in _STATUS if isinstance(refusal, kind)), 400)
    errors = [{"field": refusal.field, "reason": refusal.message}] if refusal.field else []
    return problem(status, refusal.message, code=refusal.code, errors=errors)


def _validation(_request: HttpRequest, refusal: ValidationError) -> HttpResponse:
    errors = [
        {
            "field": _place(error["loc"]),
            "reason": str(error["msg"]),
        }
        for error in refusal.errors
    ]
    first = errors[0] if errors else {"field": "body", "reason": "is not acceptable"}
    return problem(422, f"{first['field']}: {first['reason']}.", code="invalid", errors=errors)


def _place(found: Sequence[object]) -> str:
    """Return the field without the part of the request and our own name for its document."""
    parts = [str(part) for part in found[1:]]
    return ".".join(parts[1:] if parts[:1] == ["given"] else parts) or "body"


def _authentication(_request: HttpRequest, _refusal: AuthenticationError) -> HttpResponse:
    return problem(
        401,
        "The token is missing, unknown, expired or revoked.",
        code="unauthenticated",
        errors=[
            {"field": "Authorization", "reason": "must be `Bearer <token>` with a valid token"}
        ],
    )


def _http(request: HttpRequest, refusal: HttpError) -> HttpResponse:
    # What the parser raises arrives as the cause of ninja's own error.
    cause = refusal.__cause__
    if isinstance(cause, WrongContentType):
        return _wrong_type(request, cause)
    if isinstance(cause, ValueError | RecursionError):
        reason = f"The body is not JSON: {cause}."
        return problem(422, reason, code="invalid", errors=[{"field": "body", "reason": reason}])
    return problem(refusal.status_code, refusal.message)


def _missing(_request: HttpRequest, _refusal: Http404) -> HttpResponse:
    return problem(404, "There is nothing here.")


def _too_large(_request: HttpRequest, refusal: Exception) -> HttpResponse:
    detail = str(refusal) if isinstance(refusal, BodyTooLarge) else "The body is too large."
    return problem(413, detail, code="too-large", errors=[{"field": "body", "reason": detail}])


def _wrong_type(_request: HttpRequest, refusal: WrongContentType) -> HttpResponse:
    errors = [{"field": "Content-Type", "reason": str(refusal)}]
    return problem(415, str(refusal), code="content-type", errors=errors)


def _unreadable(_request: HttpRequest, refusal: Exception) -> HttpResponse:
    _log.warning("A request could not be read: %s", refusal)
    reason = "The body cannot be read."
    return problem(400, reason, code="unreadable", errors=[{"field": "body", "reason": reason}])


def _unexpected(request: HttpRequest, failure: Exception) -> HttpResponse:
    _log.error("Unexpected failure of %s %s", request.method, request.path, exc_info=failure)
    return problem(500, "The failure was logged.")
