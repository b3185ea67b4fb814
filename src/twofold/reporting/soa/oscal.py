"""A version of a Statement of Applicability in OSCAL: a system security plan with its baseline.

The plan speaks of every control of the statement. Its profile, and the catalogue of identifiers and
titles that the profile imports, are embedded in it, so that the file stands alone. Identifiers
are derived from the version: the same version gives the same file.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.utils.translation import gettext as _

from twofold.domain.soa import Progress
from twofold.reporting.soa import columns
from twofold.reporting.soa.version import Row, Version, Words, scopes_of

OSCAL_VERSION = "1.2.1"
#: Where our own properties have their names from.
NAMESPACE = "urn:twofold:soa"
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_STATES = {
    Progress.IMPLEMENTED: "implemented",
    Progress.PARTLY: "partial",
    Progress.PLANNED: "planned",
    # OSCAL has no word for it; our own property says which of the two it is.
    Progress.NOT_STARTED: "planned",
}
Document = dict[str, Any]


def oscal(version: Version) -> bytes:
    """Return the system security plan as JSON."""
    return json.dumps(_Plan(version).document(), indent=1, ensure_ascii=False).encode()


def token(control: str) -> str:
    """Return the identifier of a control as OSCAL writes one: `A.5.1`, `_2FA` for `2FA`."""
    return control if _TOKEN.fullmatch(control) else f"_{control}"


class _Plan:
    """Puts the parts of the plan together."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._statement = version.statement
        self._titles = {how["control"]: how["title"] for row in version.rows for how in row["how"]}

    def document(self) -> Document:
        content = self._version.content
        return {
            "system-security-plan": {
                "uuid": self._uuid("plan"),
                "metadata": self._plan_metadata(),
                "import-profile": {"href": f"#{self._uuid('profile-resource')}"},
                "system-characteristics": {
                    "system-ids": [
                        {
                            "identifier-type": "http://ietf.org/rfc/rfc4122",
                            "id": content["unit"]["id"],
                        }
                    ],
                    "system-name": _line(self._version.whose),
                    "description": _(
                        "The management system of %(whose)s under %(standard)s, as of %(day)s."
                    )
                    % {
                        "whose": self._version.whose,
                        "standard": self._version.standard,
                        "day": content["as_of"],
                    },
                    "system-information": {
                        "information-types": [
                            {
                                "title": _("Information in the scope of the management system"),
                                "description": _(
                                    "A Statement of Applicability does not classify information; "
                                    "the registers of the organisation do."
                                ),
                            }
                        ]
                    },
                    "status": {
                        "state": "other",
                        "remarks": _("A management system, not a system that is put into service."),
                    },
                    "authorization-boundary": {
                        "description": _("%(unit)s and the units below it.")
                        % {"unit": content["unit"]["name"]}
                    },
                },
                "system-implementation": {"components": self._components()},
                "control-implementation": {
                    "description": self._version.title,
                    "implemented-requirements": [
                        self._requirement(row) for row in self._version.rows
                    ],
                },
                "back-matter": {"resources": [self._profile_resource(), *self._evidence()]},
            }
        }

    def _plan_metadata(self) -> Document:
        statement = self._statement
        roles = [("prepared-by", _("Prepared by"), statement.prepared_by)]
        if statement.approved_by is not None:
            roles.append(("approved-by", _("Approved by"), statement.approved_by))
        owners = {
            scope["owner"]: self._version.words.persons.get(scope["owner"], scope["owner"])
            for row in self._version.rows
            for scope in scopes_of(row)
            if scope["owner"]
        }
        named = {f"person:{person.pk}": person.name for _id, _title, person in roles} | owners
        return {
            **self._metadata(f"{self._version.title}, {self._version.label}"),
            "props": [
                _prop("content-sha256", statement.sha256),
                _prop("record", statement.ledger_subject),
                _prop("state", "approved" if self._version.sealed else "draft"),
                *_optional("effective-date", str(statement.effective_date or "")),
            ],
            "roles": [
                *({"id": role, "title": title} for role, title, _person in roles),
                {"id": "control-owner", "title": _("Owner of a control")},
            ],
            "parties": [
                {"uuid": self._uuid(key), "type": "person", "name": _line(name)}
                for key, name in named.items()
            ],
            "responsible-parties": [
                {"role-id": role, "party-uuids": [self._uuid(f"person:{person.pk}")]}
                for role, _title, person in roles
            ],
        }

    def _metadata(self, title: str) -> Document:
        statement = self._statement
        at = (statement.approved_at or statement.prepared_at).astimezone(UTC)
        return {
            "title": _line(title),
            "last-modified": at.isoformat(timespec="seconds"),
            "version": str(statement.number),
            "oscal-version": OSCAL_VERSION,
        }

    def _components(self) -> list[Document]:
        own = {
            "uuid": self._uuid("this-system"),
            "type": "this-system",
            "title": _line(self._version.whose),
            "description": self._version.title,
            "status": {"state": "operational"},
        }
        return [
            own,
            *(
                {
                    "uuid": self._uuid(f"control:{control}"),
                    "type": "process-procedure",
                    "title": _line(f"{control} {title}"),
                    "description": _("A control of the library, run by the organisation."),
                    "props": [_prop("control", control)],
                    "status": {"state": "operational"},
                }
                for control, title in sorted(self._titles.items())
            ),
        ]

    def _requirement(self, row: Row) -> Document:
        made: Document = {
            "uuid": self._uuid(f"row:{row['id']}"),
            "control-id": token(row["reference"]),
            "props": self._props(row),
            "by-components": [self._whole(row), *(self._part(row, how) for how in row["how"])],
        }
        if row["reason"]:
            made["remarks"] = row["reason"]
        owners = dict.fromkeys(scope["owner"] for scope in scopes_of(row) if scope["owner"])
        if owners:
            made["responsible-roles"] = [
                {"role-id": "control-owner", "party-uuids": [self._uuid(key) for key in owners]}
            ]
        return made

    def _props(self, row: Row) -> list[Document]:
        applicable = {True: "yes", False: "no", None: "not-decided"}[row["applicable"]]
        given = [
            _prop("applicable", applicable),
            _prop("status", row["status"].replace("_", "-")),
            *_optional("status-since", row["since"]),
            *_optional("decided-on", row["decided_on"]),
            *_optional("exclusion-reason", row["reason"] if row["applicable"] is False else ""),
        ]
        given += [
            _prop(f"ground-{ground['kind']}", ground["reference"]) for ground in row["grounds"]
        ]
        given += [_prop("ai-system", code) for code in row["systems"]]
        given += [_prop("open-finding", finding["title"]) for finding in row["findings"]]
        given += [_prop("set-by-hand", line) for line in columns.override_lines(row, self._words)]
        return given

    @property
    def _words(self) -> Words:
        return self._version.words

    def _whole(self, row: Row) -> Document:
        """Return what is said of the management system as a whole."""
        excluded = row["applicable"] is False
        state = "not-applicable" if excluded else _STATES[row["status"]]
        made: Document = {
            "component-uuid": self._uuid("this-system"),
            "uuid": self._uuid(f"whole:{row['id']}"),
            "description": columns.status_lines(row, self._words)[0],
            "implementation-status": {"state": state},
        }
        if excluded:
            made["implementation-status"]["remarks"] = row["reason"]
        if row["evidence"]:
            made["links"] = [
                {
                    "href": f"#{self._uuid(entry['record'])}",
                    "rel": "reference",
                    "text": entry["title"],
                }
                for entry in row["evidence"]
            ]
        return made

    def _part(self, row: Row, how: Mapping[str, Any]) -> Document:
        """Return what one control of the library does for a row."""
        return {
            "component-uuid": self._uuid(f"control:{how['control']}"),
            "uuid": self._uuid(f"part:{row['id']}:{how['control']}"),
            "description": "\n\n".join(
                f"{scope['scope']}: {scope['text']}" for scope in how["scopes"]
            ),
            "props": [
                _prop("relation", how["relation"]),
                *(_prop("scope", scope["scope"]) for scope in how["scopes"]),
            ],
        }

    def _evidence(self) -> list[Document]:
        found = {entry["record"]: entry for row in self._version.rows for entry in row["evidence"]}
        return [
            {
                "uuid": self._uuid(record),
                "title": _line(entry["title"]),
                "props": [
                    _prop("record", record),
                    _prop("scope", entry["scope"]),
                    *_optional("valid-until", entry["valid_until"]),
                ],
            }
            for record, entry in sorted(found.items())
        ]

    def _profile_resource(self) -> Document:
        title = _("Baseline: the controls of %(standard)s and our own") % {
            "standard": self._version.standard
        }
        profile = {
            "profile": {
                "uuid": self._uuid("profile"),
                "metadata": self._metadata(title),
                "imports": [
                    {
                        "href": f"#{self._uuid('catalogue-resource')}",
                        "include-controls": [
                            {"with-ids": [token(row["reference"]) for row in self._version.rows]}
                        ],
                    }
                ],
                "back-matter": {
                    "resources": [
                        self._embedded("catalogue-resource", "catalog.json", self._catalogue())
                    ]
                },
            }
        }
        return self._embedded("profile-resource", "profile.json", profile, title=title)

    def _catalogue(self) -> Document:
        """Return the catalogue: identifiers and titles alone, as they are facts."""
        groups: dict[str, list[Row]] = {}
        for row in self._version.rows:
            groups.setdefault(row["group"] or _("Our own controls"), []).append(row)
        return {
            "catalog": {
                "uuid": self._uuid("catalogue"),
                "metadata": self._metadata(
                    _("Identifiers and titles of %(standard)s")
                    % {"standard": self._version.standard}
                ),
                "groups": [
                    {"title": _line(title), "controls": _identified(rows)}
                    for title, rows in groups.items()
                ],
            }
        }

    def _embedded(self, name: str, file_name: str, document: Document, title: str = "") -> Document:
        octets = json.dumps(document, ensure_ascii=False).encode()
        return {
            "uuid": self._uuid(name),
            "title": title or _("Catalogue"),
            "base64": {
                "filename": file_name,
                "media-type": "application/oscal+json",
                "value": base64.b64encode(octets).decode(),
            },
        }

    def _uuid(self, name: str) -> str:
        return str(uuid5(NAMESPACE_URL, f"{NAMESPACE}:{self._statement.pk}:{name}"))


def _identified(rows: Iterable[Row]) -> Sequence[Document]:
    return [{"id": token(row["reference"]), "title": _line(row["title"])} for row in rows]


def _prop(name: str, value: str) -> Document:
    return {"name": name, "ns": NAMESPACE, "value": _line(value)}


def _optional(name: str, value: str) -> list[Document]:
    return [_prop(name, value)] if value.strip() else []


def _line(text: str) -> str:
    """Return a text as OSCAL's strings are: one line, with nothing but spaces inside it."""
    return " ".join(columns.cleaned(text).split()) or "-"
