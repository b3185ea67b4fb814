"""Programs that call the API with a token."""

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass(frozen=True)
class Caller:
    """A program with a token; answers are those of the real URL map."""

    client: Client
    secret: str

    def ask(self, method: str, path: str, document: Any = None, **headers: str) -> HttpResponse:
        data = document if isinstance(document, bytes | str) else json.dumps(document)
        return self.client.generic(
            method,
            f"/api/v1{path}",
            data="" if document is None else data,
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.secret}", **headers},
        )
