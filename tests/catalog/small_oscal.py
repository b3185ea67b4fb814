"""A small sound OSCAL catalogue, one part of which a test makes faulty."""

import copy
from typing import Any

_CATALOG: dict[str, Any] = {
    "catalog": {
        "uuid": "5b1c3a36-9d0d-4e8e-9a58-6f2f9b1a0c11",
        "metadata": {
            "title": "Rules of the workshop",
            "version": "3",
            "oscal-version": "1.1.2",
            "last-modified": "2026-01-01T00:00:00Z",
        },
        "params": [{"id": "everyone", "label": "persons or roles"}],
        "groups": [
            {
                "id": "ky",
                "class": "family",
                "title": "Keys",
                "params": [{"id": "lender", "label": "the lender"}],
                "controls": [
                    {
                        "id": "ky-1",
                        "title": "Lending of Keys",
                        "params": [
                            {
                                "id": "ky-1_a",
                                "select": {
                                    "how-many": "one-or-more",
                                    "choice": [
                                        "by hand to {{ insert: param, everyone }}",
                                        "{{ ky-1_c }}",
                                    ],
                                },
                            },
                            {"id": "ky-1_b", "select": {"choice": ["a day", "a week"]}},
                            {"id": "ky-1_c", "label": "way", "values": ["by post", "by air"]},
                        ],
                        "props": [
                            {"name": "label", "value": "KY-01", "class": "zero-padded"},
                            {"name": "label", "value": "KY-1"},
                        ],
                        "parts": [
                            {
                                "name": "statement",
                                "prose": "Whoever lends keys:",
                                "parts": [
                                    {
                                        "name": "item",
                                        "props": [{"name": "label", "value": "a."}],
                                        "prose": "Hands them out {{ insert: param, ky-1_a }} ;",
                                    },
                                    {
                                        "name": "item",
                                        "props": [{"name": "label", "value": "b."}],
                                        "prose": "Takes them back within {{ ky-1_b }} from "
                                        "{{ insert: param, lender }}, as {{ nobody }} says.",
                                    },
                                ],
                            },
                            {"name": "guidance", "prose": "Keys are small."},
                            {
                                "name": "assessment-objective",
                                "parts": [
                                    {
                                        "name": "assessment-objective",
                                        "prose": "keys are counted; and",
                                    },
                                    {"name": "assessment-objective", "prose": "keys come back."},
                                ],
                            },
                            {
                                "name": "assessment-method",
                                "props": [{"name": "method", "value": "EXAMINE"}],
                                "parts": [
                                    {
                                        "name": "assessment-objects",
                                        "prose": "Key book\n\nreceipts;\n\nkey book",
                                    }
                                ],
                            },
                            {
                                "name": "assessment-method",
                                "props": [{"name": "method", "value": "INTERVIEW"}],
                                "parts": [{"name": "assessment-objects", "prose": "The porter"}],
                            },
                            {"name": "objects", "prose": "Key cupboard"},
                        ],
                        "controls": [
                            {
                                "id": "ky-1.1",
                                "title": "Spare Keys",
                                "props": [{"name": "label", "value": "KY-1 (1)"}],
                                "parts": [{"name": "statement", "prose": "Keep one of each."}],
                            },
                            {
                                "id": "ky-1.2",
                                "title": "Wax Copies",
                                "props": [
                                    {"name": "label", "value": "KY-1(2)"},
                                    {"name": "status", "value": "Withdrawn"},
                                ],
                                "parts": [{"name": "statement", "prose": "Long gone."}],
                            },
                        ],
                    }
                ],
                "groups": [
                    {
                        "title": "Locks",
                        "controls": [{"id": "lk-1", "title": "Locks are oiled"}],
                    }
                ],
            }
        ],
        "controls": [{"id": "gen_1", "title": "Doors are shut"}],
    }
}


def document() -> dict[str, Any]:
    """Return the sound catalogue, to be changed at will."""
    return copy.deepcopy(_CATALOG)
