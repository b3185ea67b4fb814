"""What holds for every page: who sees it, who keeps it, how a refusal looks, what HEAD is sent."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers

from twofold.controls.queries import one_reading
from twofold.people.errors import AccessDenied, Conflict, NotFound, Refusal

_STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (NotFound, 404),
    (AccessDenied, 403),
    (Conflict, 409),
)


class BodilessHeadMiddleware:
    """Sends nothing but headers in answer to HEAD: the embedded server would send the body too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = []
            elif isinstance(response, HttpResponse):
                response.content = b""
        return response


class OneLibraryMiddleware:
    """Lets a request look the control library up once, however often it asks for it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with one_reading():
            return self._get_response(request)


class SignInRequiredMiddleware(LoginRequiredMiddleware):
    """Django's own rule; the API authenticates by token and answers for itself."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[Any, ...],
        view_kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Let the API through to its own authentication."""
        if request.path_info.startswith("/api/"):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Let nothing be kept by browsers or proxies: what is shown is for who is signed in."""
        if not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse | None:
        """Answer a refusal that no form shows with a page that says it."""
        if not isinstance(failure, Refusal):
            return None
        status = next((number for kind, number in _STATUS if isinstance(failure, kind)), 400)
        context = {"status": status, "message": failure.message}
        return render(request, "error.html", context, status=status)
