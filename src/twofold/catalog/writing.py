"""Writing a control as the TOML that it is read from."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def control_toml(values: Mapping[str, Any]) -> str:
    """Return the `[[control]]` table of a control that is given in the form of its TOML."""
    return "\n".join(_table("control", values)).strip() + "\n"


def tables_toml(name: str, tables: list[Mapping[str, Any]]) -> str:
    """Return `[[name]]` tables; blank where there are none."""
    return "\n".join(
        line for table in tables for line in _table(name, table)
    ).strip() + "\n" * bool(tables)


def _table(name: str, values: Mapping[str, Any]) -> Iterator[str]:
    yield f"[[{name}]]"
    nested = {key: value for key, value in values.items() if _holds_tables(value)}
    for key, value in values.items():
        if key not in nested and value != []:
            yield f"{key} = {_value(value)}"
    yield ""
    for key, tables in nested.items():
        for table in tables:
            yield from _table(f"{name}.{key}", table)


def _holds_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _value(value: object) -> str:
    if isinstance(value, str):
        # A string of JSON is one of TOML, but for one control character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_value(key)} = {_value(entry)}" for key, entry in value.items())
        return f"{{ {pairs} }}"
    if isinstance(value, list):
        lines = "".join(f"  {_value(entry)},\n" for entry in value)
        return f"[\n{lines}]"
    return repr(value)
