"""The OpenAPI document: ninja's, with every refusal that an endpoint can answer as problem+json."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from pydantic import BaseModel

from twofold.api.problems import MEDIA_TYPE

_REFUSALS = {
    401: "The token is missing, unknown, expired or revoked.",
    403: "The token's person holds no role that permits this.",
    404: "There is no such record within the token's reach.",
    422: "The input is not acceptable; `errors` names each field and the reason.",
}
_REFUSALS_OF_A_BODY = {
    400: "The body cannot be read.",
    409: "The record's state does not allow this.",
    413: "The body is too large.",
    415: "The body is not of the content type that the endpoint takes.",
}
#: The body of events and reference; a decoder made for the system's schema reads it.
EVENTS_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["events"],
                    "properties": {
                        "events": {
                            "type": "array",
                            "minItems": 1,
                            "maxItems": 10_000,
                            "items": {
                                "type": "object",
                                "additionalProperties": False,
                                "required": ["id", "at", "values"],
                                "properties": {
                                    "id": {"type": "string", "minLength": 1, "maxLength": 100},
                                    "at": {"type": "string", "format": "date-time"},
                                    "values": {"type": "object"},
                                },
                            },
                        }
                    },
                }
            }
        },
    }
}


class Fault(BaseModel):
    field: str
    reason: str


class Problem(BaseModel):
    """A refusal (RFC 9457); `errors` is there where single fields are at fault."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


class DescribedAPI(NinjaAPI):
    """An API whose description tells of its refusals."""

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """Return the description with the refusals of each operation."""
        document = super().get_openapi_schema(**options)
        template = "#/components/schemas/{model}"
        schema = Problem.model_json_schema(ref_template=template)
        document["components"]["schemas"].update({**schema.pop("$defs"), "Problem": schema})
        for operations in document["paths"].values():
            for operation in operations.values():
                operation["responses"].update(_refusals(operation))
        return document


def _refusals(operation: dict[str, Any]) -> dict[int, Any]:
    told = _REFUSALS | (_REFUSALS_OF_A_BODY if "requestBody" in operation else {})
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": description, "content": content}
        for status, description in told.items()
    }
