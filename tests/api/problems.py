"""What every refusal of the API looks like."""

from typing import Any

from django.http import HttpResponse

SHAPE = {"type", "title", "status", "detail"}


def problem(response: HttpResponse, status: int) -> dict[str, Any]:
    """Return the document of a refusal, checked for its shape."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert "Traceback" not in response.content.decode()
    document: dict[str, Any] = response.json()
    assert set(document) in (SHAPE, SHAPE | {"errors"})
    assert document["status"] == status
    assert document["type"].startswith("urn:twofold:problem:")
    assert document["title"]
    assert document["detail"]
    assert all(set(error) == {"field", "reason"} for error in document.get("errors", []))
    assert all(error["reason"] for error in document.get("errors", []))
    return document


def faults(response: HttpResponse) -> set[str]:
    """Return the fields that a 422 names."""
    return {error["field"] for error in problem(response, 422)["errors"]}
