"""Bundles over the API: of the whole record, or of one record; each is noted in the ledger."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router
from pydantic import Field

from twofold.api.authentication import caller
from twofold.api.schemas import In, Text
from twofold.reporting.exporting import export_bundle, export_record, exported

router = Router(tags=["ledger"])
_ZIP = "application/zip"
_FILE: dict[str, Any] = {
    "responses": {
        200: {
            "description": "The bundle, a .zip.",
            "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


class BundleIn(In):
    """Which record, by its ledger name; blank: the whole ledger."""

    record: Annotated[Text, Field(max_length=200)] = ""


@router.post("/bundle", openapi_extra=_FILE)
def make_bundle(request: HttpRequest, given: BundleIn) -> StreamingHttpResponse:
    """Make a bundle that is verified offline; it holds what the caller may see."""
    by, at = caller(request), datetime.now(UTC)

    def write(path: Path) -> Path:
        if given.record:
            return export_record(given.record, path, by=by, at=at)
        return export_bundle(path, by=by, at=at)

    size, pieces = exported(write)
    response = StreamingHttpResponse(pieces, content_type=_ZIP)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = 'attachment; filename="bundle.zip"'
    return response
