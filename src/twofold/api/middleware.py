"""Every refusal below /api/ is problem+json, also one that comes from outside an endpoint."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse

from twofold.api.problems import MEDIA_TYPE, problem

_PREFIX = "/api/"
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The header Allow names the methods of this address.",
}


class ProblemMiddleware:
    """Replaces pages for people by documents for programs, and keeps the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        if (
            response.status_code < HTTPStatus.BAD_REQUEST
            or not request.path_info.startswith(_PREFIX)
            or response.headers.get("Content-Type") == MEDIA_TYPE
        ):
            return response
        status = HTTPStatus(response.status_code)
        told = problem(status, _DETAILS.get(status, f"{status.phrase}."))
        for name, value in response.items():
            if name not in {"Content-Type", "Content-Length"}:
                told.headers.setdefault(name, value)
        told.headers["Content-Length"] = str(len(told.content))
        return told
